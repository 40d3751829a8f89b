"""Files over HTTP: who may read them, how they are handed out."""

import io

import httpx2 as httpx
import pytest
from PIL import Image
from sqlalchemy import insert

from app.actions.attach import attach_files
from app.actions.send_message import Reply, send_message
from app.models.agent import agent_brands
from app.models.organisation import brands
from tests.desk import Desk
from tests.fixtures.people import SignIn


async def mail_with_file(desk: Desk, content_type: str = "text/html") -> str:
    """A customer's mail with a file; returns the file's key."""
    received = await desk.mail()
    stored = desk.runtime.files.keep(b"<script>alert(1)</script>", 'a"b.html', content_type)
    await desk.runtime.db.write(attach_files, [stored], message_id=received.message_id)
    return stored.key


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(out, "PNG")
    return out.getvalue()


async def test_a_file_is_for_downloading_and_runs_nothing(desk: Desk, browser_of: SignIn) -> None:
    key = await mail_with_file(desk)
    answer = await (await browser_of("ana")).get(f"/files/{key}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%22b.html"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "claimed", ["image/svg+xml", "text/html; charset=x", "application/xhtml+xml"]
)
async def test_no_type_that_browsers_run_is_told_to_them(
    desk: Desk, browser_of: SignIn, claimed: str
) -> None:
    key = await mail_with_file(desk, claimed)
    answer = await (await browser_of("ana")).get(f"/files/{key}")
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_a_mails_own_picture_is_not_shown_inline(desk: Desk, browser_of: SignIn) -> None:
    key = await mail_with_file(desk, "image/png")
    answer = await (await browser_of("ana")).get(f"/files/{key}")
    assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_file_of_a_brand_one_does_not_serve_does_not_exist(
    desk: Desk, browser_of: SignIn
) -> None:
    key = await mail_with_file(desk)

    def other_brand(tx):  # type: ignore[no-untyped-def]
        brand = tx.execute(
            insert(brands).values(name="Coffee", slug="coffee", created_at=0).returning(brands.c.id)
        ).scalar_one()
        tx.execute(insert(agent_brands).values(agent_id=desk.agents["ben"], brand_id=brand))

    await desk.runtime.db.write(other_brand)
    assert (await (await browser_of("ben")).get(f"/files/{key}")).status_code == 404
    assert (await (await browser_of("ana")).get(f"/files/{key}")).status_code == 200


async def test_nobody_reads_files_without_signing_in(desk: Desk, client: httpx.AsyncClient) -> None:
    key = await mail_with_file(desk)
    assert (await client.get(f"/files/{key}")).status_code == 401


@pytest.mark.parametrize("key", ["1", "..%2f..%2fsecret", "%00", "' OR 1=1 --"])
async def test_guessed_keys_open_nothing(desk: Desk, browser_of: SignIn, key: str) -> None:
    await mail_with_file(desk)
    assert (await (await browser_of("ana")).get(f"/files/{key}")).status_code == 404


async def test_an_upload_can_be_sent_by_whoever_uploaded_it(desk: Desk, browser_of: SignIn) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.accept("ana")
    ana, ben = await browser_of("ana"), await browser_of("ben")
    done = await ana.post("/files", files={"file": ("../menu.png", picture())})
    assert done.status_code == 201
    upload = done.json()
    assert (upload["name"], upload["content_type"]) == ("menu.png", "image/png")
    assert (
        (await ana.get(f"/files/{upload['key']}"))
        .headers["Content-Disposition"]
        .startswith("inline")
    )
    assert (await ben.get(f"/files/{upload['key']}")).status_code == 404
    reply = Reply("Here", "key-0001", seen_seq=received.seq, uploads=(upload["key"],))
    await desk.runtime.db.write(
        send_message, await desk.actor("ana"), received.conversation_id, reply
    )
    assert (await ben.get(f"/files/{upload['key']}")).status_code == 200


@pytest.mark.parametrize(
    ("name", "data"), [("virus.exe", b"MZ"), ("empty.txt", b""), ("p.png", b"\x89PNG\r\n\x1a\nno")]
)
async def test_a_bad_upload_is_refused_with_a_reason(
    desk: Desk, browser_of: SignIn, name: str, data: bytes
) -> None:
    answer = await (await browser_of("ana")).post("/files", files={"file": (name, data)})
    assert answer.status_code == 422
    assert "file" in answer.json()["errors"]
