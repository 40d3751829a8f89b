"""The nouns whose rows a field lets one choose from."""

from dataclasses import dataclass

from sqlalchemy import Table

from app.models.agent import agents
from app.models.organisation import brands, business_hours, inboxes, queues, skills, teams


@dataclass(frozen=True, slots=True)
class Source:
    """A table with names; `active` when rows can be retired."""

    table: Table
    active: bool = False


SOURCES: dict[str, Source] = {
    "brands": Source(brands, active=True),
    "teams": Source(teams),
    "skills": Source(skills),
    "hours": Source(business_hours),
    "queues": Source(queues, active=True),
    "inboxes": Source(inboxes, active=True),
    "agents": Source(agents, active=True),
}
