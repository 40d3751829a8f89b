"""Eight weeks in the life of the demo company, played quickly: who wrote when, who answered whom.

Arrivals follow the hour and the weekday; people answer in the order of arrival as far as their
shifts and hands allow; who waits too long gives up. So the figures hang together as real ones do.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import exp, log
from zoneinfo import ZoneInfo

from routing.intervals import Span
from routing.periods import days

ZONE = ZoneInfo("Europe/Berlin")
MINUTE, HOUR = 60_000, 3_600_000
HOURLY = (  # of a day's arrivals, by the hour
    0.4, 0.3, 0.2, 0.2, 0.3, 0.6, 1.5, 3.2, 6.0, 8.6, 9.8, 9.2, 7.4, 7.0, 8.0, 8.4, 7.6, 6.4,
    4.8, 3.8, 2.4, 1.6, 0.9, 0.6,
)  # fmt: skip
WEEKDAYS = (1.12, 1.04, 1.0, 0.98, 0.94, 0.36, 0.28)
DAILY = {  # contacts on an ordinary day
    ("orders", "chat"): 132, ("orders", "email"): 46, ("orders", "form"): 18,
    ("returns", "chat"): 62, ("returns", "email"): 24, ("returns", "form"): 12,
    ("chinese", "chat"): 58, ("chinese", "email"): 14, ("chinese", "form"): 5,
}  # fmt: skip
SHIFTS = {  # hours on the clock; weekends shorter, and not everybody
    "ana": (7.0, 16.0), "ben": (12.0, 21.5), "mei": (7.5, 17.0), "hao": (11.5, 21.5),
    "sam": (10.0, 19.0),
}  # fmt: skip
WEEKEND = {5: ("ana", "hao", "sam"), 6: ("ben", "mei", "sam")}
CHATS, LETTERS = 2, 2  # at once, at most
PRIORITIES = {"normal": 0.78, "high": 0.12, "low": 0.09, "urgent": 0.01}
HURRY = {"urgent": 0.45, "high": 0.7, "normal": 1.0, "low": 1.2}
STORM_DAYS = {10: 1.7, 31: 1.5}  # days ago: a carrier's strike, a newsletter with a broken link


@dataclass(slots=True)
class Episode:
    """A contact from its arrival to its end; times in ms."""

    queue: str
    channel: str
    language: str
    priority: str
    came: int
    outcome: str = "handled"
    agent: str | None = None
    taken: int | None = None
    replied: int | None = None
    wrapped: int | None = None
    ended: int = 0
    passed_by: str | None = None  # who was asked first and did not take it
    was_in: str | None = None  # the queue it came to, where somebody moved it by hand
    announced: Span | None = None


@dataclass(slots=True)
class Weeks:
    """What was played: contacts in the order they came, and everybody's presence."""

    episodes: list[Episode] = field(default_factory=list)
    presence: list[tuple[str, str, str, Span]] = field(default_factory=list)  # who, state, why


def play(today: date, count: int, members: Mapping[str, list[str]], seed: int) -> Weeks:
    """`count` days up to and with today; `members` names who serves each queue."""
    chance = random.Random(seed)
    played = Weeks()
    letters: list[Episode] = []  # of the night: somebody sees them in the morning
    for ago in range(count - 1, -1, -1):
        day = today - timedelta(days=ago)
        floor = _Floor(_shifts(day, chance), chance)
        for who, spans in floor.shifts.items():
            played.presence += [(who, state, why, span) for state, why, span in spans]
        growth = 1.0 - ago / count * 0.12
        came = _arrivals(day, growth * STORM_DAYS.get(ago, 1.0), chance)
        for episode in [*letters, *came]:
            floor.serve(episode, members)
        letters = [one for one in [*letters, *came] if not one.outcome]
        played.episodes += came
    return played


def _arrivals(day: date, level: float, chance: random.Random) -> list[Episode]:
    began, ended = days(day, 1, ZONE)
    whole = sum(HOURLY)
    found = []
    for (queue, channel), daily in DAILY.items():
        rate = daily * level * WEEKDAYS[day.weekday()] * chance.uniform(0.9, 1.1) / whole
        for hour, share in enumerate(HOURLY):
            at = began + hour * HOUR
            if channel == "chat" and not 6 < hour < 21:
                share *= 0.2  # who visits a shop at night does not expect a chat
            for _ in range(_poisson(rate * share, chance)):
                came = at + chance.randrange(HOUR)
                if came < ended:
                    found.append(_episode(queue, channel, came, chance))
    return sorted(found, key=lambda episode: episode.came)


def _episode(queue: str, channel: str, came: int, chance: random.Random) -> Episode:
    priority = chance.choices(list(PRIORITIES), list(PRIORITIES.values()))[0]
    language = "zh" if queue == "chinese" else "en"
    episode = Episode(queue, channel, language, priority, came)
    if chance.random() < (0.07 if queue == "returns" else 0.03) and queue != "chinese":
        episode.was_in = "orders" if queue == "returns" else "returns"
    return episode


