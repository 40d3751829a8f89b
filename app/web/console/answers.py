"""Answers that draw nothing themselves: they tell the page what happened, as events on its body."""

import json
from typing import Any

from fastapi.responses import Response


def told(**events: dict[str, Any]) -> Response:
    """204 with events for the page; `__` in a name stands for a colon: conversation__left."""
    return Response(status_code=204, headers={"HX-Trigger": trigger(**events)})


def trigger(**events: dict[str, Any]) -> str:
    """The header HX-Trigger for events. They go to the body, because the button that asked may
    have left the page meanwhile."""
    return json.dumps(
        {name.replace("__", ":"): {**detail, "target": "body"} for name, detail in events.items()}
    )
