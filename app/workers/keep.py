"""Bytes to disk, then the rows: what both ways in of mail share."""

import asyncio
from collections.abc import Sequence

from app.actions.keep_mail import KeptMail, keep_mails
from app.faults import fault_point
from app.runtime import Runtime
from channels.email.imap_fetch import FetchedMail


async def keep_fetched(runtime: Runtime, inbox_id: int, mails: Sequence[FetchedMail]) -> None:
    """Keep mails that were fetched; when this returns they are stored, the cursor behind them."""
    fault_point("fetched")
    digests = await asyncio.to_thread(runtime.files.put_all, [mail.raw for mail in mails])
    fault_point("on_disk")
    kept = [
        KeptMail(
            digest,
            len(mail.raw),
            size=None if mail.complete else mail.size,
            # Without them the cursor stays where it is, before what the server did not give.
            uidvalidity=None if mail.behind_gap else mail.uidvalidity,
            uid=None if mail.behind_gap else mail.uid,
        )
        for mail, digest in zip(mails, digests, strict=True)
    ]
    await runtime.db.write(keep_mails, inbox_id, "imap", kept)
    fault_point("kept")


async def keep_delivered(
    runtime: Runtime, inbox_ids: list[int], raw: bytes, mail_from: str, rcpt_to: list[str]
) -> None:
    """Keep a mail that was handed in, once for each inbox it is for."""
    digest = await asyncio.to_thread(runtime.files.put, raw)
    kept = [KeptMail(digest, len(raw), mail_from=mail_from, rcpt_to=rcpt_to)]
    for inbox_id in inbox_ids:
        await runtime.db.write(keep_mails, inbox_id, "smtp", kept)
