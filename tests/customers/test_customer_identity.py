"""Who is known by what: spellings, junk, shared numbers, and what does not make two people one."""

import pytest
from sqlalchemy import func, select, update

from app.actions.customer import find_or_create_customer
from app.actions.identity import SHARED_ABOVE
from app.actions.visitor import Said, open_visitor_session, visitor_says
from app.models.activity import activities
from app.models.customer import customers, identities, visitor_sessions
from app.models.organisation import inboxes
from app.models.party import duplicate_pairs
from app.security.sessions import hash_token
from channels.chat.parse import parse
from channels.identity import normalise
from channels.values import Identity, IdentityKind
from tests.desk import Desk
from tests.fixtures.visitors import NewBrowser

# What others have met in the wild where an id should have been (PostHog's list, and quoted forms).
JUNK = (
    "anonymous", "guest", "distinctid", "distinct_id", "id", "not_authenticated", "email",
    "undefined", "true", "false", "[object Object]", "NaN", "None", "none", "null", "0", "",
    "   ", "'null'", '"undefined"', "'0'", '""', "00000000-0000-0000-0000-000000000000",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["user", "card", "wechat", "visitor"])
@pytest.mark.parametrize("junk", JUNK)
def test_junk_identifies_nobody(kind: IdentityKind, junk: str) -> None:
    assert normalise(kind, junk) is None


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_another_system_identifies_nobody(junk: str) -> None:
    assert normalise("external", f"crm:{junk}") is None
    assert normalise("oidc", f"https://id.example|{junk}") is None


@pytest.mark.parametrize(
    ("kind", "one", "same"),
    [
        ("phone", "138 0013 8000", "+8613800138000"),
        ("phone", "１３８００１３８０００", "0086 138-0013-8000"),
        ("email", "Kim@Example.COM", "mailto:kim@example.com"),
        ("card", "4711 0815-42", "4711081542"),
        ("external", " crm : 42 ", "crm:42"),
        ("oidc", "https://id.example|42", "https://id.example|42 "),
    ],
)
def test_two_spellings_are_one_identity(kind: IdentityKind, one: str, same: str) -> None:
    assert normalise(kind, one, "CN") == normalise(kind, same, "CN") is not None


async def known(desk: Desk, *known_as: Identity, name: str = "") -> int:
    return await desk.runtime.db.write(find_or_create_customer, known_as, name)


@pytest.mark.engine
async def test_a_shop_counter_s_phone_does_not_make_its_customers_one(desk: Desk) -> None:
    phone = Identity("phone", "+442079460018")
    people = [
        await known(desk, Identity("email", f"p{n}@example.com"), phone)
        for n in range(SHARED_ABOVE + 20)
    ]
    assert len(set(people)) == SHARED_ABOVE + 20
    async with desk.runtime.db.read() as conn:
        row = (
            await conn.execute(select(identities).where(identities.c.value == phone.value))
        ).one()
        pairs = (await conn.execute(select(func.count()).select_from(duplicate_pairs))).scalar_one()
    assert row.shared
    assert pairs < SHARED_ABOVE + 1  # no longer a reason to suspect anybody
    assert await known(desk, Identity("email", "p7@example.com"), phone) == people[7]


async def test_an_address_with_another_account_is_somebody_else_s(desk: Desk) -> None:
    home = Identity("email", "family@example.com", verified=True)
    kim = await known(desk, Identity("user", "tea:1", verified=True), home)
    lee = await known(desk, Identity("user", "tea:2", verified=True), home)
    assert kim != lee
    async with desk.runtime.db.read() as conn:
        pair = (await conn.execute(select(duplicate_pairs))).one()
    assert (pair.a_id, pair.b_id, pair.reasons, pair.state) == (kim, lee, ["same_email"], "open")


@pytest.mark.engine
async def test_accounts_of_two_systems_may_be_one_person(desk: Desk) -> None:
    home = Identity("email", "kim@example.com", verified=True)
    kim = await known(desk, Identity("external", "crm:1", verified=True), home)
    assert await known(desk, Identity("external", "shop:9", verified=True), home) == kim
    assert await known(desk, Identity("external", "shop:9", verified=True)) == kim


async def session(desk: Desk, browser: str, user: str = "", email: str = "") -> int:
    """Open the widget: signed in as somebody, or as nobody."""
    claims = [Identity("user", f"tea:{user}", verified=True)] if user else []
    if email:
        claims.append(Identity("email", email, verified=True))
    token = await desk.runtime.db.write(
        open_visitor_session,
        desk.inboxes["chat"],
        f"user tea:{user}" if user else browser,
        "en",
        known_as=claims,
        browser_id=browser,
    )
    async with desk.runtime.db.read() as conn:
        return int(
            (
                await conn.execute(
                    select(visitor_sessions.c.id).where(
                        visitor_sessions.c.hash == hash_token(token)
                    )
                )
            ).scalar_one()
        )


