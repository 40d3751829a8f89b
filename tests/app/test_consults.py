"""Asking a colleague: who may be asked, what they may see and do, and every way it ends."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.actions.consult import (
    ask_colleague,
    decline_consult,
    expire_consults,
    hand_over,
    join_consult,
    leave_consult,
)
from app.actions.send_message import Reply, send_message
from app.actions.set_presence import expire_presence, set_presence
from app.actions.set_status import end_by_customer, resolve, snooze
from app.actions.transfer import assign, transfer_to_agent, transfer_to_queue, unassign
from app.db import Conflict, Invalid, NotFound
from app.models.agent import agent_brands, agents, presence, team_members
from app.models.contact import consults, contacts
from app.models.organisation import brands, queues, teams
from app.queries.due import CONSULT_MS
from app.queries.thread import thread_head
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking


class Room:
    """Ana's chat in a queue that Ben cannot see, and a consult with Ben."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.conversation = 0
        self.consult = 0

    async def open(self, *, ask: bool = True, join: bool = False) -> "Room":
        desk = self.desk
        await desk.runtime.db.write(self._hide)
        await desk.available("ana")
        chat = await desk.chat("Which pot for oolong?")
        self.conversation = chat.conversation_id
        await desk.accept("ana")
        await desk.available("ben")
        if ask or join:
            self.consult = await self.do("ana", ask_colleague, self.conversation, self.id("ben"))
        if join:
            await self.do("ben", join_consult, self.consult)
        return self

    def _hide(self, tx: Any) -> None:
        team = tx.execute(insert(teams).values(name="Inner", created_at=1).returning(teams.c.id))
        team_id = team.scalar_one()
        for name in ("ana", "sam"):
            tx.execute(insert(team_members).values(team_id=team_id, agent_id=self.id(name)))
        tx.execute(update(queues).values(team_id=team_id))

    def id(self, name: str) -> int:
        return self.desk.agents[name]

    async def do(self, name: str, action: Any, *args: Any) -> Any:
        return await self.desk.runtime.db.write(action, await self.desk.actor(name), *args)

    async def sees(self, name: str) -> bool:
        actor = await self.desk.actor(name)
        try:
            await self.desk.runtime.db.query(thread_head, actor, self.conversation)
        except NotFound:
            return False
        return True

    async def row(self, table: Any = consults) -> Any:
        async with self.desk.runtime.db.read() as conn:
            return (await conn.execute(select(table).order_by(table.c.id.desc()))).first()

    async def used(self, name: str) -> int:
        async with self.desk.runtime.db.read() as conn:
            query = select(presence.c.used).where(presence.c.agent_id == self.id(name))
            return int((await conn.execute(query)).scalar_one())


PATHS = ("", "/context", "/state", "/messages?before=9", "/why")


@pytest.mark.engine
async def test_the_colleague_sees_it_only_while_the_consult_lasts(
    desk: Desk, browser_of: SignIn
) -> None:
    room = await Room(desk).open()
    ben = await browser_of("ben")

    async def answers() -> set[int]:
        return {(await ben.get(f"/inbox/{room.conversation}{path}")).status_code for path in PATHS}

    assert await answers() == {404}  # asked is not joined
    await ben.post(f"/consults/{room.consult}/join")
    assert await answers() == {200}
    assert "Which pot" in (await ben.get("/inbox?view=all")).text
    await room.do("ana", leave_consult, room.consult)
    assert await answers() == {404}
    assert "Which pot" not in (await ben.get("/inbox?view=all")).text
    assert "Which pot" not in (await ben.get("/inbox?view=all&q=oolong")).text


WRITES = [
    ("done", {}), ("snooze", {"until": "soon"}), ("spam", {}), ("claim", {}), ("release", {}),
    ("transfer", {"to": "queue-2"}), ("tags", {"tags": "a"}), ("subject", {"subject": "New"}),
    ("messages", {"text": "Hi", "key": "0123456789abcdef"}), ("draft", {"text": "Hi"}),
    ("consult", {"colleague": "1"}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "data"), WRITES)
