"""The OpenAPI document tells the truth: whatever it allows is answered as it says."""

import asyncio
import contextlib
import copy
import functools
from typing import Any

import httpx2 as httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.actions.article import ArticleDraft, ArticleText, save_article
from tests.api.routes import Route, document, routes
from tests.desk import Desk
from tests.fixtures.machines import Machine

PHASES = (Phase.explicit, Phase.generate)  # a failure is shown as it was found
EXAMPLES = settings().max_examples // 16  # of each operation: 3, of which the quick profile draws
# the same every time; HYPOTHESIS_PROFILE=long draws 125
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture
async def ada(machine: Machine, desk: Desk) -> httpx.AsyncClient:
    """An administrator's machine, and one of each thing to find."""
    received = await desk.mail()
    await desk.available("ana")
    await desk.route()
    client = await machine("ada")
    path = f"/conversations/{received.conversation_id}"
    await client.post(f"{path}/messages", json={"text": "note", "kind": "note"})
    await client.patch(path, json={"tags": ["parcel"]})
    draft = ArticleDraft({"en": ArticleText("Parcels", "By post.")})
    await desk.runtime.db.write(save_article, await desk.actor("ada"), desk.brand, draft)
    return client


async def test_whatever_the_document_allows_is_answered_as_it_says(ada: httpx.AsyncClient) -> None:
    loop = asyncio.get_running_loop()
    for route in routes():
        if not route.name.startswith("upload_"):  # files have tests of their own
            await asyncio.to_thread(_try_all, route, GenerationMode.POSITIVE, ada, loop)


async def test_whatever_the_document_forbids_of_a_question_is_refused(
    ada: httpx.AsyncClient,
) -> None:
    loop = asyncio.get_running_loop()
    for route in routes():
        if route.method == "GET":  # what is wrong with a body: test_api_hostile.py
            await asyncio.to_thread(_try_all, route, GenerationMode.NEGATIVE, ada, loop)


def _try_all(
    route: Route, mode: GenerationMode, ada: httpx.AsyncClient, loop: asyncio.AbstractEventLoop
) -> None:
    operation = _schema()[route.path][route.method]

    positive = mode is GenerationMode.POSITIVE
    checks = CHECKS if positive else [*CHECKS, negative_data_rejection]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, phases=PHASES, suppress_health_check=list(HealthCheck))
    def each(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1:8000")
        if positive:  # ask for what is there
            sent["url"] = sent["url"].removesuffix(case.formatted_path) + route.path.format(
                **{n: 1 if n.endswith("_id") else v for n, v in case.path_parameters.items()}
            )
        asking = asyncio.run_coroutine_threadsafe(_ask(ada, sent), loop)
        response = Response.from_httpx2(asking.result(30), verify=False)
        case.validate_response(response, checks=checks)

    with contextlib.suppress(Unsatisfiable):  # a route without parameters has no wrong ones
        each()


async def _ask(ada: httpx.AsyncClient, sent: dict[str, Any]) -> httpx.Response:
    sent.pop("cookies", None)
    if isinstance(sent.get("data"), bytes | str):
        sent["content"] = sent.pop("data")
    return await ada.request(**sent)


@functools.cache
def _schema() -> Any:
    """Without the keys: every request here has Ada's."""
    found = copy.deepcopy(document())
    for methods in found["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return schemathesis.openapi.from_dict(found)


def test_every_operation_is_named_tagged_and_described() -> None:
    tags = {tag["name"]: tag["description"] for tag in document()["tags"]}
    names = [route.name for route in routes()]
    assert len(names) == len(set(names))
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert set(operation["tags"]) <= set(tags), (method, path)
            assert operation["operationId"].isidentifier()
            refused = operation["responses"]["401"]["content"]
            assert list(refused) == ["application/problem+json"]
    assert all(tags.values())


def test_nothing_but_the_api_is_in_the_document() -> None:
    assert all(path.startswith("/api/v1/") for path in document()["paths"])
    assert "HTTPValidationError" not in document()["components"]["schemas"]


def test_names_of_operations_stay_what_clients_were_made_from() -> None:
    """Adding a name is fine; one that goes or changes breaks programs of others."""
    assert {route.name for route in routes()} >= set(NAMES.split())


NAMES = """
accept_an_offer add_unanswered answer_question bring_contact
change_article change_conversation change_customer change_queue
claim_conversation create_article create_customer decline_an_offer discard_a_message
forward_a_message get_article get_contact get_conversation get_customer get_file get_me get_message
get_message_source get_wallboard list_agents list_articles list_conversations
list_conversations_of_customer list_customers list_drafts list_events list_inboxes list_macros
list_messages list_offers list_queues list_tags list_wallboard_contacts mark_conversation_read
publish_an_article put_draft put_presence release_conversation remove_article_text retry_a_message
search_knowledge send_a_message start_a_conversation suggest_knowledge transfer_conversation
upload_file withdraw_an_article classify_text list_gaps remove_unanswered replace_articles
replace_training_texts upsert_articles
"""
