"""Fragments that show no more than what the live side is about: ids, seqs and texts."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import escape
from sqlalchemy import Connection, Table, func, select

from app.live.fragments import Brands, Fragments, View, partial, remove, upsert
from app.models.agent import presence
from app.models.contact import contacts, offers
from app.models.conversation import conversations, messages


def register_plain_fragments(fragments: Fragments) -> None:
    """Replace whatever the product's pages have registered."""
    fragments._known.clear()
    for audience in ("agent", "visitor"):
        fragments.register("message", audience, _rows_of(messages), _message)
        fragments.register("conversation", audience, _rows_of(conversations), _header)
    fragments.register(
        "row", "agent", _rows_of(conversations), _row, version=lambda row: row.last_seq
    )
    fragments.register("offer", "agent", _rows_of(offers), _offer)
    fragments.register("presence", "agent", _presence, _chip)
    fragments.register_board(_waiting, lambda count, view: partial("#board", f"<p>{count}</p>"))


def _rows_of(table: Table) -> Any:
    def load(conn: Connection, ids: Sequence[int]) -> Mapping[int, Any]:
        return {row.id: row for row in conn.execute(select(table).where(table.c.id.in_(ids)))}

    return load


def _message(row: Any, view: View) -> str:
    html = f'<p id="m-{row.id}" data-seq="{row.seq}">{escape(row.text)}</p>'
    return upsert(f"#thread-{row.conversation_id}", html)


def _header(row: Any, view: View) -> str:
    return partial(f"#header-{row.id}", f"<h1>{row.status}</h1>")


def _row(row: Any, view: View) -> str:
    return partial(f"#row-{row.id}", f'<li id="row-{row.id}">{escape(row.preview)}</li>')


def _offer(row: Any, view: View) -> str:
    if row.status != "pending":
        return remove(f"#offer-{row.id}")
    return partial("#offers", f'<b id="offer-{row.id}">{view.locale}</b>')


def _presence(conn: Connection, ids: Sequence[int]) -> Mapping[int, Any]:
    rows = conn.execute(select(presence).where(presence.c.agent_id.in_(ids)))
    return {row.agent_id: row for row in rows}


def _chip(row: Any, view: View) -> str:
    return partial("#presence", f"<i>{row.state}</i>")


def _waiting(conn: Connection, brands: Brands) -> int:
    query = select(func.count()).select_from(contacts).where(contacts.c.status == "waiting")
    return int(conn.execute(query).scalar_one())
