"""The last days of the demo as real conversations: written in bulk, as if they had been lived."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from app.clock import new_id
from app.db import Tx
from app.demo.company import content
from app.demo.weeks import Episode, Weeks
from app.models.contact import contacts, offers
from app.models.conversation import conversations, messages, reads
from app.models.customer import customers, identities
from app.models.history import contact_moves, presence_spans
from app.models.organisation import inboxes, queue_rules
from channels import registry
from knowledge.text import searchable
from routing.boost import PRIORITY_BOOST_MS

AGAIN = 3  # how many customers share a name
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Company:
    """Ids of what the episodes speak of."""

    queues: Mapping[str, int]
    agents: Mapping[str, int]


def write_recent(
    tx: Tx, company: Company, episodes: Sequence[Episode], chance: random.Random
) -> None:
    """Conversations, contacts, offers and moves of episodes that have ended."""
    people = _people(tx, min(episode.came for episode in episodes))
    doors = {row.channel: row for row in tx.execute(select(inboxes)).all()}
    rules = list(tx.execute(select(queue_rules.c.id).order_by(queue_rules.c.position)).scalars())
    talks = [_talk(episode, chance) for episode in episodes]
    threads = [
        _conversation(company, episode, lines, doors[episode.channel], chance.choice(
            people[episode.language]
        ))
        for episode, (_, lines) in zip(episodes, talks, strict=True)
    ]  # fmt: skip
    for thread, (subject, _) in zip(threads, talks, strict=True):
        thread["subject"] = subject if thread["channel"] != "chat" else ""
    thread_ids = _insert(tx, conversations, threads)
    contact_ids = _insert(
        tx,
        contacts,
        [
            _contact(company, episode, thread_id, rules, chance)
            for episode, thread_id in zip(episodes, thread_ids, strict=True)
        ],
    )
    tx.execute(
        update(conversations)
        .where(conversations.c.id == bindparam("thread_id"))
        .values(contact_id=bindparam("found_id")),
        [
            {"thread_id": thread_id, "found_id": contact_id}
            for thread_id, contact_id in zip(thread_ids, contact_ids, strict=True)
        ],
    )
    said: Rows = []
    asked: Rows = []
    for episode, (_, lines), thread, thread_id, contact_id in zip(
        episodes, talks, threads, thread_ids, contact_ids, strict=True
    ):
        said += _messages(company, episode, lines, thread, thread_id)
        asked += _offers(company, episode, contact_id)
    _insert(tx, messages, said)
    _insert(tx, offers, asked)
    _insert(tx, contact_moves, _moves(company, episodes, contact_ids, rules, chance))
    seen = [
        {"agent_id": thread["assignee_id"], "conversation_id": thread_id, "seq": thread["last_seq"]}
        for thread, thread_id in zip(threads, thread_ids, strict=True)
        if thread["assignee_id"] is not None
    ]
    _insert(tx, reads, seen)


def write_presence(tx: Tx, company: Company, weeks: Weeks, since: int, until: int) -> None:
    """Everybody's states of the last days, up to now."""
    _insert(
        tx,
        presence_spans,
        [
            {
                "agent_id": company.agents[who], "state": state, "reason": why,
                "began_at": began, "ended_at": min(ended, until),
            }
            for who, state, why, (began, ended) in weeks.presence
            if began >= since and began < until
        ],
    )  # fmt: skip


