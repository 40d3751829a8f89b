"""Offers are made: contacts and agents are claimed for a batch of decisions, in one write.

An offer reserves capacity from the moment it is made. Every claim is conditional: the contact must
still wait at its version, the agent still be available, at the epoch that was decided on, with
room. What fails is left out and named, so that it is read anew and settled again; the number of
statements does not grow with the batch.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from app.db import Tx
from app.events import ContactChanged, OfferChanged, PresenceChanged
from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.queries.interruptions import units_aside
from routing.settle import Decision

_CONTACTS = (
    select(
        contacts.c.id, contacts.c.conversation_id, contacts.c.queue_id, contacts.c.cost,
        contacts.c.channel, contacts.c.version, contacts.c.excluded,
        contacts.c.exclusion_cleared, contacts.c.boosts,
    )
    .where(contacts.c.id.in_(bindparam("ids", expanding=True)), contacts.c.status == "waiting")
    .order_by(contacts.c.id)
    .with_for_update()
)  # fmt: skip
_AGENTS = (
    select(presence.c.agent_id, presence.c.used, presence.c.epoch, agents.c.capacity)
    .join(agents, agents.c.id == presence.c.agent_id)
    .where(presence.c.agent_id.in_(bindparam("ids", expanding=True)))
    .where(presence.c.state == "available", agents.c.active)
    .order_by(presence.c.agent_id)
    .with_for_update(of=presence)
)
_ADD = insert(offers).returning(offers.c.id, offers.c.contact_id, offers.c.agent_id)
_RESERVE = (
    update(presence)
    .where(presence.c.agent_id == bindparam("of_agent"))
    .values(
        used=presence.c.used + bindparam("units"),
        epoch=presence.c.epoch + 1,
        last_assigned_at=bindparam("at"),
    )
)
_OFFER = (
    update(contacts)
    .where(contacts.c.id == bindparam("of_contact"))
    .values(
        status="offered",
        version=contacts.c.version + 1,
        agent_id=bindparam("first"),
        excluded=bindparam("passed"),
        exclusion_cleared=bindparam("cleared"),
    )
)


Pair = tuple[int, int]  # contact and agent


@dataclass(frozen=True, slots=True)
class Claims:
    """What became of a batch: how many offers were made, and the decisions that lost a race."""

    made: int
    lost: tuple[Decision, ...]


def make_offers(tx: Tx, decisions: Sequence[Decision]) -> Claims:
    """Claim contact and agent of each decision and make the offers.

    Several decisions for one contact are parallel offers. A batch may give one agent several
    contacts: all of them rest on the same epoch.
    """
    if not decisions:
        return Claims(0, ())
    waiting = {row.id: row for row in tx.execute(_CONTACTS, {"ids": _ids(decisions, "contact")})}
    floor = {row.agent_id: row for row in tx.execute(_AGENTS, {"ids": _ids(decisions, "agent")})}
    units: defaultdict[int, int] = defaultdict(int)
    aside = _Aside(tx, sorted(floor))
    won, lost, on_top = list[Decision](), list[Decision](), set[Pair]()
    for decision in decisions:
        contact, agent = waiting.get(decision.contact), floor.get(decision.agent)
        if contact is None or agent is None or not _holds(decision, contact, agent):
            lost.append(decision)
            continue
        used = agent.used + units[decision.agent]
        if used + contact.cost > agent.capacity:
            if max(0, used - aside.of(contact, agent)) + contact.cost > agent.capacity:
                lost.append(decision)
                continue
            on_top.add((decision.contact, decision.agent))
        units[decision.agent] += contact.cost
        won.append(decision)
    if won:
        _store(tx, won, waiting, units, on_top)
    return Claims(len(won), tuple(lost))


class _Aside:
    """What the agents have in hand that may be interrupted; asked for only where room is short."""

    def __init__(self, tx: Tx, agent_ids: Sequence[int]) -> None:
        self._tx, self._agents = tx, agent_ids
        self._known: dict[str, dict[int, int]] = {}

    def of(self, contact: Row[Any], agent: Row[Any]) -> int:
        """The agent's units that this contact may come on top of."""
        channel = contact.channel
        if channel not in self._known:
            self._known[channel] = units_aside(self._tx.conn, self._agents, channel)
        return self._known[channel].get(agent.agent_id, 0)


def _ids(decisions: Sequence[Decision], what: str) -> list[int]:
    return sorted({getattr(decision, what) for decision in decisions})


def _holds(decision: Decision, contact: Row[Any], agent: Row[Any]) -> bool:
    """Whether the world is still the one that was decided on. The rows are locked."""
    same_contact = contact.version == decision.contact_version
    return bool(same_contact and agent.epoch == decision.agent_epoch)


def _store(
    tx: Tx,
    won: Sequence[Decision],
    waiting: dict[int, Row[Any]],
    units: defaultdict[int, int],
    on_top: set[Pair],
) -> None:
    rows = [
        {
            "contact_id": decision.contact,
            "agent_id": decision.agent,
            "status": "pending",
            "made_at": tx.now,
            "expires_at": decision.expires_at,
            "decision": record_of(
                decision,
                waiting[decision.contact].boosts,
                interrupts=(decision.contact, decision.agent) in on_top,
            ),
        }
        for decision in won
    ]
    made = tx.execute(_ADD, rows).all()
    first: dict[int, Decision] = {}
    for decision in won:
        first.setdefault(decision.contact, decision)
    tx.execute(_OFFER, [_offered(waiting[id], decision) for id, decision in first.items()])
    reserved = [
        {"of_agent": agent_id, "units": taken, "at": tx.now} for agent_id, taken in units.items()
    ]
    tx.execute(_RESERVE, sorted(reserved, key=lambda row: row["of_agent"]))
    _tell(tx, sorted(made), waiting, first)


def _offered(contact: Row[Any], decision: Decision) -> dict[str, Any]:
    clears = decision.clears_exclusion
    return {
        "of_contact": contact.id,
        "first": decision.agent,
        "passed": [] if clears else contact.excluded,
        "cleared": clears or contact.exclusion_cleared,
    }


def _tell(
    tx: Tx,
    made: Sequence[Row[Any]],
    waiting: dict[int, Row[Any]],
    first: dict[int, Decision],
) -> None:
    for id, decision in first.items():
        row = waiting[id]
        tx.emit(ContactChanged(id, row.conversation_id, row.queue_id, "offered", decision.agent))
    for offer in made:
        conversation_id = waiting[offer.contact_id].conversation_id
        tx.emit(
            OfferChanged(offer.id, offer.contact_id, conversation_id, offer.agent_id, "pending")
        )
    for agent_id in {offer.agent_id: None for offer in made}:
        tx.emit(PresenceChanged(agent_id, ""))


def record_of(
    decision: Decision, boosts: Sequence[Any], *, interrupts: bool = False
) -> dict[str, Any]:
    """The decision record as it is kept with the offer: plain numbers and names.

    `boosts` are the parts of the contact's head start as it was then; `interrupts` says that the
    agent had no room, but work that may be interrupted.
    """
    record = {
        "key": list(decision.key),
        "rank": list(decision.rank),
        "step": decision.step,
        "takers": decision.takers,
        "refused": {str(code): count for code, count in decision.refused.items()},
        "runner_up": list(decision.runner_up) if decision.runner_up else None,
        "gave_way": decision.gave_way,
        "boosts": list(boosts),
        "policy": decision.policy_version,
    }
    return record | {"interrupts": True} if interrupts else record