async def test_the_colleague_changes_nothing(
    desk: Desk, browser_of: SignIn, action: str, data: dict[str, str]
) -> None:
    room = await Room(desk).open(join=True)
    ben = await browser_of("ben")
    answer = await ben.post(f"/inbox/{room.conversation}/{action}", data=data)
    assert answer.status_code == 404


@pytest.mark.engine
async def test_the_colleague_writes_notes(desk: Desk, browser_of: SignIn) -> None:
    room = await Room(desk).open(join=True)
    ben = await browser_of("ben")
    data = {"text": "The small one", "key": "0123456789abcdef", "kind": "note"}
    for path, expected in (("messages", 200), ("draft", 204), ("read", 204)):
        answer = await ben.post(f"/inbox/{room.conversation}/{path}", data=data | {"seq": "1"})
        assert answer.status_code == expected


async def test_who_sees_it_anyway_still_writes_notes_only_while_helping(desk: Desk) -> None:
    room = await Room(desk).open(ask=False)
    await desk.available("sam")
    consult = await room.do("ana", ask_colleague, room.conversation, room.id("sam"))
    await room.do("sam", join_consult, consult)
    with pytest.raises(Conflict, match="helping"):
        await room.do("sam", send_message, room.conversation, Reply("Hello", "key-of-sam"))
    await room.do("sam", leave_consult, consult)
    await room.do("sam", send_message, room.conversation, Reply("Hello", "key-of-sam"))


async def test_a_question_is_a_note_and_takes_no_capacity(desk: Desk) -> None:
    room = await Room(desk).open(ask=False)
    note = Reply("Do you know this?", "key-of-question", kind="note")
    await room.do("ana", ask_colleague, room.conversation, room.id("ben"), note)
    assert await room.used("ben") == 0
    assert (await room.row()).status == "asked"


@pytest.mark.engine
async def test_asking_twice_is_asking_once(desk: Desk) -> None:
    room = await Room(desk).open()
    again = await room.do("ana", ask_colleague, room.conversation, room.id("ben"))
    assert again == room.consult


async def test_only_whoever_has_it_can_ask(desk: Desk) -> None:
    room = await Room(desk).open(ask=False)
    with pytest.raises(Conflict, match="not_yours_to_share"):
        await room.do("sam", ask_colleague, room.conversation, room.id("ben"))
    with pytest.raises(NotFound):
        await room.do("ben", ask_colleague, room.conversation, room.id("ana"))


async def test_only_colleagues_who_are_there_and_of_the_brand_can_be_asked(desk: Desk) -> None:
    room = await Room(desk).open(ask=False)
    await desk.runtime.db.write(set_presence, room.id("ben"), "away")
    with pytest.raises(Conflict, match="colleague_away"):
        await room.do("ana", ask_colleague, room.conversation, room.id("ben"))

    def move(tx: Any) -> None:
        other = tx.execute(
            insert(brands).values(name="Other", slug="other", created_at=1).returning(brands.c.id)
        ).scalar_one()
        tx.execute(insert(agent_brands).values(agent_id=room.id("ben"), brand_id=other))

    await desk.available("ben")
    await desk.runtime.db.write(move)
    for agent_id in (room.id("ben"), room.id("ana"), 999):
        with pytest.raises(Invalid):
            await room.do("ana", ask_colleague, room.conversation, agent_id)


@pytest.mark.engine
async def test_handing_over_moves_the_contact_at_once_with_its_age(desk: Desk) -> None:
    room = await Room(desk).open(join=True)
    before = await room.row(contacts)
    for _ in range(2):
        await room.do("ana", hand_over, room.consult)
    after = await room.row(contacts)
    assert (after.agent_id, after.status) == (room.id("ben"), "active")
    assert (after.enqueued_at, after.answered_at) == (before.enqueued_at, before.answered_at)
    assert after.moves == before.moves + 1
    assert (await room.used("ana"), await room.used("ben")) == (0, 2)
    assert (await room.row()).status == "handed"
    assert await room.sees("ben")  # it is his now
    await room.do("ben", send_message, room.conversation, Reply("Hello", "key-of-ben"))


