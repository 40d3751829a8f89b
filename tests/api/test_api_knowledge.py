"""Whoever measures the knowledge base over HTTP gets what the library gives: ids, order, scores,
answers, topics and gaps."""

import json
from pathlib import Path
from random import Random
from typing import Any

import httpx2 as httpx
import pytest

from app.runtime import build_runtime
from knowledge.answer import answer
from knowledge.classify import train
from knowledge.gaps import gaps
from knowledge.index import Index
from knowledge.search import search, suggest
from knowledge.values import Article
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine
SHOP = Path(__file__).parent.parent / "knowledge" / "shop"
PUBLIC = ("public",)
LOCALES = {"en": "en", "zh-Hant": "zh_Hant", "zh-Hans": "zh_Hans", "zh": "zh_Hans"}


def _rows(name: str) -> list[dict[str, Any]]:
    text = (SHOP / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line]


@pytest.fixture
async def ada(machine: Machine) -> httpx.AsyncClient:
    """An administrator's machine."""
    return await machine("ada")


@pytest.fixture
async def suite(ada: httpx.AsyncClient) -> tuple[Index, dict[int, str]]:
    """The shop's articles put over HTTP; the library's own index of them, and their ids."""
    rows = [
        {name: row[name] for name in ("id", "title", "body", "locale", "alternatives")
         if name in row}
        for row in _rows("articles.jsonl")
    ]  # fmt: skip
    answer = await ada.put("/brands/tea/articles", json=rows)
    assert answer.status_code == 200, answer.text
    numbers = {id: number for number, id in enumerate(dict.fromkeys(row["id"] for row in rows), 1)}
    index = Index(":memory:")
    index.replace_all(
        Article(
            numbers[row["id"]], LOCALES[row["locale"]], row["title"], row["body"],
            alternatives=tuple(row.get("alternatives", ())),
        )
        for row in rows
    )  # fmt: skip
    return index, {number: id for id, number in numbers.items()}


async def test_search_and_suggestions_are_the_librarys(ada, suite) -> None:
    index, ids = suite
    for row in _rows("queries.jsonl"):
        asked, locale = row["query"], LOCALES[row["locale"]]
        for name, find, text in (("search", search, asked), ("suggest", suggest, asked[:12])):
            wanted = find(index, text, brand=None, locale=locale, visibilities=PUBLIC, limit=10)
            given = await ada.get(
                f"/knowledge/{name}", params={"q": text, "locale": row["locale"], "k": 10}
            )
            found = [(hit["id"], round(hit["score"], 9)) for hit in given.json()]
            assert found == [(ids[hit.article_id], round(hit.score, 9)) for hit in wanted], text


async def test_the_answer_is_the_librarys_or_none(ada, suite) -> None:
    index, ids = suite
    sure = 0
    for row in _rows("queries.jsonl"):
        locale = LOCALES[row["locale"]]
        wanted = answer(index, row["query"], brand=None, locale=locale, visibilities=PUBLIC)
        body = {"query": row["query"], "locale": row["locale"]}
        given = (await ada.post("/knowledge/answer", json=body)).json()
        assert given["confidence"] == pytest.approx(wanted.confidence)
        if wanted.sure and wanted.hit is not None:
            sure += 1
            assert given["id"] == ids[wanted.hit.article_id]
            assert given["passage"]
        else:
            assert (given["id"], given["passage"]) == (None, None)
    assert sure > 0
    nothing = (await ada.post("/knowledge/answer", json={"query": "xyzzy qwrtp"})).json()
    assert (nothing["id"], nothing["confidence"], nothing["related"]) == (None, 0.0, [])


async def test_a_whole_mail_may_be_asked_about_and_an_answer_always_says_something(ada) -> None:
    rows = [{"id": "x", "title": "Where is my parcel?", "body": "", "locale": "en"}]
    assert (await ada.put("/brands/tea/articles", json=rows)).status_code == 200
    given = (await ada.post("/knowledge/answer", json={"query": "Where is my parcel?"})).json()
    assert (given["id"], given["passage"]) == ("x", "Where is my parcel?")
    mail = {"query": f"Where is my parcel? {'It is late. ' * 1_000}"}
    assert (await ada.post("/knowledge/answer", json=mail)).status_code == 200
    assert (await ada.get("/knowledge/search", params={"q": mail["query"]})).json()[0]["id"] == "x"
    assert (await ada.post("/knowledge/classify", json={"text": mail["query"]})).json() == []


async def test_an_answer_is_never_from_what_only_agents_may_read(ada) -> None:
    rows = [{"id": "in", "title": "What is the safe's code?", "body": "1234.", "locale": "en",
             "visibility": "internal"}]  # fmt: skip
    await ada.put("/brands/tea/articles", json=rows)
    asked = {"query": "What is the safe's code?"}
    for audience in ("everybody", "customers"):
        given = await ada.post("/knowledge/answer", json=asked | {"audience": audience})
        assert given.json() == {
            "id": None, "confidence": 0.0, "passage": None, "article_id": None, "title": None,
            "locale": None, "slug": None, "related": [],
        }  # fmt: skip
    (hit,) = (await ada.get("/knowledge/search", params={"q": asked["query"]})).json()
    assert hit["id"] == "in"


TRAINING = [
    {"text": text.format(what=what), "label": label, "locale": "en"}
    for label, texts in {
        "parcel": ["where is my {what}", "my {what} has not arrived", "track the {what}"],
        "refund": ["I want my money back for the {what}", "refund the {what}", "return {what}"],
        "login": ["cannot sign in to my {what}", "password of my {what}", "{what} login fails"],
    }.items()
    for text in texts
    for what in ("tea", "order", "account", "cup")
]


