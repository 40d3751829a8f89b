"""What a list shows of a value: a name instead of an id, a word instead of a code."""

from dataclasses import dataclass
from typing import Any

from app.actions.setup.field import Field, Switch
from app.actions.setup.resource import Resource
from app.pages import N_, Pages
from app.queries.setup import Choices, SetupRow


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a list; `number` is set flush right."""

    text: str
    number: bool = False


def cells_of(
    pages: Pages, locale: str, resource: Resource, row: SetupRow, choices: Choices
) -> list[Cell]:
    """The cells of a row, a column each."""
    names = {source: {id: name for id, name, _ in found} for source, found in choices.items()}
    return [
        _cell(pages, locale, each, row.values.get(each.name), names)
        for each in map(resource.field, resource.columns)
    ]


def _cell(
    pages: Pages, locale: str, field: Field, value: Any, names: dict[str, dict[int, str]]
) -> Cell:
    if field.link is not None:
        linked = [names[field.source].get(other, "") for other, _ in value or ()]
        return Cell(", ".join(sorted(filter(None, linked), key=str.casefold)))
    if field.source:
        found = names[field.source].get(value, "") if value is not None else ""
        return Cell(found or _said(pages, locale, field.empty))
    if field.options:
        label = dict(field.options).get(str(value or ""), "")
        return Cell(_said(pages, locale, label or field.empty))
    if isinstance(field.kind, Switch):
        return Cell(_said(pages, locale, N_("Yes") if value else N_("No")))
    if isinstance(value, int):
        return Cell(f"{value:,}", number=True)
    return Cell(str(value or ""))


def _said(pages: Pages, locale: str, label: str) -> str:
    return pages.translate(locale, label) if label else ""
