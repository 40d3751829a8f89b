"""Looking through all customers for those who may be the same: by what they have in common, never
by a name alone where that is all there is of it."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, select

from app.models.customer import customers
from app.queries.customers import present_customers
from knowledge.text import fold

TAIL = 7  # digits of a number that people write in the same way
LARGEST_GROUP = 12  # more who look alike are a common name, not a doubt

Pair = tuple[int, int]


def find_duplicates(conn: Connection) -> dict[Pair, list[str]]:
    """Pairs (smaller id first) with the reasons why they may be one."""
    rows = conn.execute(
        select(
            customers.c.id, customers.c.name, customers.c.email, customers.c.phone,
            customers.c.company, customers.c.birthday, customers.c.kind,
        ).where(present_customers(), customers.c.name != "")
    )  # fmt: skip
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        for key in _keys(row):
            groups[key].append(row.id)
    found: dict[Pair, list[str]] = defaultdict(list)
    for key, ids in groups.items():
        if 1 < len(ids) <= LARGEST_GROUP:
            for pair in combinations(sorted(ids), 2):
                found[pair].append(key[0])
    return dict(found)


def _keys(row: Any) -> Iterator[tuple[str, ...]]:
    name = name_key(row.name)
    digits = "".join(sign for sign in row.phone if sign.isdigit())
    if len(digits) >= TAIL:
        yield "same_name_phone_tail", row.kind, name, digits[-TAIL:]
    local = row.email.partition("@")[0]
    if len(local) > 2:
        yield "same_name_local_part", row.kind, name, local
    if row.birthday:
        yield "same_name_birthday", row.kind, name, row.birthday
    if row.company:
        yield "same_name_company", row.kind, name, fold(row.company)


def name_key(name: str) -> str:
    """A name whatever the order, case, accents of its words, in simplified characters."""
    return " ".join(sorted(fold(name).split()))
