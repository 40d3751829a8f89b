"""The words of mails with a link to a customer's own pages."""

from app.actions.portal_link import LINK, PortalMail
from app.pages import N_, negotiate
from app.queries.portal_door import PortalBrand
from app.runtime import Runtime

SUBJECTS = {
    "link": N_("Your link to sign in at %(brand)s"),
    "email": N_("Confirm your address at %(brand)s"),
    "erase": N_("Confirm that %(brand)s shall erase your data"),
}
ADDRESS = N_("Your pages at %(brand)s")
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


def address_mail(runtime: Runtime, brand: PortalBrand, email: str, language: str) -> PortalMail:
    """A mail that says where the pages are, in the customer's language if we have it."""
    locale = negotiate(language or brand.locale)
    url = f"{runtime.settings.base_url}{brand.here}"
    return PortalMail(
        runtime.pages.translate(locale, ADDRESS, brand=brand.name),
        runtime.pages.render(
            "portal/address_mail.txt", locale, brand=brand.name, url=url, email=email
        ),
        url,
        locale,
    )
