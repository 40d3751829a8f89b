"""Reads calendar invitations: what, when and where, so that nobody has to open a file for it."""

from datetime import UTC, date, datetime

from channels.email.mime import Part
from channels.values import Invite

MAX_BYTES = 262_144  # the library takes its time; an invitation is a few kilobytes
MAX_INVITES = 20
_TYPES = ("text/calendar", "application/ics")


def read_invites(files: list[Part]) -> tuple[tuple[Invite, ...], tuple[str, ...]]:
    """The events of a mail's calendars (RFC 5545, RFC 6047), and what could not be read."""
    found: list[Invite] = []
    defects: list[str] = []
    seen: set[tuple[str, int]] = set()
    for part in files:
        if part.content_type not in _TYPES:
            continue
        data = part.data()
        if len(data) > MAX_BYTES:
            defects.append("A calendar is too large to be summarised; open it as a file.")
            continue
        try:
            invites = _events(data)
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            IndexError,
            OverflowError,
        ) as error:
            defects.append(f"A calendar could not be read: {error}"[:200])
            continue
        for invite in invites:  # most programs attach the same event a second time as a file
            if (invite.uid, invite.starts_at) not in seen and len(found) < MAX_INVITES:
                seen.add((invite.uid, invite.starts_at))
                found.append(invite)
    return tuple(found), tuple(defects)


def _events(data: bytes) -> list[Invite]:
    from icalendar import Calendar, Event  # a megabyte that most mails do not need

    calendar = Calendar.from_ical(data)
    method = str(calendar.get("method", "")).upper()
    return [
        Invite(
            method="CANCEL" if str(event.get("status", "")).upper() == "CANCELLED" else method,
            uid=str(event.get("uid", ""))[:500],
            summary=_line(event.get("summary")),
            location=_line(event.get("location")),
            organizer=_address(event.get("organizer")),
            starts_at=_instant(event.start),
            ends_at=_instant(event.end),
            all_day=not isinstance(event.start, datetime),
            repeats="rrule" in event,
        )
        for event in calendar.walk("VEVENT")[:MAX_INVITES]
        if isinstance(event, Event)
    ]


def _instant(value: date | datetime) -> int:
    """Ms since the epoch; a day without an hour and a time without a zone are taken as UTC."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return round(value.timestamp() * 1000)


def _line(value: object) -> str:
    return " ".join(str(value or "").split())[:300]


def _address(value: object) -> str:
    text = _line(value)
    return text[7:] if text.lower().startswith("mailto:") else text
