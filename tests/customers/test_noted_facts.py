"""What agents note about customers: with who and when, asked about again, over no border."""

import pytest
from sqlalchemy import select

from app.actions.note_fact import FRESH_MS, confirm_fact, edit_fact, end_fact, note_fact
from app.db import Invalid, NotFound
from app.models.party import access_log
from app.models.promise import customer_facts
from tests.customers.test_first_card import card, kinds
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def rows(desk: Desk) -> list[object]:
    """What was noted."""
    async with desk.runtime.db.read() as conn:
        return list((await conn.execute(select(customer_facts))).all())


async def test_a_fact_is_noted_changed_confirmed_and_ended_each_with_a_line_in_the_log(
    desk: Desk,
) -> None:
    mail = await desk.mail()
    kim, write, ana = mail.customer_id, desk.runtime.db.write, await desk.actor("ana")
    fact = await write(note_fact, ana, kim, "problem", "  A loose lid ", mail.conversation_id)
    assert (await card(desk, "ben", kim)).facts.first[0].text == "A loose lid"
    await write(edit_fact, ana, kim, fact, "preference", "Mornings only")
    await write(confirm_fact, ana, kim, fact)
    [row] = await rows(desk)
    assert row.kind == "preference"  # type: ignore[attr-defined]
    assert row.stale_at - row.at == FRESH_MS["preference"]  # type: ignore[attr-defined]
    await write(end_fact, ana, kim, fact)
    assert "preference" not in kinds(await card(desk, "ben", kim))
    with pytest.raises(NotFound):
        await write(confirm_fact, ana, kim, fact)
    async with desk.runtime.db.read() as conn:
        acts = (await conn.execute(select(access_log.c.what).order_by(access_log.c.id))).scalars()
        assert list(acts) == ["fact noted", "fact changed", "fact confirmed", "fact ended"]


async def test_a_fact_needs_words_a_kind_and_a_conversation_of_this_customer(desk: Desk) -> None:
    mine, other = await desk.mail(), await desk.mail(email="lee@example.com")
    write, ana = desk.runtime.db.write, await desk.actor("ana")
    for kind, text in (("problem", "  "), ("gossip", "x"), ("problem", "x" * 1_001)):
        with pytest.raises(Invalid):
            await write(note_fact, ana, mine.customer_id, kind, text)
    with pytest.raises(NotFound):
        await write(note_fact, ana, mine.customer_id, "problem", "x", other.conversation_id)
    fact = await write(note_fact, ana, mine.customer_id, "problem", "x")
    with pytest.raises(NotFound):
        await write(end_fact, ana, other.customer_id, fact)
