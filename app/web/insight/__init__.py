"""What customers ask and what becomes of it: gaps in the articles, contacts that help avoided."""

from fastapi import APIRouter

from app.web.insight import deflection, gaps

router = APIRouter(include_in_schema=False)
for part in (gaps, deflection):
    router.routes.extend(part.router.routes)
