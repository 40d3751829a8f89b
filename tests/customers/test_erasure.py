"""An erased customer leaves nothing but numbers in database, index, files and logs."""

import os
from typing import Any

import pytest
from sqlalchemy import JSON, String, func, insert, select, update

from app.actions.attach import attach_files
from app.actions.customer import edit_customer, find_or_create_customer
from app.actions.customer_import import import_rows, keep_import, start_import
from app.actions.desk import save_draft
from app.actions.erased_rows import BY_ADDRESS, BY_WORDS, FATES, UNTOUCHED
from app.actions.file_mail import file_mail
from app.actions.keep_mail import KeptMail, keep_mails
from app.actions.merge_customers import merge_customers
from app.actions.order import Order, put_orders
from app.actions.receive_message import Received
from app.db import Conflict, Invalid, NotFound
from app.erasing import erase, erase_again, finish_erasures
from app.models import metadata
from app.models.activity import activities, orders
from app.models.consent import legal_holds, rights_requests
from app.models.contact import contacts
from app.models.conversation import files, messages
from app.models.customer import customers
from app.models.party import rejected_rows
from app.models.promise import customer_facts
from app.models.work import raw_mails
from channels.values import Identity, Inbound
from tests.desk import Desk

pytestmark = pytest.mark.engine
NAME, EMAIL, PHONE = "Canarina Quillfeather", "canarina.q@quill.example", "+442079460123"
TEXT, FILE, FILE_NAME = "zebrafinch password", b"budgerigar bytes in a file", "cockatiel.txt"
CANARIES = [
    NAME,
    "canarina",
    "quillfeath",
    EMAIL,
    "2079460123",
    "zebrafinch",
    "budgerigar",
    "cockatiel",
]


async def write_to(desk: Desk, text: str = TEXT, **more: Any) -> Received:
    """The customer's mail, kept as it came, with a file; filed as the worker does."""
    desk.counter += 1
    raw = f"From: {NAME} <{EMAIL}>\r\n\r\n{text} {desk.counter}".encode()
    digest = desk.runtime.files.put(raw)
    inbox = desk.inboxes["email"]
    await desk.runtime.db.write(
        keep_mails, inbox, "imap", [KeptMail(digest, len(raw), mail_from=EMAIL)]
    )
    raw_id = await scalar(desk, select(raw_mails.c.id).where(raw_mails.c.hash == digest))
    stored = desk.runtime.files.keep(FILE, FILE_NAME, "text/plain")
    inbound = Inbound(
        channel="email", external_id=f"<canarina-{desk.counter}@quill.example>",
        identities=(Identity("email", EMAIL),), name=NAME, subject=f"About my {text}",
        text=text, full_text=f"{text}\n-- \n{NAME}", html=f"<p>{text}</p>", language="en", **more,
    )  # fmt: skip
    found = await desk.runtime.db.write(file_mail, raw_id, inbox, inbound, [stored])
    return found or Received(0, 0, 0)


async def scalar(desk: Desk, query: Any) -> Any:
    async with desk.runtime.db.read() as conn:
        return await conn.scalar(query)


async def a_whole_life(desk: Desk) -> int:
    """Canarina under two ids, in everything that keeps words; returns the id of who stays."""
    db, ada = desk.runtime.db, await desk.actor("ada")
    first = await write_to(desk)
    await write_to(desk, "more zebrafinch words")
    other = await db.write(find_or_create_customer, [Identity("phone", PHONE)], NAME)
    await db.write(merge_customers, ada, first.customer_id, other, reason=f"both are {NAME}")
    changes = {"phone": PHONE, "notes": f"calls herself {NAME}", "company": "Quillfeather Ltd"}
    await db.write(edit_customer, first.customer_id, changes)
    await db.write(save_draft, ada, first.conversation_id, "outbound", f"Dear {NAME}")
    order = Order(
        who=_who(), source="shop", external_id=f"o-{EMAIL}", total=900, currency="EUR", placed_at=1,
        changed_at=1, number="77", details={"to": NAME}, lines=({"name": "zebrafinch"},),
    )  # fmt: skip
    await db.write(put_orders, ada, desk.brand, [order])
    await db.write(_more_rows, desk.brand, first)
    stored = desk.runtime.files.keep(f"Name,Email\n{NAME},{EMAIL}\n".encode(), "p.csv", "text/csv")
    job = await db.write(keep_import, ada, stored, "csv", 1, "crm", {"Email": "email"})
    await db.write(start_import, ada, job, {"Email": "email"}, source="crm")
    await db.write(import_rows, job, 0, [{"Name": NAME, "Email": EMAIL}])
    await db.write(_reject, job)
    return first.customer_id


