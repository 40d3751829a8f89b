"""What has been kept for long enough goes, under every rule and nothing else, and counts stay."""

from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from app.actions.attach import attach_files
from app.actions.legal_hold import hold_customer
from app.actions.retention import save_rules
from app.db import Invalid
from app.models import metadata
from app.models.activity import activities
from app.models.consent import retention_rules, retention_runs
from app.models.conversation import attachments, conversations, files, messages
from app.models.organisation import brands
from app.models.promise import tasks
from app.models.question import unanswered_questions
from app.models.work import raw_mails
from app.queries.retention import DAY_MS, kept_rules, would_go
from app.queries.retention_kinds import KINDS
from app.web.admin.retention import WORDS
from app.workers.retention import is_due, run_retention
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine
OLD = 400 * DAY_MS
Rules = dict[tuple[str, int | None], int | None]


async def scalar(desk: Desk, query: Any) -> Any:
    return await desk.runtime.db.query(lambda conn: conn.execute(query).scalar())


async def write(desk: Desk, statement: Any) -> None:
    await desk.runtime.db.write(lambda tx: tx.execute(statement))


async def solved(desk: Desk, ticking: Ticking, text: str, email: str) -> int:
    """A solved conversation of 400 days ago with a file; returns its id."""
    found = await desk.mail(text, email=email, subject=text)
    stored = desk.runtime.files.keep(text.encode(), f"{text}.txt", "text/plain")
    await desk.runtime.db.write(attach_files, [stored], message_id=found.message_id)
    of = conversations.c
    then = ticking.at - OLD
    await write(
        desk,
        update(conversations)
        .where(of.id == found.conversation_id)
        .values(status="done", last_message_at=then, created_at=then),
    )
    await write(desk, update(files).values(created_at=then))
    return found.conversation_id


async def rules(desk: Desk, wanted: Rules, brand: int | None = None) -> None:
    await desk.runtime.db.write(save_rules, await desk.actor("ada"), brand, wanted)


async def counts(desk: Desk) -> dict[str, int]:
    names = ("conversations", "messages", "contacts", "customers", "journal", "agent_intervals")
    tables = {name: metadata.tables[name] for name in names}
    return {
        name: await scalar(desk, select(func.count()).select_from(table))
        for name, table in tables.items()
    }


async def test_words_go_and_counts_stay(desk: Desk, ticking: Ticking, browser_of: SignIn) -> None:
    old = await solved(desk, ticking, "zebrafinch", "kim@example.com")
    held = await solved(desk, ticking, "kingfisher", "lee@example.com")
    fresh = (await desk.mail("nightingale", email="max@example.com")).conversation_id
    ada = await desk.actor("ada")
    whose = await scalar(
        desk, select(conversations.c.customer_id).where(conversations.c.id == held)
    )
    await desk.runtime.db.write(hold_customer, ada, whose, "A case")
    before = await counts(desk)
    await rules(desk, {("closed_conversations", None): 365})
    assert await run_retention(desk.runtime, quiet_s=0)
    assert await counts(desk) == before
    of = messages.c
    said = dict(
        await desk.runtime.db.query(
            lambda conn: [tuple(row) for row in conn.execute(select(of.conversation_id, of.text))]
        )
    )
    assert (said[old], said[held], said[fresh]) == ("", "kingfisher", "nightingale")
    kept = await scalar(desk, select(func.count()).select_from(attachments))
    assert kept == 1
    bytes_ = b"".join(
        p.read_bytes() for p in (desk.runtime.settings.data_dir / "files").rglob("*") if p.is_file()
    )
    assert b"zebrafinch" not in bytes_
    assert b"kingfisher" in bytes_
    ana = await browser_of("ana")
    assert f"/inbox/{old}" not in (await ana.get("/inbox?view=all&q=zebrafinch")).text
    run = (await desk.runtime.db.query(lambda c: c.execute(select(retention_runs)).all()))[0]
    assert (run.counts, run.errors, run.done_at is not None) == (
        {"closed_conversations": 1, "files": 1}, {}, True,
    )  # fmt: skip
    again = await desk.mail("and now?", email="kim@example.com")  # its words are kept for as long
    await write(
        desk,
        update(conversations)
        .where(conversations.c.id == again.conversation_id)
        .values(status="done", last_message_at=ticking.at),
    )
    await run_retention(desk.runtime, quiet_s=0)
    assert await scalar(desk, select(of.text).where(of.id == again.message_id)) == "and now?"


async def test_a_run_that_was_cut_goes_on(desk: Desk, ticking: Ticking) -> None:
    for number in range(450):
        await write(
            desk,
            insert(activities).values(
                brand_id=desk.brand, kind="page_view", source="shop", key=str(number), payload={},
                at=ticking.at - (OLD if number < 440 else 0), received_at=ticking.at,
            ),
        )  # fmt: skip
    await rules(desk, {("page_views", None): 30, ("events", None): 30})
    answers = iter([False, False, True])
    assert not await run_retention(desk.runtime, lambda: next(answers, True), 0)
    left = await scalar(desk, select(func.count()).select_from(activities))
    assert 10 < left < 450
    assert await run_retention(desk.runtime, quiet_s=0)
    rows = await desk.runtime.db.query(lambda c: c.execute(select(retention_runs)).all())
    assert [row.counts for row in rows] == [{"page_views": 440}]
    assert await scalar(desk, select(func.count()).select_from(activities)) == 10


