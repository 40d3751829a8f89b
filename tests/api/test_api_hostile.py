"""Input that no form would send is a 422 that says what is wrong, never an error of ours."""

import json
import re
from typing import Any

import pytest

from tests.api.routes import BODIES, document, routes
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine
HUGE = [2**63, 2**64, -1, 0, -(2**63) - 1, 10**30]
WITH_ID = [route for route in routes() if "_id}" in route.path]
_NUMBERS = {name for route in routes() for name in re.findall(r"{(\w+_id)}", route.path)}
IDS = {**dict.fromkeys(_NUMBERS, 1), "key": "some-file-key", "kind": "note", "locale": "en"}
PARTLY = {"upsert_articles"}  # writes what it can, and names the rows that it cannot use


async def test_an_id_that_no_row_can_have_is_refused_on_every_route(
    machine: Machine, desk: Desk
) -> None:
    ada = await machine("ada")
    for route in WITH_ID:
        for number in HUGE:
            ids = {name: number if name.endswith("_id") else it for name, it in IDS.items()}
            answer = await ada.request(route.method, route.at(**ids), json=BODIES.get(route.name))
            assert answer.status_code == 422, (route.name, number, answer.text)


async def test_the_largest_id_is_simply_not_there(machine: Machine, desk: Desk) -> None:
    ada = await machine("ada")
    ids = {name: 2**63 - 1 if name.endswith("_id") else it for name, it in IDS.items()}
    for route in WITH_ID:
        answer = await ada.request(route.method, route.at(**ids), json=BODIES.get(route.name))
        assert answer.status_code == 404, (route.name, answer.text)


