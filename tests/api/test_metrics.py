"""What the process says of itself: numbers for Prometheus, and one log line for each request."""

import httpx2 as httpx
import pytest
import structlog
from fastapi import FastAPI

from app.actions.queue import close_queue
from app.db import NotFound
from app.runtime import Runtime
from tests.desk import Desk


async def _numbers(client: httpx.AsyncClient) -> dict[str, float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.engine
async def test_requests_are_counted_by_their_route_never_by_their_address(client, desk) -> None:
    await client.get("/api/v1/customers/12?token=secret")
    await client.get("/no/such/secret")
    await client.get("/static/css/base.css")
    numbers = await _numbers(client)
    label = 'method="GET",route="/api/v1/customers/{customer_id}"'
    assert numbers[f'http_requests_total{{{label},status="401"}}'] == 1
    assert numbers[f"http_request_seconds_count{{{label}}}"] == 1
    assert numbers['http_requests_total{method="GET",route="(none)",status="404"}'] == 1
    assert numbers['http_requests_total{method="GET",route="/static",status="200"}'] == 1
    assert not [name for name in numbers if "secret" in name]


@pytest.mark.engine
async def test_writes_are_counted_by_action_and_outcome(client, desk: Desk) -> None:
    await desk.mail()
    sam = await desk.actor("sam")
    with pytest.raises(NotFound):
        await desk.runtime.db.write(close_queue, sam, 999, True)
    numbers = await _numbers(client)
    assert numbers['db_writes_total{action="receive_message",outcome="done"}'] == 1
    assert numbers['db_writes_total{action="close_queue",outcome="refused"}'] == 1
    assert numbers['db_write_seconds_count{action="receive_message"}'] == 1
    assert numbers["db_commit_actions_count"] >= 2


@pytest.mark.engine
async def test_the_backlog_is_counted_by_state(client, desk: Desk) -> None:
    await desk.mail()
    numbers = await _numbers(client)
    assert numbers['contacts{status="waiting"}'] == 1
    assert numbers['contacts{status="active"}'] == 0
    assert numbers['outbox_messages{state="queued"}'] == 0
    assert numbers['fetched_mails{state="stored"}'] == 0
    assert numbers["live_sockets"] == 0
    assert numbers["oldest_waiting_seconds"] >= 0


@pytest.mark.engine
async def test_a_broken_worker_is_counted(client, runtime: Runtime) -> None:
    runtime.metrics.restarted("deliver")
    assert (await _numbers(client))['worker_restarts_total{worker="deliver"}'] == 1


async def test_with_a_token_only_its_holder_reads_the_metrics(client, runtime: Runtime) -> None:
    runtime.settings.metrics_token = "scrape me"
    assert (await client.get("/metrics")).status_code == 404
    wrong = {"Authorization": "Bearer scrape you"}
    assert (await client.get("/metrics", headers=wrong)).status_code == 404
    right = {"Authorization": "Bearer scrape me"}
    assert (await client.get("/metrics", headers=right)).status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.5", "::ffff:203.0.113.7"])
async def test_without_a_token_other_machines_read_nothing(app: FastAPI, address: str) -> None:
    transport = httpx.ASGITransport(app=app, client=(address, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as stranger:
        assert (await stranger.get("/metrics")).status_code == 404


async def test_without_a_token_nobody_reads_through_a_proxy_on_this_machine(client) -> None:
    answer = await client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert answer.status_code == 404


async def test_a_request_is_one_line_without_query_and_with_its_id(client, desk) -> None:
    with structlog.testing.capture_logs(
        processors=[structlog.contextvars.merge_contextvars]
    ) as lines:
        answer = await client.get(
            "/api/v1/customers/12?token=secret", headers={"X-Request-ID": "proxy-0001"}
        )
    assert answer.headers["x-request-id"] == "proxy-0001"
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": "proxy-0001",
        "method": "GET",
        "route": "/api/v1/customers/{customer_id}",
        "status": 401,
    }


@pytest.mark.parametrize("given", ["", "short", "no\tgood", "x" * 65, "<script>alert(1)"])
async def test_a_request_id_that_is_none_is_replaced(client, given: str) -> None:
    answer = await client.get("/healthz", headers={"X-Request-ID": given})
    made = answer.headers["x-request-id"]
    assert made != given
    assert len(made) >= 8
