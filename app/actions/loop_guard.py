"""What keeps two machines from answering each other for ever.

Marks on our mails and on theirs stop most loops; the limits here stop those whose other end takes
the marks off. They slide: mails of the last ten minutes count, of the last half an hour, and so on.
"""

from sqlalchemy import delete, func, select

from app.actions.rows import add_row
from app.db import Tx
from app.models.organisation import inboxes
from app.models.work import automatic_mails
from app.queries.blocked_senders import is_blocked
from app.queries.mail_addresses import bad_addresses
from app.queries.mail_inboxes import plain_address
from channels.email.automatic import is_daemon
from channels.identity import normalise

MINUTE_MS = 60_000
# At most so many automatic mails to one address within so many minutes.
LIMITS = ((10, 10), (15, 30), (25, 60), (50, 180), (100, 600))
EVERYBODY = ((300, 10), (3_000, 600))  # … and to all addresses together
LONGEST_MS = 600 * MINUTE_MS


def may_write_by_itself(tx: Tx, to: str) -> bool:
    """Whether the product may write to this address by itself now; if so, that is counted.

    Never to our own mailboxes, daemons, blocked senders, or addresses that bounced or complained.
    """
    address = normalise("email", to)
    if not address or is_daemon(address) or _is_own(tx, address):
        return False
    if bad_addresses(tx.conn, [address]) or is_blocked(tx.conn, [address]):
        return False
    tx.execute(delete(automatic_mails).where(automatic_mails.c.at <= tx.now - LONGEST_MS))
    plain = plain_address(address)
    if any(_sent(tx, minutes, plain) >= most for most, minutes in LIMITS):
        return False
    if any(_sent(tx, minutes) >= most for most, minutes in EVERYBODY):
        return False
    add_row(tx, automatic_mails, email=plain, at=tx.now)
    return True


def _sent(tx: Tx, minutes: int, plain: str = "") -> int:
    query = (
        select(func.count())
        .select_from(automatic_mails)
        .where(automatic_mails.c.at > tx.now - minutes * MINUTE_MS)
    )
    if plain:
        query = query.where(automatic_mails.c.email == plain)
    return int(tx.execute(query).scalar_one())


def _is_own(tx: Tx, address: str) -> bool:
    found = select(inboxes.c.id).where(inboxes.c.address == plain_address(address))
    return tx.execute(found.limit(1)).first() is not None
