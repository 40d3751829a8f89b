"""A small company for tests, made by plain inserts, and what its people and customers do."""

from dataclasses import dataclass, field

from sqlalchemy import insert, select

from app.actions.offer import accept_offer, route
from app.actions.receive_message import Received, receive_message
from app.actions.set_presence import set_presence
from app.db import Tx
from app.models.agent import agent_queues, agents, presence
from app.models.contact import offers
from app.models.organisation import brands, inboxes, queues
from app.runtime import Runtime
from app.security.permissions import Actor, load_actor
from app.security.sessions import open_session
from channels.values import Identity, Inbound


@dataclass
class Desk:
    """Ids of the company's things, and its people's rights."""

    runtime: Runtime
    brand: int = 0
    queues: dict[str, int] = field(default_factory=dict)  # general, billing
    inboxes: dict[str, int] = field(default_factory=dict)  # email, chat, form
    keys: dict[str, str] = field(default_factory=dict)
    agents: dict[str, int] = field(default_factory=dict)  # ana, ben, sam, ada
    counter: int = 0

    async def actor(self, name: str) -> Actor:
        """The rights of one of the people."""
        found = await self.runtime.db.query(load_actor, self.agents[name])
        assert found is not None
        return found

    async def sign_in(self, name: str) -> str:
        """A session's token for one of the people; put it into the cookie "session"."""
        return await self.runtime.db.write(open_session, self.agents[name], 14)

    async def available(self, *names: str) -> None:
        """These agents are ready to take contacts."""
        for name in names:
            await self.runtime.db.write(set_presence, self.agents[name], "available")

    async def mail(
        self, text: str = "Where is my parcel?", email: str = "kim@example.com", **more: object
    ) -> Received:
        """A customer writes an email."""
        self.counter += 1
        inbound = Inbound(
            channel="email",
            external_id=f"mail-{self.counter}",
            identities=(Identity("email", email),),
            name=str(more.pop("name", "Kim Doe")),
            subject=str(more.pop("subject", "A question")),
            text=text,
            full_text=text,
            language="en",
            **more,  # type: ignore[arg-type]
        )
        return await self.runtime.db.write(receive_message, self.inboxes["email"], inbound)

    async def chat(
        self, text: str = "Hello?", visitor: str = "visitor-1", conversation_id: int | None = None
    ) -> Received:
        """A visitor says something in the widget."""
        self.counter += 1
        inbound = Inbound(
            channel="chat",
            external_id=f"chat-{self.counter}",
            identities=(Identity("visitor", visitor),),
            text=text,
            full_text=text,
            language="en",
        )
        return await self.runtime.db.write(
            receive_message, self.inboxes["chat"], inbound, conversation_id=conversation_id
        )

    async def route(self) -> int:
        """Let routing make its offers."""
        return await self.runtime.db.write(route)

    async def pending_offer(self, name: str) -> int | None:
        """The offer that waits for this agent's answer."""
        async with self.runtime.db.read() as conn:
            found = await conn.execute(
                select(offers.c.id).where(
                    offers.c.agent_id == self.agents[name], offers.c.status == "pending"
                )
            )
            return found.scalar()

    async def accept(self, name: str) -> int:
        """Route, and let this agent accept what they are offered; returns the conversation's id."""
        await self.route()
        offer_id = await self.pending_offer(name)
        assert offer_id is not None, f"{name} has no offer"
        return await self.runtime.db.write(accept_offer, await self.actor(name), offer_id)


async def make_desk(runtime: Runtime) -> Desk:
    """Fill an empty installation with the small company."""
    return await runtime.db.write(_fill, Desk(runtime))


def _fill(tx: Tx, desk: Desk) -> Desk:
    desk.brand = _row(tx, brands, name="Tea & Things", slug="tea", created_at=tx.now)
    for name in ("general", "billing"):
        desk.queues[name] = _row(
            tx, queues, name=name.title(), brand_id=desk.brand, created_at=tx.now
        )
    for channel in ("email", "chat", "form"):
        desk.keys[channel] = f"{channel}-key"
        desk.inboxes[channel] = _row(
            tx,
            inboxes,
            brand_id=desk.brand,
            queue_id=desk.queues["general"],
            channel=channel,
            name=f"Tea {channel}",
            key=desk.keys[channel],
            settings={},
            created_at=tx.now,
            address="help@tea.example" if channel == "email" else "",
        )
    people = (("ana", "agent"), ("ben", "agent"), ("sam", "supervisor"), ("ada", "admin"))
    for name, role in people:
        agent_id = _row(
            tx,
            agents,
            name=name.title(),
            email=f"{name}@tea.example",
            role=role,
            max_by_channel={"chat": 3, "email": 6},
            preferences={"undo_send": "0"},
            created_at=tx.now,
        )
        desk.agents[name] = agent_id
        tx.execute(
            insert(presence).values(
                agent_id=agent_id, since_at=tx.now, seen_at=tx.now, last_assigned_at=0
            )
        )
        for queue_id in desk.queues.values():
            if role == "agent":
                tx.execute(insert(agent_queues).values(agent_id=agent_id, queue_id=queue_id))
    return desk


def _row(tx: Tx, table, **values) -> int:  # type: ignore[no-untyped-def]
    return int(tx.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())
