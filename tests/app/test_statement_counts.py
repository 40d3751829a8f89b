"""How many statements the hot writes take: each is a round trip where the database is elsewhere."""

from typing import Any

import pytest
from sqlalchemy import event

from app.actions.receive_message import receive_message
from app.db import Tx
from channels.values import Identity, Inbound
from tests.desk import Desk

pytestmark = pytest.mark.engine


def _inbound(number: int) -> Inbound:
    return Inbound(
        channel="chat",
        external_id=f"chat-{number}",
        identities=(Identity("email", "kim@example.com"),),
        text="Hello?",
        full_text="Hello?",
        language="en",
    )


async def _statements(desk: Desk, number: int, conversation_id: int | None) -> tuple[int, int]:
    """Receive a chat message; the conversation, and how many statements it took."""

    def counted(tx: Tx) -> tuple[int, int]:
        seen: list[str] = []

        def note(*args: Any) -> None:
            seen.append(args[2])

        event.listen(tx.conn, "before_cursor_execute", note)
        try:
            inbox = desk.inboxes["chat"]
            got = receive_message(tx, inbox, _inbound(number), conversation_id=conversation_id)
        finally:
            event.remove(tx.conn, "before_cursor_execute", note)
        return got.conversation_id, len(seen)

    return await desk.runtime.db.write(counted)


async def test_a_first_message_is_in_line_after_fifteen_statements(desk: Desk) -> None:
    _, statements = await _statements(desk, 1, None)
    assert statements <= 15


async def test_a_further_message_takes_no_more_than_a_first(desk: Desk) -> None:
    conversation, _ = await _statements(desk, 1, None)
    _, statements = await _statements(desk, 2, conversation)
    assert statements <= 14
