"""Whatever address of the product somebody asks for, whoever they are: no article shows that is
not for them. The addresses are taken from the application, so that a new one cannot be forgotten.
"""

import io
import re
from collections.abc import Iterable

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import select
from starlette.routing import Route

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_file import add_article_file
from app.actions.article_publish import archive_article, publish_article
from app.models.knowledge import articles
from app.security.uploads import check_upload
from app.web.files import keep_checked
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.people import SignIn
from tests.fixtures.portal import OpenHome, proved
from tests.fixtures.visitors import NewBrowser

QUESTION = "the Zanzibar rule"
KINDS = ("internal", "customer", "draft", "archived", "elsewhere", "public")
FORMS = {"q": QUESTION, "query": QUESTION, "text": QUESTION, "message": QUESTION, "thing": QUESTION}
LEAVES = re.compile(r"sign-out|/out$|/leave$|/drop|erase")  # would end what is tried here


def _secret(kind: str) -> str:
    return f"Xanadu{kind}"


@pytest.fixture
async def kept(desk: Desk, other_brand: int) -> dict[str, list[str]]:
    """An article of each kind; what may stand for the parameters of an address."""
    ada, db = await desk.actor("ada"), desk.runtime.db
    pictures = []
    for kind in KINDS:
        secret = _secret(kind)
        text = ArticleText(f"The Zanzibar rule {secret}", f"For Zanzibar: {secret}.", [secret])
        zh = ArticleText(f"Zanzibar 规则 {secret}", f"包裹 {secret}")
        visibility = kind if kind in ("internal", "customer") else "public"
        draft = ArticleDraft({"en": text, "zh_Hans": zh}, f"{secret} things", visibility)
        brand = other_brand if kind == "elsewhere" else desk.brand
        article_id = await db.write(save_article, ada, brand, draft)
        drawn = io.BytesIO()
        Image.new("RGB", (4, 4), "red").save(drawn, "PNG")
        checked = check_upload(f"{secret}.png", drawn.getvalue(), 100_000)
        stored = keep_checked(desk.runtime, checked)
        url = await db.write(add_article_file, ada, stored, brand, article_id)
        pictures.append(url.rsplit("/", 1)[-1])
        if kind != "draft":
            await db.write(publish_article, ada, article_id)
        if kind == "archived":
            await db.write(archive_article, ada, article_id)
    await desk.runtime.knowledge.settled()
    async with db.read() as conn:
        rows = (await conn.execute(select(articles.c.id, articles.c.slug))).all()
    numbers = [str(row.id) for row in rows]
    return {
        "article_id": numbers,
        "id": numbers,
        "slug": [row.slug for row in rows] + [f"{_secret(kind).lower()}-things" for kind in KINDS],
        "key": ["form-key", "chat-key", *pictures],
        "brand": ["tea", "1"],
        "locale": ["en", "zh_Hans"],
    }


def _addresses(app: FastAPI, kept: dict[str, list[str]]) -> Iterable[tuple[str, str]]:
    """Every method and address of the product, each parameter in all that it may stand for."""
    for route in app.routes:
        if not isinstance(route, Route):
            continue
        found = [route.path]
        for whole, name in re.findall(r"({(\w+)(?::\w+)?})", route.path):
            values = kept.get(name, ["1"])
            if name == "slug" and route.path.startswith("/my/"):
                values = ["tea"]
            found = [path.replace(whole, value) for path in found for value in values]
        for method in sorted((route.methods or set()) & {"GET", "POST"}):
            yield from ((method, path) for path in found)


async def _seen(
    client: httpx.AsyncClient, asked: Iterable[tuple[str, str]], **headers: str
) -> tuple[dict[str, set[str]], int]:
    """Which secrets somebody saw, and where; how many addresses answered with something."""
    seen: dict[str, set[str]] = {}
    answered = 0
    for method, path in asked:
        if LEAVES.search(path):
            continue
        data = None if method == "GET" else FORMS
        answer = await client.request(
            method, path, params=FORMS, data=data, headers=headers, follow_redirects=False
        )
        answered += answer.status_code < 300
        said = answer.text + str(answer.headers)
        for kind in KINDS:
            if _secret(kind).lower() in said.lower():
                seen.setdefault(kind, set()).add(f"{method} {path}")
        assert answer.status_code not in (500, 429), (method, path, answer.status_code)
    return seen, answered


def _only_public(seen: dict[str, set[str]], *besides: str) -> None:
    """A picture of a public article belongs to everybody, whatever brand it is of. An address that
    names a secret itself says it back: to the sign-in, in a redirect."""
    assert seen["public"]
    for kind in set(KINDS) - {"public", *besides}:
        where = {at for at in seen.get(kind, ()) if _secret(kind).lower() not in at.lower()}
        if kind == "elsewhere":
            where = {at for at in where if not at.startswith("GET /help-files/")}
        assert not where, kind


async def test_strangers_and_visitors_see_what_is_public_and_nothing_else(
    app: FastAPI, client: httpx.AsyncClient, kept, widget: NewBrowser
) -> None:
    asked = list(_addresses(app, kept))
    seen, answered = await _seen(client, asked)
    _only_public(seen)
    assert len(seen["public"]) > 12
    assert answered > 25
    visitor = await widget()
    theirs = [(method, path) for method, path in asked if path.startswith(("/widget/", "/form/"))]
    seen, _ = await _seen(visitor.client, theirs, **visitor.headers)
    _only_public(seen)
    assert any("/widget/article/" in at for at in seen["public"])


async def test_a_customer_sees_what_is_for_customers_besides(
    app: FastAPI, desk: Desk, kept, home: OpenHome
) -> None:
    await desk.mail()
    await proved(desk)
    kim = await home()
    await kim.enter()
    asked = [(method, path) for method, path in _addresses(app, kept) if method == "GET"]
    seen, _ = await _seen(kim.client, asked)
    assert "customer" in seen
    _only_public(seen, "customer")
    assert any("/help-files/" in at or "/help/" in at for at in seen["customer"])


async def test_an_agent_of_another_brand_sees_nothing_of_this_one_s_but_what_is_public(
    app: FastAPI, kept, machine: Machine, browser_of: SignIn
) -> None:
    asked = list(_addresses(app, kept))
    pages = [(method, path) for method, path in asked if method == "GET"]
    seen, _ = await _seen(await browser_of("cora"), pages)
    _only_public(seen, "elsewhere")
    cora = await machine("cora")
    below = [(method, path) for method, path in pages if path.startswith("/api/v1/")]
    seen, answered = await _seen(
        cora, [(method, path.removeprefix("/api/v1")) for method, path in below]
    )
    assert set(seen) == {"elsewhere"}
    assert answered > 15
