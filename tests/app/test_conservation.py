"""Whatever people do, in whatever order: nobody is forgotten, and no capacity leaks.

A small company lives on a real SQLite database: customers write, agents come and go, accept,
decline, transfer, snooze, close, and time passes. After every step the books must balance.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, select

from app.actions.consult import (
    ask_colleague,
    decline_consult,
    expire_consults,
    hand_over,
    join_consult,
    leave_consult,
)
from app.actions.end_idle import end_idle_chats, warn_idle_chats
from app.actions.end_overdue import end_overdue_wrap_ups
from app.actions.lease import take_lease
from app.actions.offer import accept_offer, decline_offer, expire_offers, route
from app.actions.overflow import overflow_contact
from app.actions.receive_message import receive_message
from app.actions.send_message import Reply, send_message
from app.actions.set_presence import (
    STATES,
    end_access,
    expire_presence,
    hand_back_absent,
    set_presence,
    touch,
)
from app.actions.set_status import end_by_customer, mark_spam, reopen, resolve, snooze, wake_snoozed
from app.actions.surface_failure import surface_failure
from app.actions.transfer import assign, claim, transfer_to_agent, transfer_to_queue, unassign
from app.actions.visitor import Said, answer_by_mail, open_visitor_session, visitor_says
from app.actions.wrap_up import extend_wrap_up, finish_wrap_up
from app.db import Conflict, Invalid, NotFound, Tx, sqlite_writer_engine
from app.models.agent import agents, presence
from app.models.contact import consults, contacts, offers
from app.models.conversation import conversations, journal
from app.models.customer import customers, visitor_sessions
from app.models.journal import record
from app.models.organisation import queues
from app.queries.routing_state import read_floor, routing_state
from app.security.permissions import load_actor
from app.security.sessions import hash_token
from channels.values import Identity, Inbound
from routing.settle import settle
from tests.desk import Desk, _fill

REFUSALS = (Conflict, Invalid, NotFound)
AGENT = st.sampled_from(("ana", "ben", "sam"))
QUEUE = st.sampled_from(("general", "billing"))
NUMBER = st.integers(0, 11)
MINUTE_MS = 60_000


class House(RuleBasedStateMachine):
    """One example is one transaction that is rolled back at its end."""

    conn: Connection

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000_000
        self.counter = 0
        self.visitors: list[int] = []
        self.conn.rollback()
        self.desk = Desk(None)  # type: ignore[arg-type]
        self.act(_fill, self.desk)
        self.act(self._set_rules)
        self.fence = self.act(take_lease, "routing", "house", 10**12)
        for name in ("ana", "ben"):
            self.act(set_presence, self.desk.agents[name], "available")

    def _set_rules(self, tx: Tx) -> None:
        """One queue asks two agents at once and overflows into the other."""
        general, billing = self.desk.queues["general"], self.desk.queues["billing"]
        way = {"way": "queue", "queue_id": billing}
        ways = [{"when": "declined_by_all", **way}, {"when": "too_long", "limit": 600, **way}]
        message = {"when": "too_long", "limit": 900, "way": "message", "text": "We will write."}
        callback = {"when": "nobody_staffed", "way": "callback", "text": ""}
        tx.execute(queues.update().values(agents_may_pull=True))
        tx.execute(
            queues.update()
            .where(queues.c.id == general)
            .values(parallel_offers=2, overflow=ways, keep_free=1)
        )
        tx.execute(
            queues.update().where(queues.c.id == billing).values(overflow=[callback, message])
        )

    def teardown(self) -> None:
        self.conn.rollback()

    def act(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        """An action as the writer runs it; what it refuses has changed nothing."""
        tx = Tx(self.conn, self.now)
        with self.conn.begin_nested() as step:
            try:
                result = action(tx, *args, **kwargs)
                record(tx)
            except REFUSALS:
                step.rollback()
                return None
        return result

    def actor(self, name: str) -> Any:
        return load_actor(self.conn, self.desk.agents[name])

    def pick(self, query: Any, number: int) -> Any:
        """One of the rows there are, or None."""
        found = self.conn.execute(query).all()
        return found[number % len(found)] if found else None

    def conversation(self, number: int) -> int:
        row = self.pick(select(conversations.c.id).order_by(conversations.c.id), number)
        return int(row.id) if row is not None else 0

    def by(self, name: str, action: Any, number: int, *args: Any, **kwargs: Any) -> None:
        """Somebody who is at work does something with a conversation."""
        actor = self.actor(name)
        if actor is not None:
            self.act(action, actor, self.conversation(number), *args, **kwargs)

    # -- customers ----------------------------------------------------------------------------

    @rule(customer=st.integers(0, 3), old=st.booleans(), number=NUMBER, auto=st.integers(0, 4))
    def mail(self, customer: int, old: bool, number: int, auto: int) -> None:
        self.counter += 1
        inbound = Inbound(
            channel="email",
            external_id=f"mail-{self.counter}",
            identities=(Identity("email", f"kim{customer}@example.com"),),
            subject="A question",
            text="Where is it?",
            full_text="Where is it?",
            language="en",
            automatic=auto == 4,
        )
        conversation_id = self.conversation(number) if old else None
        inbox_id = self.desk.inboxes["email"]
        self.act(receive_message, inbox_id, inbound, conversation_id=conversation_id)

    @rule(visitor=st.integers(0, 3), fresh=st.integers(0, 5))
    def chat(self, visitor: int, fresh: int) -> None:
        self.counter += 1
        if visitor >= len(self.visitors):
            visitor = len(self.visitors)
            inbox_id, name = self.desk.inboxes["chat"], f"visitor-{visitor}"
            token = self.act(open_visitor_session, inbox_id, name, "en")
            self.visitors.append(
                self.conn.execute(
                    select(visitor_sessions.c.id).where(
                        visitor_sessions.c.hash == hash_token(token)
                    )
                ).scalar_one()
            )
        inbound = Inbound(
            channel="chat",
            external_id="",
            identities=(Identity("visitor", f"visitor-{visitor}"),),
            text="Hello?",
            full_text="Hello?",
            language="en",
        )
        said = Said(inbound, f"chat-key-{self.counter:010}", fresh=fresh == 5)
        self.act(visitor_says, self.visitors[visitor], said)

    @rule(visitor=st.integers(0, 3))
    def rather_by_mail(self, visitor: int) -> None:
        if self.visitors:
            session = self.visitors[visitor % len(self.visitors)]
            self.act(answer_by_mail, session, f"visitor{visitor}@example.com")

    @rule(number=NUMBER, self_served=st.booleans())
    def customer_ends(self, number: int, self_served: bool) -> None:
        if conversation_id := self.conversation(number):
            self.act(end_by_customer, conversation_id, self_served=self_served)

    # -- agents -------------------------------------------------------------------------------

    @rule()
    def make_offers(self) -> None:
        self.act(route)
        state = routing_state(self.conn, self.now)
        assert settle(state, self.now) == [], "somebody who could take a contact was not asked"

    @rule(phone=st.booleans())
    def overflow(self, phone: bool) -> None:
        if phone:
            self.act(lambda tx: tx.execute(customers.update().values(phone="+85212345678")))
        rows = read_floor(self.conn, self.now)
        leaving = rows.setup.overflow.leaving(
            rows.state(), rows.in_line.resting, rows.in_line.called_back, self.now
        )
        for one in leaving:
            self.act(overflow_contact, "house", self.fence, one)

    @rule(number=NUMBER)
    def accept(self, number: int) -> None:
        if row := self.pick(select(offers).where(offers.c.status == "pending"), number):
            self.act(accept_offer, load_actor(self.conn, row.agent_id), row.id)

    @rule(number=NUMBER)
    def answer_an_old_offer(self, number: int) -> None:
        if row := self.pick(select(offers), number):
            actor = load_actor(self.conn, row.agent_id)
            if actor is not None:
                self.act(accept_offer, actor, row.id)
                self.act(decline_offer, actor, row.id)

    @rule(number=NUMBER)
    def decline(self, number: int) -> None:
        if row := self.pick(select(offers).where(offers.c.status == "pending"), number):
            self.act(decline_offer, load_actor(self.conn, row.agent_id), row.id)

    @rule(name=AGENT, state=st.sampled_from(STATES))
    def presence(self, name: str, state: str) -> None:
        if self.actor(name) is not None:
            self.act(set_presence, self.desk.agents[name], state)

    @rule(name=AGENT, number=NUMBER, kind=st.sampled_from(("outbound", "outbound", "note")))
    def reply(self, name: str, number: int, kind: Any) -> None:
        self.counter += 1
        self.act(self._address_everybody)
        self.by(name, send_message, number, Reply("It is here.", f"key-{self.counter:08}", kind))

    @rule(name=AGENT, number=NUMBER)
    def done(self, name: str, number: int) -> None:
        self.by(name, resolve, number)

    @rule(name=AGENT, number=NUMBER, minutes=st.integers(-1, 60))
    def put_off(self, name: str, number: int, minutes: int) -> None:
        self.by(name, snooze, number, self.now + minutes * MINUTE_MS)

    @rule(name=AGENT, number=NUMBER)
    def open_again(self, name: str, number: int) -> None:
        self.by(name, reopen, number)

    @rule(name=AGENT, number=NUMBER, block=st.integers(0, 6))
    def spam(self, name: str, number: int, block: int) -> None:
        self.by(name, mark_spam, number, block=block == 6)

    @rule(name=AGENT, number=NUMBER, queue=QUEUE)
    def to_queue(self, name: str, number: int, queue: str) -> None:
        self.by(name, transfer_to_queue, number, self.desk.queues[queue])

    @rule(name=AGENT, number=NUMBER, other=AGENT)
    def to_agent(self, name: str, number: int, other: str) -> None:
        self.by(name, transfer_to_agent, number, self.desk.agents[other])

    @rule(number=NUMBER, other=AGENT)
    def give(self, number: int, other: str) -> None:
        self.by("sam", assign, number, self.desk.agents[other])

    @rule(name=AGENT, number=NUMBER)
    def take(self, name: str, number: int) -> None:
        self.by(name, claim, number)

    @rule(name=AGENT, number=NUMBER)
    def release(self, name: str, number: int) -> None:
        self.by(name, unassign, number)

    @rule(name=AGENT, number=NUMBER, other=AGENT)
    def ask_somebody(self, name: str, number: int, other: str) -> None:
        self.by(name, ask_colleague, number, self.desk.agents[other])

    @rule(number=NUMBER, action=st.sampled_from((join_consult, decline_consult)))
    def answer_a_colleague(self, number: int, action: Any) -> None:
        if row := self.pick(select(consults), number):
            colleague = load_actor(self.conn, row.to_agent_id)
            if colleague is not None:
                self.act(action, colleague, row.id)

    @rule(number=NUMBER, action=st.sampled_from((hand_over, hand_over, leave_consult)))
    def end_a_consult(self, number: int, action: Any) -> None:
        if row := self.pick(select(consults), number):
            asker = load_actor(self.conn, row.from_agent_id)
            if asker is not None:
                self.act(action, asker, row.id)

    @rule(number=NUMBER, action=st.sampled_from((finish_wrap_up, extend_wrap_up)))
    def wrap_up(self, number: int, action: Any) -> None:
        mine = select(contacts).where(contacts.c.agent_id.is_not(None))
        if row := self.pick(mine, number):
            actor = load_actor(self.conn, row.agent_id)
            if actor is not None:
                self.act(action, actor, row.id)

    @rule(once_in_a_while=st.integers(0, 9))
    def close_an_account(self, once_in_a_while: int) -> None:
        if once_in_a_while == 9:
            self.act(end_access, self.desk.agents["ben"])

    # -- time and what it brings --------------------------------------------------------------

    @rule(seconds=st.sampled_from((1, 21, 61, 700, 4_000)))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * 1_000
        for name in ("ana", "sam"):
            self.act(touch, self.desk.agents[name])
        for action in (expire_offers, end_overdue_wrap_ups, wake_snoozed, expire_consults):
            self.act(action)

    @rule()
    def who_is_gone(self) -> None:
        self.act(expire_presence, 90_000)
        self.act(hand_back_absent, 8 * 60 * MINUTE_MS)

    @rule()
    def idle_chats(self) -> None:
        self.act(warn_idle_chats, 30 * MINUTE_MS)
        self.act(end_idle_chats, 30 * MINUTE_MS)

    @rule(number=NUMBER)
    def a_mail_bounces(self, number: int) -> None:
        if conversation_id := self.conversation(number):
            self.act(surface_failure, conversation_id, 0, "delivery_failed")

    def _address_everybody(self, tx: Tx) -> None:
        """Replies leave by mail: who has no address gets one."""
        tx.execute(customers.update().where(customers.c.email == "").values(email="v@example.com"))

    # -- the books ----------------------------------------------------------------------------

    @invariant()
    def capacity_is_what_lies_with_each_agent(self) -> None:
        held: Counter[int] = Counter()
        for row in self.conn.execute(
            select(contacts.c.agent_id, contacts.c.cost).where(
                contacts.c.status.in_(("active", "wrap_up"))
            )
        ):
            held[row.agent_id] += row.cost
        for row in self.conn.execute(
            select(offers.c.agent_id, contacts.c.cost)
            .join(contacts, contacts.c.id == offers.c.contact_id)
            .where(offers.c.status == "pending")
        ):
            held[row.agent_id] += row.cost
        for row in self.conn.execute(select(presence)):
            assert row.used == held.pop(row.agent_id, 0)
        assert not held, "a contact lies with nobody"

    @invariant()
    def a_consult_lasts_no_longer_than_the_work_it_is_about(self) -> None:
        for row in self.conn.execute(
            select(consults, contacts.c.status.label("contact"), contacts.c.agent_id)
            .join(contacts, contacts.c.id == consults.c.contact_id)
            .where(consults.c.status.in_(("asked", "joined")))
        ):
            assert (row.contact, row.agent_id) == ("active", row.from_agent_id)
            assert row.ended_at is None
            states = select(presence.c.state).where(
                presence.c.agent_id.in_((row.from_agent_id, row.to_agent_id))
            )
            assert "offline" not in set(self.conn.execute(states).scalars())

    @invariant()
    def a_conversation_has_one_live_contact_and_knows_it(self) -> None:
        live = self.conn.execute(
            select(contacts).where(contacts.c.status.in_(("waiting", "offered", "active")))
        ).all()
        of = {row.conversation_id: row for row in live}
        assert len(of) == len(live)
        for row in self.conn.execute(select(conversations)):
            contact = of.get(row.id)
            if contact is None:
                continue
            assert row.contact_id == contact.id
            assert row.queue_id == contact.queue_id
            assert row.status == "open"
            assert not row.spam
            assert row.assignee_id == (contact.agent_id if contact.status == "active" else None)

    @invariant()
    def who_waits_for_an_answer_is_in_somebodys_line_or_hands(self) -> None:
        forgotten = self.conn.execute(
            select(conversations.c.id)
            .outerjoin(
                contacts,
                (contacts.c.conversation_id == conversations.c.id)
                & contacts.c.status.in_(("waiting", "offered", "active")),
            )
            .where(
                conversations.c.status == "open",
                conversations.c.spam.is_(False),
                conversations.c.waiting_since.is_not(None),
                contacts.c.id.is_(None),
            )
        ).scalars()
        assert list(forgotten) == []

    @invariant()
    def an_offer_waits_where_a_contact_is_offered_and_nowhere_else(self) -> None:
        pending = self.conn.execute(
            select(offers.c.contact_id, offers.c.agent_id).where(offers.c.status == "pending")
        ).all()
        assert len(set(map(tuple, pending))) == len(pending), "an agent was asked twice"
        offered = self.conn.execute(
            select(contacts.c.id, contacts.c.agent_id).where(contacts.c.status == "offered")
        ).all()
        assert {row.contact_id for row in pending} == {row.id for row in offered}
        assert set(map(tuple, offered)) <= set(map(tuple, pending))
        ready = select(presence.c.agent_id).where(presence.c.state == "available")
        present = set(self.conn.execute(ready).scalars())
        assert {row.agent_id for row in pending} <= present

    @invariant()
    def nothing_lies_with_a_closed_account(self) -> None:
        left = select(contacts.c.id).join(agents, agents.c.id == contacts.c.agent_id)
        rows = left.where(~agents.c.active, contacts.c.status.in_(("offered", "active")))
        assert self.conn.execute(rows).all() == []

    @invariant()
    def every_seq_is_told_once_and_in_order(self) -> None:
        reached = self.conn.execute(select(conversations.c.id, conversations.c.last_seq))
        last = {row.id: row.last_seq for row in reached}
        told: dict[int, list[int]] = {id: [] for id in last}
        for row in self.conn.execute(
            select(journal.c.conversation_id, journal.c.seq)
            .where(journal.c.seq.is_not(None))
            .order_by(journal.c.id)
        ):
            told[row.conversation_id].append(row.seq)
        for id, seqs in told.items():
            assert seqs == list(range(1, last[id] + 1))


@pytest.fixture
def empty_house(settings: Any) -> Iterator[Connection]:
    """A migrated database with nothing in it."""
    engine = sqlite_writer_engine(f"sqlite:///{settings.data_dir / 'switchroom.db'}")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def test_the_books_balance_whatever_people_do(empty_house: Connection) -> None:
    House.conn = empty_house
    quick = hypothesis_settings.default
    assert quick is not None
    run_state_machine_as_test(
        House,
        settings=hypothesis_settings(max_examples=quick.max_examples // 2, stateful_step_count=40),
    )
