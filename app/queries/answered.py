"""When a customer counts as answered, and by when they should be: the same on every screen."""

from typing import Any

from sqlalchemy import ColumnElement, case

from app.models.contact import contacts
from app.models.organisation import queues
from channels import registry


def answered_at() -> ColumnElement[Any]:
    """A live channel is answered by accepting it, a letter by the first reply."""
    return case((_live(), contacts.c.answered_at), else_=contacts.c.replied_at)


def target_ms() -> ColumnElement[Any]:
    """The service level's target of a contact in its queue."""
    return case((_live(), queues.c.target_s), else_=queues.c.mail_target_s) * 1000


def _live() -> ColumnElement[bool]:
    return contacts.c.channel.in_([item.name for item in registry.all_channels() if item.live])
