"""Tables of articles (CSV): one row a language, the first line names the columns.

Columns: title, body (needed); id, locale, category, section, visibility, status, slug, owner,
check_by, alternatives (separated by |), format (markdown or html).
"""

import csv
import io

from knowledge.exchange.gather import Row, gather
from knowledge.exchange.page import to_markdown
from knowledge.exchange.values import LocaleOf, Parcel, Refused, SentArticle, SentText, Unreadable

NAMES = {  # what other programs call the same
    "title": ("title", "question", "name", "标题", "標題", "问题", "問題"),
    "body": ("body", "answer", "text", "content", "内容", "內容", "答案"),
    "locale": ("locale", "language", "lang", "语言", "語言"),
    "id": ("id", "external_id", "key"),
    "category": ("category", "分类", "分類"),
}
_LONGEST_CELL = 10_000_000


def read_table(data: bytes, locale_of: LocaleOf, default: str) -> Parcel:
    """The articles of a table in UTF-8 or UTF-16, separated by comma, semicolon or tab."""
    csv.field_size_limit(_LONGEST_CELL)
    text = _text(data)
    try:
        lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        columns = _columns(list(lines.fieldnames or ()))
        parcel, rows = Parcel(), []
        for cells in lines:
            where = f"{lines.line_num}"
            if None in cells:
                parcel.refused.append(Refused(where, "too_many_cells"))
                continue
            row = {name: (cells.get(column) or "").strip() for name, column in columns.items()}
            if any(row.values()):
                rows.append(_row(where, row, default))
    except csv.Error as error:
        raise Unreadable("not_a_table") from error
    gather(rows, locale_of, parcel)
    return parcel


def _row(where: str, row: dict[str, str], default: str) -> Row:
    path = [row.get("category", ""), row.get("section", "")]
    article = SentArticle(
        id=row.get("id", ""),
        texts={},
        category=tuple(name for name in path if name),
        visibility=row.get("visibility", "").lower() or "public",
        status=row.get("status", "").lower() or "draft",
        slug=row.get("slug", ""),
        owner=row.get("owner", ""),
        check_by=row.get("check_by", ""),
    )
    body = row.get("body", "")
    if row.get("format", "").lower() == "html":
        body = to_markdown(body)
    others = tuple(part.strip() for part in row.get("alternatives", "").split("|") if part.strip())
    return Row(
        where, article, row.get("locale", "") or default, SentText(row["title"], body, others)
    )


def _columns(given: list[str]) -> dict[str, str]:
    """Which column holds what; Unreadable where title or body is missing."""
    known = {
        name.strip().lower().lstrip("\ufeff").replace(" ", "_"): name for name in given if name
    }
    found = dict(known)
    for name, others in NAMES.items():
        for other in others:
            if other in known:
                found[name] = known[other]
                break
    if "title" not in found or "body" not in found:
        raise Unreadable("no_columns")
    return found


def _text(data: bytes) -> str:
    for start, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(start):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise Unreadable("not_utf8") from error
    return ""


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)
