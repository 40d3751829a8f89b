"""What an agent may not see is not there for their key either, whatever the route."""

from collections.abc import Mapping

import httpx2 as httpx
import pytest
from sqlalchemy import insert, select

from app import clock
from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.actions.attach import attach_files
from app.actions.customer_import import keep_import
from app.actions.merge_customers import merge_customers
from app.actions.offer import route as make_offers
from app.actions.promise import make_promise
from app.actions.task import add_task
from app.db import Tx
from app.files import StoredFile
from app.models.contact import consults, contacts, offers
from app.models.organisation import dispositions, macros
from app.models.party import customer_merges
from app.models.supervision import alert_rules, alerts
from tests.api.routes import BODIES, Route, document, routes
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine
LATER = clock.now() + 3_600_000
WITH_ID = [route for route in routes() if "{" in route.path]


@pytest.fixture
async def theirs(desk: Desk, other_brand: int) -> dict[str, object]:
    """One of each thing, all of the first brand."""
    db = desk.runtime.db
    await desk.available("ana")
    received = await desk.mail()
    await db.write(make_offers)
    draft = ArticleDraft({"en": ArticleText("Parcels", "They come by post.")})
    article = await db.write(save_article, await desk.actor("ada"), desk.brand, draft)
    await db.write(publish_article, await desk.actor("ada"), article)
    digest = desk.runtime.files.put(b"hello")
    stored = StoredFile(digest, 5, "hello.txt", "text/plain", "key-of-their-file")
    await db.write(attach_files, [stored], message_id=received.message_id)
    await db.write(
        lambda tx: tx.execute(
            insert(macros).values(brand_id=desk.brand, name="Tea", text="Tea!", created_at=1)
        )
    )
    word = {"name": "Refunded", "queue_id": desk.queues["general"], "created_at": 1}
    await db.write(lambda tx: tx.execute(insert(dispositions).values(**word)))
    sam = await desk.actor("sam")
    async with db.read() as conn:
        contact = await conn.scalar(select(contacts.c.id))
        offer = await conn.scalar(select(offers.c.id))
    return {
        "conversation_id": received.conversation_id,
        "message_id": received.message_id,
        "customer_id": received.customer_id,
        "contact_id": contact,
        "offer_id": offer,
        "queue_id": desk.queues["general"],
        "inbox_id": desk.inboxes["email"],
        "agent_id": desk.agents["ana"],
        "article_id": article,
        "person_id": received.customer_id,
        "merge_id": await _merged(desk, received.customer_id),
        "import_id": await _imported(desk),
        "promise_id": await db.write(make_promise, sam, received.conversation_id, "Call", LATER),
        "task_id": await db.write(add_task, sam, "Card", conversation_id=received.conversation_id),
        **await db.write(_supervised, desk, received.conversation_id, contact),
        "key": stored.key,
        "kind": "note",
        "locale": "en",
    }


def _supervised(tx: Tx, desk: Desk, conversation_id: int, contact_id: int) -> dict[str, object]:
    """A rule on their queue, its alert, a consult."""
    rule = insert(alert_rules).values(
        name="Long wait", metric="waiting", queue_id=desk.queues["general"], direction="above",
        threshold=1, for_s=0, quiet_s=0, secret="s", created_at=1,
    )  # fmt: skip
    rule_id = tx.execute(rule.returning(alert_rules.c.id)).scalar_one()
    alert = insert(alerts).values(rule_id=rule_id, began_at=1, raised_at=1, value=2)
    consult = insert(consults).values(
        conversation_id=conversation_id, contact_id=contact_id, status="asked", asked_at=1,
        from_agent_id=desk.agents["ana"], to_agent_id=desk.agents["ben"],
    )  # fmt: skip
    return {
        "rule_id": rule_id,
        "alert_id": tx.execute(alert.returning(alerts.c.id)).scalar_one(),
        "consult_id": tx.execute(consult.returning(consults.c.id)).scalar_one(),
    }


async def _merged(desk: Desk, customer_id: int) -> int:
    """The number of a merge into this customer."""
    other = await desk.mail(email="kim@work.example")
    actor = await desk.actor("ada")
    await desk.runtime.db.write(
        merge_customers, actor, customer_id, other.customer_id, keep=customer_id
    )
    async with desk.runtime.db.read() as conn:
        return int((await conn.execute(select(customer_merges.c.id))).scalar_one())


