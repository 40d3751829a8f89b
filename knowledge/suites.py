"""Sets of questions to measure the knowledge library on, read from folders of JSON lines.

A folder with `articles.jsonl` (id, title, body, locale, alternatives) is a knowledge base; its
questions are in `queries.jsonl` (query, gold: list of ids, locale), and without that file the
titles are hidden and asked for. A folder with `cls_train.jsonl` (text, label) is a set of labelled
texts; `cls_val.jsonl` and `cls_oos_*.jsonl` (texts of no class) beside it are used where present.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from knowledge.text import fold
from knowledge.values import Article

_PHRASINGS = 5
_ASKED = 300
_HAN = re.compile("[\u4e00-\u9fff]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, in which locale, and the ids of the articles that answer it (maybe none)."""

    text: str
    locale: str
    gold: frozenset[int]


@dataclass(frozen=True, slots=True)
class Suite:
    """A knowledge base with questions to it."""

    name: str
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts with their classes to learn from and to be tested on, and texts of no class."""

    name: str
    train: tuple[tuple[str, str], ...]
    test: tuple[tuple[str, str], ...]
    outside: tuple[str, ...] = ()


def load(folder: Path) -> list[Suite]:
    """Every knowledge base in `folder` and below; raises ValueError if there is nothing to measure.

    Labelled texts become one too: an article for each class, known by five of its texts.
    """
    found = [_suite(file.parent) for file in _files(folder, "articles.jsonl")]
    found += [as_suite(labelled) for labelled in load_labelled(folder)]
    if not found:
        raise ValueError(f"{folder} holds no suite: expected NAME/articles.jsonl below it")
    return found


def load_labelled(folder: Path) -> list[Labelled]:
    """Every set of labelled texts in `folder` and below."""
    return [_labelled(file.parent) for file in _files(folder, "cls_train.jsonl")]


def as_suite(labelled: Labelled) -> Suite:
    """A class as an article: its name the title, five texts the alternatives, the rest asked."""
    by_label: dict[str, list[str]] = {}
    for text, label in labelled.train:
        by_label.setdefault(label, []).append(text)
    articles: list[Article] = []
    questions: list[Question] = []
    for number, (label, texts) in enumerate(sorted(by_label.items()), 1):
        known = min(_PHRASINGS, (len(texts) + 1) // 2)
        title = label.replace("_", " ").lower()
        articles.append(Article(number, "en", title, "", alternatives=tuple(texts[:known])))
        questions += [Question(text, "en", frozenset({number})) for text in texts[known:]]
    Random(1).shuffle(questions)
    outside = [Question(text, "en", frozenset()) for text in labelled.outside]
    return Suite(labelled.name, tuple(articles), (*questions[:_ASKED], *outside))


def without_every_fifth(suite: Suite) -> Suite:
    """The suite with some of its articles taken away, so that their questions have no answer."""
    kept = tuple(article for article in suite.articles if article.id % 5)
    ids = frozenset(article.id for article in kept)
    questions = tuple(
        Question(question.text, question.locale, question.gold & ids)
        for question in suite.questions
    )
    return Suite(suite.name, kept, questions)


def mistyped(suite: Suite, draw: Random) -> Suite:
    """The suite asked with a slip of the keyboard in every third longer word."""

    def slip(match: re.Match[str]) -> str:
        word = match.group()
        if draw.random() > 1 / 3:
            return word
        at = draw.randrange(len(word) - 1)
        letter = draw.choice(_LETTERS)
        return draw.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + letter + word[at + 1 :],
                word[:at] + letter + word[at:],
            )
        )

    return _asked_otherwise(suite, lambda text: re.sub("[A-Za-z]{4,}", slip, text))


def half_typed(suite: Suite) -> Suite:
    """The suite asked with the first 60 % of each question."""
    return _asked_otherwise(suite, lambda text: text[: int(len(text) * 0.6)])


def in_simplified(suite: Suite) -> Suite | None:
    """The suite asked in the simplified script; None if that changes nothing."""
    changed = _asked_otherwise(suite, lambda text: fold(text) if _HAN.search(text) else text)
    return None if changed.questions == suite.questions else changed


def _asked_otherwise(suite: Suite, change: Callable[[str], str]) -> Suite:
    questions = tuple(Question(change(q.text), q.locale, q.gold) for q in suite.questions)
    return Suite(suite.name, suite.articles, questions)


def _files(folder: Path, name: str) -> list[Path]:
    return sorted({*folder.glob(f"*/{name}"), *folder.glob(name)})


def _labelled(folder: Path) -> Labelled:
    rows = _pairs(folder / "cls_train.jsonl")
    Random(1).shuffle(rows)
    held_out = folder / "cls_val.jsonl"
    if held_out.exists():
        test = _pairs(held_out)
        Random(2).shuffle(test)
    else:
        rows, test = rows[len(rows) // 5 :], rows[: len(rows) // 5]
    outside = [text for file in sorted(folder.glob("cls_oos_*.jsonl")) for text, _ in _pairs(file)]
    return Labelled(folder.name, tuple(rows), tuple(test), tuple(outside))


def _pairs(file: Path) -> list[tuple[str, str]]:
    return [(str(row["text"]), str(row["label"])) for row in _rows(file)]


def _suite(folder: Path) -> Suite:
    rows = _rows(folder / "articles.jsonl")
    numbers = {str(row["id"]): number for number, row in enumerate(rows, 1)}
    queries = folder / "queries.jsonl"
    hidden = not queries.exists()
    articles = tuple(
        Article(
            numbers[str(row["id"])],
            str(row["locale"]),
            "" if hidden else str(row["title"]),
            str(row["body"]),
            alternatives=tuple(map(str, _sequence(row.get("alternatives")))),
        )
        for row in rows
    )
    if hidden:
        questions = tuple(
            Question(str(row["title"]), str(row["locale"]), frozenset({numbers[str(row["id"])]}))
            for row in rows
        )
    else:
        questions = tuple(
            Question(
                str(row["query"]),
                str(row["locale"]),
                frozenset(numbers[str(id)] for id in _sequence(row["gold"])),
            )
            for row in _rows(queries)
        )
    return Suite(folder.name, articles, questions)


def _rows(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
