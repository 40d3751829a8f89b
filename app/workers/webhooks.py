"""Calls the webhooks of alerts, signed, and again after a while where nobody took the word."""

import asyncio
import hashlib
import hmac

from app import clock
from app.actions.alert_call import Call, claim_calls, settle_call
from app.events import Event, SupervisionChanged
from app.runtime import Runtime
from app.security.outgoing import NotCalled, post
from app.workers.supervisor import Shift, Worker

EVERY_S = 5.0


async def call_webhooks(shift: Shift) -> None:
    """The worker's loop."""
    shift.listen(_is_alert)
    while not shift.stopping:
        await call_due(shift.runtime)
        await shift.rest(EVERY_S)


async def call_due(runtime: Runtime) -> int:
    """Call what is due once; returns how many calls that were."""
    calls = await runtime.db.write(claim_calls)
    await asyncio.gather(*(_call(runtime, call) for call in calls))
    return len(calls)


def signature(secret: str, at_s: int, body: bytes) -> str:
    """The header's value: when it was signed, and HMAC-SHA-256 of "<when>.<body>" in hex."""
    mac = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256)
    return f"t={at_s},v1={mac.hexdigest()}"


async def _call(runtime: Runtime, call: Call) -> None:
    body = call.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Switchroom",
        "Switchroom-Delivery": str(call.id),
        "Switchroom-Signature": signature(call.secret, clock.now() // 1000, body),
    }
    try:
        allow = runtime.settings.webhooks_private
        status = await asyncio.to_thread(post, call.url, body, headers, allow_private=allow)
    except NotCalled as refused:
        error = str(refused)
    else:
        error = "" if 200 <= status < 300 else f"answered {status}"
    await runtime.db.write(settle_call, call.id, error)


def _is_alert(event: Event) -> bool:
    return isinstance(event, SupervisionChanged) and event.what == "alert"


WORKER = Worker("webhooks", call_webhooks)