async def _imported(desk: Desk) -> int:
    """The number of an import that waits to be looked over."""
    data = b"Mail\nkim@example.com\n"
    stored = desk.runtime.files.keep(data, "people.csv", "text/csv")
    actor = await desk.actor("ada")
    return await desk.runtime.db.write(keep_import, actor, stored, "csv", 1, "crm", {})


async def _ask(
    client: httpx.AsyncClient, route: Route, ids: Mapping[str, object]
) -> httpx.Response:
    if route.name == "upload_customers":
        return await client.post("/imports", files={"file": ("a.csv", b"Mail\na@example.com\n")})
    if route.name == "upload_file":
        return await client.post("/files", files={"file": ("a.txt", b"hello")})
    return await client.request(route.method, route.at(**ids), json=BODIES.get(route.name))


@pytest.mark.parametrize("who", ["cora", "sue"])
async def test_a_thing_of_another_brand_is_not_there_on_any_route(
    machine: Machine, theirs: Mapping[str, object], who: str
) -> None:
    client = await machine(who)
    for route in WITH_ID:
        answer = await _ask(client, route, theirs)
        assert answer.status_code == 404, (route.name, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_thing_that_does_not_exist_is_not_there_on_any_route(
    machine: Machine, theirs: dict[str, object]
) -> None:
    none = {name: 9_999_999 if name.endswith("_id") else it for name, it in theirs.items()}
    client = await machine("sam")
    for route in WITH_ID:
        answer = await _ask(
            client, route, {**none, "key": "no-such-file", "brand": "no-such-brand"}
        )
        assert answer.status_code == 404, (route.name, answer.text)


async def test_its_owner_finds_each_of_these_things(
    machine: Machine, theirs: Mapping[str, object]
) -> None:
    client = await machine("sam")
    for route in WITH_ID:
        if route.method == "GET":
            assert (await _ask(client, route, theirs)).status_code == 200, route.name


async def test_without_a_key_every_route_says_401_and_nothing_else(client, theirs) -> None:
    for route in routes():
        answer = await client.request(route.method, f"/api/v1{route.at(**theirs)}", json={})
        assert answer.status_code == 401, route.name
        assert answer.headers["content-type"] == "application/problem+json"


LISTS = {
    "/conversations", "/customers", "/offers", "/articles", "/macros",
    "/knowledge/search?q=parcels", "/knowledge/suggest?q=parc", "/tags",
    "/wallboard/contacts?what=all", "/dispositions", "/reports/queues?from=0&to=1",
    "/reports/agents?from=0&to=1",
    "/customers/lookup?value=kim@example.com", "/knowledge/gaps",
    "/promises", "/tasks", "/due", "/alerts", "/alert-rules", "/consults",
}  # fmt: skip
HOUSE = {
    "/inboxes", "/queues", "/agents", "/wallboard", "/pause-reasons",
    "/reports/deflection?from=0&to=1", "/reports/promises?from=0&to=1",
}  # fmt: skip


async def test_a_list_holds_nothing_of_another_brand(
    machine: Machine, theirs: Mapping[str, object], desk: Desk
) -> None:
    await desk.runtime.knowledge.settled()
    sue = await machine("sue")
    for path in LISTS:
        assert (await sue.get(path)).json() == [], path


async def test_a_list_of_the_house_holds_only_the_own_brand(
    machine: Machine, theirs: Mapping[str, object]
) -> None:
    sue = await machine("sue")
    for path in HOUSE:
        answer = await sue.get(path)
        assert answer.status_code == 200
        for word in ("Tea", "General", '"Ana"'):
            assert word not in answer.text, (path, word)


def test_every_route_without_an_id_is_among_these_lists() -> None:
    here = {path.split("?")[0] for path in LISTS | HOUSE}
    without_id = {
        route.at() for route in routes() if route.method == "GET" and "{" not in route.path
    }
    assert without_id - here == {"/agents/me"}


async def test_ids_in_a_body_are_checked_like_those_in_an_address(
    machine: Machine, theirs: Mapping[str, object], desk: Desk
) -> None:
    sue = await machine("sue")
    own = (await sue.post(
        f"/inboxes/{desk.inboxes['coffee']}/contacts",
        json={"external_id": "c1", "email": "li@example.com", "text": "Coffee?"},
    )).json()  # fmt: skip
    path = f"/conversations/{own['conversation_id']}"
    contact = {"external_id": "c2", "email": "li@example.com", "text": "And tea?"}
    asked = {
        "into their conversation": sue.post(
            f"/inboxes/{desk.inboxes['coffee']}/contacts",
            json={**contact, "conversation_id": theirs["conversation_id"]},
        ),
        "to their agent": sue.post(f"{path}/transfer", json={"agent_id": theirs["agent_id"]}),
        "to their queue": sue.post(f"{path}/transfer", json={"queue_id": theirs["queue_id"]}),
        "from their inbox": sue.post(
            "/conversations",
            json={**BODIES["start_a_conversation"], "inbox_id": theirs["inbox_id"]},
        ),
        "to their customer": sue.post(
            "/conversations",
            json={
                "inbox_id": desk.inboxes["coffee"],
                "customer_id": theirs["customer_id"],
                "subject": "Hi",
                "text": "Hello",
            },
        ),
        "with their file": sue.post(
            f"{path}/messages", json={"text": "see", "kind": "note", "uploads": [theirs["key"]]}
        ),
        "an article of theirs": sue.post("/articles", json=BODIES["create_article"]),
        "known to them": sue.post("/customers", json={"email": "kim@example.com"}),
        "search": sue.get("/knowledge/search", params={"q": "tea", "brand_id": desk.brand}),
    }
    for what, asking in asked.items():
        answer = await asking
        assert answer.status_code in (404, 422), (what, answer.text)


async def test_a_message_is_not_carried_into_a_conversation_of_another_brand(
    machine: Machine, theirs: Mapping[str, object], desk: Desk
) -> None:
    ada = await machine("ada")
    answer = await ada.post(
        f"/inboxes/{desk.inboxes['coffee']}/contacts",
        json={
            "external_id": "c9",
            "email": "li@example.com",
            "text": "?",
            "conversation_id": theirs["conversation_id"],
        },
    )
    assert answer.json()["errors"] == {"conversation_id": "of_another_brand"}


async def test_a_customer_nobody_has_talked_to_is_everybodys(
    machine: Machine, other_brand: int
) -> None:
    made = await (await machine("cora")).post("/customers", json={"email": "new@example.com"})
    assert made.status_code == 201
    found = await (await machine("ana")).get(f"/customers/{made.json()['id']}")
    assert found.status_code == 200


async def test_the_wallboard_is_for_supervisors(api) -> None:
    for path in ("/wallboard", "/wallboard/contacts"):
        assert (await api.get(path)).status_code == 404


MASS = {
    "change_customer": {"id": 7, "created_at": 1, "searchable": "x", "fields": {}},
    "create_customer": {"blocked": False, "id": 7, "verified": True},
    "change_conversation": {"assignee_id": 1, "brand_id": 2, "last_seq": 0, "self_served": True},
    "send_a_message": {"agent_id": 3, "state": "sent", "details": {}},
    "put_presence": {"used": 0, "epoch": 1, "agent_id": 2},
    "change_queue": {"name": "x", "team_id": 1},
    "change_article": {"brand_id": 2, "status": "published", "helped": 99},
    "bring_contact": {"trust": "verified", "automatic": False, "html": "<b>"},
}


async def test_a_field_that_is_not_the_callers_to_set_is_refused(
    machine: Machine, theirs: Mapping[str, object]
) -> None:
    ada = await machine("ada")
    for route in routes():
        for field, value in MASS.get(route.name, {}).items():
            body = {**BODIES[route.name], field: value}
            answer = await ada.request(route.method, route.at(**theirs), json=body)
            assert answer.status_code == 422, (route.name, field, answer.text)
            assert field in answer.json()["errors"]


def test_no_body_takes_what_it_does_not_name() -> None:
    for name, schema in document()["components"]["schemas"].items():
        if name.endswith(("Body", "Patch")):
            assert schema["additionalProperties"] is False, name
