"""Whatever is sent, planned, taken back, lost, merged and unmerged: the guard asks if and only if
the same person got the same from us within its days."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from app.actions.attach import attach_files
from app.actions.customer import find_or_create_customer
from app.actions.delivery import set_delivery
from app.actions.merge_customers import merge_customers
from app.actions.receive_message import receive_message
from app.actions.schedule import leaves
from app.actions.send_message import Reply, send_message
from app.actions.take_back import take_back
from app.actions.unmerge_customers import unmerge_customers
from app.db import Conflict, Tx, sqlite_writer_engine
from app.files import StoredFile
from app.models.journal import record
from app.models.knowledge import article_texts, articles
from app.models.organisation import macros
from app.models.party import customer_merges
from app.queries.sends import DAY_MS
from app.security.permissions import load_actor
from channels.values import Identity, Inbound
from tests.desk import Desk, _fill

PEOPLE, DAYS = 3, 30
WALKS, STEPS = 12, 50
TEXTS = {
    "macro": "Hello {{customer.first_name}}, your parcel has left our house this morning.",
    "article": "Read https://desk.example/help/tea/en/returns please.",
    "file": "The form is attached.",
    "": "It is on its way, do not worry.",
}


@dataclass
class Delivery:
    """What the model knows of a message that was sent."""

    home: int  # the person, if nobody were merged
    material: str
    at: int
    planned: bool
    counts: bool = True


class Sending:
    """A company that sends, and beside it what the model knows of it."""

    def __init__(self, conn: Connection, chance: random.Random) -> None:
        self.conn, self.chance = conn, chance
        self.now = 1_800_000_000_000
        self.counter = 0
        self.conn.rollback()
        self.desk = Desk(None)  # type: ignore[arg-type]
        self.act(_fill, self.desk)
        self.actor = load_actor(self.conn, self.desk.agents["sam"])
        self.act(self.write_materials)
        self.people = [
            self.act(find_or_create_customer, [Identity("email", f"p{n}@example.com")], f"P {n}")
            for n in range(PEOPLE)
        ]
        self.talks: list[tuple[int, int]] = []  # conversation, whose it is
        self.sent: dict[int, Delivery] = {}
        self.merged: dict[int, tuple[int, int]] = {}
        for who in range(PEOPLE):
            self.they_write(who)

    def step(self) -> None:
        """Something happens; sending most often."""
        chance = self.chance
        what = chance.choice((*("send",) * 8, *("goes on",) * 5, "time", "one", "two"))
        match what:
            case "send":
                self.we_send(chance.choice(("file", "file", "macro", "article", "")))
            case "goes on":
                self.it_goes_on(chance.choice(("taken back", "leaves", "lost", "lost", "again")))
            case "time":
                self.now += chance.choice((1, 1, 10, 31)) * DAY_MS
            case "one":
                self.they_are_one()
            case _:
                self.they_are_two_again()

    def act(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        self.now += 1_000
        tx = Tx(self.conn, self.now)
        result = action(tx, *args, **kwargs)
        record(tx)
        return result

    def write_materials(self, tx: Tx) -> None:
        macro = insert(macros).values(name="Left", shortcut="left", text=TEXTS["macro"])
        self.macro = tx.execute(macro.values(created_at=tx.now).returning(macros.c.id)).scalar_one()
        article = insert(articles).values(
            brand_id=self.desk.brand, slug="returns", status="published",
            created_at=tx.now, updated_at=tx.now,
        )  # fmt: skip
        self.article = tx.execute(article.returning(articles.c.id)).scalar_one()
        tx.execute(
            insert(article_texts).values(
                article_id=self.article, locale="en", title="Returns", body="Send it back.",
                alternatives=[], updated_at=tx.now,
            )
        )  # fmt: skip

    def master(self, customer_id: int) -> int:
        while customer_id in self.merged:
            customer_id = self.merged[customer_id][0]
        return customer_id

    def they_write(self, who: int) -> None:
        self.counter += 1
        inbound = Inbound(
            channel="email", external_id=f"m{self.counter}", subject="A question", text="Hello",
            identities=(Identity("email", f"p{who}@example.com"),), full_text="Hello",
        )  # fmt: skip
        received = self.act(receive_message, self.desk.inboxes["email"], inbound)
        self.talks.append((received.conversation_id, self.people[who]))

    def we_send(self, material: str) -> None:
        talk, home = self.chance.choice(self.talks)
        in_days, again = self.chance.choice((0, 0, 0, 3, 45)), self.chance.random() < 0.5
        at = self.now + 1_000 + in_days * DAY_MS
        near = any(
            each.counts
            and each.material == material
            and self.master(each.home) == self.master(home)
            and abs(each.at - at) < DAYS * DAY_MS
            for each in self.sent.values()
        )
        if material and near:
            with pytest.raises(Conflict) as refused:
                self.send(talk, material, in_days)
            self.now -= 1_000  # it never was
            assert refused.value.code == "sent_before"
            assert [one["kind"] for one in refused.value.details["sends"]] == [material]
            if not again:
                return
        message_id = self.send(talk, material, in_days, again=bool(material) and near)
        self.sent[message_id] = Delivery(home, material, at, planned=bool(in_days))

    def send(self, talk: int, material: str, in_days: int, *, again: bool = False) -> int:
        uploads = self.act(self.upload) if material == "file" else []
        self.now -= 1_000 if material == "file" else 0
        self.counter += 1
        reply = Reply(
            TEXTS[material], f"key-{self.counter:06}", uploads=uploads, again=again,
            materials=[f"macro:{self.macro}", f"article:{self.article}"],
            send_at=self.now + 1_000 + in_days * DAY_MS if in_days else None,
        )  # fmt: skip
        return int(self.act(send_message, self.actor, talk, reply).message_id)

    def upload(self, tx: Tx) -> list[str]:
        self.counter += 1
        key = f"upload-{self.counter}"
        stored = StoredFile("a" * 64, 3, "form.pdf", "application/pdf", key)
        owner = f"agent:{self.desk.agents['sam']}"
        return attach_files(tx, [stored], message_id=None, owner=owner)

    def it_goes_on(self, what: str) -> None:
        planned, counts = what in ("taken back", "leaves"), what != "again"
        there = [id for id, m in self.sent.items() if (m.planned, m.counts) == (planned, counts)]
        if not there:
            return
        message_id = self.chance.choice(there)
        match what:
            case "taken back":
                self.act(take_back, self.actor, message_id)
                del self.sent[message_id]
            case "leaves":
                self.act(leaves, message_id)
                self.sent[message_id].at = self.now
                self.sent[message_id].planned = False
            case "lost":
                self.act(set_delivery, message_id, self.chance.choice(("failed", "discarded")))
                self.sent[message_id].counts = False
            case _:
                self.act(set_delivery, message_id, "queued")
                self.sent[message_id].counts = True

    def they_are_one(self) -> None:
        a, b = (self.master(each) for each in self.chance.sample(self.people, 2))
        if a == b:
            return
        winner = self.act(merge_customers, self.actor, a, b)
        merge = select(customer_merges.c.id).order_by(customer_merges.c.id.desc()).limit(1)
        self.merged[({a, b} - {winner}).pop()] = (winner, self.conn.execute(merge).scalar_one())

    def they_are_two_again(self) -> None:
        there = [one for one, (winner, _) in self.merged.items() if winner not in self.merged]
        if there:
            loser = self.chance.choice(there)
            self.act(unmerge_customers, self.actor, self.merged[loser][1])
            del self.merged[loser]


@pytest.fixture
def connection(migrated_sqlite: Any, tmp_path: Any) -> Iterator[Connection]:
    """A database of the test's own."""
    copy = tmp_path / "sends.db"
    copy.write_bytes(migrated_sqlite.read_bytes())
    engine = sqlite_writer_engine(f"sqlite:///{copy}")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def test_the_guard_asks_if_and_only_if_the_person_had_it_lately(connection: Connection) -> None:
    for seed in range(WALKS):  # evenly at random: rare pairs of acts have to meet
        sending = Sending(connection, random.Random(seed))
        for _ in range(STEPS):
            sending.step()
    connection.rollback()
