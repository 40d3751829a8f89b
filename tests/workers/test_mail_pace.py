"""An inbox sends no more than its provider allows; the rest waits and says so."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.actions.delivery_attempt import claim_mails
from app.actions.send_message import Reply, send_message
from app.models.conversation import messages
from app.models.organisation import inboxes
from app.models.work import outbox
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine


async def write_mails(desk: Desk, count: int, **settings: Any) -> None:
    """Ana answers one mail several times; the inbox has these settings."""
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            update(inboxes).where(inboxes.c.channel == "email").values(settings=settings)
        )
    )
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    actor = await desk.actor("ana")
    for number in range(count):
        reply = Reply(f"Part {number}", f"key-{number:05}")
        await desk.runtime.db.write(send_message, actor, mail.conversation_id, reply)


async def leaving(desk: Desk) -> int:
    """How many mails the delivery worker is given now."""
    return len(await desk.runtime.db.write(claim_mails, "w", 99, b"secret", "a@tea.example"))


async def test_without_limits_all_leave_at_once(desk: Desk) -> None:
    await write_mails(desk, 5)
    assert await leaving(desk) == 5


async def test_so_many_a_minute_and_the_rest_says_that_it_waits(
    desk: Desk, ticking: Ticking
) -> None:
    await write_mails(desk, 5, max_per_minute=2)
    assert await leaving(desk) == 2
    assert await leaving(desk) == 0
    async with desk.runtime.db.read() as conn:
        waiting = select(messages.c.state_reason).where(messages.c.state == "queued")
        tries = select(outbox.c.attempts).order_by(outbox.c.id)
        assert list((await conn.execute(waiting)).scalars()) == ["rate_limit"] * 3
        assert list((await conn.execute(tries)).scalars()) == [1, 1, 0, 0, 0]
    ticking.forward(s=59)
    assert await leaving(desk) == 0
    ticking.forward(s=2)
    assert await leaving(desk) == 2
    ticking.forward(s=61)
    assert await leaving(desk) == 1


async def test_the_tighter_of_two_limits_counts(desk: Desk, ticking: Ticking) -> None:
    await write_mails(desk, 5, max_per_minute=2, max_per_hour=3)
    assert await leaving(desk) == 2
    ticking.forward(s=61)
    assert await leaving(desk) == 1
    ticking.forward(s=30 * 60)
    assert await leaving(desk) == 0
    ticking.forward(s=30 * 60)
    assert await leaving(desk) == 2
