"""The API's operations as its own document names them, so that a new one cannot be forgotten."""

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.main import create_app
from app.settings import Settings


@dataclass(frozen=True)
class Route:
    """One operation: its method, the template of its address, its stable name."""

    method: str
    path: str
    name: str

    def __str__(self) -> str:
        return self.name

    def at(self, **ids: object) -> str:
        """The address with these ids in it, below /api/v1."""
        return self.path.removeprefix("/api/v1").format(**{"brand": "tea", **ids})


@functools.cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = create_app(Settings(data_dir=Path(folder), workers=False)).openapi()
    return found


def routes() -> list[Route]:
    """Every operation of the API."""
    return [
        Route(method.upper(), path, operation["operationId"])
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


# What each operation is sent in the tests that go over all of them.
BODIES: dict[str, Any] = {
    "bring_contact": {"external_id": "x1", "email": "kim@example.com", "text": "Hello"},
    "start_a_conversation": {
        "inbox_id": 1, "email": "new@example.com", "subject": "Hi", "text": "Hello",
    },
    "change_conversation": {"subject": "Other"},
    "transfer_conversation": {"queue_id": 1},
    "send_a_message": {"text": "note", "kind": "note"},
    "reveal_a_message": {"why": "refund"},
    "forward_a_message": {"to": ["law@example.com"]},
    "mark_conversation_read": {"seq": 1},
    "put_draft": {"text": "so far"},
    "create_customer": {"email": "new@example.com"},
    "change_customer": {"name": "Other"},
    "merge_customer": {"with_id": 1},
    "put_person": {"role": "Buyer"},
    "add_consent": {"purpose": "marketing", "status": "granted", "channel": "email"},
    "add_event": {"type": "cart", "key": "e1", "brand_id": 1, "visitor": "v" * 32},
    "add_events": [],
    "put_order": {
        "brand_id": 1, "external_id": "o1", "total": 100, "currency": "EUR", "placed_at": 1,
        "identities": [{"kind": "email", "value": "kim@example.com"}],
    },
    "put_orders_at_once": [],
    "start_customer_import": {"mapping": {"Mail": "email"}, "source": "crm"},
    "put_presence": {"state": "away"},
    "put_help": {"wanted": True},
    "put_outcome": {"note": "x"},
    "make_a_promise": {"text": "Call back", "when": "tomorrow"},
    "change_a_promise": {"when": "tomorrow", "reason": "The part is late"},
    "close_a_promise": {"state": "kept"},
    "create_task": {"text": "Send a card"},
    "change_a_task": {"due_at": 1_900_000_000_000},
    "put_task_done": {"done": True},
    "change_priority": {"priority": "high"},
    "change_queue": {"closed": True},
    "create_article": {"brand_id": 1, "texts": {"en": {"title": "T", "body": "B"}}},
    "change_article": {"category": "Other"},
    "ask_for_review": {"note": "Please read"},
    "restore_article_version": {"locale": "en", "version": 1},
    "replace_articles": [{"id": "x1", "title": "T", "body": "B", "locale": "en"}],
    "upsert_articles": [{"id": "x1", "title": "T", "body": "B", "locale": "en"}],
    "replace_training_texts": [{"text": "Where is it?", "label": "parcel"}],
    "add_unanswered": {"query": "Do you sell hats?"},
    "create_alert_rule": {"name": "Long wait", "metric": "longest_wait", "threshold": 120},
    "put_alert_rule": {"name": "Long wait", "metric": "longest_wait", "threshold": 90},
    "ask_a_colleague": {"agent_id": 1, "question": "May I?"},
    "answer_question": {"query": "Where is my parcel?"},
    "classify_text": {"text": "Where is my parcel?"},
}  # fmt: skip
