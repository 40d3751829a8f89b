"""What it has cost a customer to get help: an effort ledger, summed up.

After Dixon, Freeman and Toman, "Stop Trying to Delight Your Customers" (Harvard Business Review,
2010): what drives people away is having to come again, to be passed on, to tell it again and to
change the channel. The ledger counts these acts instead of asking; the score is their sum with
the weights below, which are ours and say how many minutes of waiting an act is worth.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

MINUTE_MS = 60_000
WEEK_MS = 7 * 24 * 3_600_000
MINUTES_OF = {"contact": 5, "transfer": 10, "repeat": 15, "switch": 10}


@dataclass(frozen=True, slots=True)
class Episode:
    """One contact as it was for the customer. `subject` is what it was about: its topic, else its
    queue. Times in ms; `answered_at` and `ended_at` are None while that has not happened."""

    conversation_id: int
    channel: str
    subject: str
    enqueued_at: int
    answered_at: int | None
    ended_at: int | None
    moves: int


@dataclass(frozen=True, slots=True)
class Effort:
    """The sums. `since` is when the one that is waiting now began to; None: nobody waits."""

    contacts: int = 0
    transfers: int = 0
    repeats: int = 0
    switches: int = 0
    waited_ms: int = 0
    since: int | None = None

    @property
    def score(self) -> int:
        """In minutes: those waited, and what the acts are worth."""
        acts = (
            ("contact", max(0, self.contacts - 1)),
            ("transfer", self.transfers),
            ("repeat", self.repeats),
            ("switch", self.switches),
        )
        return self.waited_ms // MINUTE_MS + sum(MINUTES_OF[name] * count for name, count in acts)


def waited(episode: Episode, now: int) -> int:
    """From the entry into the queue to the answer, or to the end, or to now; ms, never below 0."""
    until = episode.answered_at or episode.ended_at or now
    return max(0, until - episode.enqueued_at)


def effort(episodes: Iterable[Episode], now: int) -> Effort:
    """Sum up. A repeat is a contact about the same subject within seven days after the end of the
    one before (or its beginning, where it has no end); a switch is one that comes by another
    channel than the repeat or the same conversation before it."""
    known = sorted(episodes, key=lambda one: (one.enqueued_at, one.conversation_id))
    waiting = [one for one in known if one.answered_at is None and one.ended_at is None]
    return Effort(
        contacts=len(known),
        transfers=sum(one.moves for one in known),
        repeats=repeats(known),
        switches=switches(known),
        waited_ms=sum(waited(one, now) for one in known),
        since=min((one.enqueued_at for one in waiting), default=None),
    )


def repeats(known: Sequence[Episode]) -> int:
    """How many came again within seven days; `known` is in order of time."""
    return sum(is_repeat(before, one) for before, one in pairs_of_a_subject(known))


def switches(known: Sequence[Episode]) -> int:
    """How many of those that belong together changed the channel."""
    return sum(is_switch(before, one) for before, one in pairs_of_a_subject(known))


def is_switch(before: Episode, one: Episode) -> bool:
    """Whether a contact goes on with what the one before it was about, by another channel."""
    together = before.conversation_id == one.conversation_id or is_repeat(before, one)
    return together and before.channel != one.channel


def is_repeat(before: Episode, one: Episode) -> bool:
    """Whether a contact came within seven days after the one before it about the same."""
    return one.enqueued_at - (before.ended_at or before.enqueued_at) <= WEEK_MS


def pairs_of_a_subject(known: Sequence[Episode]) -> list[tuple[Episode, Episode]]:
    """Each contact with the one before it about the same."""
    by_subject: dict[str, list[Episode]] = {}
    for one in known:
        by_subject.setdefault(one.subject, []).append(one)
    return [pair for some in by_subject.values() for pair in pairwise(some)]
