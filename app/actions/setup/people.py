"""Agents, described: role, brands, teams, queues, skills, capacity. They come by invitation."""

from typing import Any

from sqlalchemy import select, update

from app.actions.set_presence import end_access
from app.actions.setup.field import CHOICE, NUMBER, SWITCH, TEXT, ZONE, Field, Link
from app.actions.setup.field_lists import LINKS
from app.actions.setup.organisation import LANGUAGES
from app.actions.setup.resource import Resource, Section, Values
from app.db import Invalid, NotFound, Tx
from app.events import AccessChanged, SetupChanged
from app.models.agent import agent_brands, agent_queues, agent_skills, agents, team_members
from app.pages import N_
from app.security.audit import audit
from app.security.permissions import Actor
from app.security.sessions import close_all_sessions

ROLES = (
    ("agent", N_("Agent")),
    ("supervisor", N_("Supervisor")),
    ("admin", N_("Administrator")),
)


def _one_admin_stays(tx: Tx, row_id: int | None, values: Values) -> dict[str, str]:
    if values["role"] != "admin" and row_id is not None and _is_last_admin(tx, row_id):
        return {"role": "last_admin"}
    return {}


def _rights_changed(tx: Tx, row_id: int, old: Values, new: Values) -> None:
    if any(old.get(name) != new[name] for name in ("role", "brands", "teams", "queues")):
        tx.emit(AccessChanged(row_id))


def _channel(name: str, label: str, most: int) -> Field:
    return Field(
        f"max_{name}",
        label,
        NUMBER,
        at=("max_by_channel", name),
        required=True,
        default=most,
        high=99,
    )


AGENTS = Resource(
    slug="agents",
    noun="agent",
    table=agents,
    title=N_("Agents"),
    one=N_("Agent"),
    new=N_("Invite"),
    icon="user-round",
    lead=N_("Everybody who signs in, and what they may see and do."),
    columns=("name", "role", "queues"),
    retire="",
    check=_one_admin_stays,
    after=_rights_changed,
    panel="admin/panels/agent.html",
    sections=(
        Section(
            N_("Person"),
            (
                Field("name", N_("Full name"), TEXT, required=True),
                Field("role", N_("Role"), CHOICE, options=ROLES, required=True, default="agent"),
                Field("locale", N_("Language"), CHOICE, options=LANGUAGES, required=True),
                Field("time_zone", N_("Time zone"), ZONE, required=True),
            ),
        ),
        Section(
            N_("What they see"),
            (
                Field(
                    "brands",
                    N_("Brands"),
                    LINKS,
                    source="brands",
                    default=(),
                    hint=N_("None: all of them."),
                    link=Link(agent_brands, "agent_id", "brand_id"),
                ),
                Field(
                    "teams",
                    N_("Teams"),
                    LINKS,
                    source="teams",
                    default=(),
                    link=Link(team_members, "agent_id", "team_id"),
                ),
                Field(
                    "publishes",
                    N_("May publish articles"),
                    SWITCH,
                    default=True,
                    hint=N_("Others send what they write for review. Supervisors may always."),
                ),
            ),
        ),
        Section(
            N_("What they are offered"),
            (
                Field(
                    "queues",
                    N_("Queues"),
                    LINKS,
                    source="queues",
                    default=(),
                    hint=N_("With a delay they help out once a contact has waited so long."),
                    link=Link(
                        agent_queues,
                        "agent_id",
                        "queue_id",
                        "delay_s",
                        N_("Delay in seconds"),
                        0,
                        86_400,
                    ),
                ),
                Field(
                    "skills",
                    N_("Skills"),
                    LINKS,
                    source="skills",
                    default=(),
                    link=Link(
                        agent_skills, "agent_id", "skill_id", "level", N_("Level (1–5)"), 1, 5
                    ),
                ),
            ),
        ),
        Section(
            N_("Capacity"),
            (
                Field(
                    "capacity",
                    N_("Units at once"),
                    NUMBER,
                    required=True,
                    default=6,
                    low=1,
                    high=99,
                    hint=N_("A chat takes two, a mail or form one."),
                ),
                _channel("chat", N_("Chats at most"), 3),
                _channel("email", N_("Emails at most"), 6),
                _channel("form", N_("Forms at most"), 6),
            ),
        ),
    ),
)


def deactivate(tx: Tx, actor: Actor, agent_id: int, ip: str = "") -> None:
    """Close an account: signed out at once, nothing stays in its hands, it can be opened again.

    Raises Invalid(agent=…) for oneself and for the last administrator.
    """
    actor.require("administer")
    _exists(tx, agent_id)
    if agent_id == actor.agent_id:
        raise Invalid(agent="yourself")
    if _is_last_admin(tx, agent_id):
        raise Invalid(agent="last_admin")
    end_access(tx, agent_id)
    close_all_sessions(tx, agent_id)
    _done(tx, actor, agent_id, "agent.deactivated", ip)


def reactivate(tx: Tx, actor: Actor, agent_id: int, ip: str = "") -> None:
    """Open a closed account again; the password is still the same."""
    actor.require("administer")
    _exists(tx, agent_id)
    tx.execute(update(agents).where(agents.c.id == agent_id).values(active=True))
    _done(tx, actor, agent_id, "agent.reactivated", ip)


def end_sessions(tx: Tx, actor: Actor, agent_id: int, ip: str = "") -> None:
    """Sign somebody out everywhere."""
    actor.require("administer")
    _exists(tx, agent_id)
    close_all_sessions(tx, agent_id)
    _done(tx, actor, agent_id, "agent.signed_out", ip)


def _exists(tx: Tx, agent_id: int) -> None:
    if tx.execute(select(agents.c.id).where(agents.c.id == agent_id)).first() is None:
        raise NotFound


def _is_last_admin(tx: Tx, agent_id: int) -> bool:
    """Whether nobody else could administer. The rows are locked: two demotions at once queue up."""
    admins: Any = tx.execute(
        select(agents.c.id).where(agents.c.role == "admin", agents.c.active).with_for_update()
    ).scalars()
    return list(admins) == [agent_id]


def _done(tx: Tx, actor: Actor, agent_id: int, what: str, ip: str) -> None:
    tx.emit(SetupChanged("agent", agent_id))
    audit(tx, actor, what, f"agent {agent_id}", ip)
