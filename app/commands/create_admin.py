"""`switchroom create-admin`: an administrator's account, made on the machine itself.

On an empty installation it founds the company too, as the link of the first start does.
"""

import asyncio
import secrets
import sys

from sqlalchemy import select

from app.actions.setup.first_run import Founding, establish
from app.actions.setup.new_agent import add_agent
from app.commands.migrate import bring_up_to_date
from app.db import Invalid, Tx
from app.models.agent import agents
from app.runtime import build_runtime
from app.security.audit import audit
from app.security.passwords import hash_password, weakness
from app.settings import Settings
from channels.identity import normalise

WEAK = {
    "too_short": "The password is too short; take at least ten characters.",
    "too_long": "The password is too long.",
    "common": "The password is one of the first that somebody would try; take another.",
    "personal": "The password is the name or the address; take another.",
}


def create_admin(email: str, name: str, password: str, company: str = "") -> int:
    """Make the account; without a password one is made up and printed once.

    `company` names the first brand of an empty installation; else the address's domain does."""
    settings = Settings()
    address = normalise("email", email)
    if address is None:
        return _refuse(f"{email!r} is not an email address.")
    generated = "" if password else secrets.token_urlsafe(15)
    name = name.strip() or address.partition("@")[0]
    why = weakness(password or generated, name=name, email=address)
    if why:
        return _refuse(WEAK[why])
    bring_up_to_date(settings)
    try:
        company = company.strip() or address.partition("@")[2]
        asyncio.run(_create(settings, address, name, password or generated, company))
    except Invalid:
        return _refuse(f"There is an account for {address} already.")
    print(f"{address} is an administrator now and signs in at {settings.base_url}/sign-in")
    if generated:
        print(f"Password: {generated}   (it is shown only here)")
    return 0


async def _create(settings: Settings, email: str, name: str, password: str, company: str) -> None:
    password_hash = await hash_password(password)

    def create(tx: Tx) -> None:
        if tx.execute(select(agents.c.id).limit(1)).first() is None:
            establish(
                tx,
                Founding(
                    company, name, email, password_hash, "en", "UTC", "General", "Office hours"
                ),
            )
            return
        agent_id = add_agent(tx, name=name, email=email, role="admin", password_hash=password_hash)
        audit(tx, None, "agent.created", f"agent {agent_id}", role="admin", by="command line")

    runtime = build_runtime(settings)
    try:
        await runtime.db.write(create)
    finally:
        await runtime.db.close()


def _refuse(words: str) -> int:
    print(words, file=sys.stderr)
    return 1
