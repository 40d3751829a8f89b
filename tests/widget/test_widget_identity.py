"""Users whom the host's own server vouches for: who is believed, and what they see then."""

import pytest
from sqlalchemy import select, update

from app.models.customer import customers, identities
from app.models.organisation import inboxes
from app.web.widget.identify import verify
from tests.desk import Desk
from tests.fixtures.visitors import SITE_SECRET as SECRET
from tests.fixtures.visitors import NewBrowser, message_ids
from tests.fixtures.visitors import site_token as _token

NOW = 1_800_000_000_000


def test_a_good_token_says_who_it_is() -> None:
    claims = verify(_token(name="Kim"), [SECRET], "chat-key", NOW)
    assert claims is not None
    assert (claims.user, claims.email, claims.name) == ("42", "kim@example.com", "Kim")


def test_both_secrets_count_while_one_is_replaced() -> None:
    assert verify(
        _token("the older secret of theirs"),
        [SECRET, "the older secret of theirs"],
        "chat-key",
        NOW,
    )


@pytest.mark.parametrize(
    "token",
    [
        _token("another secret, not theirs"),
        _token(alg="none"),
        _token(aud="other-key"),
        _token(exp=NOW // 1000 - 1),
        _token(exp=NOW // 1000 + 90_000),
        _token(exp="soon"),
        _token(sub=""),
        _token(sub="null"),
        _token(sub=None),
        _token() + "x",
        _token().rsplit(".", 1)[0] + ".",
        "a.b.c",
        "",
        "....",
        "é.é.é",
    ],
)
def test_everything_else_is_nobody(token: str) -> None:
    assert verify(token, [SECRET], "chat-key", NOW) is None


def test_an_empty_or_short_secret_signs_nothing() -> None:
    assert verify(_token(""), ["", "short"], "chat-key", NOW) is None
    assert verify(_token("short"), ["", "short"], "chat-key", NOW) is None


async def _secret(desk: Desk) -> None:
    def change(tx):  # type: ignore[no-untyped-def]
        tx.execute(update(inboxes).values(settings={"identity_secrets": [SECRET]}))

    await desk.runtime.db.write(change)


async def test_a_known_user_finds_their_chat_on_another_device(
    desk: Desk, widget: NewBrowser, ticking
) -> None:  # type: ignore[no-untyped-def]
    await _secret(desk)
    await desk.available("ana")
    phone = await widget(identity=_token(name="Kim"))
    await phone.say("From my phone")
    laptop = await widget(identity=_token(name="Kim"))
    assert message_ids(laptop.panel) == phone.sent
    async with desk.runtime.db.read() as conn:
        found = (await conn.execute(select(identities).order_by(identities.c.kind))).all()
        [customer] = (await conn.execute(select(customers))).all()
    assert customer.name == "Kim"
    assert {(row.kind, row.value): row.verified for row in found if row.kind != "visitor"} == {
        ("email", "kim@example.com"): True,
        ("user", "tea:42"): True,
    }


@pytest.mark.parametrize(
    "identity", [_token("another secret, not theirs"), _token(exp=NOW // 1000 - 1), "nonsense"]
)
async def test_with_a_token_that_is_not_good_the_visitor_goes_on_as_anybody(
    desk: Desk, widget: NewBrowser, ticking, identity: str
) -> None:  # type: ignore[no-untyped-def]
    await _secret(desk)
    await desk.available("ana")
    known = await widget(identity=_token(name="Kim"))
    await known.say("Only for Kim")
    stranger = await widget(identity=identity)
    assert message_ids(stranger.panel) == []
    await stranger.say("And who am I?")
    async with desk.runtime.db.read() as conn:
        found = (await conn.execute(select(identities).order_by(identities.c.id))).all()
    assert (found[-1].kind, found[-1].verified) == ("visitor", False)
    assert [row.value for row in found if row.kind == "user"] == ["tea:42"]


async def test_a_made_up_id_of_a_user_finds_nothing(desk: Desk, widget: NewBrowser, client) -> None:  # type: ignore[no-untyped-def]
    await _secret(desk)
    user = {"key": "chat-key", "visitor": "user-tea-42-aaaaaaaaaaaaaaaa", "identity": ""}
    stranger = await client.post("/widget/session", json=user)
    assert message_ids(stranger.json()["panel"]) == []