async def test_a_number_of_a_query_that_no_column_holds_is_refused(
    machine: Machine, desk: Desk
) -> None:
    ada = await machine("ada")
    for path, methods in document()["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            if parameter["in"] != "query" or "integer" not in json.dumps(parameter["schema"]):
                continue
            where = path.removeprefix("/api/v1").format(**IDS, brand="tea")
            for number in (2**63, -1, "12a", "", "NaN"):
                answer = await ada.get(where, params={"q": "x", parameter["name"]: number})
                assert answer.status_code == 422, (where, parameter["name"], number)


def _leaves(body: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a body that holds a text or a number."""
    pairs = body.items() if isinstance(body, dict) else enumerate(body)
    found = []
    for key, value in pairs:
        if isinstance(value, dict | list):
            found += _leaves(value)
        elif not isinstance(value, bool):
            found.append((body, key))
    return found


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", 2**63, 1e400, -1, None, [], {"a": {}}])
async def test_a_value_that_cannot_be_stored_is_refused_in_every_field(
    machine: Machine, desk: Desk, bad: object
) -> None:
    ada = await machine("ada")
    for route in routes():
        if route.name not in BODIES or route.name in PARTLY:
            continue
        for place in range(len(_leaves(BODIES[route.name]))):
            body = json.loads(json.dumps(BODIES[route.name]))
            holder, key = _leaves(body)[place]
            holder[key] = bad
            answer = await ada.request(
                route.method,
                route.at(**IDS),
                content=json.dumps(body),
                headers={"Content-Type": "application/json"},
            )
            # What may be empty may be null; on the wire 1e400 is Infinity, which is no number.
            allowed = {200, 404} if bad is None else set()
            assert answer.status_code in {400, 422} | allowed, (route.name, key, answer.text)


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", 2**63, 1e400, -1, None, [], {"a": {}}])
async def test_a_row_that_cannot_be_stored_is_named_and_left_out(
    machine: Machine, desk: Desk, bad: object
) -> None:
    ada = await machine("ada")
    row = BODIES["upsert_articles"][0]
    rows = [{**row, key: bad} for key in row] + [bad]
    answer = await ada.post(
        "/brands/tea/articles/bulk",
        content=json.dumps(rows),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    wrong = [at for at, key in enumerate([*row, ""]) if (bad, key) != (None, "locale")]
    assert [it["row"] for it in answer.json()["refused"]] == wrong


@pytest.mark.parametrize("name", ["q", "tag"])
@pytest.mark.parametrize("text", ["a\0b", "x" * 5_000])
async def test_a_search_text_that_cannot_be_compared_is_refused(
    api, desk: Desk, name: str, text: str
) -> None:
    assert (await api.get("/conversations", params={name: text})).status_code == 422


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "NEAR(", "* AND", "包", "   "])
async def test_any_text_is_a_valid_question(api, desk: Desk, text: str) -> None:
    await desk.mail("我的包裹在哪裡？")
    for path in ("/conversations", "/customers", "/knowledge/search", "/knowledge/suggest"):
        assert (await api.get(path, params={"q": text})).status_code == 200


async def test_times_beyond_the_calendar_are_refused(api, desk: Desk) -> None:
    received = await desk.mail()
    path = f"/conversations/{received.conversation_id}"
    for moment in (2**63, 10**17, -1, "tomorrow", 1.5):
        answer = await api.patch(path, json={"status": "snoozed", "snoozed_until": moment})
        assert answer.status_code == 422, moment
    past = await api.patch(path, json={"status": "snoozed", "snoozed_until": 1})
    assert past.json()["errors"] == {"until": "in_the_past"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"1" * 5_000, b"[" * 100_000]
)
async def test_a_body_that_is_no_object_is_refused(api, desk: Desk, body: bytes) -> None:
    answer = await api.post(
        "/customers", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["\\ud800", "\\u0000", "x" * 10_000, "a.b", ""])
async def test_a_name_of_a_field_that_nobody_knows_is_refused_readably(
    api, desk: Desk, name: str
) -> None:
    bodies = {
        "/customers": f'{{"email": "a@b.example", "{name}": 1}}',
        "/articles": f'{{"brand_id": 1, "texts": {{"{name}": {{"title": "T", "body": ""}}}}}}',
        f"/inboxes/{desk.inboxes['email']}/contacts": (
            f'{{"external_id": "1", "email": "a@b.example", "text": "", "fields": {{"{name}": 1}}}}'
        ),
    }
    for path, body in bodies.items():
        answer = await api.post(
            path, content=body.encode(), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422, path
        assert answer.json()["errors"]


async def test_what_is_refused_because_the_world_moved_on_says_how(
    machine: Machine, desk: Desk
) -> None:
    received = await desk.mail()
    path = f"/conversations/{received.conversation_id}/messages"
    await (await machine("sam")).post(path, json={"text": "Mine."})
    answer = await (await machine("ana")).post(path.replace("messages", "claim"))
    problem = answer.json()
    assert answer.status_code == 409
    assert (problem["status"], problem["code"], problem["state"]) == (409, "not_yours", "active")


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(api, runtime, desk) -> None:
    for _ in range(1200):
        await runtime.limits.take_key("api", "1")
    answer = await api.get("/queues")
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["code"] == "too_many"


async def test_guessing_keys_is_limited_by_address(client, desk: Desk) -> None:
    wrong = {"Authorization": "Bearer sk_wrong"}
    codes = [(await client.get("/api/v1/queues", headers=wrong)).status_code for _ in range(301)]
    assert codes == [401] * 300 + [429]


@pytest.mark.parametrize("body", [b"{", b"", b'[{"id": "a"', b'{"query": "a",}'])
async def test_a_body_that_is_no_json_cannot_be_read(api, desk: Desk, body: bytes) -> None:
    answer = await api.post(
        "/knowledge/answer", content=body, headers={"Content-Type": "application/json"}
    )
    said = answer.json()
    if body:
        assert (answer.status_code, said["title"]) == (400, "The body is not JSON.")
        assert "at character" in said["detail"]
    else:
        assert (answer.status_code, list(said["errors"])) == (422, ["body"])


async def test_a_refusal_of_one_question_or_of_many_is_about_what_was_sent(api, desk: Desk) -> None:
    one = await api.post("/knowledge/unanswered", json={"query": " "})
    assert list(one.json()["errors"]) == ["question.query"]
    many = await api.post("/knowledge/unanswered", json=[{"query": "a"}, {"query": 5}])
    assert list(many.json()["errors"]) == ["questions.1.query"]
    most = await api.post("/knowledge/unanswered", json=[{"query": "a"}] * 5_001)
    assert list(most.json()["errors"]) == ["questions"]
