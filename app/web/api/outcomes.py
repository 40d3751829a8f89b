"""What became of contacts, over the API: the words there are, choosing one, ending wrap-up."""

from typing import Any

from fastapi import APIRouter

from app.actions.wrap_up import finish_wrap_up, set_outcome
from app.queries import record_codes, record_work
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.shapes.work import ContactShape, DispositionShape, OutcomeBody
from app.web.api.values import Id
from app.web.request import Run

router = APIRouter(route_class=IdempotentRoute, tags=["contacts"])


@router.get("/dispositions", response_model=list[DispositionShape])
async def list_dispositions(runtime: Run, caller: Caller) -> Any:
    """What may have become of a contact, in every queue or in one of yours."""
    return await runtime.db.query(record_codes.list_dispositions, caller)


@router.put("/contacts/{contact_id}/outcome", response_model=ContactShape)
async def put_outcome(runtime: Run, caller: Caller, contact_id: Id, body: OutcomeBody) -> Any:
    """Say what became of a contact of yours, while it goes on or afterwards."""
    await runtime.db.write(set_outcome, caller, contact_id, body.disposition_id, body.note)
    return await runtime.db.query(record_work.get_contact, caller, contact_id)


@router.post("/contacts/{contact_id}/finish", response_model=ContactShape)
async def finish_a_contact(
    runtime: Run, caller: Caller, contact_id: Id, body: OutcomeBody | None = None
) -> Any:
    """End its wrap-up now: your capacity is free. 409 where its queue wants an outcome first."""
    said = body or OutcomeBody()
    await runtime.db.write(finish_wrap_up, caller, contact_id, said.disposition_id, said.note)
    return await runtime.db.query(record_work.get_contact, caller, contact_id)
