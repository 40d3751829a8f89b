"""The words of conversations whose time is over go; that they were, and how they went, stays.

It is the erasure of a person (`erased_rows`) for conversations: the same rows, but not the keys by
which a mail that came once is known, so that it neither comes again nor loses its thread.
"""

from sqlalchemy import select, update

from app.actions.erased_rows import FATES, Owners, blank_lines, blank_rows
from app.db import Tx
from app.models.conversation import conversations, inbound_keys, messages

KEEP = ("email_id",)


def empty_conversations(tx: Tx, ids: list[int]) -> None:
    """Remove what was said in these conversations, their files' rows and the mails as they came."""
    said = select(messages.c.id).where(messages.c.conversation_id.in_(ids))
    owners = Owners([], ids, said)
    blank_lines(tx, owners)
    for fate in FATES:
        if fate.whose != "customer" and fate.table is not inbound_keys:
            blank_rows(tx, fate, owners, KEEP)
    spoken = messages.c.conversation_id.in_(ids) & (messages.c.kind != "system")
    tx.execute(update(messages).where(spoken).values(details={"emptied": True}))
    tx.execute(update(conversations).where(conversations.c.id.in_(ids)).values(emptied_at=tx.now))
