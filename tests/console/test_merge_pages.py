"""Merge, split and move as agents do it: what is offered, what is refused, what comes after."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from app.db import Tx
from app.live.journal import events_after
from app.models.contact import contacts, sla_clocks
from app.models.conversation import conversations, messages
from channels.values import ThreadHints
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine


async def rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def texts(desk: Desk, conversation_id: int) -> list[str]:
    query = select(messages.c.text).where(
        messages.c.conversation_id == conversation_id, messages.c.kind != "system"
    )
    return [row.text for row in await rows(desk, query.order_by(messages.c.seq))]


async def seq_of(desk: Desk, conversation_id: int) -> int:
    query = select(conversations.c.last_seq).where(conversations.c.id == conversation_id)
    return int((await rows(desk, query))[0].last_seq)


async def test_a_merge_brings_messages_and_work_and_both_screens_load_again(
    desk: Desk, browser_of: SignIn, ticking: Ticking
) -> None:
    one = (await desk.mail("One")).conversation_id
    ticking.forward(s=1)
    two = (await desk.mail("Two")).conversation_id
    ticking.forward(s=1)
    await desk.mail("Three", thread=ThreadHints(token=one))
    ana = await browser_of("ana")
    assert f'value="{two}"' in (await ana.get(f"/inbox/{one}/merge")).text
    seen = {each: await seq_of(desk, each) for each in (one, two)}
    answer = await ana.post(f"/inbox/{one}/merge", data={"into": str(two)})
    assert answer.status_code == 204
    assert await texts(desk, two) == ["One", "Two", "Three"]
    assert await texts(desk, one) == []
    for each, seq in seen.items():
        stretch = await desk.runtime.db.query(events_after, each, seq)
        assert stretch.too_long
    live = select(contacts.c.conversation_id).where(contacts.c.status == "waiting")
    assert [row.conversation_id for row in await rows(desk, live)] == [two]
    running = select(sla_clocks.c.conversation_id).where(sla_clocks.c.ended_at.is_(None))
    assert {row.conversation_id for row in await rows(desk, running)} <= {two}
    later = await desk.mail("Four", thread=ThreadHints(token=one))
    assert later.conversation_id == two
    refused = await ana.post(f"/inbox/{one}/reopen")
    assert refused.status_code == 409
    assert (await ana.post(f"/inbox/{one}/unmerge")).status_code == 204
    assert await texts(desk, one) == ["One", "Three"]
    assert await texts(desk, two) == ["Two", "Four"]


async def test_a_merge_is_undone_for_ten_minutes(
    desk: Desk, browser_of: SignIn, ticking: Ticking
) -> None:
    one = (await desk.mail("One")).conversation_id
    two = (await desk.mail("Two")).conversation_id
    ana = await browser_of("ana")
    await ana.post(f"/inbox/{one}/merge", data={"number": f"#{two}"})
    ticking.forward(s=601)
    refused = await ana.post(f"/inbox/{one}/unmerge")
    assert refused.status_code == 409
    assert "ten minutes" in refused.text


async def test_different_customers_are_merged_only_when_that_is_meant(
    desk: Desk, browser_of: SignIn
) -> None:
    one = (await desk.mail("One")).conversation_id
    two = (await desk.mail("Two", email="lee@example.org")).conversation_id
    ana = await browser_of("ana")
    refused = await ana.post(f"/inbox/{one}/merge", data={"number": str(two)})
    assert refused.status_code == 409
    meant = {"number": str(two), "of_others": "true"}
    assert (await ana.post(f"/inbox/{one}/merge", data=meant)).status_code == 204
    assert await texts(desk, two) == ["One", "Two"]


@pytest.mark.parametrize("number", ["999999", "x", ""])
async def test_a_number_that_leads_nowhere_is_refused(
    desk: Desk, browser_of: SignIn, number: str
) -> None:
    one = (await desk.mail()).conversation_id
    ana = await browser_of("ana")
    answer = await ana.post(f"/inbox/{one}/merge", data={"number": number})
    assert answer.status_code in (404, 422)


async def test_both_must_be_the_agent_s_to_work_with(desk: Desk, browser_of: SignIn) -> None:
    one = (await desk.mail("One")).conversation_id
    two = await desk.mail("Two")

    def hide(tx: Tx) -> None:
        from app.models.organisation import queues, teams

        team = tx.execute(
            teams.insert().values(name="Others", created_at=tx.now).returning(teams.c.id)
        ).scalar_one()
        billing = desk.queues["billing"]
        tx.execute(update(queues).where(queues.c.id == billing).values(team_id=team))
        tx.execute(
            update(conversations)
            .where(conversations.c.id == two.conversation_id)
            .values(queue_id=billing)
        )

    await desk.runtime.db.write(hide)
    ana = await browser_of("ana")
    into = {"number": str(two.conversation_id)}
    assert (await ana.post(f"/inbox/{one}/merge", data=into)).status_code == 404
    assert (await ana.post(f"/messages/{two.message_id}/split")).status_code == 404
    assert await texts(desk, one) == ["One"]


async def test_a_split_takes_the_later_messages_and_their_work(
    desk: Desk, browser_of: SignIn
) -> None:
    one = (await desk.mail("One")).conversation_id
    hints = ThreadHints(token=one)
    second = await desk.mail("Two", thread=hints, subject="Re: Another thing")
    await desk.mail("Three", thread=hints)
    ana = await browser_of("ana")
    assert (await ana.post(f"/messages/{second.message_id}/split")).status_code == 204
    [new] = await rows(desk, select(conversations).where(conversations.c.id != one))
    assert await texts(desk, one) == ["One"]
    assert await texts(desk, new.id) == ["Two", "Three"]
    assert new.subject == "Re: Another thing"
    live = select(contacts.c.conversation_id).where(contacts.c.status == "waiting")
    assert {row.conversation_id for row in await rows(desk, live)} == {one, new.id}
    first = (await rows(desk, select(messages.c.id).where(messages.c.text == "One")))[0].id
    refused = await ana.post(f"/messages/{first}/split")
    assert refused.status_code == 409


async def test_a_message_moves_to_its_place_in_time(
    desk: Desk, browser_of: SignIn, ticking: Ticking
) -> None:
    one = (await desk.mail("One")).conversation_id
    ticking.forward(s=1)
    stray = await desk.mail("Stray", thread=ThreadHints(token=one))
    ticking.forward(s=1)
    two = (await desk.mail("Two")).conversation_id
    ana = await browser_of("ana")
    assert "Move this message" in (await ana.get(f"/messages/{stray.message_id}/move")).text
    answer = await ana.post(f"/messages/{stray.message_id}/move", data={"into": str(two)})
    assert answer.status_code == 204
    assert await texts(desk, one) == ["One"]
    assert await texts(desk, two) == ["Stray", "Two"]


async def test_an_answer_to_a_message_that_was_split_off_follows_it(
    desk: Desk, browser_of: SignIn
) -> None:
    one = (await desk.mail("One")).conversation_id
    ours = await desk.mail("Ours", thread=ThreadHints(token=one))
    email_id = f"<c{one}.abc.aaaaaaaaaaaaaaaa@tea.example>"

    def as_reply(tx: Tx) -> None:
        tx.execute(
            update(messages)
            .where(messages.c.id == ours.message_id)
            .values(kind="outbound", email_id=email_id)
        )

    await desk.runtime.db.write(as_reply)
    ana = await browser_of("ana")
    await ana.post(f"/messages/{ours.message_id}/split")
    got = await desk.mail("Answer", thread=ThreadHints(token=one, references=(email_id,)))
    assert await texts(desk, got.conversation_id) == ["Ours", "Answer"]
    plain = await desk.mail("Else", thread=ThreadHints(token=one))
    assert plain.conversation_id == one
