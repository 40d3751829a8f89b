"""The ways out of a queue, as its row has them, for the contacts that may go them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row

from app.queries.calendars import calendar
from channels import registry
from routing.hours import Hours, is_open
from routing.overflow import OverflowRule, overflows
from routing.state import State


@dataclass(frozen=True, slots=True)
class Leaving:
    """A contact that overflows: as it waited when that was found, by which rule, and the words its
    customer is told (empty: none)."""

    contact: int
    version: int
    rule: OverflowRule
    text: str = ""


@dataclass(frozen=True, slots=True)
class OverflowRules:
    """By queue, in order: its rules, the words a customer is told, and its opening hours.

    Only somebody who waits at the other end can be told something or be called back: for a mail
    only the way into another queue is open.
    """

    rules: Mapping[int, tuple[OverflowRule, ...]]
    texts: Mapping[tuple[int, OverflowRule], str]
    hours: Mapping[int, Hours]

    def of(self, queue_id: int, channel: str) -> tuple[OverflowRule, ...]:
        """The rules of a queue that hold for a contact of this channel."""
        return self._of_kind(queue_id, registry.get(channel).live)

    def after_all_declined(self, queue_id: int, channel: str, been_in: Collection[int]) -> bool:
        """Whether there is a way out for what everybody has declined."""
        return any(
            rule.when == "declined_by_all" and rule.queue not in (*been_in, queue_id)
            for rule in self.of(queue_id, channel)
        )

    def leaving(
        self, state: State, resting: Collection[int], staying: Collection[int], now: int
    ) -> list[Leaving]:
        """Who overflows at `now`, chats first.

        `resting` have their extra round yet to come; `staying` wait without sitting there, so only
        another queue is a way for them. Chats and mails are counted each for themselves: mail in
        the same queue does not make the line of those who sit there any longer.
        """
        closed = frozenset(id for id, hours in self.hours.items() if not is_open(hours, now))
        found: list[Leaving] = []
        for live in (True, False):
            line = {
                id: replace(contact, exclusion_cleared=False) if id in resting else contact
                for id, contact in state.contacts.items()
                if contact.queue in self.rules
                and (registry.get(contact.channel).live and id not in staying) is live
            }
            if line:
                rules = {id: self._of_kind(id, live) for id in self.rules}
                for one in overflows(replace(state, contacts=line), rules, now, closed):
                    contact = line[one.contact]
                    text = self.texts[contact.queue, one.rule]
                    found.append(Leaving(contact.id, contact.version, one.rule, text))
        return found

    def _of_kind(self, queue_id: int, live: bool) -> tuple[OverflowRule, ...]:
        rules = self.rules.get(queue_id, ())
        return rules if live else tuple(rule for rule in rules if rule.way == "queue")


def overflow_rules(conn: Connection, queues: Sequence[Row[Any]]) -> OverflowRules:
    """Read the rules of these rows of queues; a way into a queue that is gone is no way."""
    known = {row.id for row in queues}
    rules: dict[int, tuple[OverflowRule, ...]] = {}
    texts: dict[tuple[int, OverflowRule], str] = {}
    hours: dict[int, Hours] = {}
    for row in queues:
        found = []
        for plain in row.overflow:
            try:
                rule = rule_of(plain)
            except (
                ValueError
            ):  # the administrator is told where rules are checked; the line goes on
                continue
            if rule.queue is None or rule.queue in known:
                found.append(rule)
                texts[row.id, rule] = plain.get("text", "")
        if not found:
            continue
        rules[row.id] = tuple(found)
        kept = calendar(conn, row.hours_id)
        if kept is not None:
            hours[row.id] = kept
    return OverflowRules(rules, texts, hours)


def rule_of(plain: Mapping[str, Any]) -> OverflowRule:
    """A rule as it is stored: `limit` is contacts for too_many, seconds for too_long."""
    when, limit = plain["when"], int(plain.get("limit") or 0)
    return OverflowRule(
        when=when,
        way=plain["way"],
        limit=limit * 1000 if when == "too_long" else limit if when == "too_many" else 0,
        queue=plain.get("queue_id") if plain["way"] == "queue" else None,
    )
