"""An installation without any account offers a one-time link that makes the first administrator."""

from sqlalchemy import Connection, delete, exists, select

from app import clock
from app.actions.upsert import upsert
from app.db import Tx
from app.models.agent import agents
from app.models.organisation import installation
from app.security.sessions import hash_token, same

SETUP_TOKEN = "setup_token"


def needs_setup(conn: Connection) -> bool:
    """Whether there is no account yet."""
    return not conn.execute(select(exists().where(agents.c.id.is_not(None)))).scalar()


def offer_setup(tx: Tx) -> str:
    """Make the link's token; an earlier one is void. Only its hash is kept."""
    token = clock.new_token()
    upsert(tx, installation, {"name": SETUP_TOKEN}, {"value": hash_token(token)})
    return token


def setup_allowed(conn: Connection, token: str) -> bool:
    """Whether a token opens the set-up: it is the latest one, and still nobody has an account."""
    kept = conn.execute(
        select(installation.c.value).where(installation.c.name == SETUP_TOKEN)
    ).scalar()
    return same(hash_token(token), str(kept or "")) and needs_setup(conn)


def end_setup(tx: Tx) -> None:
    """The first administrator exists: the link is void."""
    tx.execute(delete(installation).where(installation.c.name == SETUP_TOKEN))
