"""Mail goes out: several at once, each claimed by one process, tried again where that may help.

What is known about a mail after a crash, and what is not, stands in `actions.delivery_attempt`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, exists, select

from app import clock
from app.actions.delivery_attempt import (
    Claimed,
    attempt_broke_off,
    claim_mails,
    content_goes_out,
    recover_attempts,
    settle_attempt,
)
from app.actions.purpose import stop_unwanted
from app.actions.write_to_agent import KIND as TO_AGENT
from app.events import Event, OutboxAdded
from app.faults import fault_point
from app.mail_access import access_token
from app.models.mail_settings import smtp_of
from app.models.organisation import inboxes
from app.models.work import outbox
from app.queries.agent_mail import agent_mail
from app.queries.outgoing import outgoing
from app.runtime import Runtime
from app.security.mail_secrets import opened_settings
from app.security.sealed import CannotOpen
from app.workers.agent_mail import to_agent
from app.workers.compose_mail import Composed, Composer, server_of
from app.workers.leases import is_dead
from app.workers.smtp_lines import Lines
from app.workers.supervisor import Shift, Worker
from channels.email.imap_fetch import LoginRefused, MailboxUnreachable
from channels.email.smtp_send import DeliveryResult, Outcome, RecipientResult, SmtpSettings

AT_ONCE = 8
TICK_S = 1.0
RECOVER_S = 30.0
LIMIT_S = 600.0  # for one attempt, so that it ends before its lease does
NO_SERVER = "no_mail_server"  # neither the inbox nor SMTP_HOST says where mail is handed in
TRIES, TRY_PAUSE_S = 6, 1.0  # to write down an answer that is known

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A composed mail and the server that takes it."""

    mail: Composed
    server: SmtpSettings | None


async def deliver_mail(shift: Shift) -> None:
    """Send what is due until stopped; what is in flight then is finished."""
    shift.listen(_is_for_us)
    db, owner = shift.runtime.db, shift.leases.owner
    await db.write(recover_attempts, lambda lease: lease == owner or is_dead(lease))
    looked_at = asyncio.get_running_loop().time()
    in_flight: set[asyncio.Task[None]] = set()
    lines = Lines()
    try:
        while not shift.stopping:
            if asyncio.get_running_loop().time() - looked_at > RECOVER_S:
                looked_at = asyncio.get_running_loop().time()
                await db.write(recover_attempts, is_dead)
                await db.write(stop_unwanted)
            free = AT_ONCE - len(in_flight)
            claimed = await _claim(shift, free) if free else []
            for row in claimed:
                task = asyncio.create_task(_send(shift, row, lines), name=f"outbox {row.id}")
                in_flight.add(task)
                task.add_done_callback(in_flight.discard)
                task.add_done_callback(lambda _: shift.wake())
            if not in_flight:
                await lines.hang_up()
            await shift.rest(TICK_S)
    finally:
        if in_flight:
            await asyncio.wait(set(in_flight))
        await lines.hang_up()


def _is_for_us(fact: Event) -> bool:
    return isinstance(fact, OutboxAdded)


async def _claim(shift: Shift, limit: int) -> list[Claimed]:
    runtime = shift.runtime
    if not await runtime.db.query(_something_is_due, clock.now()):
        return []
    return await runtime.db.write(
        claim_mails, shift.leases.owner, limit, runtime.secret, runtime.settings.mail_from
    )


def _something_is_due(conn: Connection, now: int) -> bool:
    return bool(
        conn.execute(
            select(exists().where(outbox.c.state == "queued", outbox.c.next_at <= now))
        ).scalar()
    )


async def _send(shift: Shift, row: Claimed, lines: Lines) -> None:
    """One attempt from composing to writing down what became of it."""
    db, owner = shift.runtime.db, shift.leases.owner
    fault_point("mail_claimed")
    try:
        ready = await _compose(shift.runtime, row)
    except (LoginRefused, MailboxUnreachable, CannotOpen) as error:  # no login: it is put off
        words = str(error)
        await db.write(attempt_broke_off, row.id, owner, words, final=False)
        return
    except Exception as error:  # a person has to change something: the address, the file, ...
        _log.warning("mail_not_composed", outbox=row.id, error=type(error).__name__)
        await db.write(attempt_broke_off, row.id, owner, str(error), final=True)
        return
    if ready.server is None:
        await db.write(attempt_broke_off, row.id, owner, NO_SERVER, final=True)
        return
    fault_point("mail_composed")
    left = [address for address in ready.mail.recipients if address not in row.done]

    async def about_to_go_out() -> None:
        await db.write(content_goes_out, row.id, owner)
        fault_point("mail_going_out")

    async with AsyncExitStack() as held:  # the next mail has the line when this one is settled
        try:
            result = await _hand_in(ready, lines, held, left, about_to_go_out)
        except Exception as error:  # before anything went out, the database refused to go on
            await shift.note(error)
            words = str(error)
            await _insist(lambda: db.write(attempt_broke_off, row.id, owner, words, final=False))
            return
        fault_point("mail_answered")
        state = await _insist(lambda: db.write(settle_attempt, row.id, owner, result))
        fault_point("mail_settled")
    if state != "sent":
        _log.warning("mail_not_sent", outbox=row.id, state=state)


