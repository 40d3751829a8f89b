"""The weeks of the demo as rows of reports, counted by the product's own rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.actions.rollup import (
    Difference,
    agent_difference,
    mark_rolled_up,
    queue_difference,
    store_rollup,
)
from app.db import Tx
from app.demo.company import QUEUES
from app.demo.recent import Company
from app.demo.weeks import Episode, Weeks
from app.models.history import agent_intervals, queue_intervals
from app.queries.hands import Hand
from app.queries.rollup import (
    AGENT_FIGURES,
    AGENT_KEY,
    QUEUE_FIGURES,
    QUEUE_KEY,
    Key,
    Rows,
    agent_rows,
    count_contact,
    count_hands,
    count_state,
    queue_rows,
    row_of,
)
from channels import registry
from routing.intervals import QUARTER_MS, merged, quarter_of

LETTER_TARGET_MS = 14_400_000


@dataclass(frozen=True, slots=True)
class _Counted:
    """An episode with the names that a contact's columns have."""

    enqueued_at: int
    answered: int | None
    target_ms: int
    answered_at: int | None
    wrap_up_at: int | None
    ended_at: int
    outcome: str
    status: str = "ended"


def write_rows(
    tx: Tx, company: Company, weeks: Weeks, episodes: Sequence[Episode], real: int
) -> None:
    """Rows of `episodes`, which came before `real`; from then on they are counted from tables."""
    tables = ((queue_intervals, QUEUE_KEY, _of_queues(company, episodes)),
              (agent_intervals, AGENT_KEY, _of_agents(company, weeks, episodes, real)))  # fmt: skip
    for table, keys, rows in tables:
        told = tuple({**dict(zip(keys, key, strict=True)), **row} for key, row in rows.items())
        store_rollup(tx, Difference(table, keys, (), told))
    lately = (real, quarter_of(tx.now) + QUARTER_MS)
    store_rollup(tx, queue_difference(tx.conn, [lately], queue_rows(tx.conn, [lately])))
    store_rollup(tx, agent_difference(tx.conn, lately, agent_rows(tx.conn, lately, tx.now)))
    mark_rolled_up(tx, tx.now)


def _of_queues(company: Company, episodes: Sequence[Episode]) -> Rows:
    rows: Rows = {}
    for one in episodes:
        chat = one.channel == "chat"
        target_ms = QUEUES[one.queue][1] * 1000 if chat else LETTER_TARGET_MS
        answered = one.taken if chat else one.replied
        counted = _Counted(
            one.came, answered, target_ms, one.taken, one.wrapped, one.ended, one.outcome
        )
        count_contact(row_of(rows, _key(company, one, one.queue), QUEUE_FIGURES), counted)
        if one.was_in is not None:
            row_of(rows, _key(company, one, one.was_in), QUEUE_FIGURES)["transferred"] += 1
    return rows


def _key(company: Company, one: Episode, queue: str) -> Key:
    return company.queues[queue], one.channel, one.priority, one.language, quarter_of(one.came)


def _of_agents(company: Company, weeks: Weeks, episodes: Sequence[Episode], real: int) -> Rows:
    rows: Rows = {}
    for who, agent_id in company.agents.items():
        spans = [(state, span) for name, state, _, span in weeks.presence if name == who]
        for state, span in spans:
            if span[0] < real:
                count_state(rows, agent_id, state, span)
        own = [one for one in episodes if one.agent == who]
        held = [
            Hand(agent_id, 0, (one.taken or 0, one.ended), registry.get(one.channel).cost)
            for one in own
        ]
        if held:
            available = merged(span for state, span in spans if state == "available")
            count_hands(rows, held, available)
        for one in own:
            _count_work(row_of(rows, (agent_id, quarter_of(one.ended)), AGENT_FIGURES), one)
            _count_offer(rows, agent_id, one.taken or 0, "accepted")
            if one.passed_by is not None:
                other = company.agents[one.passed_by]
                _count_offer(rows, other, one.taken or 0, "declined")
    return {key: row for key, row in rows.items() if key[1] < real}


def _count_work(row: dict[str, int], one: Episode) -> None:
    row["handled"] += 1
    row["handling_ms"] += (one.wrapped or 0) - (one.taken or 0)
    row["wrap_up_ms"] += one.ended - (one.wrapped or 0)


def _count_offer(rows: Rows, agent_id: int, at: int, became: str) -> None:
    row = row_of(rows, (agent_id, quarter_of(at)), AGENT_FIGURES)
    row["offered"] += 1
    row[became] += 1
