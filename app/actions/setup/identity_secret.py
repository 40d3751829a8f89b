"""The secrets with which a site's own server signs who its user is: made, shown once, dropped.

Two are good at once, so that one can be replaced without a gap.
"""

from sqlalchemy import select, update

from app import clock
from app.db import NotFound, Tx
from app.events import SetupChanged
from app.models.inbox_settings import WidgetSettings
from app.models.organisation import inboxes
from app.security.audit import audit
from app.security.permissions import Actor

LIVE = 2


def make_identity_secret(tx: Tx, actor: Actor, inbox_id: int, ip: str = "") -> str:
    """A new secret of a chat inbox, beside the newest before it; the answer is the only time it is
    shown."""
    actor.require("administer")
    secret = clock.new_token()
    kept = _secrets(tx, inbox_id)[1 - LIVE :]
    _keep(tx, actor, inbox_id, [*kept, secret], "inbox.secret_made", ip)
    return secret


def drop_identity_secret(tx: Tx, actor: Actor, inbox_id: int, ip: str = "") -> None:
    """The older one signs nothing from now on; where there is only one, nobody is vouched for."""
    actor.require("administer")
    secrets = _secrets(tx, inbox_id)
    if not secrets:
        raise NotFound
    _keep(tx, actor, inbox_id, secrets[1:], "inbox.secret_dropped", ip)


def _secrets(tx: Tx, inbox_id: int) -> list[str]:
    row = tx.execute(
        select(inboxes.c.settings)
        .where(inboxes.c.id == inbox_id, inboxes.c.channel == "chat")
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound
    return list(WidgetSettings.of(row.settings).identity_secrets)


def _keep(tx: Tx, actor: Actor, inbox_id: int, secrets: list[str], action: str, ip: str) -> None:
    own = inboxes.c.id == inbox_id
    settings = tx.execute(select(inboxes.c.settings).where(own)).scalar_one() or {}
    changed = {**settings, "identity_secrets": secrets}
    tx.execute(update(inboxes).where(own).values(settings=changed))
    tx.emit(SetupChanged("inbox", inbox_id))
    audit(tx, actor, action, f"inbox {inbox_id}", ip)
