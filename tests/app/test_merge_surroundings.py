"""Undoing a merge brings back tags, further people and drafts, and nothing anybody has changed."""

from typing import Any

import pytest
from sqlalchemy import select

from app.actions.desk import save_draft, set_tags
from app.actions.merge import merge, undo_merge
from app.db import Conflict, Tx
from app.models.conversation import conversation_tags, drafts, messages, participants, tags
from tests.desk import Desk

pytestmark = pytest.mark.engine
State = dict[str, list[Any]]


async def state(desk: Desk, conversation_id: int) -> State:
    """What hangs on a conversation."""

    def read(tx: Tx) -> State:
        def of(*columns: Any, table: Any) -> list[Any]:
            query = select(*columns).where(table.c.conversation_id == conversation_id)
            return sorted(tuple(row) for row in tx.execute(query))

        named = (
            select(tags.c.name)
            .join(conversation_tags)
            .where(conversation_tags.c.conversation_id == conversation_id)
        )
        return {
            "tags": sorted(tx.execute(named).scalars()),
            "people": of(participants.c.email, table=participants),
            "drafts": of(drafts.c.agent_id, drafts.c.kind, drafts.c.text, table=drafts),
        }

    return await desk.runtime.db.write(read)


async def two(desk: Desk) -> tuple[int, int]:
    """Two mails of one customer with tags, copies and drafts of their own."""
    first = await desk.mail(to=("help@tea.example",), cc=("lee@example.com",))
    second = await desk.mail(to=("help@tea.example",), cc=("lee@example.com", "moe@example.com"))
    ids = (first.conversation_id, second.conversation_id)
    sam, ana = await desk.actor("sam"), await desk.actor("ana")
    write = desk.runtime.db.write
    await write(set_tags, sam, ids[0], ["parcel", "late"])
    await write(set_tags, sam, ids[1], ["late", "vip"])
    await write(save_draft, sam, ids[0], "outbound", "Here it comes.")
    await write(save_draft, sam, ids[1], "outbound", "There it goes.")
    await write(save_draft, ana, ids[1], "note", "Careful.")
    return ids


async def test_a_merge_that_is_undone_leaves_everything_as_it_was(desk: Desk) -> None:
    into, away = await two(desk)
    sam = await desk.actor("sam")
    before = [await state(desk, each) for each in (into, away)]
    await desk.runtime.db.write(merge, sam, away, into)
    merged = await state(desk, into)
    assert merged["tags"] == ["late", "parcel", "vip"]
    assert [each[0] for each in merged["people"]] == ["lee@example.com", "moe@example.com"]
    assert [each[2] for each in merged["drafts"]] == [
        "Careful.", "Here it comes.\n\nThere it goes.",
    ]  # fmt: skip
    await desk.runtime.db.write(undo_merge, sam, away)
    assert [await state(desk, each) for each in (into, away)] == before


async def test_what_was_changed_since_stays_as_it_was_left(desk: Desk) -> None:
    into, away = await two(desk)
    sam, ana = await desk.actor("sam"), await desk.actor("ana")
    write = desk.runtime.db.write
    await write(merge, sam, away, into)
    await write(save_draft, ana, into, "note", "Careful, indeed.")
    await write(save_draft, sam, into, "outbound", "Both come.")
    await write(set_tags, sam, into, ["late", "parcel", "vip", "new"])
    await write(undo_merge, sam, away)
    there = await state(desk, into)
    assert [each[2] for each in there["drafts"]] == ["Careful, indeed.", "Both come."]
    assert there["tags"] == ["late", "new", "parcel"]
    assert (await state(desk, away))["tags"] == ["late", "vip"]


async def test_the_history_of_a_merge_holds_no_words_of_a_draft(desk: Desk) -> None:
    into, away = await two(desk)
    await desk.runtime.db.write(merge, await desk.actor("sam"), away, into)
    async with desk.runtime.db.read() as conn:
        lines = (await conn.execute(select(messages.c.details))).scalars().all()
    assert "comes" not in str(lines)
    assert "goes" not in str(lines)


@pytest.mark.parametrize("chat_goes", [True, False])
async def test_an_open_chat_and_a_mail_do_not_become_one(desk: Desk, chat_goes: bool) -> None:
    mail, chat = await desk.mail(), await desk.chat()
    ids = (chat.conversation_id, mail.conversation_id)
    away, into = ids if chat_goes else reversed(ids)
    sam = await desk.actor("sam")
    with pytest.raises(Conflict, match="live_chat"):
        await desk.runtime.db.write(merge, sam, away, into, of_others=True)
