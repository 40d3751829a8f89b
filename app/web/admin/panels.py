"""What stands beside some forms: a preview, a tag to copy, an agent's sessions."""

from typing import Any
from urllib.parse import urlencode

from app import clock
from app.actions.setup.field_rules import WAYS, WHENS
from app.actions.setup.organisation import MACRO_PLACEHOLDERS
from app.actions.setup.resource import Resource, Values
from app.models.inbox_settings import FormSettings, WidgetSettings
from app.queries.mail_login import mail_login
from app.queries.queue_policies import queue_names
from app.queries.setup import SetupRow, agent_facts
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.admin.hours import holiday_choices


async def panel_of(
    runtime: Runtime, session: Session, resource: Resource, row: SetupRow | None, typed: Values
) -> dict[str, Any]:
    """The context of a resource's panel template."""
    base_url = runtime.settings.base_url
    if resource.slug == "chat-inboxes":
        look = WidgetSettings.of(row.row["settings"]) if row is not None else None
        return {
            "snippet": look.snippet(base_url, row.row["key"]) if look and row else "",
            "secrets": [each[:4] for each in look.identity_secrets] if look else [],
            "preview": f"/admin/chat-preview?{urlencode(_flat(typed))}",
        }
    if resource.slug == "form-inboxes":
        form = FormSettings.of(row.row["settings"]) if row is not None else None
        return {
            "snippet": form.snippet(base_url, row.row["key"]) if form and row else "",
            "address": f"{base_url}/form/{row.row['key']}" if row is not None else "",
        }
    if resource.slug == "agents" and row is not None:
        facts = await runtime.db.query(agent_facts, row.id, clock.now())
        return {"facts": facts, "myself": row.id == session.actor.agent_id}
    if resource.slug == "email-inboxes" and row is not None:
        login = await runtime.db.query(mail_login, row.id)
        return {"login": login, "redirect_uri": f"{base_url}/admin/mail-sign-in"}
    if resource.slug == "queues":
        known = await runtime.db.query(queue_names)
        others = [(id, name) for id, name in known if row is None or id != row.id]
        return {"whens": WHENS, "ways": WAYS, "other_queues": others}
    if resource.slug == "hours":
        return holiday_choices(typed, session.actor.locale)
    if resource.slug == "macros":
        return {"placeholders": MACRO_PLACEHOLDERS}
    return {}


def _flat(typed: Values) -> dict[str, str]:
    """Typed values as the form would send them."""
    found: dict[str, str] = {}
    for name, value in typed.items():
        if isinstance(value, dict):
            found |= {f"{name}-{part}": str(text) for part, text in value.items() if text}
        elif isinstance(value, bool):
            found |= {name: "1"} if value else {}
        elif isinstance(value, str) and value:
            found[name] = value
    return found