class _Floor:
    """The people of a day and how much each has in hand."""

    def __init__(self, shifts: dict[str, list[tuple[str, str, Span]]], chance: random.Random):
        self.shifts = shifts
        self._chance = chance
        self._there = {
            who: [span for state, _, span in spans if state == "available"]
            for who, spans in shifts.items()
        }
        self._free = {who: {"chat": [0] * CHATS, "letter": [0] * LETTERS} for who in shifts}

    def serve(self, episode: Episode, members: Mapping[str, list[str]]) -> None:
        """Give it to whoever can take it first; a visitor does not wait for ever."""
        chance = self._chance
        if episode.channel == "chat" and not self._open(members[episode.queue], episode.came):
            episode.channel = "form"  # the widget takes a message while nobody is there
        kind = "chat" if episode.channel == "chat" else "letter"
        slow = chance.uniform(2, 14) if kind == "chat" else chance.uniform(20, 900)
        ready = episode.came + int(slow * 1000 * HURRY[episode.priority])
        options = [
            (at, chance.random(), who, slot)
            for who in members[episode.queue]
            if who in self._there
            for slot, free in enumerate(self._free[who][kind])
            if (at := self._there_from(who, max(ready, free))) is not None
        ]
        patience = int(chance.expovariate(1 / 360_000)) + 2_000
        taken = min(options)[0] if options else None
        if taken is not None and taken > ready:  # who waited in line: priority is a head start
            taken = ready + int((taken - ready) * HURRY[episode.priority])
        if kind == "chat" and (taken is None or taken - episode.came > patience):
            episode.outcome, episode.ended = "abandoned", episode.came + patience
            return
        if taken is None:
            episode.outcome = ""
            return
        episode.outcome = "handled"
        _, _, who, slot = min(options)
        self._handle(episode, who, taken)
        self._free[who][kind][slot] = episode.ended
        if kind == "chat" and taken - episode.came > 25_000:
            guess = (taken - episode.came) * chance.uniform(0.65, 1.5)
            episode.announced = (int(guess * 0.75), int(guess * 1.25))

    def _handle(self, episode: Episode, who: str, taken: int) -> None:
        chance = self._chance
        chat = episode.channel == "chat"
        active = int(exp(chance.gauss(log(7.5 if chat else 11), 0.55)) * MINUTE)
        episode.agent, episode.taken = who, taken
        episode.replied = taken + (chance.randrange(8_000, 40_000) if chat else active * 3 // 4)
        episode.wrapped = taken + max(active, 60_000)
        episode.ended = episode.wrapped + (chance.randrange(4_000, 30_000) if chat else 0)
        others = [one for one in self.shifts if one != who]
        if others and chance.random() < 0.05:
            episode.passed_by = chance.choice(others)

    def _open(self, members: Sequence[str], at: int) -> bool:
        """Whether one of them has come and will not leave soon; a break is no end of the day."""
        days = [self._there[who] for who in members if who in self._there]
        return any(day[0][0] <= at < day[-1][1] - 10 * MINUTE for day in days)

    def _there_from(self, who: str, at: int) -> int | None:
        for began, ended in self._there[who]:
            if at < ended - 2 * MINUTE:
                return max(at, began)
        return None


def _shifts(day: date, chance: random.Random) -> dict[str, list[tuple[str, str, Span]]]:
    found = {}
    for who, (opens, closes) in SHIFTS.items():
        if who not in WEEKEND.get(day.weekday(), SHIFTS):
            continue
        if day.weekday() < 5 and chance.random() < 0.03:
            continue  # a day off
        found[who] = list(_day_of(day, opens, closes, chance))
    return found


def _day_of(
    day: date, opens: float, closes: float, chance: random.Random
) -> Iterator[tuple[str, str, Span]]:
    """Available with a lunch, two short breaks and now and then a missed offer."""

    def at(hours: float) -> int:
        moment = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(hours=hours)
        return int(moment.timestamp() * 1000) + chance.randrange(-4, 5) * MINUTE

    middle = (opens + closes) / 2
    pauses = [
        (opens + 2.1, 0.2, "away", "Break"),
        (middle, 0.6, "away", "Lunch"),
        (closes - 2.0, 0.2, "away", "Break"),
    ]
    if chance.random() < 0.35:
        pauses.insert(2, (middle + 1.2, 0.07, "not_ready", "no_answer"))
    began = at(opens)
    for hour, length, state, why in pauses:
        pause = at(hour)
        back = pause + int(length * HOUR)
        if pause <= began:
            continue
        yield "available", "", (began, pause)
        yield state, why, (pause, back)
        began = back
    yield "available", "", (began, at(closes))


def _poisson(mean: float, chance: random.Random) -> int:
    """Knuth's method: exact, and quick for the small means of an hour."""
    limit, product, count = exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
