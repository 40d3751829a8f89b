"""The words of mails with a link to a customer's own pages."""

from app.actions.portal_link import LINK, PortalMail
from app.pages import N_
from app.queries.portal_door import PortalBrand
from app.runtime import Runtime

SUBJECTS = {
    "link": N_("Your link to sign in at %(brand)s"),
    "email": N_("Confirm your address at %(brand)s"),
    "erase": N_("Confirm that %(brand)s shall erase your data"),
}
PATHS = {"link": "in/", "email": "address/", "erase": "erase/"}


def link_mail(runtime: Runtime, brand: PortalBrand, kind: str, locale: str) -> PortalMail:
    """A mail with a link of a kind: link (to sign in), email (a new address), erase."""
    return PortalMail(
        runtime.pages.translate(locale, SUBJECTS[kind], brand=brand.name),
        runtime.pages.render(
            "portal/link_mail.txt", locale, brand=brand.name, kind=kind, link=LINK
        ),
        f"{runtime.settings.base_url}{brand.here}{PATHS[kind]}",
        locale,
    )
