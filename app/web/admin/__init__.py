"""The set-up of an installation, for administrators."""

from fastapi import APIRouter

from app.web.admin import (
    access,
    consents,
    hours,
    inboxes,
    keys,
    language_model,
    log,
    mail,
    mail_login,
    overview,
    people,
    resources,
    retention,
    reveal,
    supervision,
)
from app.web.late_route import LateRoute, lay

router = APIRouter(prefix="/admin", include_in_schema=False, route_class=LateRoute)
# The pages with something of their own come first; `resources` takes every noun that is left.
router.add_api_route("", overview.overview_page, methods=["GET"])
for _pages in (
    hours,
    inboxes,
    mail,
    mail_login,
    people,
    keys,
    log,
    supervision,
    consents,
    language_model,
    retention,
    access,
    reveal,
    resources,
):
    lay(router, _pages.router)
