"""The questions of a web form as a field: rows that are added, moved and removed."""

import re
from typing import Any

from app.actions.setup.field import Field, Kind, Refused, Sent, one_line, printable
from app.pages import LOCALE_NAMES, N_

MOST_QUESTIONS = 30
QUESTION_KINDS = (
    ("text", N_("One line")),
    ("textarea", N_("Several lines")),
    ("email", N_("Email address")),
    ("phone", N_("Phone number")),
    ("select", N_("One of a list")),
    ("checkbox", N_("Tick box")),
    ("file", N_("File")),
)


class Questions(Kind):
    """The questions of a web form, in order. Rows are added, moved and removed by buttons of the
    form (`change`), so that it works without JavaScript."""

    look = "questions"

    def read(self, field: Field, sent: Sent) -> list[dict[str, Any]]:
        rows = []
        for number in sent.all(f"{field.name}-row")[:MOST_QUESTIONS]:
            start = f"{field.name}-{number}-"
            label = {locale: sent.get(f"{start}label-{locale}") for locale in LOCALE_NAMES}
            rows.append(
                {
                    "name": sent.get(start + "name"),
                    "label": label,
                    "kind": sent.get(start + "kind", "text"),
                    "required": start + "required" in sent,
                    "options": sent.get(start + "options"),
                }
            )
        return rows

    def typed(self, field: Field, value: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": item.get("name", ""),
                "label": {locale: item.get("label", {}).get(locale, "") for locale in LOCALE_NAMES},
                "kind": item.get("kind", "text"),
                "required": bool(item.get("required")),
                "options": "\n".join(item.get("options", ())),
            }
            for item in value or ()
        ]

    def change(self, rows: list[dict[str, Any]], do: str) -> list[dict[str, Any]]:
        """The rows after one button was pressed: "add", "remove:2", "up:2", "down:2"."""
        verb, _, position = do.partition(":")
        at = int(position) if position.isdecimal() else -1
        rows = list(rows)
        if verb == "add" and len(rows) < MOST_QUESTIONS:
            empty = dict.fromkeys(LOCALE_NAMES, "")
            rows.append(
                {"name": "", "label": empty, "kind": "text", "required": False, "options": ""}
            )
        elif 0 <= at < len(rows):
            if verb == "remove":
                rows.pop(at)
            elif verb in ("up", "down"):
                to = at - 1 if verb == "up" else at + 1
                if 0 <= to < len(rows):
                    rows[at], rows[to] = rows[to], rows[at]
        return rows

    def parse(self, field: Field, typed: Any) -> list[dict[str, Any]]:
        kinds = {kind for kind, _ in QUESTION_KINDS}
        found: list[dict[str, Any]] = []
        for row in typed:
            label = {k: one_line(v)[:200] for k, v in row["label"].items() if v.strip()}
            if row["kind"] not in kinds:
                raise Refused("unknown")
            if not label and not row["name"]:
                raise Refused("question_label")
            options = [one_line(line)[:200] for line in printable(row["options"]).splitlines()]
            options = list(dict.fromkeys(option for option in options if option))
            if row["kind"] == "select" and len(options) < 2:
                raise Refused("question_options")
            taken = {item["name"] for item in found}
            found.append(
                {
                    "name": _name_of(row["name"], label, taken),
                    "label": label,
                    "kind": row["kind"],
                    "required": row["required"],
                    "options": options if row["kind"] == "select" else [],
                }
            )
        if not any(item["kind"] == "email" for item in found):
            raise Refused("question_email")
        if not any(item["kind"] == "textarea" for item in found):
            raise Refused("question_message")
        return found


def _name_of(name: str, label: dict[str, str], taken: set[str]) -> str:
    """The question's own short name: kept once it has one, else made from its label."""
    made = name if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) else ""
    if not made:
        made = re.sub(r"[^a-z0-9]+", "_", next(iter(label.values()), "").lower()).strip("_")[:30]
        made = made if re.match(r"[a-z]", made) else "question"
    unique, count = made, 1
    while unique in taken:
        count += 1
        unique = f"{made}_{count}"
    return unique


QUESTIONS = Questions()
