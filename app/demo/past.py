"""What happened before the visitor came: eight weeks of figures, two days of conversations, and a
few stories of the last hours.

The stories run through the same actions as real life, with the clock of the transaction set back;
what lies further back is written in bulk.
"""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.actions.contact import begin_contact, end_wrap_up
from app.actions.desk import set_tags
from app.actions.enqueue import live_contact
from app.actions.receive_message import Received, receive_message
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve, snooze
from app.clock import new_id
from app.db import Database, Tx
from app.demo.company import QUEUES, content
from app.demo.recent import Company, write_presence, write_recent
from app.demo.regulars import give_orders, make_regulars
from app.demo.rows import write_rows
from app.demo.sorting import make_topics, sort_past
from app.demo.weeks import ZONE, play
from app.models.agent import agents
from app.models.conversation import conversations, messages
from app.models.organisation import inboxes, queues
from app.models.work import outbox
from app.security.permissions import Actor, load_actor
from channels.values import Identity, Inbound
from routing.periods import day_of, days

STORIES = 16
OPEN = 6  # of the latest stories
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LATELY = 5 * HOUR  # the stories
WEEKS = 8
REAL_DAYS = 2  # before today, as conversations; before that there are figures only
MEMBERS = {
    "orders": ["ana", "ben", "mei", "sam"],
    "returns": ["ana", "ben", "hao", "sam"],
    "chinese": ["mei", "hao", "sam"],
}
TAGS = {"orders": "delivery", "returns": "return", "chinese": "中文"}


async def make_past(db: Database, seed: int = 7) -> None:
    """Fill the last weeks, once; the latest few stories are still open."""
    await db.write(_make_past, seed)


def _make_past(tx: Tx, seed: int) -> None:
    if tx.execute(select(func.count()).select_from(conversations)).scalar_one() > 0:
        return
    make_topics(tx)
    _tell_stories(tx, random.Random(seed))
    ana, mei, ada = (_actor(tx, name) for name in ("ana", "mei", "ada"))
    make_regulars(tx, ana, mei)
    give_orders(tx, ada)
    _settle_past(tx)
    _make_weeks(tx, seed)
    sort_past(tx)


def _make_weeks(tx: Tx, seed: int) -> None:
    """Play the weeks: rows of reports for all of them, and the last days as conversations."""
    company = _company(tx)
    today = day_of(tx.now, ZONE)
    real, _ = days(today - timedelta(days=REAL_DAYS), 1, ZONE)
    weeks = play(today, WEEKS * 7 + 1, MEMBERS, seed)
    ended = [one for one in weeks.episodes if one.outcome and one.ended < tx.now - 5 * MINUTE]
    write_recent(tx, company, [one for one in ended if one.came >= real], random.Random(seed))
    write_presence(tx, company, weeks, real, tx.now - MINUTE)
    write_rows(tx, company, weeks, [one for one in ended if one.came < real], real)


def _actor(tx: Tx, name: str) -> Actor:
    address = agents.c.email == f"{name}@lantern.example"
    found = load_actor(tx.conn, tx.execute(select(agents.c.id).where(address)).scalar_one())
    assert found is not None
    return found


def _company(tx: Tx) -> Company:
    by_name = {name: key for key, (name, _) in QUEUES.items()}
    return Company(
        {by_name[row.name]: row.id for row in tx.execute(select(queues)) if row.name in by_name},
        {row.email.partition("@")[0]: row.id for row in tx.execute(select(agents))},
    )


