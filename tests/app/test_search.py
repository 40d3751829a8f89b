"""Search in messages and customers: the same words are found on both engines."""

from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from app.db import Tx
from app.models.conversation import messages
from app.models.customer import customers
from app.queries.inbox import View, inbox_page
from app.queries.search import saying
from knowledge.text import searchable
from tests.desk import Desk

SAID = "My refund for SR-1200X: ana@example.com, it's 3.5 kg -12 C++ 請問退貨要多久"


def _say(tx: Tx, conversation_id: int, text: str, seq: int = 90) -> int:
    added: Any = tx.execute(
        insert(messages)
        .values(
            conversation_id=conversation_id, seq=seq, key=f"said-{seq}", kind="note", text=text,
            channel="email", details={}, searchable=searchable(text), sent_at=1, created_at=1,
        )
        .returning(messages.c.id)
    )  # fmt: skip
    return int(added.scalar_one())


async def _found(desk: Desk, q: str, *, whole: bool = False) -> list[int]:
    def search(conn: Any) -> list[int]:
        rows = select(messages.c.id).order_by(messages.c.id)
        return list(conn.execute(saying(conn, rows, messages, q, whole=whole)).scalars())

    return await desk.runtime.db.query(search)


@pytest.mark.parametrize(
    "q",
    ["refunds", "sr-1200x", "SR1200X", "1200x refund", "example.com", "its", "3.5", "12", "c++",
     "退货", "退", "refun", "exampl", "SR-12"],
)  # fmt: skip
async def test_a_message_is_found_by_its_words_and_the_beginning_of_the_last(
    desk: Desk, q: str
) -> None:
    received = await desk.mail()
    said = await desk.runtime.db.write(_say, received.conversation_id, SAID)
    assert await _found(desk, q) == [said]


@pytest.mark.parametrize("q", ["efund", "sr 3.5 kilo", "ref mine", "貨退", "' \\ & | !x:*"])
async def test_a_message_is_not_found_by_what_it_does_not_say(desk: Desk, q: str) -> None:
    received = await desk.mail()
    await desk.runtime.db.write(_say, received.conversation_id, SAID)
    assert await _found(desk, q, whole=True) == []


async def test_words_part_only_where_the_text_was_parted(desk: Desk) -> None:
    received = await desk.mail()
    apart = await desk.runtime.db.write(_say, received.conversation_id, "sr 1200x", 90)
    joined = await desk.runtime.db.write(_say, received.conversation_id, "sr-1200x", 91)
    assert await _found(desk, "sr-1200x") == [joined]
    assert await _found(desk, "sr 1200x") == [apart, joined]


async def test_a_message_that_is_deleted_is_no_longer_found(desk: Desk) -> None:
    received = await desk.mail()
    said = await desk.runtime.db.write(_say, received.conversation_id, "zeppelin")
    assert await _found(desk, "zeppelin") == [said]
    await desk.runtime.db.write(
        lambda tx: tx.execute(delete(messages).where(messages.c.id == said)) and None
    )
    assert await _found(desk, "zeppelin") == []


async def test_a_customer_is_found_by_the_new_name_only(desk: Desk) -> None:
    received = await desk.mail()
    actor = await desk.actor("ana")

    def rename(tx: Tx, name: str) -> None:
        named = update(customers).where(customers.c.id == received.customer_id)
        tx.execute(named.values(name=name, searchable=searchable(name)))

    async def listed(q: str) -> list[int]:
        page = await desk.runtime.db.query(inbox_page, actor, View("all", q=q))
        return [row.id for row in page.rows]

    await desk.runtime.db.write(rename, "Wilhelmina Quist")
    assert await listed("wilhelm") == [received.conversation_id]
    await desk.runtime.db.write(rename, "Bartholomew")
    assert await listed("wilhelmina") == []
    assert await listed("barth") == [received.conversation_id]
