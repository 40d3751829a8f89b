"""A web form answers before it is sent, where the help pages surely can: once, and never in the
way. It works without JavaScript: the answer is a page with the filled form under it."""

from collections.abc import Mapping
from typing import Any

from app.actions.deflect import Given, arm_of, note_answer, note_outcome
from app.answering import Attempt, Source, attempt, locale_of
from app.db import Tx
from app.runtime import Runtime
from app.security.sessions import hash_token
from app.web.form_input import Filled, Shown

ASKED = ("subject", "message")
NEAR = 0.3  # less likely than this, what is related is not worth a page of its own
MOST_TOLD = 5


async def answer_first(
    runtime: Runtime, shown: Shown, filled: Filled, submission: str
) -> Attempt | None:
    """What to show before the form is sent: an answer, or what may be related, said to be just
    that. None where it is to be sent at once: because nothing is near, something was shown already,
    or files would have to be chosen again."""
    values = filled.values
    if shown.settings.answers != "answer" or values.get("anyway") or any(filled.files.values()):
        return None
    question = question_of(shown, values)
    locale = locale_of(question, shown.locale)
    door = shown.door
    found = await attempt(runtime, door.brand_id, door.brand_slug, question, locale)
    alone = values.get("message", "").strip()
    if found is not None and found.kind != "answer" and alone not in ("", question):
        # "Question" and "Order 1042" are subjects that tell nothing, and weigh on a short message.
        again = await attempt(runtime, door.brand_id, door.brand_slug, alone, locale)
        found = again if again is not None and again.kind == "answer" else found
    if found is None or not (found.kind == "answer" or near(found)):
        return None
    key = values.get("deflection") or submission
    visitor = visitor_of(values)
    arm = arm_of(door.id, visitor or key, shown.settings.holdout_pct)
    answered = found.sources[0].article_id if found.kind == "answer" else None
    given = Given(None, found.shown, found.confidence, answered)
    await runtime.db.write(note_answer, door.id, key, found.asked, given, visitor=visitor, arm=arm)
    return found if arm == "shown" else None


def near(found: Attempt) -> tuple[Source, ...]:
    """The articles that may be what is asked for, where no answer is sure; none that is far off."""
    if found.kind == "answer" or found.confidence < NEAR:
        return ()
    return found.sources or found.related


def visitor_of(values: Mapping[str, str]) -> str:
    """The hash of the id that the page keeps in its browser; "" without one."""
    return hash_token(values["visitor"][:64]) if values.get("visitor") else ""


def question_of(shown: Shown, values: Mapping[str, str]) -> str:
    """What is asked: the subject and the texts of several lines."""
    texts = [
        values.get(item.name, "")
        for item in shown.settings.fields
        if item.kind == "textarea" or item.name in ASKED
    ]
    return "\n".join(text for text in texts if text.strip())


def declined_of(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the agent is told was shown, where somebody sends the form all the same."""
    title = values.get("answered", "").strip()[:300]
    if title:
        return [{"title": title, "kind": "answer", "said": "declined"}]
    offered = [line.strip()[:300] for line in values.get("related", "").splitlines()]
    return [{"title": line, "kind": "choices", "said": ""} for line in offered[:MOST_TOLD] if line]


def solved_by_form(tx: Tx, inbox_id: int, key: str, article_id: int) -> None:
    """The answer was one: nothing is sent."""
    note_outcome(tx, inbox_id, key, "solved", article_id)
