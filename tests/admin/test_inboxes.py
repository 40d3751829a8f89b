"""Inboxes: mail servers with their secrets, chat widgets, web forms."""

from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import select

from app.models.inbox_settings import FormSettings, WidgetSettings
from app.models.mail_settings import imap_of, smtp_of
from app.models.organisation import inboxes
from app.security.mail_secrets import opened_settings
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.servers.smtp import SmtpServer


@pytest.fixture
async def ada(desk: Desk, browser_of: SignIn) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await browser_of("ada")


async def inbox(desk: Desk, inbox_id: int | None = None) -> Any:
    async with desk.runtime.db.read() as conn:
        query = select(inboxes).order_by(inboxes.c.id.desc())
        if inbox_id is not None:
            query = query.where(inboxes.c.id == inbox_id)
        return (await conn.execute(query)).first()


def mail_form(desk: Desk, **more: str) -> dict[str, str]:
    return {
        "name": "Orders",
        "address": "Orders@Tea.example",
        "sender_name": "Tea\r\nBcc: all@evil.example",
        "brand_id": str(desk.brand),
        "queue_id": str(desk.queues["general"]),
        "hours_id": "",
        "imap_host": "imap.tea.example",
        "imap_security": "tls",
        "imap_port": "",
        "imap_user": "orders",
        "imap_password": "s3cret-imap",
        "imap_folder": "INBOX",
        "smtp_host": "smtp.tea.example",
        "smtp_security": "starttls",
        "smtp_port": "2525",
        "smtp_user": "orders",
        "smtp_password": "s3cret-smtp",
    } | more


