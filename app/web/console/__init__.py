"""The agents' console: inbox, thread, composer, customers, knowledge."""

from fastapi import APIRouter

from app.web.console.articles import router as articles
from app.web.console.assist import router as assist
from app.web.console.authoring import router as knowledge
from app.web.console.block import router as block
from app.web.console.calendar import router as calendar
from app.web.console.compose import router as compose
from app.web.console.consents import router as consents
from app.web.console.consult import router as consult
from app.web.console.customers import router as customers
from app.web.console.day import router as day
from app.web.console.due import router as due
from app.web.console.duplicates import router as duplicates
from app.web.console.imports import router as imports
from app.web.console.inbox import router as inbox
from app.web.console.mail import router as mail
from app.web.console.merge import router as merge
from app.web.console.messages import router as messages
from app.web.console.offers import router as offers
from app.web.console.privacy import router as privacy
from app.web.console.promises import router as promises
from app.web.console.reveal import router as reveal
from app.web.console.start import router as start
from app.web.console.status import router as status
from app.web.console.tasks import router as tasks
from app.web.console.why import router as why
from app.web.console.wrap_up import router as wrap_up

router = APIRouter(include_in_schema=False)
parts = (
    start, inbox, compose, messages, mail, articles, assist, status, block, merge, why, offers,
    consult, wrap_up, privacy, consents, reveal, promises, tasks, due, calendar, day, duplicates,
    imports, customers, knowledge,
)  # fmt: skip
for part in parts:
    router.routes.extend(part.routes)  # as they are: see app/main.py
