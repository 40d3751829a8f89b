"""A flat view of a parsed mail, for tools that compare parsers."""

from channels.email.reply import trim
from channels.values import Inbound


def summarise(mail: Inbound) -> dict[str, object]:
    """The mail as plain dictionaries and lists, under the names such tools commonly use."""
    failures = [report for report in mail.reports if not report.status.startswith("2")]
    return {
        "subject": mail.subject,
        "from_addr": mail.identities[0].value if mail.identities else "",
        "from_name": mail.name,
        "to": list(mail.to),
        "text": mail.full_text,
        "html": mail.html or "",
        "attachments": [
            {"filename": a.filename, "size": len(a.data), "content_type": a.content_type}
            for a in mail.attachments
        ],
        "message_id": mail.thread.message_id or "",
        "references": list(mail.thread.references),
        "reply_text": mail.text,
        "reply_with_sig": trim(mail.full_text, keep_signature=True),
        "is_auto": mail.automatic,
        "is_bounce": bool(failures),
        "dsn": [
            {"status": report.status, "hard": report.hard, "recipient": report.recipient}
            for report in mail.reports
        ],
    }
