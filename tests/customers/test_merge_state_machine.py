"""Customers are merged and unmerged in any order while things go on: nothing is lost, nothing is
invented, everything is with whom it belongs to."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase, assume
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, Table, insert, select, update

from app.actions.customer import find_or_create_customer
from app.actions.merge_customers import merge_customers
from app.actions.merged_rows import OWNED
from app.actions.receive_message import receive_message
from app.actions.unmerge_customers import unmerge_customers
from app.db import Conflict, Tx, sqlite_writer_engine
from app.models import metadata
from app.models.activity import activities, orders, sends
from app.models.consent import consents
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.journal import record
from app.models.party import customer_merges, customer_tags
from app.models.promise import customer_facts, promises, tasks
from app.queries.aliases import master_of
from app.security.permissions import load_actor
from channels.values import Identity, Inbound
from tests.desk import Desk, _fill

PEOPLE = 4
WHO = st.integers(0, PEOPLE - 1)
THINGS: dict[str, Table] = {
    "order": orders, "event": activities, "promise": promises, "task": tasks,
    "fact": customer_facts, "send": sends, "consent": consents, "mail": conversations,
}  # fmt: skip
KEPT = {table.name: table for table, _, _ in OWNED} | {"customers": customers}


class People(RuleBasedStateMachine):
    """The model: each thing has a home, the customer it would be with if nobody were merged, and
    each merge that lasts leads from one customer to another."""

    conn: Connection

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000_000
        self.counter = 0
        self.conn.rollback()
        self.desk = Desk(None)  # type: ignore[arg-type]
        self.act(_fill, self.desk)
        self.actor = load_actor(self.conn, self.desk.agents["ana"])
        self.people = [
            self.act(find_or_create_customer, [Identity("email", f"p{n}@example.com")], f"P {n}")
            for n in range(PEOPLE)
        ]
        self.homes: dict[tuple[str, int], int] = {}  # (kind, row) -> customer
        self.merged: dict[int, tuple[int, int]] = {}  # loser -> (winner, merge)

    def teardown(self) -> None:
        self.conn.rollback()

    def act(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        self.now += 1_000
        tx = Tx(self.conn, self.now)
        result = action(tx, *args, **kwargs)
        record(tx)
        return result

    def master(self, customer_id: int) -> int:
        while customer_id in self.merged:
            customer_id = self.merged[customer_id][0]
        return customer_id

    def add(self, kind: str, customer_id: int, /, **values: Any) -> None:
        row_id = self.act(
            lambda tx: tx.execute(
                insert(THINGS[kind]).values(customer_id=customer_id, **values)
                .returning(THINGS[kind].c.id)
            ).scalar_one()
        )  # fmt: skip
        self.homes[kind, row_id] = customer_id

    @rule(who=WHO, kind=st.sampled_from(("order", "event", "promise", "task", "fact", "send")))
    def something_happens(self, who: int, kind: str) -> None:
        self.counter += 1
        agent, brand, at = self.desk.agents["ana"], self.desk.brand, self.now
        values: dict[str, Any] = {
            "order": {"source": "s", "external_id": str(self.counter), "currency": "EUR",
                      "lines": [], "details": {}, "placed_at": at, "changed_at": at, "as_of": at},
            "event": {"kind": "cart", "source": "s", "key": str(self.counter), "payload": {},
                      "at": at, "received_at": at},
            "promise": {"owner_id": agent, "text": "I call", "due_at": at, "created_at": at},
            "task": {"owner_id": agent, "text": "call", "created_at": at},
            "fact": {"kind": "preference", "text": "tea", "at": at},
            "send": {"material": "macro:1", "at": at},
        }[kind]  # fmt: skip
        self.add(kind, self.master(self.people[who]), brand_id=brand, **values)

    @rule(who=WHO)
    def they_write(self, who: int) -> None:
        self.counter += 1
        inbound = Inbound(
            channel="email", external_id=f"m{self.counter}", subject="A question", text="Hello",
            identities=(Identity("email", f"p{who}@example.com"),), full_text="Hello",
        )  # fmt: skip
        received = self.act(receive_message, self.desk.inboxes["email"], inbound)
        self.homes["mail", received.conversation_id] = self.people[who]

    @rule(
        who=WHO,
        purpose=st.sampled_from(("news", "calls")),
        channel=st.sampled_from(("", "email")),
        status=st.sampled_from(("granted", "denied", "revoked")),
    )
    def they_say_what_they_agree_to(
        self, who: int, purpose: str, channel: str, status: str
    ) -> None:
        self.add(
            "consent", self.master(self.people[who]), purpose=purpose, channel=channel,
            status=status, source="customer", at=self.now,
        )  # fmt: skip

    @rule(who=WHO, name=st.sampled_from(("vip", "tea")))
    def a_tag_is_set(self, who: int, name: str) -> None:
        owner = self.master(self.people[who])
        mine = select(customer_tags.c.id).where(
            customer_tags.c.customer_id == owner, customer_tags.c.name == name
        )
        if self.conn.execute(mine).first() is None:
            self.conn.execute(
                insert(customer_tags).values(customer_id=owner, name=name, at=self.now)
            )

    @rule(
        who=WHO,
        field=st.sampled_from(("name", "phone", "company", "notes")),
        value=st.sampled_from(("", "one", "other")),
    )
    def a_field_changes(self, who: int, field: str, value: str) -> None:
        owner = self.master(self.people[who])
        self.conn.execute(update(customers).where(customers.c.id == owner).values({field: value}))

    @rule(one=WHO, other=WHO)
    def they_are_one(self, one: int, other: int) -> None:
        a, b = self.people[one], self.people[other]
        words = self.words(self.master(a)), self.words(self.master(b))
        winner = self.act(merge_customers, self.actor, a, b)
        if self.master(a) == self.master(b):
            assert winner == self.master(a)  # they were one already: nothing happened
            return
        loser = ({self.master(a), self.master(b)} - {winner}).pop()
        merge_id = self.conn.execute(
            select(customer_merges.c.id).order_by(customer_merges.c.id.desc()).limit(1)
        ).scalar_one()
        self.merged[loser] = (winner, merge_id)
        after = self.words(winner)
        for key in words[0].keys() & words[1].keys():
            if {words[0][key], words[1][key]} != {"granted"}:
                assert after[key] != "granted"

    @rule(which=WHO)
    def they_are_two_again(self, which: int) -> None:
        assume(self.merged)
        loser, (winner, merge_id) = sorted(self.merged.items())[which % len(self.merged)]
        if winner in self.merged:
            with pytest.raises(Conflict):
                self.act(unmerge_customers, self.actor, merge_id)
            return
        assert self.act(unmerge_customers, self.actor, merge_id) == loser
        del self.merged[loser]
        before = self.dump()
        assert self.act(unmerge_customers, self.actor, merge_id) == loser
        assert self.dump() == before

    @rule(one=WHO, other=WHO)
    def a_merge_that_is_undone_at_once_leaves_no_trace(self, one: int, other: int) -> None:
        a, b = self.people[one], self.people[other]
        assume(self.master(a) != self.master(b))
        before = self.dump()
        self.act(merge_customers, self.actor, a, b, chosen={"name": self.master(b)})
        merge_id = self.conn.execute(
            select(customer_merges.c.id).order_by(customer_merges.c.id.desc()).limit(1)
        ).scalar_one()
        self.act(unmerge_customers, self.actor, merge_id)
        assert self.dump() == before

    @invariant()
    def everything_is_with_whom_it_belongs_to(self) -> None:
        for kind, table in THINGS.items():
            found = {
                row.id: row.customer_id
                for row in self.conn.execute(select(table))
                if kind != "consent" or row.source != "merge"
            }
            expected = {
                row_id: self.master(home) for (of, row_id), home in self.homes.items() if of == kind
            }
            assert found == expected, kind

    @invariant()
    def every_id_ever_given_still_leads_to_them(self) -> None:
        for each in self.people:
            assert master_of(self.conn, each) == self.master(each)

    @invariant()
    def nobody_has_the_same_tag_twice(self) -> None:
        tags = Counter(
            (row.customer_id, row.name) for row in self.conn.execute(select(customer_tags))
        )
        assert max(tags.values(), default=1) == 1

    def words(self, customer_id: int) -> dict[tuple[str, str], str]:
        """The last word on each purpose and channel."""
        rows = self.conn.execute(
            select(consents)
            .where(consents.c.customer_id == customer_id)
            .order_by(consents.c.at, consents.c.id)
        )
        return {(row.purpose, row.channel): row.status for row in rows}

    def dump(self) -> dict[str, list[Any]]:
        return {
            name: self.conn.execute(
                select(*(c for c in table.c if c.name != "searchable")).order_by(table.c.id)
            ).all()
            for name, table in KEPT.items()
        }


@pytest.fixture
def connection(migrated_sqlite: Any, tmp_path: Any) -> Iterator[Connection]:
    """A database of the test's own."""
    copy = tmp_path / "merges.db"
    copy.write_bytes(migrated_sqlite.read_bytes())
    engine = sqlite_writer_engine(f"sqlite:///{copy}")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def test_merging_loses_and_invents_nothing(connection: Connection) -> None:
    People.conn = connection
    run_state_machine_as_test(
        People,
        settings=hypothesis_settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate, Phase.shrink),
        ),
    )


def test_no_table_of_customers_is_forgotten_when_two_are_merged() -> None:
    owned = {(table.name, column) for table, column, _ in OWNED}
    of_the_pair = {"customer_merges", "duplicate_pairs"}  # they tell of two, and of both still
    for table in metadata.tables.values():
        for column in table.c:
            if any(key.column.table is customers for key in column.foreign_keys):
                assert (table.name, column.name) in owned or table.name in of_the_pair
