"""The tables, one file a noun. SQLAlchemy Core: hot writes and plain reads need no more."""

from app.models import (
    activity,
    agent,
    answering,
    consent,
    contact,
    conversation,
    customer,
    history,
    knowledge,
    organisation,
    party,
    promise,
    question,
    supervision,
    work,
)
from app.models.base import metadata

__all__ = [
    "activity",
    "agent",
    "answering",
    "consent",
    "contact",
    "conversation",
    "customer",
    "history",
    "knowledge",
    "metadata",
    "organisation",
    "party",
    "promise",
    "question",
    "supervision",
    "work",
]
