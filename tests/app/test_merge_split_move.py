"""However messages are merged, split and moved: none is lost or doubled, each is in one
conversation, in order of time, and its number there is its own."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, func, select

from app.actions.merge import merge, undo_merge
from app.actions.move import move_message
from app.actions.receive_message import receive_message
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.actions.split import split
from app.actions.transfer import assign
from app.db import Conflict, Invalid, NotFound, Tx, sqlite_writer_engine
from app.models.contact import contacts
from app.models.conversation import conversations, inbound_keys, messages
from app.models.journal import record
from app.security.permissions import load_actor
from channels.values import Identity, Inbound, ThreadHints
from tests.desk import Desk, _fill

REFUSALS = (Conflict, Invalid, NotFound)
WHICH = st.integers(0, 7)


class Shuffled(RuleBasedStateMachine):
    """One example is one transaction that is rolled back at its end."""

    conn: Connection

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000_000
        self.counter = 0
        self.said: dict[str, None] = {}
        self.conn.rollback()
        self.desk = Desk(None)  # type: ignore[arg-type]
        self.act(_fill, self.desk)
        for who in (0, 0, 1):
            self.customer_writes(who, None)

    def teardown(self) -> None:
        self.conn.rollback()

    def act(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        tx = Tx(self.conn, self.now)
        with self.conn.begin_nested() as step:
            try:
                result = action(tx, *args, **kwargs)
                record(tx)
            except REFUSALS:
                step.rollback()
                return None
        return result

    def by(self, name: str, action: Any, *args: Any, **kwargs: Any) -> Any:
        actor = load_actor(self.conn, self.desk.agents[name])
        return self.act(action, actor, *args, **kwargs)

    def one(self, which: int) -> int:
        ids = list(self.conn.execute(select(conversations.c.id)).scalars())
        return int(ids[which % len(ids)])

    def message(self, which: int) -> int:
        found = select(messages.c.id).where(messages.c.kind != "system").order_by(messages.c.id)
        ids = list(self.conn.execute(found).scalars())
        return int(ids[which % len(ids)])

    def words(self) -> str:
        self.counter += 1
        return f"words {self.counter}"

    # -- what happens ---------------------------------------------------------------------------

    @rule(who=st.integers(0, 2), into=st.none() | WHICH)
    def customer_writes(self, who: int, into: int | None) -> None:
        text = self.words()
        inbound = Inbound(
            channel="email",
            external_id=text,
            identities=(Identity("email", f"kim{who}@example.com"),),
            text=text,
            full_text=text,
            language="en",
            thread=ThreadHints(token=self.one(into) if into is not None else None),
        )
        if self.act(receive_message, self.desk.inboxes["email"], inbound) is not None:
            self.said[text] = None

    @rule(which=WHICH, note=st.booleans())
    def agent_writes(self, which: int, note: bool) -> None:
        text = self.words()
        reply = Reply(text, f"key-{self.counter:08}", kind="note" if note else "outbound")
        if self.by("sam", send_message, self.one(which), reply) is not None:
            self.said[text] = None

    @rule(which=WHICH)
    def agent_gets_it(self, which: int) -> None:
        self.by("sam", assign, self.one(which), self.desk.agents["ana"])

    @rule(which=WHICH)
    def it_is_done(self, which: int) -> None:
        self.by("ana", resolve, self.one(which))

    @rule(which=WHICH, into=WHICH, of_others=st.booleans())
    def two_are_merged(self, which: int, into: int, of_others: bool) -> None:
        self.by("sam", merge, self.one(which), self.one(into), of_others=of_others)

    @rule(which=WHICH)
    def a_merge_is_undone(self, which: int) -> None:
        self.by("sam", undo_merge, self.one(which))

    @rule(which=st.integers(0, 30))
    def it_is_split(self, which: int) -> None:
        self.by("sam", split, self.message(which))

    @rule(which=st.integers(0, 30), into=WHICH)
    def a_message_moves(self, which: int, into: int) -> None:
        self.by("sam", move_message, self.message(which), self.one(into))

    @rule(minutes=st.integers(1, 9))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * 60_000

    # -- what always holds ----------------------------------------------------------------------

    @invariant()
    def every_message_is_there_once_in_order_of_time(self) -> None:
        rows = self.conn.execute(
            select(messages).order_by(messages.c.conversation_id, messages.c.seq)
        ).all()
        told = [row.text for row in rows if row.kind != "system"]
        assert sorted(told) == sorted(self.said)
        for _, group in itertools.groupby(rows, key=lambda row: row.conversation_id):
            times = [row.created_at for row in group if row.kind != "system"]
            assert times == sorted(times)

    @invariant()
    def a_conversation_knows_its_own_messages(self) -> None:
        for row in self.conn.execute(select(conversations)).all():
            there = self.conn.execute(
                select(messages.c.seq, messages.c.kind).where(messages.c.conversation_id == row.id)
            ).all()
            assert max((item.seq for item in there), default=0) <= row.last_seq
            inbound = [item.seq for item in there if item.kind == "inbound"]
            assert row.last_inbound_seq == max(inbound, default=0)
            if row.merged_into_id is not None:
                assert {item.kind for item in there} <= {"system"}
                assert row.status == "done"
        keys = (
            select(func.count())
            .select_from(inbound_keys)
            .join(messages, messages.c.id == inbound_keys.c.message_id)
        )
        apart = keys.where(messages.c.conversation_id != inbound_keys.c.conversation_id)
        assert self.conn.execute(apart).scalar() == 0

    @invariant()
    def work_is_where_its_conversation_says(self) -> None:
        live = contacts.c.status.in_(("waiting", "offered", "active"))
        rows = self.conn.execute(
            select(contacts.c.conversation_id, conversations.c.merged_into_id)
            .join(conversations, conversations.c.id == contacts.c.conversation_id)
            .where(live)
        ).all()
        assert len({row.conversation_id for row in rows}) == len(rows)
        assert all(row.merged_into_id is None for row in rows)


@pytest.fixture
def connection(settings: Any) -> Iterator[Connection]:
    """One connection to a migrated database."""
    engine = sqlite_writer_engine(f"sqlite:///{settings.sqlite_path}")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def test_nothing_is_lost_or_doubled_however_messages_are_moved(connection: Connection) -> None:
    Shuffled.conn = connection
    run_state_machine_as_test(
        Shuffled,
        settings=hypothesis_settings(
            max_examples=15, stateful_step_count=25, deadline=None, database=None
        ),
    )
