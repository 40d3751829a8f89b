"""Customers and articles in the console: found, put right, written, published, withdrawn."""

from tests.console.test_inbox_pages import hide_from
from tests.desk import Desk
from tests.fixtures.people import SignIn


async def test_customers_are_found_and_put_right(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail(name="Kim Doe")
    await desk.mail(email="lee@example.com", name="Lee Wong")
    ana = await browser_of("ana")
    found = (await ana.get("/customers?q=kim")).text
    assert "Kim Doe" in found
    assert "Lee Wong" not in found
    assert "Nobody found" in (await ana.get("/customers?q=zorro")).text
    path = f"/customers/{mail.customer_id}"
    assert "A question" in (await ana.get(path)).text
    data = {"name": "Kim Dohnány", "email": "kim@example.com", "company": "Tea Ltd"}
    assert (await ana.post(path, data=data)).status_code == 303
    page = (await ana.get(path)).text
    assert "Kim Dohnány" in page
    assert "Tea Ltd" in page
    wrong = await ana.post(path, data=data | {"email": "nothing"})
    assert wrong.status_code == 422
    assert "Enter an email address" in wrong.text


async def test_a_foreign_brands_customer_does_not_exist(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail(name="Kim Doe")
    await hide_from(desk, "ana", mail.conversation_id)
    ana = await browser_of("ana")
    path = f"/customers/{mail.customer_id}"
    assert (await ana.get(path)).status_code == 404
    assert (await ana.post(path, data={"name": "X"})).status_code == 404
    assert "Kim Doe" not in (await ana.get("/customers")).text
    assert (await ana.get(f"/inbox/new?customer={mail.customer_id}")).status_code == 404


async def test_an_article_is_written_published_found_and_withdrawn(
    desk: Desk, browser_of: SignIn
) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    assert "No articles yet" in (await ana.get("/knowledge")).text
    assert (
        "<strong>hot</strong>"
        in (await ana.post("/knowledge/preview", data={"body": "**hot** <script>x</script>"})).text
    )
    data = {
        "lang": "en",
        "title": "How hot should the water be?",
        "body": "Green tea: 75 degrees. **Never boiling.**",
        "category": "Brewing",
        "visibility": "public",
        "brand": str(desk.brand),
        "then": "publish",
    }
    saved = await ana.post("/knowledge/new", data=data)
    path = saved.headers["location"].split("?")[0]
    await desk.runtime.knowledge.settled()
    found = (await ana.get(f"/inbox/{mail.conversation_id}/articles?q=hot water")).text
    assert "How hot should the water be?" in found
    assert "/help/tea/en/" in found
    assert "Insert text" in found
    page = (await ana.get(path)).text
    assert "Published" in page
    version = page.split('name="version" value="')[1].split('"')[0]
    data |= {"version": version, "lang": "zh_Hans", "title": "水温", "body": "绿茶七十五度"}
    assert (await ana.post(path, data=data)).status_code == 303
    assert "水温" in (await ana.get(f"{path}?lang=zh_Hans")).text
    stale = await ana.post(path, data=data)
    assert stale.status_code == 409
    assert "Somebody else has changed this" in stale.text
    assert "绿茶" in stale.text
    await ana.post(f"{path}/withdraw")
    await desk.runtime.knowledge.settled()
    found = (await ana.get(f"/inbox/{mail.conversation_id}/articles?q=hot water")).text
    assert "Nothing found" in found


async def test_an_article_without_a_title_comes_back(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    data = {"lang": "en", "title": " ", "body": "Kept words", "brand": str(desk.brand)}
    answer = await ana.post("/knowledge/new", data=data)
    assert answer.status_code == 422
    assert "Enter a title." in answer.text
    assert "Kept words" in answer.text
    assert (await ana.get("/knowledge/999")).status_code == 404