def _tell_stories(tx: Tx, chance: random.Random) -> None:
    doors = {row.channel: row.id for row in tx.execute(select(inboxes)).all()}
    people = {row.email: row.id for row in tx.execute(select(agents)).all()}
    actors = {email: load_actor(tx.conn, agent_id) for email, agent_id in people.items()}
    names = content("people")["customers"]
    dialogues = content("dialogues")["dialogue"]
    letters = [one for one in dialogues if set(one["channels"]) - {"chat"}]
    for number in range(STORIES):
        # Denser towards now, none in the future; the last six are left open, letters all of them:
        # nobody is kept waiting in a chat for hours.
        age = int((1 - number / STORIES) ** 1.6 * LATELY) + (STORIES - number) * MINUTE
        finished = number < STORIES - OPEN
        dialogue = chance.choice(dialogues if finished else letters)
        name = chance.choice(names[dialogue["language"]])
        story = _Story(Tx(tx.conn, tx.now - age), chance, dialogue, name, number)
        speaks = ("mei", "hao") if dialogue["language"] == "zh" else ("ana", "ben")
        actor = actors[f"{chance.choice(speaks)}@lantern.example"]
        assert actor is not None
        story.tell(doors, actor, finished=finished)
        tx.events.extend(story.tx.events)


def _settle_past(tx: Tx) -> None:
    """The past was answered and read in the past: nothing of it may be sent today."""
    tx.execute(outbox.update().values(state="sent", sent_at=tx.now))
    tx.execute(messages.update().where(messages.c.state == "queued").values(state="sent"))
    outbound = messages.update().where(messages.c.kind == "outbound")
    tx.execute(outbound.where(messages.c.channel == "chat").values(state="read"))
    chats = conversations.update().where(conversations.c.channel == "chat")
    tx.execute(chats.values(customer_seen_at=conversations.c.last_message_at))


class _Story:
    """One conversation of the past."""

    def __init__(
        self, tx: Tx, chance: random.Random, dialogue: Mapping[str, Any], name: str, number: int
    ) -> None:
        self.tx = tx
        self.chance = chance
        self.dialogue = dialogue
        self.name = name
        self.number = number
        self.order = f"LL-{4000 + number * 7}"

    def tell(self, doors: Mapping[str, int], actor: Actor, *, finished: bool) -> None:
        choices = self.dialogue["channels"]
        channel = self.chance.choice(choices if finished else [c for c in choices if c != "chat"])
        received = self._says(doors[channel], channel, self.chance.choice(self.dialogue["opening"]))
        if not finished and self.chance.random() < 0.5:
            return  # still waits
        self._pass(int(self.chance.triangular(4, 110, 20)) * 1000)
        contact = live_contact(self.tx, received.conversation_id)
        assert contact is not None
        begin_contact(self.tx, contact, actor.agent_id)
        for at, text in enumerate(self.dialogue["replies"]):
            self._pass(self.chance.randint(20, 180) * 1000)
            reply = Reply(self._filled(text), new_id())
            send_message(self.tx, actor, received.conversation_id, reply)
            if at < len(self.dialogue["more"]):
                self._pass(self.chance.randint(20, 120) * 1000)
                self._says(
                    doors[channel], channel, self.dialogue["more"][at], received.conversation_id
                )
        if not finished:
            return
        set_tags(self.tx, actor, received.conversation_id, [TAGS[self.dialogue["queue"]]])
        if self.number % 17 == 0:
            snooze(self.tx, actor, received.conversation_id, self.tx.now + 20 * DAY)
        else:
            resolve(self.tx, actor, received.conversation_id)
        self._pass(30_000)
        end_wrap_up(self.tx, contact.id)

    def _pass(self, ms: int) -> None:
        self.tx.now += ms

    def _filled(self, text: str) -> str:
        return text.format(order=self.order, name=self.name.split()[0])

    def _says(
        self, inbox_id: int, channel: str, text: str, conversation_id: int | None = None
    ) -> Received:
        local = "".join(c for c in self.name.lower().replace(" ", ".") if c.isascii()) or "guest"
        email = f"{local}{sum(map(ord, self.name)) % 97}@mail.example"
        said = self._filled(text)
        inbound = Inbound(
            channel=channel,
            external_id=new_id(),
            identities=(Identity("email", email),),
            name=self.name,
            subject=self.dialogue["subject"] if channel != "chat" else "",
            text=said,
            full_text=said,
            language=self.dialogue["language"],
        )
        return receive_message(self.tx, inbox_id, inbound, conversation_id=conversation_id)