def _who() -> Any:
    from app.actions.activity import Who

    return Who(known_as=(Identity("email", EMAIL),), name=NAME)


def _more_rows(tx: Any, brand: int, first: Received) -> None:
    tx.execute(
        insert(activities).values(
            brand_id=brand, customer_id=first.customer_id, kind="cart", source="shop",
            key=f"k-{EMAIL}", title=TEXT, url=f"https://shop.example/?q={EMAIL}",
            payload={"name": NAME}, at=tx.now, received_at=tx.now,
        )
    )  # fmt: skip
    tx.execute(
        insert(customer_facts).values(
            customer_id=first.customer_id, kind="fact", text=TEXT, at=tx.now
        )
    )
    tx.execute(
        update(contacts)
        .where(contacts.c.conversation_id == first.conversation_id)
        .values(wrap_up_note=TEXT, callback={"to": PHONE, "tries": 0, "next_at": 0})
    )


def _reject(tx: Any, job: int) -> None:
    raw = {"Name": NAME, "Email": EMAIL}
    tx.execute(insert(rejected_rows).values(import_id=job, number=9, raw=raw, reasons=["x"]))


async def everything_kept(desk: Desk) -> str:
    """Every cell of every table, and every file's bytes, as one text."""
    found = []
    async with desk.runtime.db.read() as conn:
        for table in metadata.tables.values():
            found += [repr(row) for row in await conn.execute(select(table))]
    for path in sorted(desk.runtime.settings.data_dir.rglob("*")):
        if path.is_file():
            found.append(path.read_bytes().decode("latin-1"))
    return "\n".join(found).lower()


async def counts(desk: Desk) -> list[int]:
    names = ("customers", "conversations", "messages", "contacts", "orders", "activities")
    return [
        await scalar(desk, select(func.count()).select_from(metadata.tables[name]))
        for name in names
    ]


async def erased(desk: Desk, customer_id: int) -> None:
    await erase(desk.runtime, customer_id, await desk.actor("ada"))
    assert await finish_erasures(desk.runtime, 0) >= 1


