"""The tables, one file a noun. SQLAlchemy Core: hot writes and plain reads need no more."""

from app.models import (
    agent,
    answering,
    contact,
    conversation,
    customer,
    history,
    knowledge,
    organisation,
    question,
    supervision,
    work,
)
from app.models.base import metadata

__all__ = [
    "agent",
    "answering",
    "contact",
    "conversation",
    "customer",
    "history",
    "knowledge",
    "metadata",
    "organisation",
    "question",
    "supervision",
    "work",
]