async def _hand_in(
    ready: _Ready,
    lines: Lines,
    held: AsyncExitStack,
    left: list[str],
    about_to_go_out: Callable[[], Awaitable[None]],
) -> DeliveryResult:
    """Hand the mail in, over a line that stays `held`. What breaks off after the content went out
    has an outcome nobody knows."""
    assert ready.server is not None
    gone_out = asyncio.Event()

    async def going_out() -> None:
        await about_to_go_out()
        gone_out.set()

    outcome: Outcome = "temporary"
    try:
        async with asyncio.timeout(LIMIT_S):
            line = await held.enter_async_context(lines.to(ready.server))
            return await line.deliver(ready.mail.raw, ready.mail.sender, left, going_out)
    except TimeoutError:
        words = f"The mail server did not finish in {LIMIT_S:.0f} s."
        outcome = "uncertain" if gone_out.is_set() else "temporary"
    except Exception as error:
        if not gone_out.is_set():
            raise
        words, outcome = f"{type(error).__name__}: {error}", "uncertain"
    return DeliveryResult(tuple(RecipientResult(each, outcome, words) for each in left))


async def _insist(write: Callable[[], Awaitable[Any]]) -> Any:
    """Write down what is known, also when the database needs a moment to come back."""
    for _ in range(TRIES - 1):
        try:
            return await write()
        except Exception as error:
            _log.error("outcome_not_kept_yet", error=str(error))
            await asyncio.sleep(TRY_PAUSE_S)
    return await write()


async def _compose(runtime: Runtime, row: Claimed) -> _Ready:
    composer = Composer(runtime.pages, runtime.files, runtime.secret, runtime.settings)
    if row.message_id is not None and row.inbox_id is not None:
        message_ids = row.payload.get("message_ids") or [row.message_id]
        said = await runtime.db.query(outgoing, row.inbox_id, message_ids)
        mail = await asyncio.to_thread(composer.reply, said, row.email_id, row.payload)
        return _Ready(mail, await _server(runtime, row.inbox_id, said.inbox.settings))
    address, name, own = await runtime.db.query(_sender, row.inbox_id)
    created_at = await runtime.db.query(_created_at, row.id)
    payload: Mapping[str, Any] = row.payload
    if row.kind == TO_AGENT:
        parts = await runtime.db.query(agent_mail, payload)
        payload = to_agent(runtime.pages, runtime.settings.base_url, parts, row, address, own)
    mail = await asyncio.to_thread(
        composer.system, payload, row.email_id, address, name, created_at
    )
    return _Ready(mail, await _server(runtime, row.inbox_id, own))


async def _server(
    runtime: Runtime, inbox_id: int | None, own: Mapping[str, Any] | None
) -> SmtpSettings | None:
    """The server that takes the mail, with a fresh token where it is signed in to with OAuth."""
    server = server_of(opened_settings(runtime.secret, own), runtime.settings)
    if server is None or inbox_id is None or smtp_of(own) is None:
        return server
    return replace(server, access_token=await access_token(runtime, inbox_id, own))


def _sender(conn: Connection, inbox_id: int | None) -> tuple[str, str, dict[str, Any] | None]:
    """Address, name and settings of the inbox that a mail of the installation leaves from."""
    row = conn.execute(
        select(inboxes.c.address, inboxes.c.name, inboxes.c.settings).where(
            inboxes.c.id == inbox_id
        )
    ).first()
    if row is None:
        return "", "", None
    return row.address, str(row.settings.get("sender_name") or row.name), row.settings


def _created_at(conn: Connection, outbox_id: int) -> int:
    return int(
        conn.execute(select(outbox.c.created_at).where(outbox.c.id == outbox_id)).scalar_one()
    )


WORKER = Worker("deliver", deliver_mail, singleton=False)
