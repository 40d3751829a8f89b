"""Fills an empty installation with the demo company: people, queues, doors, articles, a past."""

import asyncio
import random
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opencc import OpenCC
from sqlalchemy import Table, func, insert, select

from app.actions.category import add_category, category_named
from app.actions.setup.identity_secret import make_identity_secret
from app.db import Database, Tx
from app.models.agent import agent_queues, agent_skills, agents, presence
from app.models.inbox_settings import FormSettings, PreChatField, WidgetSettings
from app.models.knowledge import article_texts, articles
from app.models.organisation import (
    brands,
    business_hours,
    dispositions,
    inboxes,
    macros,
    pause_reasons,
    queue_rules,
    queues,
    skills,
)
from app.models.supervision import alert_rules
from app.security.passwords import hash_password
from app.security.permissions import load_actor

CONTENT = Path(__file__).parent / "content"
EMAIL = "help@lantern.example"
COLOR = "#2f7d5d"
QUEUES = {
    "orders": ("Orders & delivery", 60),
    "returns": ("Returns & refunds", 120),
    "chinese": ("中文服务", 60),
}
PAUSES = (("Lunch", False), ("Break", False), ("Team meeting", True), ("Tasting", True))
OUTCOMES = (  # and the queue it belongs to
    ("Answered", ""),
    ("Sent anew", ""),
    ("Refunded", "returns"),
    ("Exchanged", "returns"),
    ("Passed on", ""),
    ("Wrong number", ""),
)
ALERTS = (  # name, number of the wallboard, queue, limit, for how many seconds
    ("Somebody needs help", "help_wanted", "", 0, 0),
    ("The line grows", "waiting", "", 12, 60),
    ("Refunds are being forgotten", "longest_wait", "returns", 6 * 3600, 60),
)


@dataclass(slots=True)
class Company:
    """What the demo made: keys of its doors, passwords of its people."""

    passwords: dict[str, str] = field(default_factory=dict)  # email -> password
    chat_key: str = ""
    form_key: str = ""
    identity_secret: str = ""  # with which the shop's server signs who its customer is
    agent_ids: dict[str, int] = field(default_factory=dict)


def content(name: str) -> dict[str, Any]:
    """One of the demo's content files."""
    return tomllib.loads((CONTENT / f"{name}.toml").read_text(encoding="utf-8"))


async def fill(db: Database) -> Company:
    """Make the company unless it is there, and give its people new random passwords."""
    people = content("people")["agent"]
    passwords = {f"{p['key']}@lantern.example": _password() for p in people}
    hashed = await asyncio.gather(*map(hash_password, passwords.values()))
    hashes = dict(zip(passwords, hashed, strict=True))
    company = await db.write(_fill, people, hashes)
    company.passwords = passwords
    return company


def _fill(tx: Tx, people: list[dict[str, Any]], hashes: Mapping[str, str]) -> Company:
    company = Company()
    if tx.execute(select(func.count()).select_from(brands)).scalar_one() == 0:
        _make(tx, people)
    for row in tx.execute(select(agents.c.id, agents.c.email)).all():
        if row.email in hashes:
            company.agent_ids[row.email.partition("@")[0]] = row.id
            tx.execute(
                agents.update().where(agents.c.id == row.id).values(password=hashes[row.email])
            )
    for row in tx.execute(select(inboxes.c.id, inboxes.c.channel, inboxes.c.key)).all():
        if row.channel == "chat":
            company.chat_key = row.key
            company.identity_secret = _secret(tx, company.agent_ids["ada"], row.id)
        elif row.channel == "form":
            company.form_key = row.key
    return company


def _secret(tx: Tx, agent_id: int, inbox_id: int) -> str:
    """A new one at each start, as with the passwords."""
    actor = load_actor(tx.conn, agent_id)
    assert actor is not None
    return make_identity_secret(tx, actor, inbox_id)


def _make(tx: Tx, people: list[dict[str, Any]]) -> None:
    brand = _row(
        tx,
        brands,
        name="Lantern & Leaf",
        slug="lantern",
        color=COLOR,
        signature="Lantern & Leaf\nTea, teaware, time",
        greetings={
            "en": "Hello {{customer.first_name}},",
            "zh_Hans": "{{customer.name}}，您好！",
            "zh_Hant": "{{customer.name}}，您好！",
        },
        created_at=tx.now,
    )
    hours = _row(
        tx,
        business_hours,
        name="Always open",
        time_zone="Europe/Berlin",
        spans={str(day): [["00:00", "24:00"]] for day in range(7)},
        holidays=[],
    )
    chinese = _row(tx, skills, name="中文", kind="language", code="zh")
    made = {
        key: _row(
            tx,
            queues,
            name=name,
            brand_id=brand,
            hours_id=hours,
            target_s=target,
            agents_may_pull=key != "chinese",
            occupancy="spread",  # whoever looks at the demo is offered something soon
            created_at=tx.now,
        )
        for key, (name, target) in QUEUES.items()
    }
    _doors(tx, brand, hours, made)
    _rules(tx, made)
    for person in people:
        _agent(tx, person, made, chinese)
    _macros(tx, brand)
    _work_codes(tx, made)
    _articles(tx, brand)


def _work_codes(tx: Tx, made: Mapping[str, int]) -> None:
    """Why agents are away, what becomes of contacts, and of what supervisors are told."""
    for position, (name, productive) in enumerate(PAUSES):
        _row(
            tx,
            pause_reasons,
            name=name,
            position=position,
            productive=productive,
            created_at=tx.now,
        )
    for position, (name, queue) in enumerate(OUTCOMES):
        queue_id = made[queue] if queue else None
        _row(tx, dispositions, name=name, position=position, queue_id=queue_id, created_at=tx.now)
    for name, metric, queue, threshold, for_s in ALERTS:
        _row(
            tx, alert_rules, name=name, metric=metric, queue_id=made.get(queue), for_s=for_s,
            threshold=threshold, secret=secrets.token_urlsafe(32), created_at=tx.now,
        )  # fmt: skip


