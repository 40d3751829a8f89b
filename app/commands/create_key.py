"""`switchroom create-key`: a key for the API, where there is no browser to make one in."""

import asyncio
import sys

from sqlalchemy import select

from app.commands.migrate import bring_up_to_date
from app.db import Tx
from app.models.agent import agents
from app.runtime import build_runtime
from app.security.api_keys import create_api_key
from app.security.audit import audit
from app.settings import Settings


def create_key(email: str, name: str) -> int:
    """Make a key with the rights of the agent who has this address; only the key goes to stdout."""
    settings = Settings()
    bring_up_to_date(settings)
    token = asyncio.run(_create(settings, email.strip().lower(), name))
    if token is None:
        print(f"No agent who may sign in has the address {email!r}.", file=sys.stderr)
        return 1
    print(token)
    return 0


async def _create(settings: Settings, email: str, name: str) -> str | None:
    def create(tx: Tx) -> str | None:
        agent_id = tx.execute(
            select(agents.c.id).where(agents.c.email == email, agents.c.active)
        ).scalar()
        if agent_id is None:
            return None
        token = create_api_key(tx, agent_id, name)
        audit(tx, None, "api_key.created", f"agent {agent_id}", by="command line")
        return token

    runtime = build_runtime(settings)
    try:
        return await runtime.db.write(create)
    finally:
        await runtime.db.close()
