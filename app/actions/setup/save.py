"""Writing what was set up: one action for every noun, with its links, its event, its audit line."""

from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.actions.setup.field import KEEP, Field, Link
from app.actions.setup.resource import Resource, Values
from app.actions.setup.sources import SOURCES
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import SetupChanged
from app.security.audit import audit
from app.security.permissions import Actor


def save(
    tx: Tx, actor: Actor, resource: Resource, row_id: int | None, values: Values, ip: str = ""
) -> int:
    """Make a row of the resource or change the one with this id; returns its id.

    `values` are those of the resource's fields, as `Resource.parse` returns them. Raises NotFound
    where there is no such row, Invalid with a code for each field that cannot stay so.
    """
    actor.require("administer")
    row = _locked(tx, resource, row_id) if row_id is not None else None
    kept = row._asdict() if row is not None else {}
    old = resource.values_of(kept) if row is not None else {}
    if row_id is not None:
        old |= {e.name: _read_links(tx, e.link, row_id) for e in resource.fields if e.link}
    _check(tx, resource, row_id, values)
    columns = resource.columns_of(values, kept)
    if row_id is None:
        columns |= {name: make() for name, make in resource.fixed.items()}
        if "created_at" in resource.table.c:
            columns["created_at"] = tx.now
        if resource.ordered:
            columns["position"] = _last_position(tx, resource) + 1
        row_id = int(
            tx.execute(
                insert(resource.table).values(**columns).returning(resource.table.c.id)
            ).scalar_one()
        )
        done = "created"
    else:
        tx.execute(update(resource.table).where(resource.table.c.id == row_id).values(**columns))
        done = "changed"
    for each in resource.fields:
        if each.link is not None and values[each.name] != old.get(each.name, []):
            _write_links(tx, each.link, row_id, values[each.name])
    if resource.after is not None:
        resource.after(tx, row_id, old, values)
    tx.emit(SetupChanged(resource.noun, row_id))
    changed = sorted(n for n, v in values.items() if v is not KEEP and old.get(n) != v)
    if changed or done == "created":
        audit(tx, actor, f"{resource.noun}.{done}", f"{resource.noun} {row_id}", ip, fields=changed)
    return row_id


def remove(tx: Tx, actor: Actor, resource: Resource, row_id: int, ip: str = "") -> None:
    """Delete the row, or set it inactive where others still speak of it (`retire`).

    Raises Conflict("in_use") when something else still needs it.
    """
    actor.require("administer")
    _locked(tx, resource, row_id)
    own = resource.table.c.id == row_id
    if resource.retire == "deactivate":
        tx.execute(update(resource.table).where(own).values(active=False))
    elif resource.retire == "delete":
        try:
            tx.execute(delete(resource.table).where(own))
        except IntegrityError as error:
            raise Conflict("in_use", noun=resource.noun) from error
    else:
        raise NotFound
    tx.emit(SetupChanged(resource.noun, row_id))
    audit(tx, actor, f"{resource.noun}.removed", f"{resource.noun} {row_id}", ip)


def restore(tx: Tx, actor: Actor, resource: Resource, row_id: int, ip: str = "") -> None:
    """Use a row again that was set inactive."""
    actor.require("administer")
    if resource.retire != "deactivate":
        raise NotFound
    _locked(tx, resource, row_id)
    tx.execute(update(resource.table).where(resource.table.c.id == row_id).values(active=True))
    tx.emit(SetupChanged(resource.noun, row_id))
    audit(tx, actor, f"{resource.noun}.restored", f"{resource.noun} {row_id}", ip)


def move(
    tx: Tx, actor: Actor, resource: Resource, row_id: int, direction: str, ip: str = ""
) -> None:
    """Change places with the row before ("up") or after ("down") it."""
    actor.require("administer")
    if not resource.ordered or direction not in ("up", "down"):
        raise NotFound
    table = resource.table
    rows = tx.execute(
        select(table.c.id).order_by(table.c.position, table.c.id).with_for_update()
    ).scalars()
    order = list(rows)
    if row_id not in order:
        raise NotFound
    at = order.index(row_id)
    to = at - 1 if direction == "up" else at + 1
    if not 0 <= to < len(order):
        return
    order[at], order[to] = order[to], order[at]
    for position, each in enumerate(order):
        tx.execute(update(table).where(table.c.id == each).values(position=position))
    tx.emit(SetupChanged(resource.noun, row_id))
    audit(tx, actor, f"{resource.noun}.moved", f"{resource.noun} {row_id}", ip, to=direction)


def _locked(tx: Tx, resource: Resource, row_id: int) -> Row[Any]:
    query = select(resource.table).where(resource.table.c.id == row_id).with_for_update()
    if resource.only is not None:
        query = query.where(resource.only)
    row = tx.execute(query).first()
    if row is None:
        raise NotFound
    return row


def _check(tx: Tx, resource: Resource, row_id: int | None, values: Values) -> None:
    errors: dict[str, str] = {}
    table = resource.table
    for name in resource.unique:
        value = values[name]
        if value in ("", None):
            continue
        same = select(table.c.id).where(func.lower(table.c[name]) == str(value).lower())
        if resource.only is not None:
            same = same.where(resource.only)
        if row_id is not None:
            same = same.where(table.c.id != row_id)
        if tx.execute(same.limit(1)).first() is not None:
            errors[name] = "taken"
    for each in resource.fields:
        if each.source and not _all_exist(tx, each, values[each.name]):
            errors[each.name] = "unknown"
    if not errors and resource.check is not None:
        errors |= resource.check(tx, row_id, values)
    if errors:
        raise Invalid(**errors)


def _all_exist(tx: Tx, each: Field, value: Any) -> bool:
    wanted = {other for other, _ in value} if each.link is not None else {value} - {None}
    if not wanted:
        return True
    known = SOURCES[each.source].table.c.id
    return len(tx.execute(select(known).where(known.in_(wanted))).all()) == len(wanted)


def _read_links(tx: Tx, link: Link, row_id: int) -> list[tuple[int, int]]:
    own, other = link.table.c[link.own], link.table.c[link.other]
    number = [link.table.c[link.number]] if link.number else []
    columns: list[ColumnElement[int]] = [other, *number]
    rows: Any = tx.execute(select(*columns).where(own == row_id).order_by(other))
    return [(row[0], row[1] if link.number else link.default) for row in rows]


def _write_links(tx: Tx, link: Link, row_id: int, wanted: list[tuple[int, int]]) -> None:
    own = link.table.c[link.own]
    tx.execute(delete(link.table).where(own == row_id))
    for other, number in wanted:
        row = {link.own: row_id, link.other: other}
        if link.number:
            row[link.number] = number
        tx.execute(insert(link.table).values(row))


def _last_position(tx: Tx, resource: Resource) -> int:
    found = tx.execute(select(func.max(resource.table.c.position))).scalar()
    return -1 if found is None else int(found)