@pytest.mark.engine
async def test_handing_over_asks_for_room_and_for_somebody_who_is_there(desk: Desk) -> None:
    room = await Room(desk).open(join=True)
    small = update(agents).where(agents.c.id == room.id("ben")).values(capacity=1)
    await desk.runtime.db.write(lambda tx: tx.execute(small))
    with pytest.raises(Conflict, match="colleague_full"):
        await room.do("ana", hand_over, room.consult)
    none = update(agents).values(capacity=6, max_by_channel={"chat": 0})
    await desk.runtime.db.write(lambda tx: tx.execute(none))
    with pytest.raises(Conflict, match="colleague_full"):
        await room.do("ana", hand_over, room.consult)
    await desk.runtime.db.write(set_presence, room.id("ben"), "away")
    with pytest.raises(Conflict, match="colleague_away"):
        await room.do("ana", hand_over, room.consult)
    assert (await room.row(contacts)).agent_id == room.id("ana")
    assert (await room.row()).status == "joined"


async def test_only_the_asker_hands_over_and_only_to_who_has_joined(desk: Desk) -> None:
    room = await Room(desk).open()
    with pytest.raises(Conflict, match="consult_over"):
        await room.do("ana", hand_over, room.consult)
    for name in ("ben", "sam"):
        with pytest.raises(NotFound):
            await room.do(name, hand_over, room.consult)


@pytest.mark.parametrize("action", [join_consult, decline_consult, leave_consult, hand_over])
async def test_a_consult_is_nobody_elses(desk: Desk, action: Any) -> None:
    room = await Room(desk).open()
    for name in ("sam", "ada"):
        with pytest.raises(NotFound):
            await room.do(name, action, room.consult)
    assert (await room.row()).status == "asked"


async def test_a_declined_consult_cannot_be_joined(desk: Desk) -> None:
    room = await Room(desk).open()
    await room.do("ben", decline_consult, room.consult)
    assert (await room.row()).status == "declined"
    with pytest.raises(Conflict, match="consult_over"):
        await room.do("ben", join_consult, room.consult)


@pytest.mark.engine
async def test_who_does_not_come_in_a_minute_is_asked_no_longer(
    desk: Desk, ticking: Ticking
) -> None:
    room = await Room(desk).open()
    ticking.forward(ms=CONSULT_MS - 1)
    assert await desk.runtime.db.write(expire_consults) == 0
    ticking.forward(ms=1)
    assert await desk.runtime.db.write(expire_consults) == 1
    assert await desk.runtime.db.write(expire_consults) == 0
    assert (await room.row()).status == "ended"


Ending = Callable[[Room], Awaitable[Any]]
ENDINGS: dict[str, Ending] = {
    "done": lambda r: r.do("ana", resolve, r.conversation),
    "snoozed": lambda r: r.do("ana", snooze, r.conversation, 4_000_000_000_000),
    "the customer leaves": lambda r: r.desk.runtime.db.write(end_by_customer, r.conversation),
    "to a queue": lambda r: r.do(
        "ana", transfer_to_queue, r.conversation, r.desk.queues["billing"]
    ),
    "to an agent": lambda r: r.do("ana", transfer_to_agent, r.conversation, r.id("sam")),
    "assigned": lambda r: r.do("sam", assign, r.conversation, r.id("sam")),
    "put back": lambda r: r.do("ana", unassign, r.conversation),
    "the asker goes": lambda r: r.desk.runtime.db.write(set_presence, r.id("ana"), "offline"),
    "the colleague goes": lambda r: r.desk.runtime.db.write(set_presence, r.id("ben"), "offline"),
    "nobody is heard of": lambda r: r.desk.runtime.db.write(expire_presence, -1),
}


@pytest.mark.engine
@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("how", ENDINGS)
async def test_whatever_ends_the_work_ends_the_consult(desk: Desk, how: str, joined: bool) -> None:
    room = await Room(desk).open(join=joined)
    await ENDINGS[how](room)
    row = await room.row()
    assert (row.status, row.ended_at is not None) == ("ended", True)
    assert not await room.sees("ben")
