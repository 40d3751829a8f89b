"""Bytes to disk, then the row: what both ways in of mail share."""

import asyncio

from app.actions.keep_mail import keep_mail
from app.runtime import Runtime
from channels.email.imap_fetch import FetchedMail


async def keep_fetched(runtime: Runtime, inbox_id: int, mail: FetchedMail) -> None:
    """Keep a mail that was fetched; when this returns it is stored, and the cursor is behind it."""
    digest = await asyncio.to_thread(runtime.files.put, mail.raw)
    await runtime.db.write(
        keep_mail,
        inbox_id,
        digest,
        len(mail.raw),
        source="imap",
        size=mail.size if not mail.complete else None,
        uidvalidity=mail.uidvalidity,
        uid=mail.uid,
    )


async def keep_delivered(
    runtime: Runtime, inbox_ids: list[int], raw: bytes, mail_from: str, rcpt_to: list[str]
) -> None:
    """Keep a mail that was handed in, once for each inbox it is for."""
    digest = await asyncio.to_thread(runtime.files.put, raw)
    for inbox_id in inbox_ids:
        await runtime.db.write(
            keep_mail,
            inbox_id,
            digest,
            len(raw),
            source="smtp",
            mail_from=mail_from,
            rcpt_to=rcpt_to,
        )
