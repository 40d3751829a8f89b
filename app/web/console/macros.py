"""Placeholders of macros: names of values, no logic. One without a value stops the send."""

import re
from collections.abc import Mapping

from app.queries.thread import Head
from app.security.permissions import Actor

_NAME = re.compile(r"\{\{\s*([a-z_]+\.[a-z_]+)\s*\}\}")


_LEFT = re.compile(r"\{\{\s*((?:customer|agent|conversation|brand)\.\w+)\s*\}\}")


def unfilled(text: str) -> list[str]:
    """The names of our placeholders that stand in a text, each once: it must not be sent so."""
    return list(dict.fromkeys(match[1] for match in _LEFT.finditer(text)))


def values_of(head: Head, actor: Actor) -> dict[str, str]:
    """What the placeholders stand for in a conversation."""
    first, _, _ = head.customer_name.strip().partition(" ")
    return {
        "customer.name": head.customer_name,
        "customer.first_name": first,
        "customer.email": head.customer_email,
        "agent.name": actor.name,
        "agent.first_name": actor.name.split(" ")[0],
        "conversation.number": f"#{head.id}",
        "conversation.subject": head.subject,
        "brand.name": head.brand_name,
    }


def filled(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with its placeholders filled, and the names of those without a value."""
    missing: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[1], "")
        if not value:
            missing.append(match[1])
        return value or match[0]

    return _NAME.sub(value_of, text), missing