async def test_a_mailbox_is_connected_and_its_secrets_are_never_shown(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    done = await ada.post("/admin/email-inboxes/new", data=mail_form(desk))
    kept = await inbox(desk)
    assert done.headers["location"] == f"/admin/email-inboxes/{kept.id}?done=created"
    assert (kept.channel, kept.address) == ("email", "orders@tea.example")
    assert len(kept.key) == 20
    assert "\n" not in kept.settings["sender_name"]
    assert "s3cret" not in str(kept.settings)
    settings = opened_settings(desk.runtime.secret, kept.settings)
    imap, smtp = imap_of(settings), smtp_of(settings)
    assert imap is not None
    assert smtp is not None
    assert (imap.host, imap.port, imap.password) == ("imap.tea.example", 993, "s3cret-imap")
    assert (smtp.port, smtp.security, smtp.password) == (2525, "starttls", "s3cret-smtp")
    page = (await ada.get(f"/admin/email-inboxes/{kept.id}")).text
    assert "s3cret" not in page
    assert "Leave this empty to keep it." in page
    mistake = mail_form(desk, imap_port="99999", imap_password="typed-again")
    refused = await ada.post(f"/admin/email-inboxes/{kept.id}", data=mistake)
    assert refused.status_code == 422
    assert "typed-again" not in refused.text
    assert "s3cret" not in (await ada.get("/admin/log")).text


async def test_an_empty_password_keeps_the_stored_one_and_unknown_settings_stay(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    await ada.post("/admin/email-inboxes/new", data=mail_form(desk))
    first = await inbox(desk)
    empty = mail_form(desk, imap_password="", smtp_password="", name="Other")
    await ada.post(f"/admin/email-inboxes/{first.id}", data=empty)
    kept = await inbox(desk, first.id)
    assert kept.name == "Other"
    opened = opened_settings(desk.runtime.secret, kept.settings)
    assert opened["imap"]["password"] == "s3cret-imap"
    new = mail_form(desk, imap_password="new-one")
    await ada.post(f"/admin/email-inboxes/{first.id}", data=new)
    again = await inbox(desk, first.id)
    opened = opened_settings(desk.runtime.secret, again.settings)
    assert opened["imap"]["password"] == "new-one"


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "help@tea.example"},
        {"address": "nonsense"},
        {"imap_host": "imap tea"},
        {"imap_host": "imap.tea.example/../"},
        {"imap_security": "ssl3"},
        {"brand_id": ""},
        {"queue_id": "77"},
    ],
)
async def test_a_mailbox_that_cannot_be_is_refused(
    desk: Desk, ada: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await ada.post("/admin/email-inboxes/new", data=mail_form(desk, **wrong))
    assert answer.status_code == 422


async def test_a_server_is_tried_before_it_is_saved_and_says_what_is_wrong(
    desk: Desk, ada: httpx.AsyncClient, smtp_server: SmtpServer
) -> None:
    where = {"smtp_host": "127.0.0.1", "smtp_security": "none", "smtp_user": ""}
    good = mail_form(desk, smtp_port=str(smtp_server.port), do="try.smtp", **where)
    answer = await ada.post("/admin/email-inboxes/new", data=good)
    assert "The connection works." in answer.text
    dead = mail_form(desk, smtp_port="1", do="try.smtp", **where)
    answer = await ada.post("/admin/email-inboxes/new", data=dead)
    assert "The connection does not work:" in answer.text
    imap = mail_form(
        desk, imap_host="127.0.0.1", imap_port="1", imap_security="none", do="try.imap"
    )
    assert "does not work" in (await ada.post("/admin/email-inboxes/new", data=imap)).text
    assert smtp_server.mails == []
    assert (await inbox(desk)).id == desk.inboxes["form"]


def chat_form(desk: Desk, **more: str) -> dict[str, str]:
    return {
        "name": "Shop chat",
        "brand_id": str(desk.brand),
        "queue_id": str(desk.queues["general"]),
        "color": "#0d8466",
        "position": "start",
        "greeting-en": "Hello!",
        "greeting-zh_Hans": "您好！",
        "pre_chat-name": "optional",
        "pre_chat-email": "required",
        "suggestions": "1",
        "allowed_sites": "https://shop.example\n*.tea.example",
        "queue_cap": "20",
    } | more


async def test_a_chat_widget_is_set_up_as_the_widget_reads_it(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    await ada.post("/admin/chat-inboxes/new", data=chat_form(desk))
    kept = await inbox(desk)
    settings = WidgetSettings.of(kept.settings)
    assert (settings.color, settings.position, settings.queue_cap) == ("#0d8466", "start", 20)
    assert settings.greeting == {"en": "Hello!", "zh_Hans": "您好！"}
    assert [(f.name, f.required) for f in settings.pre_chat] == [("name", False), ("email", True)]
    assert settings.allowed_sites == ("https://shop.example", "*.tea.example")
    assert (settings.sound, settings.suggestions) == (False, True)
    page = (await ada.get(f"/admin/chat-inboxes/{kept.id}")).text
    assert f"data-key=&#34;{kept.key}&#34;" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"color": "teal"},
        {"allowed_sites": "https://shop.example/path"},
        {"allowed_sites": "javascript:alert(1)"},
        {"queue_cap": "-1"},
        {"pre_chat-name": "always"},
        {"greeting-en": "x" * 501},
        {"policy_url": "ftp://x"},
    ],
)
async def test_a_widget_that_cannot_be_is_refused(
    desk: Desk, ada: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await ada.post("/admin/chat-inboxes/new", data=chat_form(desk, **wrong))
    assert answer.status_code == 422
    assert "您好！" in answer.text


async def test_the_preview_follows_the_form_and_may_be_framed_by_us_only(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    answer = await ada.get(
        "/admin/chat-preview",
        params={"color": "#0d8466", "greeting-en": "<b>Hi</b>", "position": "start"},
    )
    assert "&lt;b&gt;Hi&lt;/b&gt;" in answer.text
    assert "/widget/theme/0d8466.css" in answer.text
    assert 'data-position="start"' in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    odd = await ada.get("/admin/chat-preview", params={"color": "x", "queue_cap": "many"})
    assert odd.status_code == 200


def form_form(desk: Desk, *questions: dict[str, str], **more: str) -> dict[str, Any]:
    form: dict[str, Any] = {
        "name": "Contact",
        "brand_id": str(desk.brand),
        "queue_id": str(desk.queues["general"]),
        "color": "#3b5bdb",
        "fields-row": [str(number) for number in range(len(questions))],
    }
    for number, question in enumerate(questions):
        form |= {f"fields-{number}-{name}": value for name, value in question.items()}
    return form | more


EMAIL = {"name": "email", "kind": "email", "required": "1"}
MESSAGE = {"name": "message", "kind": "textarea", "label-en": "How can we help?"}
SIZE = {"label-en": "Size of the pot", "kind": "select", "options": "Small\nLarge\nSmall"}


async def test_a_web_form_asks_its_questions_in_their_order(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    await ada.post("/admin/form-inboxes/new", data=form_form(desk, EMAIL, SIZE, SIZE, MESSAGE))
    kept = FormSettings.of((await inbox(desk)).settings)
    names = ["email", "size_of_the_pot", "size_of_the_pot_2", "message"]
    assert [field.name for field in kept.fields] == names
    assert kept.fields[1].options == ("Small", "Large")
    assert kept.fields[0].required
    assert kept.fields[3].label == {"en": "How can we help?"}


@pytest.mark.parametrize(
    ("do", "order"),
    [
        ("fields.up:1", ["message", "email"]),
        ("fields.down:0", ["message", "email"]),
        ("fields.remove:0", ["message"]),
        ("fields.add", ["email", "message", ""]),
        ("fields.up:0", ["email", "message"]),
        ("fields.remove:9", ["email", "message"]),
    ],
)
async def test_questions_are_moved_added_and_removed_by_buttons_that_save_nothing(
    desk: Desk, ada: httpx.AsyncClient, do: str, order: list[str]
) -> None:
    form = form_form(desk, EMAIL, MESSAGE, do=do, name="Unsaved")
    answer = await ada.post("/admin/form-inboxes/new", data=form)
    assert answer.status_code == 200
    assert 'value="Unsaved"' in answer.text
    found = [part.split('"')[0] for part in answer.text.split('-name" value="')[1:]]
    assert found == order
    assert (await inbox(desk)).id == desk.inboxes["form"]


@pytest.mark.parametrize(
    ("questions", "says"),
    [
        ([MESSAGE], "Ask for an email address"),
        ([EMAIL], "Ask one question with several lines"),
        ([EMAIL, MESSAGE, {"kind": "text"}], "A question has no text."),
        ([EMAIL, MESSAGE, SIZE | {"options": "One"}], "at least two options"),
        ([EMAIL, MESSAGE | {"kind": "html"}], "Choose one of the list."),
    ],
)
async def test_questions_that_cannot_be_are_refused_and_kept(
    desk: Desk, ada: httpx.AsyncClient, questions: list[dict[str, str]], says: str
) -> None:
    answer = await ada.post("/admin/form-inboxes/new", data=form_form(desk, *questions))
    assert answer.status_code == 422
    assert says in answer.text
    assert answer.text.count('name="fields-row"') == len(questions)


async def test_an_inbox_of_another_channel_is_not_found_under_this_one(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    address = f"/admin/chat-inboxes/{desk.inboxes['email']}"
    assert (await ada.get(address)).status_code == 404
    assert (await ada.post(address, data=chat_form(desk))).status_code == 404
    assert (await ada.post(f"{address}/remove")).status_code == 404


async def test_identity_secrets_are_shown_once_two_are_good_and_a_save_keeps_them(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    inbox_id = desk.inboxes["chat"]
    at = f"/admin/chat-inboxes/{inbox_id}"

    async def secrets() -> tuple[str, ...]:
        return WidgetSettings.of((await inbox(desk, inbox_id)).settings).identity_secrets

    for _ in range(3):
        made = await ada.post(f"{at}/secret")
        assert (await secrets())[-1] in made.text
    older, newer = await secrets()
    page = (await ada.get(at)).text
    assert older not in page
    assert newer not in page
    saved = await ada.post(
        at,
        data={
            "name": "Chat",
            "brand_id": str(desk.brand),
            "queue_id": str(desk.queues["general"]),
            "color": "#3b5bdb",
            "position": "end",
            "queue_cap": "5",
        },
    )
    assert saved.status_code == 303
    assert await secrets() == (older, newer)
    await ada.post(f"{at}/secret/drop")
    assert await secrets() == (newer,)
    assert newer not in (await ada.get("/admin/log")).text


async def test_an_agent_makes_no_identity_secret(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    answer = await ana.post(f"/admin/chat-inboxes/{desk.inboxes['chat']}/secret")
    assert answer.status_code in (403, 404)
