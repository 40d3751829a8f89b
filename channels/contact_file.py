"""Reads files of people, CSV (RFC 4180) and vCards (2.1, RFC 2426, RFC 6350), into rows of text.

Lines of vCards have the grammar of iCalendar's (RFC 5545, 3.1), so `icalendar` takes them apart.
"""

import csv
import io
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email.charset import decode

MOST_ROWS = 200_000
MOST_COLUMNS = 200
LONGEST = 10_000  # characters of a cell
_FOLDED = re.compile(r"\r?\n[ \t]")
_SOFT = re.compile(r"=\r?\n")
_GROUP = re.compile(r"^[A-Za-z0-9-]+\.(?=[A-Za-z])")
_ESCAPED = re.compile(r"\\([\\,;nN])")
CARD_FIELDS = {
    "EMAIL": "email", "TEL": "phone", "ORG": "company", "TITLE": "role", "BDAY": "birthday",
    "LANG": "language", "NOTE": "notes", "UID": "external_id", "TZ": "time_zone",
}  # fmt: skip
# What headings mean, in the languages of the product.
HEADINGS = {
    "name": ("name", "full name", "display name", "customer", "姓名", "名字", "名称",
             "客户", "客戶"),
    "first_name": ("first name", "given name", "firstname", "名"),
    "last_name": ("last name", "surname", "family name", "lastname", "姓"),
    "email": ("email", "e-mail", "mail", "email address", "e-mail address", "邮箱", "電子郵件",
              "电子邮件", "邮件"),
    "phone": ("phone", "tel", "telephone", "mobile", "cell", "phone number", "电话", "電話", "手机",
              "手機"),
    "company": ("company", "organisation", "organization", "org", "公司", "单位", "單位"),
    "role": ("title", "role", "position", "job title", "职位", "職位"),
    "birthday": ("birthday", "date of birth", "bday", "生日"),
    "language": ("language", "locale", "语言", "語言"),
    "time_zone": ("time zone", "timezone", "时区", "時區"),
    "notes": ("notes", "note", "comment", "remarks", "备注", "備註"),
    "external_id": ("id", "external id", "customer id", "customer number", "客户编号", "客戶編號"),
    "card": ("card", "card number", "卡号", "卡號"),
    "wechat": ("wechat", "wechat id", "微信", "微信号"),
    "party": ("party", "kind", "type", "类型", "類型"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContactFile:
    """A file's columns and rows; a row may be short, and its number counts from 1."""

    kind: str  # csv vcard
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def guess(self) -> dict[str, str]:
        """Column -> field, as far as headings tell; a field is given once."""
        found: dict[str, str] = {}
        for column in self.columns:
            plain = " ".join(column.strip().lower().replace("_", " ").split())
            for field, words in HEADINGS.items():
                said = plain == field.replace("_", " ") or plain in words
                if said and field not in found.values():
                    found[column] = field
        return found


def read_contact_file(name: str, data: bytes) -> ContactFile:
    """The rows of a file. Raises ValueError with a code: "empty", "no_rows", "too_many_rows",
    "not_readable"."""
    text = _text(data)
    if text.lstrip("\ufeff \t\r\n")[:11].upper() == "BEGIN:VCARD" or name.lower().endswith(".vcf"):
        return _checked(_cards(text))
    return _checked(_table(text))


def _text(data: bytes) -> str:
    """Chinese spreadsheets write GB 2312, in which no byte of a sign is ASCII: Western text, whose
    accents stand between plain letters, is not taken for it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb2312")
    except UnicodeDecodeError:
        return decode(data)


def _checked(found: ContactFile) -> ContactFile:
    if not found.rows:
        raise ValueError("no_rows")
    if len(found.rows) > MOST_ROWS:
        raise ValueError("too_many_rows")
    return found


def _table(text: str) -> ContactFile:
    text = text.lstrip("\ufeff").replace("\0", "")
    if not text.strip():
        raise ValueError("empty")
    head = text[: text.find("\n")] if "\n" in text else text
    sign = max((",", ";", "\t"), key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    except csv.Error as error:
        raise ValueError("not_readable") from error
    columns = _unique(rows[0][:MOST_COLUMNS])
    body = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    return ContactFile("csv", columns, tuple(_row(columns, row) for row in body))


def _unique(headings: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for number, heading in enumerate(headings, 1):
        name = " ".join(heading.split())[:100] or f"#{number}"
        while name in found:
            name += "'"
        found.append(name)
    return tuple(found)


def _row(columns: tuple[str, ...], cells: list[str]) -> dict[str, str]:
    return {
        column: cell.strip()[:LONGEST] for column, cell in zip(columns, cells, strict=False) if cell
    }


def _cards(text: str) -> ContactFile:
    rows = [_card(lines) for lines in _blocks(text)]
    fields = [*HEADINGS]
    columns = sorted(
        {column for row in rows for column in row},
        key=lambda name: (fields.index(name) if name in fields else len(fields), name),
    )
    return ContactFile("vcard", tuple(columns), tuple(rows))


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each card; one that does not end is taken as far as it goes."""
    lines: list[str] | None = None
    for line in _FOLDED.sub("", _unsoftened(text)).splitlines():
        word = line.strip().upper()
        if word == "BEGIN:VCARD":
            if lines is not None:
                yield lines
            lines = []
        elif word == "END:VCARD" and lines is not None:
            yield lines
            lines = None
        elif lines is not None and line.strip():
            lines.append(line)
    if lines:
        yield lines


def _unsoftened(text: str) -> str:
    """vCard 2.1 breaks quoted-printable lines with "=" at their end."""
    return _SOFT.sub("", text) if "QUOTED-PRINTABLE" in text.upper() else text


def _card(lines: list[str]) -> dict[str, str]:
    row: dict[str, str] = {}
    for line in lines:
        name, value = _property(line)
        if name == "N" and value:
            last, first = [*value.split(";"), ""][:2]
            row["first_name"], row["last_name"] = _plain(first), _plain(last)
        elif name == "FN":
            row["name"] = _plain(value)
        elif name == "ORG":
            row.setdefault("company", _plain(value.split(";")[0]))
        elif name in CARD_FIELDS:
            row.setdefault(CARD_FIELDS[name], _plain(value.removeprefix("tel:")))
    if row.get("name"):
        row.pop("first_name", None)
        row.pop("last_name", None)
    return {field: value for field, value in row.items() if value}


def _property(line: str) -> tuple[str, str]:
    """The name and value of a line; a line that is none is nobody's."""
    bare = _GROUP.sub("", line)
    head, colon, value = bare.partition(":")
    name = head.partition(";")[0] if colon else ""
    if '"' in head:  # a parameter's value may have a colon
        from icalendar.parser import Contentline  # megabytes that most files do not need

        try:
            name, _, value = Contentline(bare).parts()  # type: ignore[no-untyped-call]
        except ValueError:
            return "", ""
    if "QUOTED-PRINTABLE" in head.upper():
        value = decode(quopri.decodestring(value.encode("utf-8", "replace")))
    return name.upper(), value


def _plain(value: str) -> str:
    text = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
    return text.replace("\0", "").strip()[:LONGEST]