async def test_nothing_of_five_canaries_is_left(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    customer_id = await a_whole_life(desk)
    before = await everything_kept(desk)
    assert all(word.lower() in before for word in CANARIES)
    numbers, total = await counts(desk), await scalar(desk, select(func.sum(orders.c.total)))
    await erased(desk, customer_id)
    after = await everything_kept(desk)
    assert [word for word in CANARIES if word.lower() in after] == []
    now = await counts(desk)
    assert now[:2] + now[3:] == numbers[:2] + numbers[3:]
    assert now[2] >= numbers[2]  # the line that says the conversation has ended
    assert await scalar(desk, select(func.sum(orders.c.total))) == total == 900
    said = "".join(capfd.readouterr()).lower()
    assert [word for word in CANARIES if word.lower() in said] == []


async def test_other_people_keep_everything(desk: Desk) -> None:
    await a_whole_life(desk)
    kim = await desk.mail("I am Kim, and stay")
    same = desk.runtime.files.keep(FILE, "kims.txt", "text/plain")
    await desk.runtime.db.write(attach_files, [same], message_id=kim.message_id)
    await erased(desk, 1 if kim.customer_id != 1 else 2)
    row = await scalar(desk, select(messages.c.text).where(messages.c.id == kim.message_id))
    assert row == "I am Kim, and stay"
    assert desk.runtime.files.read(same.hash) == FILE
    assert await scalar(desk, select(customers.c.name).where(customers.c.id == kim.customer_id))


async def test_a_file_that_somebody_keeps_at_this_moment_is_not_removed(desk: Desk) -> None:
    await erase(desk.runtime, await a_whole_life(desk), None)
    desk.runtime.files.put(FILE)  # its row is on the way
    assert await finish_erasures(desk.runtime, 60) == 0
    digest = await scalar(desk, select(files.c.hash).where(files.c.size == len(FILE)))
    assert desk.runtime.files.path(digest).exists()
    old = desk.runtime.files.path(digest).stat().st_mtime - 3600
    for path in (desk.runtime.settings.data_dir / "files").rglob("*"):
        os.utime(path, (old, old))
    assert await finish_erasures(desk.runtime, 60) == 1
    assert not desk.runtime.files.path(digest).exists()


async def test_while_a_legal_hold_lasts_nothing_is_erased(desk: Desk) -> None:
    customer_id = await a_whole_life(desk)
    row = {"customer_id": customer_id, "reason": "A case at court", "since_at": 1}
    await desk.runtime.db.write(lambda tx: tx.execute(insert(legal_holds).values(**row)))
    with pytest.raises(Conflict, match="legal_hold"):
        await erase(desk.runtime, customer_id, None)
    assert "zebrafinch" in await everything_kept(desk)


async def test_an_import_and_old_mail_do_not_bring_them_back(desk: Desk) -> None:
    db, ada = desk.runtime.db, await desk.actor("ada")
    await erased(desk, await a_whole_life(desk))
    people = await scalar(desk, select(func.count()).select_from(customers))
    stored = desk.runtime.files.keep(b"a list", "p.csv", "text/csv")
    job = await db.write(keep_import, ada, stored, "csv", 1, "crm", {"Email": "email"})
    await db.write(start_import, ada, job, {"Email": "email"}, source="crm")
    await db.write(import_rows, job, 0, [{"Name": NAME, "Email": EMAIL}])
    reasons = select(rejected_rows.c.reasons).where(rejected_rows.c.import_id == job)
    assert await scalar(desk, reasons) == ["was_erased"]
    assert (await write_to(desk, sent_at=1_000)).message_id == 0
    old = Order(_who(), "shop", "9", total=1, currency="EUR", placed_at=1, changed_at=1)
    with pytest.raises(Invalid):
        await db.write(put_orders, ada, desk.brand, [old])
    assert await scalar(desk, select(func.count()).select_from(customers)) == people
    assert await finish_erasures(desk.runtime, 0) == 1
    await db.write(lambda tx: tx.execute(rejected_rows.delete()))
    await db.compact()
    assert "zebrafinch" not in await everything_kept(desk)


async def test_who_writes_again_is_a_new_customer_of_whom_nothing_is_known(desk: Desk) -> None:
    customer_id = await a_whole_life(desk)
    await erased(desk, customer_id)
    again = await write_to(desk, "I am back")
    assert again.customer_id != customer_id
    said = select(func.count()).where(
        messages.c.conversation_id == again.conversation_id, messages.c.kind == "inbound"
    )
    assert await scalar(desk, said) == 1


async def test_who_was_erased_since_the_backup_is_erased_again_after_a_restore(desk: Desk) -> None:
    customer_id = await a_whole_life(desk)
    listed = desk.runtime.settings.data_dir / "erased"
    await erased(desk, customer_id)
    lines = listed.read_text()
    assert "@" not in lines
    # What a restored backup is: the person is there, and nothing is known of an erasure.
    await desk.runtime.db.write(
        lambda tx: tx.execute(metadata.tables["suppressed_identities"].delete())
    )
    back = await write_to(desk, "zebrafinch once more")
    await desk.runtime.db.write(
        lambda tx: tx.execute(metadata.tables["identities"].update().values(created_at=1))
    )
    assert await erase_again(desk.runtime) == 1
    assert await scalar(
        desk, select(customers.c.erased_at).where(customers.c.id == back.customer_id)
    )
    assert await erase_again(desk.runtime) == 0


async def test_erasing_twice_is_not_found_and_changes_nothing(desk: Desk) -> None:
    customer_id = await a_whole_life(desk)
    await erase(desk.runtime, customer_id, None)
    with pytest.raises(NotFound):
        await erase(desk.runtime, customer_id, None)
    assert await scalar(desk, select(func.count()).select_from(rights_requests)) == 1


def test_the_fate_of_every_table_is_written_down() -> None:
    named = {fate.table.name for fate in FATES} | BY_ADDRESS | BY_WORDS | UNTOUCHED
    assert named == set(metadata.tables)


def test_a_row_that_is_kept_has_no_column_that_was_forgotten() -> None:
    """Of a table that keeps its rows, each column of words is blanked or is a code."""
    codes = {
        "kind", "status", "state", "channel", "outcome", "priority", "currency", "source", "key",
        "language", "party", "purpose", "asked_by", "role", "arm", "locale", "preview_kind", "hash",
        "boosts", "skills", "steps", "been_in", "excluded", "decision", "topic", "urgency", "mood",
        "shown",
    }  # fmt: skip
    left = {
        (fate.table.name, column.name)
        for fate in FATES
        if fate.blank is not None
        for column in fate.table.columns
        if isinstance(column.type, (String, JSON))
        and column.name not in fate.blank
        and column.name not in fate.numbered
        and column.name not in codes
    }
    assert left == set()
