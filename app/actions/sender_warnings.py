"""What an agent should know before they believe a mail's sender: told as codes with the names.

Nothing here keeps a mail away. A person reads the warning beside the message and decides.
"""

from sqlalchemy import String, bindparam, func, or_, select

from app.db import Tx
from app.models.agent import agents
from app.models.organisation import brands, inboxes
from channels.email.providers import SHARED_DOMAINS
from channels.identity import normalise
from channels.values import Inbound

Warnings = list[dict[str, str]]

_name = bindparam("name", type_=String)
_NAME_IS_OURS = select(
    or_(
        select(agents.c.id).where(agents.c.active, func.lower(agents.c.name) == _name).exists(),
        select(brands.c.id).where(func.lower(brands.c.name) == _name).exists(),
        select(inboxes.c.id)
        .where(inboxes.c.channel == "email", func.lower(inboxes.c.name) == _name)
        .exists(),
    )
)


def sender_warnings(tx: Tx, inbound: Inbound) -> Warnings:
    """The warnings about a mail, as its message keeps them:

    `reply_to`: an answer would go to another domain than the mail came from;
    `name_is_ours`: it calls itself by the name of an agent, a brand or a mailbox of ours;
    `name_is_address`: its name shows another address than the one it came from.
    """
    sender = next((i.value for i in inbound.identities if i.kind == "email"), "")
    if inbound.channel != "email" or not sender:
        return []
    found: Warnings = []
    reply_to = normalise("email", inbound.reply_to or "")
    if reply_to and not _belong_together(_domain(reply_to), _domain(sender)):
        found.append({"code": "reply_to", "from": sender, "reply_to": reply_to})
    name = " ".join(inbound.name.split())
    shown = normalise("email", name.strip("<>()[] ")) if "@" in name else None
    if shown and shown != sender:
        found.append({"code": "name_is_address", "from": sender, "name": shown})
    elif name and _is_name_of_ours(tx, name) and not _is_address_of_ours(tx, sender):
        found.append({"code": "name_is_ours", "from": sender, "name": name[:200]})
    return found


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _belong_together(one: str, other: str) -> bool:
    """The same domain, or one below the other."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _is_name_of_ours(tx: Tx, name: str) -> bool:
    return bool(tx.execute(_NAME_IS_OURS, {"name": name.lower()}).scalar_one())


def _is_address_of_ours(tx: Tx, address: str) -> bool:
    """An agent's address, a mailbox of ours, or one of a domain that is a mailbox's own."""
    own = set(tx.execute(select(inboxes.c.address).where(inboxes.c.address != "")).scalars())
    domains = {_domain(each) for each in own} - SHARED_DOMAINS
    if address in own or _domain(address) in domains:
        return True
    agent = select(agents.c.id).where(func.lower(agents.c.email) == address)
    return tx.execute(agent.limit(1)).first() is not None
