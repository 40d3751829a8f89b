"""Two authors at one text: each learns of the other, and nothing is written over unseen."""

import re

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from tests.desk import Desk
from tests.fixtures.people import SignIn


def _fields(page: str) -> dict[str, str]:
    """The hidden fields of the editor's form, as a browser would send them."""
    form = page[page.index("data-editor") :]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: value for name, value in found if name != "csrf_token"}


async def test_who_saves_second_sees_what_the_first_changed_before_it_is_gone(
    desk: Desk, browser_of: SignIn
) -> None:
    ada, db = await desk.actor("ada"), desk.runtime.db
    draft = ArticleDraft({"en": ArticleText("How hot?", "75 degrees.")})
    article_id = await db.write(save_article, ada, desk.brand, draft)
    await db.write(publish_article, ada, article_id)
    here = f"/knowledge/{article_id}"
    ana, ben = await browser_of("ana"), await browser_of("ben")
    hers = {**_fields((await ana.get(here)).text), "title": "How hot?", "visibility": "public"}
    his = {**_fields((await ben.get(here)).text), "title": "How hot?", "visibility": "internal"}

    await ana.post(f"{here}/draft", data={**hers, "body": "80 degrees."})
    assert "Also being written by: Ana" in (await ben.get(here)).text
    kept = await ben.post(f"{here}/draft", data={**his, "body": "70 degrees."})
    assert "Also being written by: Ana" in kept.text
    await ben.post(here, data={**his, "body": "70 degrees, never more."})
    kept = await ana.post(f"{here}/draft", data={**hers, "body": "80 degrees."})
    assert "Version 2 was saved meanwhile" in kept.text

    refused = await ana.post(here, data={**hers, "body": "80 degrees."})
    assert refused.status_code == 409
    assert "Ben saved version 2" in refused.text
    assert "<ins>" in refused.text
    assert "80 degrees." in refused.text
    again = _fields(refused.text)
    reloaded = (await ana.get(here)).text
    assert "Ben saved version 2" in reloaded
    assert _fields(reloaded)["revision"] == "1", "the warning stays while she goes on writing"
    assert '<option value="internal" selected>' in refused.text, "his details are not undone unseen"
    saved = await ana.post(here, data={**hers, **again, "body": "80 degrees.", "then": "save"})
    assert saved.status_code == 303
    assert "saved version" not in (await ana.get(here)).text
