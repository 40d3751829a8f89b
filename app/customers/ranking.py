"""Which facts about a customer an agent needs in the first second, and in which order.

One table says what weighs how much and why; everything else is sorting. Who it is stands above
the list as the first of `MOST`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MOST = 7  # facts before a click, the heading with the name among them


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a kind of fact weighs (more is earlier), how many of it are shown at once."""

    weight: int
    at_once: int
    why: str


WEIGHTS: dict[str, Weight] = {
    "identity_conflict": Weight(1000, 1, "Else it is said to the wrong person."),
    "promise_overdue": Weight(900, 3, "We broke our word: it comes before their question."),
    "prefers": Weight(870, 1, "How and when they want to be reached, as they said themselves."),
    "interests": Weight(860, 1, "What they say of themselves on their own pages."),
    "problem": Weight(850, 2, "A colleague noted it so that it is not asked again."),
    "no_contact": Weight(800, 2, "Breaking a refusal cannot be undone."),
    "preference": Weight(780, 2, "The customer asked for it once already."),
    "mood_negative": Weight(750, 1, "The tone of the first sentence depends on it."),
    "effort": Weight(700, 1, "Who came again or was passed on needs an apology, not a script."),
    "device_alert": Weight(690, 1, "What broke is most likely what they come about."),
    "open_conversation": Weight(680, 1, "It may be about something a colleague works on."),
    "promise_open": Weight(650, 2, "They will ask whether it still stands."),
    "page": Weight(620, 1, "They look at it at this moment."),
    "return": Weight(590, 1, "Where is my money is asked more than where is my parcel."),
    "order": Weight(580, 1, "Most questions are about the last order."),
    "topic": Weight(560, 1, "What this contact was taken to be about."),
    "suggestion": Weight(540, 1, "They like to hear what became of it."),
    "fact": Weight(530, 1, "A colleague thought it worth noting."),
    "sent": Weight(450, 1, "Nobody wants the same twice."),
    "solved_before": Weight(420, 1, "The same was solved before: so it can be again."),
    "last_agent": Weight(400, 1, "Who to ask."),
    "mood_positive": Weight(300, 1, "Good to know, changes nothing."),
    "consent": Weight(200, 1, "What may be sent, once somebody wants to send."),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the card: what (`kind`), in the words of its source, where that is.

    `at` is its own moment in ms (when it is due, was said, was placed), `as_of` when we were told.
    `more` counts others of the same kind that it stands for.
    """

    kind: str
    id: int
    text: str
    at: int
    as_of: int
    href: str
    more: int = 0
    stale: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """What is shown at once, and what lies behind a click."""

    first: tuple[Fact, ...]
    rest: tuple[Fact, ...]


def rank(facts: Iterable[Fact], most: int = MOST - 1) -> Ranked:
    """Sort by weight. Among promises the one that is due first comes first, else the newest. What
    exceeds its kind's share, or `most` altogether, is in `rest`. The order in which facts come in
    makes no difference."""
    first: list[Fact] = []
    rest: list[Fact] = []
    shown: dict[str, int] = {}
    for fact in sorted(facts, key=_place):
        if len(first) < most and shown.get(fact.kind, 0) < WEIGHTS[fact.kind].at_once:
            shown[fact.kind] = shown.get(fact.kind, 0) + 1
            first.append(fact)
        else:
            rest.append(fact)
    return Ranked(tuple(first), tuple(rest))


def _place(fact: Fact) -> tuple[int, int, int, str]:
    due = fact.kind in ("promise_overdue", "promise_open")
    return (-WEIGHTS[fact.kind].weight, fact.at if due else -fact.at, fact.id, fact.text)
