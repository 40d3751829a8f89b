"""What can be set up, described: a noun, its table, the sections and fields of its form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table

from app.actions.setup.field import KEEP, Field, Refused, Sent
from app.db import Tx

Values = dict[str, Any]
Check = Callable[[Tx, int | None, Values], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together."""

    title: str
    fields: tuple[Field, ...]
    lead: str = ""
    more: bool = False  # for those who want to know: folded away at first


@dataclass(frozen=True, slots=True)
class Resource:
    """A noun that administrators list, make, change and take away.

    `noun` names it in events and in the audit log; `columns` are the fields its list shows;
    `unique` the columns no two rows share; `fixed` what every new row has; `check` looks at all
    values together; `after` does what else a change brings with it; `retire` says how a row goes.
    """

    slug: str
    noun: str
    table: Table
    title: str
    one: str
    new: str
    icon: str
    sections: tuple[Section, ...]
    lead: str = ""
    columns: tuple[str, ...] = ("name",)
    unique: tuple[str, ...] = ()
    fixed: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    only: ColumnElement[bool] | None = None
    order_by: str = "name"
    retire: Literal["delete", "deactivate", ""] = "delete"
    check: Check | None = None
    after: Callable[[Tx, int, Values, Values], None] | None = None
    ordered: bool = False
    panel: str = ""  # a template beside the form

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields, in the order of the form."""
        return tuple(each for section in self.sections for each in section.fields)

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(each for each in self.fields if each.name == name)

    def read(self, sent: Sent) -> Values:
        """What was typed; names the resource does not have are never looked at."""
        return {each.name: each.kind.read(each, sent) for each in self.fields}

    def parse(self, typed: Values) -> tuple[Values, dict[str, str]]:
        """The values to store, and an error code for each field that cannot be used."""
        values: Values = {}
        errors: dict[str, str] = {}
        for each in self.fields:
            try:
                values[each.name] = each.kind.parse(each, typed[each.name])
            except Refused as refused:
                errors[each.name] = str(refused)
        return values, errors

    def shown(self, values: Values) -> Values:
        """Stored values as the form shows them; what a row does not have is the default."""
        return {
            each.name: each.kind.typed(each, values.get(each.name, each.default))
            for each in self.fields
        }

    def columns_of(self, values: Values, old: Mapping[str, Any]) -> Values:
        """The columns to write. JSON columns keep what the form does not know; secrets stay."""
        columns: Values = {}
        for each in self.fields:
            if each.link is not None or values[each.name] is KEEP:
                continue
            column, *inner = each.path
            if not inner:
                columns[column] = values[each.name]
                continue
            place = columns.setdefault(column, _copy(old.get(column) or {}))
            for part in inner[:-1]:
                place = place.setdefault(part, {})
            place[inner[-1]] = values[each.name]
        return columns

    def values_of(self, row: Mapping[str, Any]) -> Values:
        """A row's values by field; links are read elsewhere."""
        values: Values = {}
        for each in self.fields:
            if each.link is not None:
                continue
            found: Any = row
            for part in each.path:
                found = found.get(part) if isinstance(found, Mapping) else None
            values[each.name] = each.default if found is None and len(each.path) > 1 else found
        return values


def _copy(value: Any) -> Any:
    return {k: _copy(v) for k, v in value.items()} if isinstance(value, Mapping) else value
