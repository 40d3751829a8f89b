"""Files go up, hang on messages, and come down to whoever may read the message."""

import base64
import io

import httpx2 as httpx
import pytest
from PIL import Image

from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine


async def _upload(
    client: httpx.AsyncClient, name: str = "receipt.txt", data: bytes = b"hello"
) -> str:
    answer = await client.post("/files", files={"file": (name, data)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


async def test_an_upload_is_sent_with_a_message_and_fetched_by_a_colleague(
    machine: Machine, desk: Desk
) -> None:
    ana, ben = await machine("ana"), await machine("ben")
    received = await desk.mail()
    key = await _upload(ana)
    assert (await ben.get(f"/files/{key}")).status_code == 404, "not sent yet: hers alone"
    path = f"/conversations/{received.conversation_id}/messages"
    sent = await ana.post(path, json={"text": "See", "kind": "note", "uploads": [key]})
    assert sent.json()["files"] == [
        {"key": key, "name": "receipt.txt", "content_type": "text/plain", "size": 5}
    ]
    fetched = await ben.get(f"/files/{key}")
    assert fetched.content == b"hello"
    assert fetched.headers["content-disposition"].startswith("attachment")
    again = await ana.post(path, json={"text": "See", "kind": "note", "uploads": [key]})
    assert again.json()["errors"] == {"files": "unknown_upload"}


async def test_a_program_or_an_empty_file_is_refused(api, desk: Desk) -> None:
    for name, data, why in (("run.exe", b"MZ", "not_allowed"), ("a.txt", b"", "empty")):
        answer = await api.post("/files", files={"file": (name, data)})
        assert (answer.status_code, answer.json()["errors"]) == (422, {"file": why})


async def test_a_request_without_a_file_is_refused(api, desk: Desk) -> None:
    assert (await api.post("/files", data={"file": "text"})).status_code == 422
    headers = {"Content-Type": "multipart/form-data"}
    assert (await api.post("/files", content=b"x", headers=headers)).status_code == 400


async def test_a_file_that_is_too_large_is_refused(api, runtime, desk: Desk) -> None:
    runtime.settings.max_upload_mb = 1
    answer = await api.post("/files", files={"file": ("a.bin", b"x" * 1_000_001)})
    assert answer.json()["errors"] == {"file": "too_large"}


async def test_a_contact_brings_files_in_itself_and_by_their_keys(api, desk: Desk) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (8, 6)).save(picture, "PNG")
    body = {
        "external_id": "order-1",
        "email": "kim@example.com",
        "text": "See",
        "attachments": [{"name": "cup.png", "data": base64.b64encode(picture.getvalue()).decode()}],
        "uploads": [await _upload(api)],
    }
    received = await api.post(f"/inboxes/{desk.inboxes['form']}/contacts", json=body)
    assert received.status_code == 201, received.text
    message = (await api.get(f"/messages/{received.json()['message_id']}")).json()
    assert {file["name"] for file in message["files"]} == {"receipt.txt", "cup.png"}
    for file in message["files"]:
        assert (await api.get(f"/files/{file['key']}")).status_code == 200


async def test_a_contact_with_a_bad_file_is_refused_whole(api, desk: Desk) -> None:
    body = {"external_id": "order-1", "email": "kim@example.com", "text": "See"}
    path = f"/inboxes/{desk.inboxes['form']}/contacts"
    program = [{"name": "run.exe", "data": base64.b64encode(b"MZ").decode()}]
    answer = await api.post(path, json={**body, "attachments": program})
    assert answer.json()["errors"] == {"attachments.0": "not_allowed"}
    answer = await api.post(path, json={**body, "attachments": [{"name": "a", "data": "%%"}]})
    assert "attachments.0.data" in answer.json()["errors"]
    answer = await api.post(path, json={**body, "uploads": ["no-such-key"]})
    assert answer.json()["errors"] == {"uploads": "unknown_upload"}
    assert (await api.get("/conversations")).json() == []


async def test_an_upload_of_somebody_else_cannot_be_sent(machine: Machine, desk: Desk) -> None:
    key = await _upload(await machine("ben"))
    received = await desk.mail()
    answer = await (await machine("ana")).post(
        f"/conversations/{received.conversation_id}/messages",
        json={"text": "See", "kind": "note", "uploads": [key]},
    )
    assert answer.status_code == 422
