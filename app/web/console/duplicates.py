"""Customers who may be one: the suggestions, the two side by side, merging, taking it back."""

from typing import Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app.actions.doubts import dismiss_pair, suspect_all
from app.actions.membership import put_member, remove_member
from app.actions.merge_customers import merge_customers
from app.actions.settle_field import settle_field
from app.actions.unmerge_customers import unmerge_customers
from app.db import Invalid, Tx
from app.pages import N_
from app.queries.aliases import master_of
from app.queries.customer_card import CustomerCard, customer_card
from app.queries.customer_links import duplicates_of, merge_of, open_pairs
from app.queries.customers import customer_page
from app.queries.duplicates import find_duplicates
from app.security.permissions import Actor
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, frame, html

router = APIRouter(route_class=ConsoleRoute)
PAGE = 50
COMPARED = ("name", "email", "phone", "company", "language", "time_zone", "birthday")
REASONS = {
    "same_email": N_("The same email address"),
    "same_phone": N_("The same phone number"),
    "same_card": N_("The same card"),
    "same_wechat": N_("The same WeChat account"),
    "same_name": N_("The same name"),
    "same_name_birthday": N_("The same name and birthday"),
    "same_name_phone_tail": N_("The same name, and the phone ends alike"),
    "same_name_local_part": N_("The same name, and the same before the @"),
    "same_name_company": N_("The same name and company"),
    "same_browser": N_("They used the same browser"),
}


@router.get("/customers/duplicates")
async def duplicates(runtime: Run, session: SignedIn, after: int = Query(0, ge=0)) -> Response:
    """Pairs that nobody has decided, the likeliest first."""
    pairs = await runtime.db.query(open_pairs, session.actor, after, PAGE + 1)
    page = runtime.pages.render(
        "console/duplicates.html",
        session.actor.locale,
        **frame(session),
        section="customers",
        pairs=pairs[:PAGE],
        next_after=after + PAGE if len(pairs) > PAGE else None,
        reasons=REASONS,
    )
    return html(page)


@router.post("/customers/duplicates")
async def look_again(runtime: Run, actor: Who) -> Response:
    """Look through all customers for those who may be the same."""
    actor.require("supervise")
    found = await runtime.db.query(find_duplicates)
    await runtime.db.write(suspect_all, found)
    return RedirectResponse("/customers/duplicates", 303)


@router.get("/customers/{customer_id}/merge")
async def side_by_side(
    runtime: Run,
    session: SignedIn,
    customer_id: int,
    other: str = Query("", alias="with", max_length=20),
    q: str = Query("", max_length=200),
) -> Response:
    """Both beside each other; without another, choose one."""
    other_id = int(other) if other.isdigit() else None
    card, second, found = await runtime.db.query(_both, session.actor, customer_id, other_id, q)
    page = runtime.pages.render(
        "console/customer_merge.html",
        session.actor.locale,
        **frame(session),
        section="customers",
        card=card,
        other=second,
        found=found,
        q=q,
        compared=COMPARED,
        reasons=REASONS,
    )
    return html(page)


@router.post("/customers/{customer_id}/merge")
async def merge(request: Request, runtime: Run, actor: Who, customer_id: int) -> Response:
    """They are one; who stays and whose values are taken was chosen beside each other."""
    form = await request.form()
    given = {name: int(str(value)) for name, value in form.items() if str(value).isdigit()}
    if "with" not in given:
        raise Invalid(customer="choose_one")
    winner = await runtime.db.write(
        merge_customers,
        actor,
        customer_id,
        given["with"],
        keep=given.get("keep"),
        chosen={name: given[name] for name in COMPARED if name in given},
    )
    return RedirectResponse(f"/customers/{winner}?merged=1", 303)


@router.post("/customers/{customer_id}/not-the-same")
async def not_the_same(
    runtime: Run, actor: Who, customer_id: int, other: int = Form(alias="with")
) -> Response:
    """Two people; not suggested again."""
    await runtime.db.write(dismiss_pair, actor, customer_id, other)
    return RedirectResponse("/customers/duplicates", 303)


@router.post("/customers/{customer_id}/merges/{merge_id}/undo")
async def undo(runtime: Run, actor: Who, customer_id: int, merge_id: int) -> Response:
    """Two again."""
    await runtime.db.write(_undo, actor, customer_id, merge_id)
    return RedirectResponse(f"/customers/{customer_id}", 303)


@router.post("/customers/{customer_id}/values/{value_id}")
async def settle(runtime: Run, actor: Who, customer_id: int, value_id: int) -> Response:
    """This value is the right one."""
    await runtime.db.write(settle_field, actor, customer_id, value_id)
    return RedirectResponse(f"/customers/{customer_id}", 303)


@router.post("/customers/{customer_id}/people")
async def add_person(
    runtime: Run,
    actor: Who,
    customer_id: int,
    person: str = Form(max_length=20),
    role: str = Form("", max_length=80),
) -> Response:
    """Somebody belongs to this organisation."""
    if not person.strip().lstrip("#").isdigit():
        raise Invalid(person="unknown")
    await runtime.db.write(put_member, actor, customer_id, int(person.strip().lstrip("#")), role)
    return RedirectResponse(f"/customers/{customer_id}", 303)


@router.post("/customers/{customer_id}/people/{person_id}/remove")
async def remove_person(runtime: Run, actor: Who, customer_id: int, person_id: int) -> Response:
    """They do not belong to it."""
    await runtime.db.write(remove_member, actor, customer_id, person_id)
    return RedirectResponse(f"/customers/{customer_id}", 303)


def _undo(tx: Tx, actor: Actor, customer_id: int, merge_id: int) -> None:
    merge_of(tx.conn, actor, customer_id, merge_id)
    unmerge_customers(tx, actor, merge_id)


def _both(
    conn: Connection, actor: Actor, customer_id: int, other_id: int | None, q: str
) -> tuple[CustomerCard, CustomerCard | None, list[dict[str, Any]]]:
    customer_id = master_of(conn, customer_id)
    card = customer_card(conn, actor, customer_id)
    if other_id is not None:
        return card, customer_card(conn, actor, master_of(conn, other_id)), []
    found = duplicates_of(conn, actor, customer_id)
    if q:
        rows = customer_page(conn, actor, q, None, 20).rows
        found = [
            {"id": r.id, "name": r.name, "email": r.email, "phone": r.phone, "reasons": []}
            for r in rows
            if r.id != customer_id
        ]
    return card, None, found
