"""The help centre for machines: what may be crawled, every address there is, and what is new."""

from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from app.db import NotFound
from app.pages import N_
from app.pages.locales import LANGUAGE_TAGS, LOCALE_NAMES
from app.queries.articles import nearest
from app.queries.help_centre import Version, help_brands, versions
from app.web.help_page import CACHE, Centre, centre_of, kept
from app.web.late_route import PageRoute
from app.web.request import Run
from knowledge.markdown import plain

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PART = 5_000  # addresses in a file, each with its other languages: the format allows 50,000
NEWEST = 50
SUMMARY = 400
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
_ATOM = "http://www.w3.org/2005/Atom"
NEWS = N_("Answers of %(brand)s")
for _prefix, _name in (("", _SITEMAP), ("xhtml", _XHTML)):
    ElementTree.register_namespace(_prefix, _name)


@router.get("/robots.txt")
async def robots(runtime: Run) -> Response:
    """Help centres may be crawled, the rest is for people with a reason."""
    brands = await runtime.db.query(help_brands)
    lines = [
        "User-agent: *",
        "Allow: /help/",
        "Allow: /help-files/",
        "Allow: /static/",
        "Allow: /widget/theme/",
    ]
    lines += ["Disallow: /help/*/-/", "Disallow: /"]
    lines += [f"Sitemap: {runtime.settings.base_url}/help/{it.slug}/sitemap.xml" for it in brands]
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": CACHE})


@router.get("/help/{brand}/sitemap.xml")
async def sitemap(request: Request, runtime: Run, brand: str) -> Response:
    """The files that together name every page of the help centre."""
    centre = await centre_of(runtime, brand)
    found = await runtime.db.query(versions, centre.brand.id)
    root = Element(f"{{{_SITEMAP}}}sitemapindex")
    for part in range(1, _parts(found) + 1):
        entry = SubElement(root, f"{{{_SITEMAP}}}sitemap")
        where = SubElement(entry, f"{{{_SITEMAP}}}loc")
        where.text = centre.url(f"/help/{quote(brand)}/sitemap-{part}.xml")
    return kept(request, _written(root), "application/xml")


@router.get("/help/{brand}/sitemap-{part}.xml")
async def sitemap_part(request: Request, runtime: Run, brand: str, part: int) -> Response:
    """Every article in each of its languages, with the others beside it."""
    centre = await centre_of(runtime, brand)
    found = await runtime.db.query(versions, centre.brand.id)
    if not 1 <= part <= _parts(found):
        raise NotFound
    root = Element(f"{{{_SITEMAP}}}urlset")
    if part == 1:
        for locale in LOCALE_NAMES:
            _address(root, centre, f"/help/{centre.brand.slug}/{locale}/")
    for version in found[(part - 1) * PART : part * PART]:
        url = _address(root, centre, _path(centre, version, version.locale), version.updated_at)
        known = [locale for locale in version.locales if locale in LOCALE_NAMES]
        for locale in known if len(known) > 1 else ():
            _alternate(url, LANGUAGE_TAGS[locale], centre.url(_path(centre, version, locale)))
        if len(known) > 1:
            first = nearest(known, centre.brand.locale)
            _alternate(url, "x-default", centre.url(_path(centre, version, first)))
    return kept(request, _written(root), "application/xml")


@router.get("/help/{brand}/{locale}/-/feed.xml")
async def feed(request: Request, runtime: Run, brand: str, locale: str) -> Response:
    """What was written or changed last in a language (Atom, RFC 4287)."""
    centre = await centre_of(runtime, brand, locale)
    found = await runtime.db.query(
        versions, centre.brand.id, locale=locale, newest=NEWEST, bodies=True
    )
    here = centre.url(f"{centre.here}-/feed.xml")
    root = Element("feed", {"xmlns": _ATOM, "xml:lang": LANGUAGE_TAGS[locale]})
    title = runtime.pages.translate(locale, NEWS, brand=centre.brand.name)
    _text(root, "title", title)
    _text(root, "id", here)
    _text(root, "updated", iso(max((it.updated_at for it in found), default=0)))
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": here})
    SubElement(root, "link", {"rel": "alternate", "href": centre.url(centre.here)})
    _text(SubElement(root, "author"), "name", centre.brand.name)
    for version in found:
        entry = SubElement(root, "entry")
        where = centre.url(_path(centre, version, locale))
        _text(entry, "title", version.title or version.slug)
        _text(entry, "id", where)
        SubElement(entry, "link", {"rel": "alternate", "href": where})
        _text(entry, "updated", iso(version.updated_at))
        _text(entry, "summary", " ".join(plain(version.body).split())[:SUMMARY])
    newest = max((it.updated_at for it in found), default=None)
    return kept(request, _written(root), "application/atom+xml", newest)


def iso(moment: int) -> str:
    """A moment as machines of the web read it."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parts(found: list[Version]) -> int:
    return max(1, -(-len(found) // PART))


def _path(centre: Centre, version: Version, locale: str) -> str:
    return quote(centre.article(version.slug, locale))


def _address(root: Element, centre: Centre, path: str, updated_at: int | None = None) -> Element:
    url = SubElement(root, f"{{{_SITEMAP}}}url")
    SubElement(url, f"{{{_SITEMAP}}}loc").text = centre.url(path)
    if updated_at is not None:
        SubElement(url, f"{{{_SITEMAP}}}lastmod").text = iso(updated_at)
    return url


def _alternate(url: Element, language: str, where: str) -> None:
    attributes = {"rel": "alternate", "hreflang": language, "href": where}
    SubElement(url, f"{{{_XHTML}}}link", attributes)


def _text(parent: Element, name: str, text: str) -> None:
    # What XML cannot hold is left out.
    SubElement(parent, name).text = "".join(c for c in text if c >= " " or c in "\t\n")


def _written(root: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode")
