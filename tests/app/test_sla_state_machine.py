"""Whatever happens to a conversation: never two running clocks of a kind, and the time that was
used and the time that is left always add up to the target."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, insert, select, update

from app.actions.receive_message import receive_message
from app.actions.send_message import Reply, send_message
from app.actions.set_status import end_by_customer, mark_spam, reopen, resolve, snooze, wake_snoozed
from app.actions.sla import TAKE_BACK_MS, stamp_breaches
from app.actions.transfer import assign, transfer_to_queue, unassign
from app.db import Conflict, Invalid, NotFound, Tx, sqlite_writer_engine
from app.models.contact import sla_clocks
from app.models.conversation import conversations
from app.models.journal import record
from app.models.organisation import business_hours, queues
from app.queries.calendars import calendar
from app.security.permissions import load_actor
from channels.values import Identity, Inbound
from routing.hours import business_ms_between
from tests.desk import Desk, _fill

REFUSALS = (Conflict, Invalid, NotFound)
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
WHICH = st.integers(0, 3)
OFFICE = {str(day): [["09:00", "12:30"], ["13:30", "18:00"]] for day in range(5)}


class Promises(RuleBasedStateMachine):
    """One example is one transaction that is rolled back at its end."""

    conn: Connection

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000_000
        self.counter = 0
        self.used: dict[int, int] = {}  # what a stop watch beside each clock shows
        self.stamped: dict[int, tuple[int | None, int | None]] = {}
        self.conn.rollback()
        self.desk = Desk(None)  # type: ignore[arg-type]
        self.act(_fill, self.desk)
        self.act(self.promise)
        self.customer_writes(0, "email", False)
        self.customer_writes(1, "chat", False)

    def promise(self, tx: Tx) -> None:
        office = tx.execute(
            insert(business_hours)
            .values(name="Office", time_zone="Europe/Berlin", spans=OFFICE, holidays=[])
            .values(country="DE", region="BY")
            .returning(business_hours.c.id)
        ).scalar_one()
        general = {
            "hours_id": office, "target_s": 120, "next_target_s": 300, "resolve_target_s": 7_200,
            "mail_target_s": 14_400, "mail_next_target_s": 28_800, "mail_resolve_target_s": 90_000,
        }  # fmt: skip
        billing = {"target_s": 60, "mail_target_s": 3_600, "mail_next_target_s": 7_200}
        for name, values in (("general", general), ("billing", billing)):
            tx.execute(update(queues).where(queues.c.id == self.desk.queues[name]).values(**values))

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

    def by(self, name: str, action: Any, which: int, *args: Any, **kwargs: Any) -> None:
        actor = load_actor(self.conn, self.desk.agents[name])
        found = list(self.conn.execute(select(conversations.c.id)).scalars())
        if found:
            self.act(action, actor, found[which % len(found)], *args, **kwargs)

    def live(self) -> list[Any]:
        return list(self.conn.execute(select(sla_clocks).where(sla_clocks.c.ended_at.is_(None))))

    # -- what happens ---------------------------------------------------------------------------

    @rule(which=WHICH, channel=st.sampled_from(("email", "chat")), again=st.booleans())
    def customer_writes(self, which: int, channel: str, again: bool) -> None:
        self.counter += 1
        found = list(self.conn.execute(select(conversations.c.id)).scalars())
        into = found[which % len(found)] if found and (again or len(found) > 3) else None
        inbound = Inbound(
            channel=channel,
            external_id=f"m-{self.counter}",
            identities=(Identity("email", f"kim{which}@example.com"),),
            text="Hello?",
            full_text="Hello?",
            language="en",
        )
        inbox = self.desk.inboxes[channel]
        self.act(receive_message, inbox, inbound, conversation_id=into)

    @rule(which=WHICH)
    def agent_answers(self, which: int) -> None:
        self.counter += 1
        self.by("sam", send_message, which, Reply(text="Yes.", key=f"reply-{self.counter:08}"))

    @rule(which=WHICH)
    def agent_gets_it(self, which: int) -> None:
        self.by("sam", assign, which, self.desk.agents["ana"])

    @rule(which=WHICH)
    def agent_puts_it_back(self, which: int) -> None:
        self.by("ana", unassign, which)

    @rule(which=WHICH)
    def it_is_done(self, which: int) -> None:
        self.by("ana", resolve, which)

    @rule(which=WHICH, hours=st.integers(1, 60))
    def it_is_snoozed(self, which: int, hours: int) -> None:
        self.by("ana", snooze, which, self.now + hours * HOUR)

    @rule(which=WHICH)
    def it_is_opened_again(self, which: int) -> None:
        self.by("ana", reopen, which)

    @rule(which=WHICH, queue=st.sampled_from(("general", "billing")))
    def it_moves(self, which: int, queue: str) -> None:
        self.by("sam", transfer_to_queue, which, self.desk.queues[queue])

    @rule(which=WHICH)
    def it_is_spam(self, which: int) -> None:
        self.by("ana", mark_spam, which)

    @rule(which=WHICH)
    def customer_leaves(self, which: int) -> None:
        self.by("ana", lambda tx, _, conversation_id: end_by_customer(tx, conversation_id), which)

    @rule(ms=st.one_of(st.integers(0, 10 * MINUTE), st.integers(0, 100 * HOUR)))
    def time_passes(self, ms: int) -> None:
        # What is opened again within a minute has never been done.
        taken_back = sla_clocks.c.ended_at > self.now - TAKE_BACK_MS
        ended = self.conn.execute(select(sla_clocks).where(taken_back)).all()
        for clock in (*self.live(), *ended):
            if clock.paused_at is None:
                hours = calendar(self.conn, clock.hours_id)
                passed = business_ms_between(hours, self.now, self.now + ms) if hours else ms
                self.used[clock.id] = self.used.get(clock.id, 0) + passed
        self.now += ms
        self.act(wake_snoozed)
        self.act(stamp_breaches)

    # -- what is always so ----------------------------------------------------------------------

    @invariant()
    def never_two_of_a_kind(self) -> None:
        waits_for: set[tuple[int, str]] = set()
        for clock in self.live():
            about = "resolve" if clock.kind == "resolve" else "an answer"
            assert (clock.conversation_id, about) not in waits_for
            waits_for.add((clock.conversation_id, about))

    @invariant()
    def used_and_left_add_up_to_the_target(self) -> None:
        for clock in self.live():
            hours = calendar(self.conn, clock.hours_id)
            if clock.paused_at is not None:
                left = clock.left_ms
            else:
                first, last = sorted((self.now, clock.due_at))
                left = business_ms_between(hours, first, last) if hours else last - first
                left = left if self.now <= clock.due_at else -left
            assert self.used.get(clock.id, 0) + left == clock.target_ms, clock

    @invariant()
    def clocks_follow_the_conversation(self) -> None:
        status = {row.id: row for row in self.conn.execute(select(conversations))}
        for clock in self.live():
            of = status[clock.conversation_id]
            assert of.status != "done"
            assert not of.spam
            assert (clock.paused_at is not None) == (of.status == "snoozed")
            assert (clock.paused_at is None) == (clock.left_ms is None)
            assert (clock.paused_at is None) == (clock.due_at is not None)

    @invariant()
    def what_is_late_is_broken_and_what_is_kept_was_not(self) -> None:
        for clock in self.conn.execute(select(sla_clocks)):
            assert clock.met_at is None or clock.breached_at is None
            assert clock.met_at is None or clock.ended_at is not None
            if clock.ended_at is None and clock.due_at is not None and clock.due_at < self.now:
                continue  # the worker has a moment to say so
            earlier = self.stamped.get(clock.id, (None, None))
            if earlier[1] is not None:
                assert clock.breached_at == earlier[1]
            self.stamped[clock.id] = (clock.met_at, clock.breached_at)

    @invariant()
    def whoever_waits_for_a_letter_has_a_promise(self) -> None:
        general = self.desk.queues["general"]
        running = {c.conversation_id for c in self.live() if c.kind in ("first", "next")}
        clocks = self.conn.execute(select(sla_clocks)).all()
        moved = {clock.conversation_id for clock in clocks if clock.queue_id != general}
        rows = self.conn.execute(
            select(conversations).where(
                conversations.c.status == "open",
                conversations.c.spam.is_(False),
                conversations.c.channel == "email",
                conversations.c.queue_id == general,
            )
        )
        for row in rows:
            if row.id not in moved:
                assert (row.waiting_since is not None) == (row.id in running)


@pytest.fixture
def connection(settings: Any) -> Iterator[Connection]:
    """One connection to a migrated database."""
    engine = sqlite_writer_engine(f"sqlite:///{settings.sqlite_path}")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def test_promises_add_up_whatever_happens(connection: Connection) -> None:
    Promises.conn = connection
    run_state_machine_as_test(
        Promises,
        settings=hypothesis_settings(
            max_examples=hypothesis_settings().max_examples * 3 // 5,
            stateful_step_count=40,
            deadline=None,
            database=None,
            phases=(Phase.explicit, Phase.generate, Phase.target, Phase.shrink),
        ),
    )
