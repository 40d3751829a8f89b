"""Tables as files for spreadsheets: CSV of RFC 4180 that no program takes for formulas."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from fastapi.responses import Response

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download. It begins with a byte order mark: without one Excel reads UTF-8 as another
    encoding, and every other program knows what it is."""
    return Response(
        csv_text(header, rows).encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lines end with CR LF; what is undefined is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def local_time(at: int, zone: tzinfo) -> str:
    """A moment on the clocks of a zone, with its offset: 2026-03-29T01:45:00+01:00."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).isoformat(timespec="seconds")


def seconds(ms: float | None) -> str:
    """A length of time in seconds."""
    return "" if ms is None else f"{ms / 1000:.1f}"


def share(value: float | None) -> str:
    """A share of 1."""
    return "" if value is None else f"{value:.4f}"


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula is put behind an apostrophe (OWASP, CSV
    injection). Numbers are written as numbers."""
    if isinstance(value, str) and value.startswith(_STARTS_FORMULA):
        return f"'{value}"
    return "" if value is None else value
