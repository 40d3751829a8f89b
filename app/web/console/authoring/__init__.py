"""The knowledge base for those who write it: list, editor, review, versions, import and export."""

from fastapi import APIRouter

from app.web.console.authoring.categories import router as categories
from app.web.console.authoring.editor import router as editor
from app.web.console.authoring.exchange import router as exchange
from app.web.console.authoring.listing import router as listing
from app.web.console.authoring.pictures import router as pictures
from app.web.console.authoring.steps import router as steps
from app.web.console.authoring.versions import router as versions

router = APIRouter()
for part in (listing, exchange, categories, editor, pictures, steps, versions):
    router.routes.extend(part.routes)