async def row_of(desk: Desk, session_id: int):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return (
            await conn.execute(select(visitor_sessions).where(visitor_sessions.c.id == session_id))
        ).one()


async def says(desk: Desk, session_id: int, text: str, email: str = "") -> int:
    """Write in the chat; returns the customer it is counted as."""
    row = await row_of(desk, session_id)
    desk.counter += 1
    inbound = parse(text, external_id=f"k{desk.counter}", visitor_id=row.visitor)
    received = await desk.runtime.db.write(
        visitor_says, session_id, Said(inbound, f"key-{desk.counter:012}", email=email)
    )
    return received.customer_id


BROWSER = "b" * 32


@pytest.mark.engine
async def test_an_unknown_visitor_who_signs_in_is_the_customer_of_five_years(desk: Desk) -> None:
    kim = (await desk.mail(email="kim@example.com")).customer_id
    unknown = await session(desk, BROWSER)
    stranger = await says(desk, unknown, "Hello, I have a question")
    chat = (await row_of(desk, unknown)).conversation_id
    signed_in = await session(desk, BROWSER, "42", "kim@example.com")
    row = await row_of(desk, signed_in)
    assert stranger != kim
    assert (row.customer_id, row.conversation_id) == (kim, chat)
    assert await says(desk, signed_in, "And another one") == kim
    async with desk.runtime.db.read() as conn:
        alias = (await conn.execute(select(customers).where(customers.c.id == stranger))).one()
    assert alias.merged_into_id == kim


@pytest.mark.engine
async def test_two_people_on_one_computer_stay_two(desk: Desk) -> None:
    first = await session(desk, BROWSER)
    await says(desk, first, "Before anybody signs in")
    kim = (await row_of(desk, await session(desk, BROWSER, "1", "kim@example.com"))).customer_id
    later = await session(desk, BROWSER)
    empty = await row_of(desk, later)
    assert (empty.customer_id, empty.conversation_id) == (None, None)
    stranger = await says(desk, later, "Somebody else sits here now")
    lee = (await row_of(desk, await session(desk, BROWSER, "2", "lee@example.com"))).customer_id
    assert len({kim, stranger, lee}) == 3
    again = (await row_of(desk, await session(desk, BROWSER, "1", "kim@example.com"))).customer_id
    assert again == kim


@pytest.mark.engine
async def test_what_was_seen_before_the_first_sign_in_stays_with_the_first(desk: Desk) -> None:
    def saw(tx, key):  # type: ignore[no-untyped-def]
        tx.execute(
            activities.insert().values(
                brand_id=desk.brand, visitor=hash_token(BROWSER), kind="page_view", source="shop",
                key=key, payload={}, at=tx.now, received_at=tx.now,
            )
        )  # fmt: skip

    await desk.runtime.db.write(saw, "1")
    kim = (await row_of(desk, await session(desk, BROWSER, "1"))).customer_id
    lee = (await row_of(desk, await session(desk, BROWSER, "2"))).customer_id
    async with desk.runtime.db.read() as conn:
        owner = (await conn.execute(select(activities.c.customer_id))).scalar_one()
    assert owner == kim != lee


async def test_a_typed_address_opens_nobody_s_history(desk: Desk) -> None:
    kim = (await desk.mail(email="kim@example.com")).customer_id
    session_id = await session(desk, BROWSER)
    stranger = await says(desk, session_id, "Hello", email="kim@example.com")
    assert stranger != kim
    lee = await session(desk, BROWSER, "9", "lee@example.com")
    assert (await row_of(desk, lee)).customer_id not in (kim, stranger)


async def test_a_proved_address_of_another_account_joins_nothing(desk: Desk) -> None:
    first = (await row_of(desk, await session(desk, "x" * 32, "1", "home@example.com"))).customer_id
    second = (
        await row_of(desk, await session(desk, "y" * 32, "2", "home@example.com"))
    ).customer_id
    assert first != second


@pytest.mark.engine
@pytest.mark.parametrize("kept", [True, False])
async def test_pages_are_kept_only_where_the_inbox_is_set_to(
    desk: Desk, widget: NewBrowser, kept: bool
) -> None:
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            update(inboxes)
            .where(inboxes.c.id == desk.inboxes["chat"])
            .values(settings={"page_views": kept})
        )
    )
    browser = await widget()
    await browser.open(page_url="https://shop.example/teapots", page_title="Teapots")
    async with desk.runtime.db.read() as conn:
        seen = (await conn.execute(select(activities.c.kind, activities.c.title))).all()
    assert [tuple(row) for row in seen if row.title] == [("page_view", "Teapots")] * kept
