"""The work after a contact: outcome, extension, finishing, and what it counts."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.actions.end_overdue import end_overdue_wrap_ups
from app.actions.set_status import resolve
from app.actions.wrap_up import extend_wrap_up, finish_wrap_up, set_outcome
from app.db import Conflict, Invalid, NotFound
from app.models.agent import presence
from app.models.contact import contacts
from app.models.conversation import messages
from app.models.organisation import dispositions, queues
from app.queries.wrap_ups import wrap_up_of
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine


async def outcomes(desk: Desk, **of_queue: Any) -> None:
    """Two outcomes: one of every queue, one of billing; and what the general queue says."""

    def change(tx: Any) -> None:
        rows = (("Solved", None), ("Refunded", desk.queues["billing"]))
        for name, queue_id in rows:
            tx.execute(insert(dispositions).values(name=name, queue_id=queue_id, created_at=1))
        if of_queue:
            own = queues.c.id == desk.queues["general"]
            tx.execute(update(queues).where(own).values(**of_queue))

    await desk.runtime.db.write(change)


async def contact(desk: Desk) -> Any:
    """The one contact there is."""
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(select(contacts))).one()


async def used(desk: Desk, name: str) -> int:
    """Units in use."""
    async with desk.runtime.db.read() as conn:
        query = select(presence.c.used).where(presence.c.agent_id == desk.agents[name])
        return int((await conn.execute(query)).scalar_one())


async def lines(desk: Desk, code: str) -> list[Any]:
    """The system lines of one kind."""
    async with desk.runtime.db.read() as conn:
        query = select(messages).where(messages.c.kind == "system", messages.c.text == code)
        return list((await conn.execute(query)).all())


async def ended_chat(desk: Desk) -> tuple[Any, int]:
    """Ana's chat, just done; her rights and the contact's id."""
    await desk.available("ana")
    chat = await desk.chat()
    await desk.accept("ana")
    ana = await desk.actor("ana")
    await desk.runtime.db.write(resolve, ana, chat.conversation_id)
    return ana, (await contact(desk)).id


async def test_a_queue_says_how_long_wrap_up_lasts(desk: Desk, ticking: Ticking) -> None:
    await outcomes(desk, wrap_up_s=120)
    await ended_chat(desk)
    row = await contact(desk)
    assert (row.status, row.wrap_up_at, row.wrap_up_until) == (
        "wrap_up", ticking.at, ticking.at + 120_000,
    )  # fmt: skip
    assert await used(desk, "ana") == 2


async def test_a_queue_may_leave_wrap_up_out(desk: Desk) -> None:
    await outcomes(desk, wrap_up_s=0)
    await ended_chat(desk)
    assert (await contact(desk)).status == "ended"
    assert await used(desk, "ana") == 0


async def test_a_mail_is_wrapped_up_where_its_queue_grants_it(desk: Desk) -> None:
    await outcomes(desk, wrap_up_s=60)
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    await desk.runtime.db.write(resolve, await desk.actor("ana"), mail.conversation_id)
    assert (await contact(desk)).status == "wrap_up"


async def test_finishing_gives_the_capacity_back_once(desk: Desk) -> None:
    ana, contact_id = await ended_chat(desk)
    for _ in range(2):
        await desk.runtime.db.write(finish_wrap_up, ana, contact_id)
    assert (await contact(desk)).status == "ended"
    assert await used(desk, "ana") == 0


async def test_finishing_asks_for_the_outcome_its_queue_wants(desk: Desk) -> None:
    await outcomes(desk, disposition_required=True)
    ana, contact_id = await ended_chat(desk)
    with pytest.raises(Conflict, match="disposition_needed"):
        await desk.runtime.db.write(finish_wrap_up, ana, contact_id)
    await desk.runtime.db.write(finish_wrap_up, ana, contact_id, 1, "  A pot  ")
    row = await contact(desk)
    assert (row.status, row.disposition_id, row.wrap_up_note) == ("ended", 1, "A pot")
    (line,) = await lines(desk, "outcome")
    assert line.details == {"outcome": "Solved", "note": "A pot"}
    assert line.agent_id == ana.agent_id


async def test_a_queue_that_wants_what_nobody_can_choose_lets_go(desk: Desk) -> None:
    def only_demand(tx: Any) -> None:
        tx.execute(update(queues).values(disposition_required=True))

    await desk.runtime.db.write(only_demand)
    ana, contact_id = await ended_chat(desk)
    await desk.runtime.db.write(finish_wrap_up, ana, contact_id)
    assert (await contact(desk)).status == "ended"


async def test_an_outcome_of_another_queue_is_refused(desk: Desk) -> None:
    await outcomes(desk)
    ana, contact_id = await ended_chat(desk)
    with pytest.raises(Invalid):
        await desk.runtime.db.write(set_outcome, ana, contact_id, 2)


async def test_time_runs_out_also_without_an_outcome_and_it_can_be_said_later(
    desk: Desk, ticking: Ticking
) -> None:
    await outcomes(desk, disposition_required=True)
    ana, contact_id = await ended_chat(desk)
    ticking.forward(s=31)
    await desk.runtime.db.write(end_overdue_wrap_ups)
    assert (await contact(desk)).status == "ended"
    await desk.runtime.db.write(set_outcome, ana, contact_id, 1)
    row = await contact(desk)
    assert (row.status, row.disposition_id, row.ended_at) == ("ended", 1, ticking.at)
    assert len(await lines(desk, "outcome")) == 1
    assert await used(desk, "ana") == 0


async def test_three_minutes_more_and_no_further(desk: Desk, ticking: Ticking) -> None:
    ana, contact_id = await ended_chat(desk)
    for _ in range(3):
        await desk.runtime.db.write(extend_wrap_up, ana, contact_id)
    assert (await contact(desk)).wrap_up_until == ticking.at + 30_000 + 180_000
    with pytest.raises(Conflict, match="no_more_time"):
        await desk.runtime.db.write(extend_wrap_up, ana, contact_id)


async def test_what_is_over_is_not_extended(desk: Desk) -> None:
    ana, contact_id = await ended_chat(desk)
    await desk.runtime.db.write(finish_wrap_up, ana, contact_id)
    with pytest.raises(Conflict, match="wrap_up_over"):
        await desk.runtime.db.write(extend_wrap_up, ana, contact_id)


@pytest.mark.parametrize("action", [finish_wrap_up, extend_wrap_up])
async def test_nobody_wraps_up_for_another(desk: Desk, action: Any) -> None:
    _, contact_id = await ended_chat(desk)
    for name in ("ben", "ada"):
        with pytest.raises(NotFound):
            await desk.runtime.db.write(action, await desk.actor(name), contact_id)


async def test_a_mail_is_not_done_before_its_outcome_is_said(desk: Desk) -> None:
    await outcomes(desk, disposition_required=True)
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await desk.actor("ana")
    with pytest.raises(Conflict, match="disposition_needed"):
        await desk.runtime.db.write(resolve, ana, mail.conversation_id)
    assert (await contact(desk)).status == "active"
    await desk.runtime.db.write(resolve, ana, mail.conversation_id, 1, "Sent again")
    row = await contact(desk)
    assert (row.status, row.disposition_id, row.wrap_up_note) == ("ended", 1, "Sent again")
    assert len(await lines(desk, "outcome")) == 1


async def test_wrap_up_goes_on_when_the_customer_writes_again(desk: Desk) -> None:
    ana, contact_id = await ended_chat(desk)
    conversation_id = (await contact(desk)).conversation_id
    await desk.chat("One more thing", conversation_id=conversation_id)
    found = await desk.runtime.db.query(wrap_up_of, ana, conversation_id)
    assert found is not None
    assert (found.contact_id, found.units, found.extendable) == (contact_id, 2, True)
    await desk.runtime.db.write(finish_wrap_up, ana, contact_id)
    assert await desk.runtime.db.query(wrap_up_of, ana, conversation_id) is None
