"""Every noun that administrators set up, by the name in its address."""

from app.actions.setup.blocked_senders import BLOCKED_SENDERS
from app.actions.setup.inboxes import CHAT_INBOXES, EMAIL_INBOXES, FORM_INBOXES
from app.actions.setup.organisation import BRANDS, HOURS, MACROS, SKILLS, TAGS, TEAMS
from app.actions.setup.people import AGENTS
from app.actions.setup.queue_rules import RULES
from app.actions.setup.queues import QUEUES
from app.actions.setup.resource import Resource
from app.actions.setup.topics import TOPICS
from app.actions.setup.work_codes import DISPOSITIONS, PAUSE_REASONS

RESOURCES: dict[str, Resource] = {
    each.slug: each
    for each in (
        EMAIL_INBOXES,
        CHAT_INBOXES,
        FORM_INBOXES,
        QUEUES,
        RULES,
        SKILLS,
        TOPICS,
        AGENTS,
        TEAMS,
        BRANDS,
        HOURS,
        MACROS,
        TAGS,
        PAUSE_REASONS,
        DISPOSITIONS,
        BLOCKED_SENDERS,
    )
}
