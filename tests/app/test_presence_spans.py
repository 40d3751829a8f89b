"""Spans of presence: whatever happens to an agent, they join without gaps and never overlap."""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from app.actions.offer import expire_offers, route
from app.actions.receive_message import receive_message
from app.actions.set_presence import STATES, end_access, expire_presence, set_presence
from app.db import Invalid, Tx, sqlite_writer_engine
from app.models.agent import presence
from app.models.history import presence_spans
from app.models.organisation import pause_reasons
from channels.values import Identity, Inbound
from tests.desk import Desk, _fill

START = 1_800_000_000_000
STATE = st.tuples(st.just("set"), st.sampled_from(STATES), st.sampled_from((None, 1, 2)))
STEP = st.one_of(STATE, st.sampled_from((("expire",), ("ring_out",), ("close",))))
STEPS = st.lists(st.tuples(st.integers(-500, 300_000), STEP), max_size=25)


@pytest.fixture
def conn(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Connection]:
    """A migrated database with nothing in it, whose changes are rolled back."""
    shutil.copy(migrated_sqlite, tmp_path / "spans.db")
    engine = sqlite_writer_engine(f"sqlite:///{tmp_path / 'spans.db'}")
    with engine.connect() as found:
        yield found
        found.rollback()
    engine.dispose()


class Day:
    """An agent's day, step by step, and how long each state should have lasted."""

    def __init__(self, conn: Connection) -> None:
        conn.rollback()
        self.conn, self.now = conn, START
        self.desk = _fill(self.tx(), Desk(None))  # type: ignore[arg-type]
        self.ana = self.desk.agents["ana"]
        for number, name in ((1, "Lunch"), (2, "Training")):
            conn.execute(insert(pause_reasons).values(id=number, name=name, created_at=START))

    def tx(self) -> Tx:
        return Tx(self.conn, self.now)

    def step(self, what: tuple[Any, ...]) -> None:
        match what:
            case ("set", state, pause):
                set_presence(self.tx(), self.ana, state, "", pause if state == "away" else None)
            case ("expire",):
                expire_presence(self.tx(), 60_000)
            case ("close",):
                end_access(self.tx(), self.ana)
            case ("ring_out",):  # offered, not answered
                inbound = Inbound(
                    channel="chat", external_id=str(self.now), text="Hello?", full_text="Hello?",
                    identities=(Identity("visitor", str(self.now)),),
                )  # fmt: skip
                receive_message(self.tx(), self.desk.inboxes["chat"], inbound)
                route(self.tx())
                self.now += 21_000
                expire_offers(self.tx())

    def state(self) -> Any:
        return self.conn.execute(select(presence).where(presence.c.agent_id == self.ana)).one()

    def spans(self) -> list[Any]:
        query = select(presence_spans).where(presence_spans.c.agent_id == self.ana)
        return list(self.conn.execute(query.order_by(presence_spans.c.id)))


def test_spans_never_overlap_and_cover_the_time_signed_in(conn: Connection) -> None:
    @given(steps=STEPS)
    def whatever_happens(steps: list[tuple[int, tuple[Any, ...]]]) -> None:
        _live_through(conn, steps)

    whatever_happens()


def _live_through(conn: Connection, steps: list[tuple[int, tuple[Any, ...]]]) -> None:
    day = Day(conn)
    signed_in = 0  # ms, counted beside the spans
    for wait, what in steps:
        before, at = day.state(), day.now
        day.now += wait
        day.step(what)
        if before.state != "offline":
            signed_in += day.now - at
    spans, now = day.spans(), day.state()
    assert [s for s in spans if s.ended_at is None] == (
        [spans[-1]] if now.state != "offline" else []
    )
    assert all(s.began_at <= s.ended_at for s in spans if s.ended_at is not None)
    assert all(one.ended_at <= other.began_at for one, other in pairwise(spans))
    if now.state != "offline":
        last = spans[-1]
        assert (last.state, last.reason) == (now.state, now.reason)
        assert last.pause_reason_id == now.pause_reason_id
    if all(wait >= 0 for wait, _ in steps):
        covered = sum((s.ended_at or day.now) - s.began_at for s in spans)
        assert covered == signed_in


def test_what_is_so_already_opens_no_second_span(conn: Connection) -> None:
    day = Day(conn)
    for _ in range(3):
        day.now += 1_000
        set_presence(day.tx(), day.ana, "away", "", 1)
    assert [(s.state, s.pause_reason_id) for s in day.spans()] == [("away", 1)]
    assert day.state().since_at == START + 1_000


def test_another_pause_is_another_span_with_its_own_beginning(conn: Connection) -> None:
    day = Day(conn)
    set_presence(day.tx(), day.ana, "away", "", 1)
    day.now += 60_000
    set_presence(day.tx(), day.ana, "away", "", 2)
    assert [s.pause_reason_id for s in day.spans()] == [1, 2]
    assert day.state().since_at == day.now


def test_a_pause_needs_a_reason_that_is_in_use(conn: Connection) -> None:
    day = Day(conn)
    conn.execute(pause_reasons.update().where(pause_reasons.c.id == 1).values(active=False))
    for state, pause in (("away", 1), ("away", 99), ("available", 2)):
        with pytest.raises(Invalid):
            set_presence(day.tx(), day.ana, state, "", pause)


def test_presence_older_than_its_spans_is_written_down(conn: Connection) -> None:
    day = Day(conn)
    conn.execute(presence.update().where(presence.c.agent_id == day.ana).values(state="available"))
    day.now += 60_000
    set_presence(day.tx(), day.ana, "offline")
    (span,) = day.spans()
    assert (span.state, span.began_at, span.ended_at) == ("available", START, day.now)
