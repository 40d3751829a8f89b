"""What stands before every route: tokens, origins, headers, sizes, proxies."""

import httpx2 as httpx
import pytest
from fastapi import FastAPI, Request

from app.security.headers import content_security_policy
from app.web.request import SignedIn, client_ip
from tests.fixtures.people import SignIn


@pytest.fixture
def doors(app: FastAPI) -> list[str]:
    """Two routes that note what reaches them."""
    reached: list[str] = []

    @app.post("/note")
    async def note(request: Request, session: SignedIn) -> dict[str, str]:
        reached.append(session.actor.name)
        async with request.form() as form:
            return {"text": str(form.get("text", "")), "ip": client_ip(request)}

    @app.post("/api/note")
    async def api_note(session: SignedIn) -> None:
        reached.append("api")

    @app.post("/swallow")
    async def swallow(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    @app.get("/whoami")
    async def whoami(request: Request) -> dict[str, str]:
        return {"ip": client_ip(request), "scheme": request.url.scheme}

    return reached


async def test_a_change_with_the_sessions_token_reaches_the_route(
    doors: list[str], browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    assert (await ana.post("/note", data={"text": "hi"})).json()["text"] == "hi"
    assert doors == ["Ana"]


@pytest.mark.parametrize("token", ["", " ", "wrong", "0"])
async def test_a_change_without_the_sessions_token_is_refused(
    doors: list[str], browser_of: SignIn, token: str
) -> None:
    ana = await browser_of("ana")
    for headers in ({"X-CSRF-Token": token}, {"X-CSRF-Token": token, "Accept": "*/*"}):
        assert (await ana.post("/note", headers=headers)).status_code == 403
    assert doors == []


async def test_another_agents_token_is_refused(doors: list[str], browser_of: SignIn) -> None:
    ana, ben = await browser_of("ana"), await browser_of("ben")
    refused = await ana.post("/note", headers={"X-CSRF-Token": ben.headers["X-CSRF-Token"]})
    assert refused.status_code == 403


@pytest.mark.parametrize("field", ["csrf_token", "_csrf"])
async def test_the_token_may_stand_in_a_plain_form(
    doors: list[str], browser_of: SignIn, field: str
) -> None:
    ana = await browser_of("ana")
    token = ana.headers.pop("X-CSRF-Token")
    sent = await ana.post("/note", data={"text": "a & b = ü", field: token})
    assert sent.json()["text"] == "a & b = ü"
    assert (await ana.post("/note", data={"text": "x", field: ""})).status_code == 403


async def test_the_token_may_stand_first_in_a_form_with_files(
    doors: list[str], browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    token = ana.headers.pop("X-CSRF-Token")
    big = {"file": ("big.bin", b"x" * 300_000)}
    sent = await ana.post("/note", data={"csrf_token": token, "text": "with file"}, files=big)
    assert sent.json()["text"] == "with file"
    refused = await ana.post("/note", data={"csrf_token": "no", "text": "x"}, files=big)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_page_cannot_act_even_with_the_token(
    doors: list[str], browser_of: SignIn, headers: dict[str, str]
) -> None:
    ana = await browser_of("ana")
    assert (await ana.post("/note", headers=headers)).status_code == 403
    assert doors == []


async def test_our_own_pages_may_act(doors: list[str], browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    ours = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    assert (await ana.post("/note", headers=ours)).status_code == 200


async def test_a_session_cookie_opens_nothing_behind_the_doors_for_programs(
    doors: list[str], browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    assert (await ana.post("/api/note")).status_code == 401
    assert doors == []


async def test_every_page_carries_the_headers(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/healthz")).headers
    assert headers["Content-Security-Policy"] == content_security_policy()
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_a_route_can_loosen_one_directive_alone() -> None:
    policy = content_security_policy(frame_ancestors="https://shop.example")
    assert "frame-ancestors https://shop.example" in policy
    assert "script-src 'self'" in policy


async def test_static_files_may_be_cached(client: httpx.AsyncClient) -> None:
    assert "no-store" not in (await client.get("/static/favicon.svg")).headers["Cache-Control"]


async def test_a_body_that_is_too_large_is_refused(doors: list[str], browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    assert (await ana.post("/note", content=b"x" * 37_000_000)).status_code == 413


async def test_an_unannounced_body_that_is_too_large_is_refused_on_the_way(
    doors: list[str], browser_of: SignIn
) -> None:
    async def pieces():  # type: ignore[no-untyped-def]
        for _ in range(40):
            yield b"x" * 1_000_000

    ana = await browser_of("ana")
    assert (await ana.post("/swallow", content=pieces())).status_code == 413


async def test_a_strangers_forwarded_header_is_not_believed(app: FastAPI, doors: list[str]) -> None:
    spoofed = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "https"}
    for peer, seen in (("203.0.113.7", "203.0.113.7"), ("127.0.0.1", "10.9.9.9")):
        transport = httpx.ASGITransport(app=app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as asked:
            assert (await asked.get("/whoami", headers=spoofed)).json()["ip"] == seen


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/nowhere", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    problem = await client.get("/nowhere")
    assert problem.json()["status"] == 404


async def test_a_customers_page_takes_a_browser_that_is_signed_in_too_but_no_foreign_one(
    app: FastAPI, browser_of: SignIn
) -> None:
    reached: list[str] = []

    @app.post("/demo/note")
    async def note() -> None:
        reached.append("customer")

    ana = await browser_of("ana")
    ana.headers.pop("x-csrf-token", None)
    assert (await ana.post("/demo/note")).status_code == 200
    refused = await ana.post("/demo/note", headers={"Origin": "https://evil.example"})
    assert (refused.status_code, reached) == (403, ["customer"])
