"""Topics over the API: what they are learned from, and what a text is about."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from app.actions.training import TrainingText, replace_training
from app.web.api.access import Caller, IdempotentRoute, SupervisorCaller
from app.web.api.knowledge_scope import BrandName, language_of, one_brand
from app.web.api.shapes.knowledge import ClassifyBody, LabelShape, TrainedShape, TrainingRow
from app.web.request import Run

router = APIRouter(prefix="/knowledge", tags=["knowledge"], route_class=IdempotentRoute)
MOST = 100_000


@router.put("/training", response_model=TrainedShape)
async def replace_training_texts(
    runtime: Run,
    caller: SupervisorCaller,
    body: Annotated[list[TrainingRow], Field(max_length=MOST)],
    brand: Annotated[BrandName | None, Query()] = None,
) -> Any:
    """Learn topics from these texts, in place of those you sent before; answered when texts can be
    sorted by them. What agents have corrected stays. Without a brand they hold for every brand
    that has none of its own. Needs at least two labels, and takes seconds for thousands of texts.
    For supervisors."""
    texts = [
        TrainingText(it.text, it.label, language_of(it.locale, it.text) if it.locale else "")
        for it in body
        if it.text.strip()
    ]
    brand_id = await one_brand(runtime, caller, brand)
    await runtime.db.write(replace_training, caller, brand_id, texts)
    await runtime.knowledge.classes.settled()
    return {"examples": len(texts), "labels": len({it.label for it in texts})}


@router.post("/classify", response_model=list[LabelShape])
async def classify_text(runtime: Run, caller: Caller, body: ClassifyBody) -> Any:
    """What a text is about, likeliest first, with the chance of each; an empty list where nothing
    was learned yet, or nothing in the text is known."""
    brand_id = await one_brand(runtime, caller, body.brand)
    found = await runtime.knowledge.classify(body.text, brand=brand_id, limit=body.k)
    return [{"label": it.label, "score": it.confidence} for it in found]