def _doors(tx: Tx, brand: int, hours: int, made: Mapping[str, int]) -> None:
    widget = WidgetSettings(
        color=COLOR,
        title={"en": "Lantern & Leaf", "zh_Hans": "灯叶茶铺", "zh_Hant": "燈葉茶鋪"},
        greeting={
            "en": "Hello! Ask us anything about tea, orders and deliveries.",
            "zh_Hans": "您好！茶叶、订单、物流，都可以问我们。",
            "zh_Hant": "您好！茶葉、訂單、物流，都可以問我們。",
        },
        pre_chat=(PreChatField("name"), PreChatField("email")),
        answers="answer",
    )
    form = FormSettings(
        color=COLOR,
        title={"en": "Write to us", "zh_Hans": "给我们留言", "zh_Hant": "給我們留言"},
        intro={
            "en": "A person answers, usually within four hours.",
            "zh_Hans": "由真人回复，一般四小时之内。",
            "zh_Hant": "由真人回覆，一般四小時之內。",
        },
        answers="answer",
    )
    common = {"brand_id": brand, "queue_id": made["orders"], "hours_id": hours}
    for channel, name, key, address, settings in (
        ("email", "help@lantern.example", "lantern-mail", EMAIL, {}),
        ("chat", "Shop chat", "lantern-chat", "", widget.json()),
        ("form", "Contact form", "lantern-form", "", form.json()),
    ):
        _row(
            tx,
            inboxes,
            channel=channel,
            name=name,
            key=key,
            address=address,
            settings=settings,
            created_at=tx.now,
            **common,
        )


def _rules(tx: Tx, made: Mapping[str, int]) -> None:
    rules: tuple[tuple[str, dict[str, str]], ...] = (
        ("chinese", {"language": "zh"}),
        ("returns", {"topic": "return, refund, broken, crack, damaged"}),
        ("returns", {"class_topic": "Broken on arrival"}),
        ("orders", {"topic": "urgent, lawyer", "priority": "high"}),
    )
    for position, (queue, asked) in enumerate(rules):
        _row(
            tx,
            queue_rules,
            position=position,
            queue_id=made[queue],
            **asked,
        )


def _agent(tx: Tx, person: Mapping[str, Any], made: Mapping[str, int], chinese: int) -> None:
    agent_id = _row(
        tx,
        agents,
        name=person["name"],
        email=f"{person['key']}@lantern.example",
        role=person["role"],
        locale=person["locale"],
        time_zone="Europe/Berlin",
        capacity=12,  # six letters and three chats at once: nobody who looks around runs full
        max_by_channel={"chat": 3, "email": 6},
        preferences={},
        created_at=tx.now,
    )
    tx.execute(
        insert(presence).values(
            agent_id=agent_id, since_at=tx.now, seen_at=tx.now, last_assigned_at=0
        )
    )
    for queue in person["queues"]:
        # The supervisor helps out only where somebody has waited for two minutes.
        delay = 120 if person["role"] == "supervisor" else 0
        _row(tx, agent_queues, agent_id=agent_id, queue_id=made[queue], delay_s=delay)
    if "zh" in person["skills"]:
        _row(tx, agent_skills, agent_id=agent_id, skill_id=chinese, level=3)


def _macros(tx: Tx, brand: int) -> None:
    for name, shortcut, text in (
        ("Greeting", "hi", "Hello {{customer.name}}, thank you for writing to us."),
        ("Tracking", "track", "I have looked it up: your parcel is on its way to you."),
        (
            "New one sent",
            "resend",
            "I am sorry about that, {{customer.name}}. A new one leaves today.",
        ),
        ("您好", "nihao", "{{customer.name}}您好，感谢您的来信，我马上为您查询。"),
    ):
        _row(tx, macros, name=name, shortcut=shortcut, text=text, brand_id=brand, created_at=tx.now)


def _articles(tx: Tx, brand: int) -> None:
    to_traditional = OpenCC("s2twp").convert
    for names in content("articles")["category"]:
        add_category(tx, brand, names | {"zh_Hant": to_traditional(names["zh_Hans"])})
    for item in content("articles")["article"]:
        article_id = _row(
            tx,
            articles,
            brand_id=brand,
            slug=item["slug"],
            category_id=category_named(tx, brand, item["category"], "en"),
            visibility="public",
            status="published",
            created_at=tx.now,
            updated_at=tx.now,
        )
        texts = {"en": item["en"], "zh_Hans": item["zh_Hans"]}
        for locale, text in texts.items():
            _text(tx, article_id, locale, text["title"], text["body"], text["alternatives"])
        zh = item["zh_Hans"]
        _text(
            tx,
            article_id,
            "zh_Hant",
            to_traditional(zh["title"]),
            to_traditional(zh["body"]),
            [to_traditional(other) for other in zh["alternatives"]],
        )


def _text(
    tx: Tx, article_id: int, locale: str, title: str, body: str, alternatives: list[str]
) -> None:
    _row(
        tx,
        article_texts,
        article_id=article_id,
        locale=locale,
        title=title,
        body=body.strip(),
        alternatives=alternatives,
        updated_at=tx.now,
    )


def _row(tx: Tx, table: Table, **values: Any) -> int:
    return int(tx.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())


def _password() -> str:
    """A password one can type: random words of syllables, some 60 bits."""
    chance = random.SystemRandom()
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    return "-".join("".join(chance.choice(syllables) for _ in range(3)) for _ in range(3))