def _people(tx: Tx, at: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for language, names in content("people")["customers"].items():
        rows = []
        for number in range(len(names) * AGAIN):
            name = names[number % len(names)]
            local = "".join(c for c in name.lower().replace(" ", ".") if c.isascii()) or "guest"
            email = f"{local}.{language}{number}@mail.example"
            rows.append(
                {
                    "name": name, "email": email, "language": language, "fields": {},
                    "created_at": at, "seen_at": at, "searchable": searchable(f"{name} {email}"),
                }
            )  # fmt: skip
        found[language] = _insert(tx, customers, rows)
        known = [
            {"customer_id": id_, "kind": "email", "value": row["email"], "created_at": at}
            for id_, row in zip(found[language], rows, strict=True)
        ]
        _insert(tx, identities, known)
    return found


def _talk(episode: Episode, chance: random.Random) -> tuple[str, list[tuple[str, str]]]:
    """The subject and the lines: (who speaks, text)."""
    fitting = [
        one
        for one in content_dialogues()
        if one["queue"] == episode.queue and episode.channel in one["channels"]
    ] or [one for one in content_dialogues() if one["queue"] == episode.queue]
    dialogue = chance.choice(fitting)
    words = {"order": f"LL-{chance.randrange(3000, 9000)}", "name": ""}
    lines = [("customer", chance.choice(dialogue["opening"]))]
    if episode.taken is not None:
        for number, reply in enumerate(dialogue["replies"]):
            lines.append(("agent", reply))
            lines += [("customer", text) for text in dialogue["more"][number : number + 1]]
    return dialogue["subject"], [
        (who, text.format(**words).replace(" ,", ",").replace(" !", "!")) for who, text in lines
    ]


_DIALOGUES: list[dict[str, Any]] = []


def content_dialogues() -> list[dict[str, Any]]:
    """The dialogues of the demo, read once."""
    if not _DIALOGUES:
        _DIALOGUES.extend(content("dialogues")["dialogue"])
    return _DIALOGUES


def _conversation(
    company: Company, episode: Episode, lines: Sequence[tuple[str, str]], door: Any, customer: int
) -> dict[str, Any]:
    theirs = max(number for number, (who, _) in enumerate(lines, 1) if who == "customer")
    return {
        "brand_id": door.brand_id, "inbox_id": door.id, "customer_id": customer,
        "queue_id": company.queues[episode.queue],
        "assignee_id": company.agents[episode.agent] if episode.agent else None,
        "channel": episode.channel, "subject": "", "status": "done", "language": episode.language,
        "last_seq": len(lines), "last_inbound_seq": theirs, "preview": lines[-1][1][:200],
        "preview_kind": "inbound" if lines[-1][0] == "customer" else "outbound",
        "created_at": episode.came, "last_message_at": episode.ended,
        "last_inbound_at": episode.came, "customer_seen_at": episode.ended,
    }  # fmt: skip


def _contact(
    company: Company, episode: Episode, thread_id: int, rules: Sequence[int], chance: random.Random
) -> dict[str, Any]:
    low, high = episode.announced or (None, None)
    priority: Any = episode.priority
    return {
        "conversation_id": thread_id, "queue_id": company.queues[episode.queue],
        "agent_id": company.agents[episode.agent] if episode.agent else None,
        "channel": episode.channel, "cost": registry.get(episode.channel).cost, "status": "ended",
        "outcome": episode.outcome, "priority": priority, "boost_ms": PRIORITY_BOOST_MS[priority],
        "skills": [], "excluded": [], "moves": int(episode.was_in is not None),
        "rule_id": _rule(episode, rules, chance), "enqueued_at": episode.came,
        "answered_at": episode.taken, "replied_at": episode.replied, "wrap_up_at": episode.wrapped,
        "ended_at": episode.ended, "announced_low_ms": low, "announced_high_ms": high,
        "announced_at": episode.came if low is not None else None,
    }  # fmt: skip


def _rule(episode: Episode, rules: Sequence[int], chance: random.Random) -> int | None:
    """The rule that chose the first queue: the language, the words of a return, or none."""
    first = episode.was_in or episode.queue
    if first == "chinese":
        return rules[0]
    return rules[1] if first == "returns" and chance.random() < 0.8 else None


def _messages(
    company: Company,
    episode: Episode,
    lines: Sequence[tuple[str, str]],
    thread: Mapping[str, Any],
    thread_id: int,
) -> Rows:
    found: Rows = []
    began = episode.taken if episode.taken is not None else episode.came
    pace = max(1, (episode.ended - began) // max(1, len(lines)))
    for number, (who, text) in enumerate(lines, 1):
        agent = company.agents[episode.agent] if who == "agent" and episode.agent else None
        at = episode.came if number == 1 else began + pace * (number - 1)
        if number == 2 and episode.replied is not None:
            at = min(at, episode.replied)
        found.append(
            {
                "conversation_id": thread_id, "seq": number, "key": new_id(),
                "kind": "outbound" if agent else "inbound", "channel": episode.channel,
                "agent_id": agent, "customer_id": None if agent else thread["customer_id"],
                "text": text, "subject": thread["subject"] if number == 1 else "",
                "state": ("read" if episode.channel == "chat" else "sent") if agent else "received",
                "details": {}, "searchable": searchable(text), "sent_at": at, "created_at": at,
            }
        )  # fmt: skip
    return found


def _offers(company: Company, episode: Episode, contact_id: int) -> Rows:
    if episode.taken is None or episode.agent is None:
        return []
    lasts = 20_000 if episode.channel == "chat" else 60_000
    reserved = max(episode.came, episode.taken - 6_000)
    asked = [(episode.agent, "accepted", reserved, episode.taken)]
    if episode.passed_by is not None and reserved - episode.came > 8_000:
        asked.append((episode.passed_by, "declined", episode.came + 500, episode.came + 7_000))
    return [
        {
            "contact_id": contact_id, "agent_id": company.agents[who], "status": status,
            "decision": {
                "key": [episode.came, episode.came, contact_id], "rank": [], "step": 0, "takers": 1,
                "refused": {}, "runner_up": None, "gave_way": None, "policy": 0,
            },
            "made_at": made, "expires_at": made + lasts, "ended_at": ended,
        }
        for who, status, made, ended in asked
    ]  # fmt: skip


def _moves(
    company: Company,
    episodes: Sequence[Episode],
    contact_ids: Sequence[int],
    rules: Sequence[int],
    chance: random.Random,
) -> Rows:
    return [
        {
            "contact_id": contact_id, "from_queue_id": company.queues[episode.was_in],
            "to_queue_id": company.queues[episode.queue],
            "agent_id": company.agents[chance.choice(("ana", "ben"))],
            "rule_id": rules[1] if episode.was_in == "returns" else None, "why": "transfer",
            "at": (episode.came + (episode.taken or episode.ended)) // 2,
        }
        for episode, contact_id in zip(episodes, contact_ids, strict=True)
        if episode.was_in is not None
    ]  # fmt: skip


def _insert(tx: Tx, table: Table, rows: Rows) -> list[int]:
    if not rows:
        return []
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(tx.execute(statement, rows).scalars())