async def test_a_brands_own_rule_goes_before_that_of_all(desk: Desk, ticking: Ticking) -> None:
    other = await desk.runtime.db.write(
        lambda tx: tx.execute(
            insert(brands).values(name="Cups", slug="cups", created_at=1).returning(brands.c.id)
        ).scalar_one()
    )
    for brand in (desk.brand, other):
        query = f"words of {brand}"
        row = {"brand_id": brand, "query": query, "source": "search", "created_at": 1}
        await write(desk, insert(unanswered_questions).values(row))
    task = {"owner_id": desk.agents["ana"], "text": "call", "created_at": 1, "done_at": 2}
    await write(desk, insert(tasks).values(task))
    await rules(desk, {("searches", None): 30, ("closed_tasks", None): None})
    await rules(desk, {("searches", other): None}, other)
    kept = await desk.runtime.db.query(kept_rules)
    found = await desk.runtime.db.query(would_go, kept, ticking.at)
    assert [(one.kind, one.brand_id, one.count) for one in found] == [("searches", None, 1)]
    assert found[0].oldest[0].name == f"words of {desk.brand}"
    await run_retention(desk.runtime, quiet_s=0)
    left = await desk.runtime.db.query(
        lambda conn: list(conn.execute(select(unanswered_questions.c.query)).scalars())
    )
    assert left == [f"words of {other}"]
    assert await scalar(desk, select(func.count()).select_from(tasks)) == 1
    await rules(desk, {}, other)
    assert await desk.runtime.db.query(kept_rules) == {
        ("searches", None): 30, ("closed_tasks", None): None,
    }  # fmt: skip
    with pytest.raises(Invalid):
        await rules(desk, {("closed_conversations", None): 3})


async def test_files_and_original_mails_go_alone(desk: Desk, ticking: Ticking) -> None:
    old = await solved(desk, ticking, "zebrafinch", "kim@example.com")
    digest = desk.runtime.files.put(b"From: kim\r\n\r\nraw budgerigar")
    then = ticking.at - OLD

    def keep(tx: Any) -> None:
        made = insert(files).values(hash=digest, size=9, created_at=then).returning(files.c.id)
        message = select(messages.c.id).where(messages.c.conversation_id == old).limit(1)
        tx.execute(
            insert(raw_mails).values(
                inbox_id=desk.inboxes["email"], file_id=tx.execute(made).scalar_one(), hash=digest,
                size=9, source="imap", mail_from="kim@example.com", rcpt_to=[], state="parsed",
                message_id=message.scalar_subquery(), next_at=0, received_at=then,
            )
        )  # fmt: skip
        tx.execute(update(attachments).values(created_at=then))

    await desk.runtime.db.write(keep)
    await rules(desk, {("attachments", None): 30, ("raw_mails", None): 30})
    for _ in range(2):  # the second finds nothing more to do
        assert await run_retention(desk.runtime, quiet_s=0)
    said = await desk.runtime.db.query(
        lambda conn: conn.execute(select(messages.c.text, messages.c.details)).first()
    )
    assert said is not None
    assert (said.text, said.details["files_removed"]) == ("zebrafinch", 1)
    assert not desk.runtime.files.path(digest).exists()
    rows = await desk.runtime.db.query(lambda c: c.execute(select(retention_runs)).all())
    assert [row.counts for row in rows] == [{"attachments": 1, "raw_mails": 1, "files": 2}, {}]


async def test_rules_are_looked_at_before_they_are_saved(
    desk: Desk, ticking: Ticking, browser_of: SignIn
) -> None:
    await solved(desk, ticking, "zebrafinch", "kim@example.com")
    ada = await browser_of("ada")
    assert (await (await browser_of("sam")).get("/admin/retention")).status_code == 404
    assert "Keep for ever" in (await ada.get("/admin/retention")).text
    typed = {"way-closed_conversations": "days", "days-closed_conversations": "365", "brand": ""}
    page = await ada.post("/admin/retention/look", data=typed)
    assert page.status_code == 200
    assert "zebrafinch" in page.text
    assert await scalar(desk, select(func.count()).select_from(retention_rules)) == 0
    refused = await ada.post(
        "/admin/retention/look", data=typed | {"days-closed_conversations": ""}
    )
    assert refused.status_code == 422
    assert (await ada.post("/admin/retention", data=typed)).status_code == 303
    assert await desk.runtime.db.query(kept_rules) == {("closed_conversations", None): 365}
    assert "Only looked" in (await ada.get("/admin/retention")).text
    assert "Changed how long things are kept" in (await ada.get("/admin/log")).text
    own = await ada.get(f"/admin/retention?brand={desk.brand}")
    assert "For every brand: 365 days" in own.text


def test_every_kind_has_its_words() -> None:
    assert WORDS.keys() == KINDS.keys()


@pytest.mark.parametrize(
    ("hour", "began", "since", "due"),
    [(1, 0, 0, True), (3, 0, None, False), (3, 0, 2.5, False), (3, 2.5, 0, False), (3, 1, 0, True)],
)
def test_it_begins_once_a_night(hour: float, began: float, since: float | None, due: bool) -> None:
    day, hours = 20_000 * DAY_MS, 3_600_000
    moment = None if since is None else day + int(since * hours) - (0 if since else DAY_MS)
    assert is_due(day + int(hour * hours), day + int(began * hours) if began else 0, moment) is due