async def test_topics_are_learned_and_kept(ada, desk: Desk, tmp_path: Path) -> None:
    assert (await ada.post("/knowledge/classify", json={"text": "my parcel"})).json() == []
    taught = await ada.put("/knowledge/training", json=TRAINING)
    assert taught.json() == {"examples": 36, "labels": 3}
    model = train([(row["text"], row["label"]) for row in TRAINING], Random(1))
    for text in ("my tea has not arrived yet", "give me my money back", "sign in fails"):
        given = (await ada.post("/knowledge/classify", json={"text": text, "locale": "en"})).json()
        assert [(it["label"], it["score"]) for it in given] == [
            (it.label, pytest.approx(it.confidence)) for it in model.classify(text)
        ]
        assert given
    again = build_runtime(desk.runtime.settings)  # another process of the same installation
    async with again.running():
        await again.knowledge.classes.settled()
        found = await again.knowledge.classify("refund the tea", brand=desk.brand)
        assert found[0].label == "refund"
    await again.db.close()


async def test_other_texts_replace_what_was_learned(ada, desk: Desk) -> None:
    await ada.put("/knowledge/training", json=TRAINING)
    other = [{"text": it["text"], "label": it["label"].upper()} for it in TRAINING]
    await ada.put("/knowledge/training", json=other, params={"brand": "tea"})
    asked = {"text": "refund the tea"}
    assert (await ada.post("/knowledge/classify", json=asked)).json()[0]["label"] == "refund"
    theirs = (await ada.post("/knowledge/classify", json=asked | {"brand": "tea"})).json()
    assert theirs[0]["label"].lower() == "refund"
    await ada.put("/knowledge/training", json=[])
    assert (await ada.post("/knowledge/classify", json=asked)).json() == []
    theirs = (await ada.post("/knowledge/classify", json=asked | {"brand": "tea"})).json()
    assert theirs[0]["label"] == "REFUND"
    await ada.put("/knowledge/training", json=[], params={"brand": "tea"})
    assert (await ada.post("/knowledge/classify", json=asked | {"brand": "tea"})).json() == []


async def test_only_supervisors_teach(machine: Machine, other_brand: int) -> None:
    ana, sue = await machine("ana"), await machine("sue")
    assert (await ana.put("/knowledge/training", json=TRAINING)).status_code == 404
    there = await sue.put("/knowledge/training", json=TRAINING, params={"brand": "tea"})
    assert there.status_code == 404
    assert (await sue.put("/knowledge/training", json=TRAINING)).status_code == 200
    own = (await sue.post("/knowledge/classify", json={"text": "refund the tea"})).json()
    assert own[0]["label"] == "refund"
    theirs = await ana.post("/knowledge/classify", json={"text": "refund the tea"})
    assert theirs.json() == []


QUESTIONS = [
    "Do you have gift cards?", "can I buy a gift card", "gift card for a friend",
    "Is there a shop in Oslo?", "opening hours of the shop in Oslo", "the blue one",
]  # fmt: skip


async def test_gaps_are_the_librarys_biggest_first(ada) -> None:
    first = await ada.post("/knowledge/unanswered", json={"query": QUESTIONS[0], "locale": "en-GB"})
    assert (first.status_code, first.json()) == (201, {"noted": 1})
    rest = [{"query": text} for text in QUESTIONS[1:]]
    assert (await ada.post("/knowledge/unanswered", json=rest)).json() == {"noted": 5}
    wanted = [{QUESTIONS[at] for at in gap.members} for gap in gaps(QUESTIONS)]
    given = (await ada.get("/knowledge/gaps", params={"n": 10})).json()
    assert [set(group) for group in given] == wanted
    assert set(given[0]) == set(QUESTIONS[:3])
    assert [group[0] for group in given] == [gap.question for gap in gaps(QUESTIONS)]
    assert len((await ada.get("/knowledge/gaps", params={"n": 1})).json()) == 1


async def test_questions_that_were_sent_can_be_dropped_by_supervisors(
    machine: Machine, ada: httpx.AsyncClient
) -> None:
    ana = await machine("ana")
    await ana.post("/knowledge/unanswered", json=[{"query": text} for text in QUESTIONS])
    assert (await ana.delete("/knowledge/unanswered")).status_code == 404
    assert (await ada.get("/knowledge/gaps")).json()
    assert (await ada.delete("/knowledge/unanswered")).status_code == 204
    assert (await ada.get("/knowledge/gaps")).json() == []


async def test_gaps_are_of_the_brands_one_serves(machine: Machine, other_brand: int) -> None:
    rows = [{"query": text} for text in QUESTIONS]
    await (await machine("ana")).post("/knowledge/unanswered", json=rows)
    assert (await (await machine("sue")).get("/knowledge/gaps")).json() == []
    there = await (await machine("sue")).get("/knowledge/gaps", params={"brand": "tea"})
    assert there.status_code == 404
    assert (await (await machine("ana")).get("/knowledge/gaps")).json()


async def test_thousands_of_questions_in_a_row_are_not_too_many(ada, suite) -> None:
    for _ in range(1_300):  # more than other requests a minute
        given = await ada.post("/knowledge/classify", json={"text": "tea"})
        assert given.status_code == 200


async def test_many_questions_are_grouped_as_few_are(ada) -> None:
    many = [f"{text} please {number}" for number in range(60) for text in QUESTIONS]
    await ada.post("/knowledge/unanswered", json=[{"query": text} for text in many])
    wanted = [len(gap.members) for gap in gaps(many)]
    given = (await ada.get("/knowledge/gaps", params={"n": 1000})).json()
    assert [len(group) for group in given] == wanted
