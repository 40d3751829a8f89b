"""The rows of reports say what the tables say, add up, and are put right by a late answer."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert, select, update

from app.actions.rollup import agent_difference, queue_difference, store_rollup
from app.db import Tx
from app.models.agent import agents
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.history import agent_intervals, contact_moves, presence_spans, queue_intervals
from app.models.organisation import brands, inboxes, queues
from app.queries.history import Filters, QueueSums, channel_table, queue_table
from app.queries.rollup import agent_rows, queue_rows, touched
from app.workers.rollup import chunks
from routing import metrics
from routing.intervals import QUARTER_MS, merged, quarter_of, split
from routing.periods import day_of, days, steps

BEGAN = 1_800_000_000_000 - 1_800_000_000_000 % QUARTER_MS
SPAN = BEGAN, BEGAN + 12 * QUARTER_MS
HOUR = 4 * QUARTER_MS
BERLIN = ZoneInfo("Europe/Berlin")
EVERYTHING = settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def conn(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Connection]:
    """A company of two queues, two agents and a customer who writes all the time."""
    shutil.copy(migrated_sqlite, tmp_path / "rows.db")
    engine = create_engine(f"sqlite:///{tmp_path / 'rows.db'}")
    with engine.connect() as found:
        found.execute(insert(brands).values(id=1, name="Tea", slug="tea", created_at=0))
        for number in (1, 2):
            found.execute(
                insert(queues).values(id=number, name=f"Q{number}", brand_id=1, created_at=0)
            )
            found.execute(
                insert(agents).values(
                    id=number, name=f"A{number}", email=f"a{number}@b.example",
                    max_by_channel={}, preferences={}, created_at=0,
                )
            )  # fmt: skip
        found.execute(
            insert(inboxes).values(
                id=1, brand_id=1, queue_id=1, channel="chat", name="C", key="k", settings={},
                created_at=0,
            )
        )  # fmt: skip
        found.execute(
            insert(customers).values(id=1, name="Kim", fields={}, created_at=0, seen_at=0)
        )
        for number, language in ((1, "en"), (2, "zh")):
            found.execute(
                insert(conversations).values(
                    id=number, brand_id=1, inbox_id=1, customer_id=1, channel="chat",
                    language=language, created_at=0, last_message_at=0,
                )
            )  # fmt: skip
        found.commit()
        yield found
    engine.dispose()


moments = st.integers(0, 3 * HOUR - 1)
waits = st.one_of(st.integers(0, 8_000), st.integers(0, 2 * HOUR))


@st.composite
def episodes(draw: st.DrawFn) -> dict[str, Any]:
    """A contact that ended, was given up, is going on or still waits."""
    came = BEGAN + draw(moments)
    fate = draw(st.sampled_from(["handled", "abandoned", "left", "active", "waiting"]))
    values: dict[str, Any] = {
        "conversation_id": draw(st.sampled_from([1, 2])),
        "queue_id": draw(st.sampled_from([1, 2])),
        "channel": draw(st.sampled_from(["chat", "email"])),
        "priority": draw(st.sampled_from(["normal", "high"])),
        "cost": 1, "skills": [], "excluded": [], "enqueued_at": came, "status": "waiting",
        "answered_at": None, "replied_at": None, "wrap_up_at": None, "ended_at": None,
        "agent_id": None, "outcome": "",
    }  # fmt: skip
    answered = came + draw(waits)
    if fate in ("handled", "active"):
        values |= {"answered_at": answered, "status": "active", "agent_id": draw(st.integers(1, 2))}
        if draw(st.booleans()):
            values["replied_at"] = answered + draw(waits)
    if fate == "handled":
        wrapped = answered + draw(waits)
        values |= {"ended_at": wrapped + draw(st.integers(0, 60_000)), "wrap_up_at": wrapped}
    if fate in ("abandoned", "left"):
        values["ended_at"] = answered
    if values["ended_at"] is not None:
        values |= {"status": "ended", "outcome": fate}
    return values


def _fill(conn: Connection, told: list[dict[str, Any]]) -> None:
    for table in (
        contact_moves,
        offers,
        contacts,
        presence_spans,
        queue_intervals,
        agent_intervals,
    ):
        conn.execute(table.delete())
    if told:
        conn.execute(insert(contacts), told)


def _waiting(channel: str) -> dict[str, Any]:
    return {
        "conversation_id": 1, "queue_id": 1, "channel": channel, "priority": "normal", "cost": 1,
        "skills": [], "excluded": [], "enqueued_at": BEGAN, "status": "waiting",
    }  # fmt: skip


def _store(conn: Connection, now: int = SPAN[1]) -> int:
    tx = Tx(conn, now)
    spans = [SPAN]
    return store_rollup(tx, queue_difference(conn, spans, queue_rows(conn, spans))) + store_rollup(
        tx, agent_difference(conn, SPAN, agent_rows(conn, SPAN, now))
    )


def _sums(conn: Connection) -> dict[str, int]:
    rows = [row._mapping for row in conn.execute(select(queue_intervals))]
    names = [c.name for c in queue_intervals.c if c.name.endswith(("ed", "_ms", "target"))]
    return {name: sum(row[name] for row in rows) for name in names}


@EVERYTHING
@given(told=st.lists(episodes(), max_size=25))
def test_the_sums_of_the_rows_are_the_figures_of_the_contacts_themselves(
    conn: Connection, told: list[dict[str, Any]]
) -> None:
    _fill(conn, told)
    _store(conn)
    sums = _sums(conn)
    rows = conn.execute(select(contacts)).all()

    def answered(row: Any) -> int | None:
        return row.answered_at if row.channel == "chat" else row.replied_at  # type: ignore[no-any-return]

    waits_of = {
        channel: [
            answered(row) - row.enqueued_at
            for row in rows
            if row.channel == channel and answered(row) is not None
        ]
        for channel in ("chat", "email")
    }
    left = [
        row.ended_at - row.enqueued_at
        for row in rows
        if row.outcome == "abandoned" and answered(row) is None
    ]
    every = waits_of["chat"] + waits_of["email"]
    in_target = sum(wait <= 60_000 for wait in waits_of["chat"])
    in_target += sum(wait <= 4 * HOUR for wait in waits_of["email"])
    expected = metrics.service_level_of_counts(
        in_target, len(every), sum(not metrics.is_short_abandon(wait) for wait in left)
    )
    level = metrics.service_level_of_counts(sums["in_target"], sums["answered"], sums["abandoned"])
    assert level == expected
    assert sums["offered"] == len(rows)
    assert sums["abandoned"] + sums["short_abandoned"] == len(left)
    asa = metrics.average_speed_of_answer_ms(every)
    assert asa == (sums["waits_ms"] / sums["answered"] if sums["answered"] else None)
    done = [row for row in rows if row.outcome == "handled"]
    aht = metrics.average_handling_time_ms(
        [row.wrap_up_at - row.answered_at for row in done],
        [row.ended_at - row.wrap_up_at for row in done],
    )
    spent = sums["handling_ms"] + sums["wrap_up_ms"]
    assert aht == (spent / sums["handled"] if sums["handled"] else None)


@EVERYTHING
@given(told=st.lists(episodes(), max_size=25), offset=st.integers(-48, 48))
def test_quarters_add_up_to_hours_days_and_the_whole(
    conn: Connection, told: list[dict[str, Any]], offset: int
) -> None:
    _fill(conn, told)
    _store(conn)
    span = days(day_of(BEGAN + offset * QUARTER_MS, BERLIN), 3, BERLIN)
    chosen = Filters((1, 2))
    wholes = {
        QueueSums.of(queue_table(conn, steps(span, step, BERLIN), chosen).values())
        for step in ("quarter", "hour", "day", "week")
    } | {QueueSums.of(channel_table(conn, [span], chosen).values())}
    assert len(wholes) == 1


@EVERYTHING
@given(told=st.lists(episodes(), max_size=15))
def test_a_second_roll_up_writes_nothing(conn: Connection, told: list[dict[str, Any]]) -> None:
    _fill(conn, told)
    _store(conn)
    assert _store(conn) == 0


@EVERYTHING
@given(
    spans=st.lists(
        st.tuples(st.sampled_from(["available", "away", "not_ready"]), st.integers(1, 2 * HOUR)),
        max_size=12,
    ),
    told=st.lists(episodes(), max_size=12),
)
def test_an_agents_rows_hold_their_time_to_the_millisecond(
    conn: Connection, spans: list[tuple[str, int]], told: list[dict[str, Any]]
) -> None:
    _fill(conn, told)
    at, time_in = BEGAN, {"available": 0, "away": 0, "not_ready": 0}
    available = []
    for state, ms in spans:
        ended = min(at + ms, SPAN[1])
        if ended > at:
            conn.execute(
                insert(presence_spans).values(
                    agent_id=1, state=state, began_at=at, ended_at=at + ms
                )
            )
            time_in[state] += ended - at
            if state == "available":
                available.append((at, ended))
        at += ms
    _store(conn)
    rows = conn.execute(select(agent_intervals).where(agent_intervals.c.agent_id == 1)).all()
    for state, ms in time_in.items():
        assert sum(getattr(row, f"{state}_ms") for row in rows) == ms
    for row in rows:
        assert row.available_ms + row.away_ms + row.not_ready_ms <= QUARTER_MS
        assert 0 <= row.busy_ms <= row.available_ms
        assert row.busy_ms <= row.unit_ms
    held = merged(
        (max(row.answered_at, began), min(row.ended_at or SPAN[1], ended))
        for row in conn.execute(select(contacts).where(contacts.c.agent_id == 1))
        for began, ended in available
    )
    assert sum(row.busy_ms for row in rows) == sum(ended - began for began, ended in held)


@given(began=st.integers(0, 10 * HOUR), ms=st.integers(0, 3 * HOUR))
def test_a_span_that_crosses_quarters_is_split_exactly(began: int, ms: int) -> None:
    parts = list(split((began, began + ms)))
    assert sum(part for _, part in parts) == ms
    assert all(quarter % QUARTER_MS == 0 and 0 < part <= QUARTER_MS for quarter, part in parts)


def test_a_late_answer_lands_in_the_row_of_the_arrival(conn: Connection) -> None:
    base = _waiting("email")
    _fill(conn, [base])
    _store(conn)
    conn.execute(update(contacts).values(status="active", answered_at=BEGAN + 2 * HOUR,
                                         replied_at=BEGAN + 2 * HOUR, agent_id=1))  # fmt: skip
    spans = touched(conn, BEGAN + 2 * HOUR, SPAN[1])
    assert spans == [(BEGAN, BEGAN + QUARTER_MS)]
    store_rollup(Tx(conn, SPAN[1]), queue_difference(conn, spans, queue_rows(conn, spans)))
    row = conn.execute(select(queue_intervals)).one()
    assert (row.starts_at, row.answered, row.waits_ms) == (BEGAN, 1, 2 * HOUR)


def test_a_contact_that_is_moved_leaves_the_row_of_its_first_queue(conn: Connection) -> None:
    base = _waiting("chat")
    _fill(conn, [base])
    _store(conn)
    conn.execute(update(contacts).values(queue_id=2))
    contact_id = conn.execute(select(contacts.c.id)).scalar_one()
    conn.execute(
        insert(contact_moves).values(
            contact_id=contact_id, from_queue_id=1, to_queue_id=2, agent_id=1, why="transfer",
            at=BEGAN + HOUR,
        )
    )  # fmt: skip
    assert touched(conn, BEGAN + HOUR, SPAN[1]) == [(BEGAN, BEGAN + QUARTER_MS)]
    _store(conn)
    rows = {row.queue_id: row for row in conn.execute(select(queue_intervals))}
    assert (rows[1].offered, rows[1].transferred) == (0, 1)
    assert (rows[2].offered, rows[2].transferred) == (1, 0)


def test_a_hand_ends_where_the_contact_goes_on_to_somebody_else(conn: Connection) -> None:
    _fill(conn, [])
    contact_id = conn.execute(
        insert(contacts).values(
            conversation_id=1, queue_id=1, channel="chat", priority="normal", cost=2, skills=[],
            excluded=[], enqueued_at=BEGAN, status="ended", outcome="handled", agent_id=2,
            answered_at=BEGAN + 1000, ended_at=BEGAN + 9000,
        )
    ).inserted_primary_key[0]  # fmt: skip
    for agent_id, made, taken in ((1, 0, 1000), (2, 4000, 6000)):
        conn.execute(
            insert(offers).values(
                contact_id=contact_id, agent_id=agent_id, status="accepted", decision={},
                made_at=BEGAN + made, ended_at=BEGAN + taken, expires_at=BEGAN + made + 20_000,
            )
        )  # fmt: skip
        conn.execute(
            insert(presence_spans).values(agent_id=agent_id, state="available", began_at=BEGAN)
        )
    _store(conn, BEGAN + 60_000)
    rows = {row.agent_id: row for row in conn.execute(select(agent_intervals))}
    assert (rows[1].busy_ms, rows[1].unit_ms, rows[1].handled) == (3000, 6000, 0)
    assert (rows[2].busy_ms, rows[2].unit_ms, rows[2].handled) == (3000, 6000, 1)
    assert rows[1].available_ms == 60_000


def test_a_long_gap_is_made_up_in_steps_of_a_week() -> None:
    week = 7 * 24 * HOUR
    parts = list(chunks([(BEGAN, BEGAN + 3 * week + QUARTER_MS)]))
    assert len(parts) == 4
    assert sum(ended - began for part in parts for began, ended in part) == 3 * week + QUARTER_MS
    assert quarter_of(BEGAN) == BEGAN
