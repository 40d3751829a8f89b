"""From a figure on the board to an alert: raised after its time, acknowledged by name, ended; and
the webhooks that tell of it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2 as httpx
import pytest
from sqlalchemy import insert, select

from app.actions.alert import acknowledge
from app.actions.alert_call import PAUSES_MS, claim_calls, settle_call
from app.actions.alert_rule import RuleForm, remove_rule, save_rule
from app.db import Invalid, NotFound, Tx
from app.models.agent import agent_brands, audit
from app.models.supervision import alert_calls, alerts
from app.queries.alerts import open_alerts, past_alerts
from app.queries.notices import notices
from app.security.outgoing import NotCalled, is_public, post, public_address
from app.workers.alerts import measure_once
from app.workers.webhooks import call_due, signature
from tests.desk import Desk


def _rule(**changes: object) -> RuleForm:
    values = {
        "name": "Too many wait", "metric": "waiting", "queue_id": None, "direction": "above",
        "threshold": 0, "for_s": 60, "quiet_s": 600, "banner": True, "sound": False,
        "webhook_url": "",
    }  # fmt: skip
    return RuleForm(**{**values, **changes})  # type: ignore[arg-type]


async def _save(desk: Desk, who: str = "sam", **changes: object) -> tuple[int, str]:
    return await desk.runtime.db.write(save_rule, await desk.actor(who), _rule(**changes))


async def _up(desk: Desk, name: str = "sam"):
    return await desk.runtime.db.query(open_alerts, await desk.actor(name))


@pytest.mark.engine
async def test_an_alert_is_raised_when_it_has_held_and_ends_by_itself(desk: Desk, ticking) -> None:
    await _save(desk)
    await desk.mail()
    await measure_once(desk.runtime)
    ticking.forward(s=59)
    await measure_once(desk.runtime)
    assert await _up(desk) == ()
    await desk.mail()
    ticking.forward(s=1)
    await measure_once(desk.runtime)
    (alert,) = await _up(desk)
    assert (alert.value, alert.raised_at - alert.began_at) == (2, 60_000)
    await desk.available("ana")
    await desk.accept("ana")
    await desk.accept("ana")
    ticking.forward(s=1)
    await measure_once(desk.runtime)
    assert await _up(desk) == ()
    (past,) = await desk.runtime.db.query(past_alerts, await desk.actor("sam"))
    assert past.ended_at == ticking.at


@pytest.mark.engine
async def test_a_short_crossing_leaves_no_trace(desk: Desk, ticking) -> None:
    await _save(desk)
    await desk.mail()
    await measure_once(desk.runtime)
    await desk.available("ana")
    await desk.accept("ana")
    ticking.forward(s=5)
    await measure_once(desk.runtime)
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(select(alerts))).all() == []


@pytest.mark.engine
async def test_the_first_who_acknowledges_is_named_and_the_banner_goes(desk: Desk, ticking) -> None:
    await _save(desk, for_s=0)
    await desk.mail()
    await measure_once(desk.runtime)
    (alert,) = await _up(desk)
    for name in ("sam", "ada"):
        shown = await desk.runtime.db.query(notices, await desk.actor(name))
        assert [one.id for one in shown.alerts] == [alert.id]
    ticking.forward(s=7)
    await desk.runtime.db.write(acknowledge, await desk.actor("ada"), alert.id)
    await desk.runtime.db.write(acknowledge, await desk.actor("sam"), alert.id)
    (alert,) = await _up(desk)
    assert (alert.acknowledged_by, alert.acknowledged_at) == ("Ada", ticking.at)
    assert (await desk.runtime.db.query(notices, await desk.actor("sam"))).alerts == ()
    async with desk.runtime.db.read() as conn:
        acts = await conn.execute(select(audit).where(audit.c.action == "alert.acknowledged"))
        assert len(acts.all()) == 1


@pytest.mark.engine
async def test_an_agent_is_shown_no_alert_and_acknowledges_none(desk: Desk) -> None:
    await _save(desk, for_s=0)
    await desk.mail()
    await measure_once(desk.runtime)
    (alert,) = await _up(desk)
    ana = await desk.actor("ana")
    assert (await desk.runtime.db.query(notices, ana)).alerts == ()
    with pytest.raises(NotFound):
        await desk.runtime.db.write(acknowledge, ana, alert.id)


@pytest.mark.engine
async def test_rules_over_all_queues_are_for_who_sees_all(desk: Desk) -> None:
    rule_id, _ = await _save(desk, for_s=0)

    def bind(tx: Tx) -> None:
        tx.execute(insert(agent_brands).values(agent_id=desk.agents["sam"], brand_id=desk.brand))

    await desk.runtime.db.write(bind)
    await desk.mail()
    await measure_once(desk.runtime)
    assert await _up(desk) == ()
    assert len(await _up(desk, "ada")) == 1
    with pytest.raises(NotFound):
        await desk.runtime.db.write(remove_rule, await desk.actor("sam"), rule_id)
    with pytest.raises(Invalid):
        await _save(desk)
    own, _ = await _save(desk, queue_id=desk.queues["general"], for_s=0)
    await measure_once(desk.runtime)
    assert [one.rule_id for one in await _up(desk)] == [own]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"metric": "moon"}, "metric"),
        ({"metric": "service_level", "threshold": 101}, "threshold"),
        ({"for_s": -1}, "for_s"),
        ({"webhook_url": "ftp://example.com"}, "webhook_url"),
        ({"webhook_url": "https://me:secret@example.com"}, "webhook_url"),
        ({"webhook_url": "https://example.com:port"}, "webhook_url"),
        ({"queue_id": 4711}, "queue_id"),
        ({"name": " "}, "name"),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_where_it_does_not(
    desk: Desk, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await _save(desk, **changes)
    assert list(refused.value.errors) == [field]


async def test_without_rules_the_board_is_not_read(desk: Desk, monkeypatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(desk.runtime.board, "read", read)
    await measure_once(desk.runtime)


# ---- webhooks ----


@asynccontextmanager
async def _listener(answers: list[int]) -> AsyncIterator[tuple[str, list[tuple[str, bytes]]]]:
    """A web server that keeps what it is sent and answers with these statuses in turn."""
    heard: list[tuple[str, bytes]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
        heard.append((head, await reader.readexactly(length)))
        writer.write(f"HTTP/1.1 {answers.pop(0)} X\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?a=1", heard


@pytest.mark.engine
async def test_a_webhook_is_signed_and_tried_again_until_it_is_taken(desk: Desk, ticking) -> None:
    desk.runtime.settings.webhooks_private = True
    async with _listener([500, 204]) as (url, heard):
        _, secret = await _save(desk, for_s=0, webhook_url=url)
        await desk.mail()
        await measure_once(desk.runtime)
        assert await call_due(desk.runtime) == 1
        assert await call_due(desk.runtime) == 0
        ticking.forward(ms=PAUSES_MS[0])
        assert await call_due(desk.runtime) == 1
        ticking.forward(s=3600)
        assert await call_due(desk.runtime) == 0
    (first, body), (second, again) = heard
    assert body == again
    assert json.loads(body)["type"] == "alert.raised"
    delivery = [line for line in first.split("\r\n") if line.startswith("Switchroom-Delivery")]
    assert delivery[0] in second
    assert first.startswith("POST /hook?a=1 HTTP/1.1")
    signed = first.split("Switchroom-Signature: t=")[1].split("\r\n")[0]
    at, _, mac = signed.partition(",v1=")
    wanted = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert mac == wanted
    assert signature(secret, int(at), body) == f"t={signed}"


@pytest.mark.engine
async def test_a_webhook_that_nobody_takes_fails_in_the_end(desk: Desk, ticking) -> None:
    await _save(desk, for_s=0, webhook_url="https://hooks.example/a")
    await desk.mail()
    await measure_once(desk.runtime)
    states = []
    for _ in range(len(PAUSES_MS) + 1):
        (call,) = await desk.runtime.db.write(claim_calls)
        states.append(await desk.runtime.db.write(settle_call, call.id, "answered 500"))
        ticking.forward(ms=max(PAUSES_MS))
    assert states == ["queued"] * len(PAUSES_MS) + ["failed"]
    assert await desk.runtime.db.write(claim_calls) == []


@pytest.mark.engine
async def test_a_webhook_into_the_house_is_not_called(desk: Desk) -> None:
    async with _listener([200]) as (url, heard):
        await _save(desk, for_s=0, webhook_url=url)
        await desk.mail()
        await measure_once(desk.runtime)
        await call_due(desk.runtime)
        assert heard == []
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(alert_calls))).one()
    assert "not a public address" in row.error


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2002:a00:1::1",
    ],
)  # fmt: skip
def test_an_address_of_ones_own_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433", "[::1]"])
def test_a_name_for_this_machine_is_not_called_however_it_is_written(host: str) -> None:
    with pytest.raises(NotCalled):
        post(f"http://{host}:1/", b"", {})


def test_private_addresses_are_called_where_the_installation_allows_it() -> None:
    assert public_address("127.0.0.1", 80, allow_private=True) == "127.0.0.1"


# ---- pages ----


@pytest.mark.engine
async def test_a_rule_is_made_changed_and_removed_and_its_secret_shown_once(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    form = {
        "name": "Long wait", "metric": "longest_wait", "queue_id": str(desk.queues["general"]),
        "direction": "above", "threshold": "120", "for_s": "60", "quiet_s": "900", "banner": "1",
        "active": "1", "webhook_url": "https://hooks.example/x",
    }  # fmt: skip
    made = await supervisor.post("/supervise/alerts", data=form)
    assert "Copy the webhook" in made.text
    page = (await supervisor.get("/supervise/alerts")).text
    assert "General: Longest wait above 2m for 1m" in page
    assert "Copy the webhook" not in page
    rule = page.split("/supervise/alerts?rule=")[1].split("#")[0]
    opened = (await supervisor.get(f"/supervise/alerts?rule={rule}")).text
    assert 'value="120"' in opened
    wrong = await supervisor.post(
        f"/supervise/alerts/rules/{rule}", data={**form, "threshold": "many"}
    )
    assert wrong.status_code == 422
    changed = await supervisor.post(
        f"/supervise/alerts/rules/{rule}", data={**form, "threshold": "180"}
    )
    assert changed.status_code == 303
    assert "above 3m" in (await supervisor.get("/supervise/alerts")).text
    assert (await supervisor.post(f"/supervise/alerts/rules/{rule}/remove")).status_code == 303
    assert "Long wait" not in (await supervisor.get("/supervise/alerts")).text


async def test_there_are_no_alerts_for_an_agent(client: httpx.AsyncClient, desk: Desk) -> None:
    client.cookies.set("session", await desk.sign_in("ana"))
    for path in ("/supervise/alerts", "/supervise/screens", "/supervise/broadcast"):
        assert (await client.get(path)).status_code == 404
