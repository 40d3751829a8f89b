"""Fields of a queue's rules: steps that ask for less as time goes on, and ways out of the line.

Both are short lists. The form shows what there is and one empty row more; an empty row is nothing.
"""

from collections.abc import Mapping
from typing import Any

from app.actions.setup.field import Field, Kind, Refused, Sent, one_line
from app.pages import N_

MOST_ROWS = 8
LONGEST_WAIT_S = 7 * 86_400
LONGEST_TEXT = 500

WHENS = (
    ("too_many", N_("More than so many wait")),
    ("too_long", N_("Somebody has waited for so long")),
    ("nobody_staffed", N_("Nobody is at work")),
    ("closed", N_("It is out of business hours")),
    ("declined_by_all", N_("Everybody has declined")),
)
WAYS = (
    ("queue", N_("Go to another queue")),
    ("callback", N_("Be called back")),
    ("message", N_("Be answered by email")),
)
LIMITED = ("too_many", "too_long")


class Steps(Kind):
    """After so many seconds these skills are enough: [{"after_s": 60, "skills": [[id, level]]}]."""

    look = "steps"

    def read(self, field: Field, sent: Sent) -> list[dict[str, Any]]:
        found = []
        for row in sent.all(f"{field.name}-row")[:MOST_ROWS]:
            start = f"{field.name}-{row}-"
            skills = {of: sent.get(f"{start}level-{of}") for of in sent.all(f"{start}of")[:200]}
            found.append({"after_s": sent.get(f"{start}after"), "skills": skills})
        return found

    def typed(self, field: Field, value: Any) -> list[dict[str, Any]]:
        return [
            {
                "after_s": str(step["after_s"]),
                "skills": {str(skill): str(level) for skill, level in step["skills"]},
            }
            for step in value or ()
        ]

    def parse(self, field: Field, typed: Any) -> list[dict[str, Any]]:
        found = []
        for row in typed:
            if not row["after_s"].strip():
                continue
            levels = ((of, number(level or "0", 0, 5)) for of, level in row["skills"].items())
            needed = sorted([number(of, 1, 10**15), level] for of, level in levels if level)
            found.append({"after_s": number(row["after_s"], 1, LONGEST_WAIT_S), "skills": needed})
        return sorted(found, key=lambda step: step["after_s"])


class WaysOut(Kind):
    """Where contacts go that cannot stay: [{"when", "limit", "way", "queue_id", "text"}]."""

    look = "ways"

    def read(self, field: Field, sent: Sent) -> list[dict[str, str]]:
        names = ("when", "limit", "way", "queue", "text")
        return [
            {name: sent.get(f"{field.name}-{row}-{name}") for name in names}
            for row in sent.all(f"{field.name}-row")[:MOST_ROWS]
        ]

    def typed(self, field: Field, value: Any) -> list[dict[str, str]]:
        return [
            {
                "when": str(rule["when"]),
                "limit": str(rule.get("limit") or ""),
                "way": str(rule["way"]),
                "queue": str(rule.get("queue_id") or ""),
                "text": str(rule.get("text") or ""),
            }
            for rule in value or ()
        ]

    def parse(self, field: Field, typed: Any) -> list[dict[str, Any]]:
        return [_way(row) for row in typed if row["when"]]


def _way(row: Mapping[str, str]) -> dict[str, Any]:
    when, way = row["when"], row["way"]
    if when not in dict(WHENS) or way not in dict(WAYS):
        raise Refused("way_out")
    if when in LIMITED and not row["limit"].strip():
        raise Refused("way_limit")
    if way == "queue" and not row["queue"]:
        raise Refused("way_queue")
    text = one_line(row["text"])
    if len(text) > LONGEST_TEXT:
        raise Refused("too_long")
    return {
        "when": when,
        "limit": number(row["limit"], 1, LONGEST_WAIT_S) if when in LIMITED else 0,
        "way": way,
        "queue_id": number(row["queue"], 1, 10**15) if way == "queue" else None,
        "text": text,
    }


def number(text: str, low: int, high: int) -> int:
    """A whole number of these bounds; raises Refused."""
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise Refused("not_a_number")
    if not low <= int(text) <= high:
        raise Refused("out_of_range")
    return int(text)


STEPS, WAYS_OUT = Steps(), WaysOut()
