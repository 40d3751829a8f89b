"""Mail comes in by SMTP or LMTP: 250 is said when it is on disk and in the database, not before."""

from typing import TYPE_CHECKING

from app.events import Event, SetupChanged
from app.queries.mail_inboxes import mail_inboxes, plain_address
from app.workers.keep import keep_delivered
from app.workers.supervisor import Shift, Worker

if TYPE_CHECKING:
    from channels.email.smtp_listen import Listener

LOOK_S = 5.0  # another process may have added an inbox


async def listen_smtp(shift: Shift) -> None:
    """Take mail for our inboxes until stopped; a mail being kept is kept first."""
    settings = shift.runtime.settings
    doors = ((settings.smtp_listen_port, False), (settings.lmtp_listen_port, True))
    if not any(port for port, _ in doors):
        return await _rest(shift)
    from channels.email.smtp_listen import start_listener  # megabytes that many never need

    known: dict[str, int] = {}
    shift.listen(_is_setup)

    async def on_mail(raw: bytes, mail_from: str, rcpt_to: list[str]) -> None:
        ids = {known[plain_address(a)] for a in rcpt_to if plain_address(a) in known}
        if not ids:
            raise LookupError("The inbox of this mail was closed while the mail came in.")
        await keep_delivered(shift.runtime, sorted(ids), raw, mail_from, rcpt_to)
        shift.nudge("parse_mail")

    known |= await _addresses(shift)
    listeners: list[Listener] = []
    try:
        for port, lmtp in doors:
            if port:
                listeners.append(
                    await start_listener(
                        settings.smtp_listen_host,
                        port,
                        on_mail,
                        lambda address: plain_address(address) in known,
                        settings.max_upload_mb * 1_000_000,
                        lmtp=lmtp,
                    )
                )
        while not shift.stopping:
            await shift.rest(LOOK_S)
            now_known = await _addresses(shift)
            known.clear()
            known |= now_known
    finally:
        for listener in listeners:
            await listener.stop()


async def _addresses(shift: Shift) -> dict[str, int]:
    inboxes = await shift.runtime.db.query(mail_inboxes)
    return {plain_address(inbox.address): inbox.id for inbox in inboxes if inbox.address}


async def _rest(shift: Shift) -> None:
    while not shift.stopping:
        await shift.rest(3600)


def _is_setup(fact: Event) -> bool:
    return isinstance(fact, SetupChanged)


WORKER = Worker("listen_smtp", listen_smtp, singleton=False)
