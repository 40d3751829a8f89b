"""How fast suggestions come while a customer types, at three sizes of knowledge base."""

import random
from collections.abc import Callable, Iterator
from resource import RUSAGE_SELF, getrusage
from statistics import quantiles
from time import perf_counter, thread_time

from bench.harness import Report
from knowledge.classify import train
from knowledge.gaps import gaps
from knowledge.index import Index
from knowledge.search import search, suggest
from knowledge.values import Article

_SIZES_AND_GOALS_MS = ((1_000, 15.0), (10_000, 50.0), (50_000, 100.0))
_QUESTIONS = 60
_CHANGED = 50
_TOPICS = 80
_EXAMPLES = 10_000
_SYLLABLES = ("ba", "co", "de", "fi", "gu", "ha", "lo", "mi", "ne", "po", "ra", "si", "tu", "ve")
_COMMON = ("the", "to", "of", "and", "a", "in", "your", "you", "for", "how", "do", "i", "my", "can")
_SUPPORT = (
    "order",
    "refund",
    "delivery",
    "password",
    "card",
    "change",
    "address",
    "invoice",
    "late",
)
_CHINESE = "订单退货款地址密码发票运费会员商品客服时间修改取消查询支付配送账户的是在我们您可以请将"


def run(report: Report) -> None:
    """Measure and report; takes about two minutes, most of it spent indexing."""
    for size, goal in _SIZES_AND_GOALS_MS:
        draw = random.Random(7)
        vocabulary = _vocabulary(draw)
        began = perf_counter()
        index = Index(":memory:")
        index.replace_all(_articles(draw, vocabulary, size))
        report(f"index {size:,} articles", round(perf_counter() - began, 1), "s")
        held_mb = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        report(f"memory with {size:,} articles", round(held_mb), "MB")
        typed = list(_typed(draw, vocabulary))

        def suggested(text: str, locale: str, held: Index = index) -> object:
            return suggest(held, text, brand=1, locale=locale, visibilities=("public",))

        slowest = _p99(typed, suggested)
        report(f"suggest p99, {size:,} articles", slowest, "ms CPU", goal=f"<= {goal:g}")
        asked = list(_questions(draw, vocabulary))

        def found(text: str, locale: str, held: Index = index) -> object:
            return search(held, text, brand=1, locale=locale, visibilities=("public",))

        slowest = _p99(asked, found)
        report(f"search p99, {size:,} articles", slowest, "ms CPU")
        began = thread_time()
        for article in _articles(draw, vocabulary, _CHANGED):
            index.put(article)
        spent = (thread_time() - began) * 1000 / _CHANGED
        report(f"change one of {size:,} articles", round(spent, 1), "ms CPU")
        index.close()
    _learning(report)


def _learning(report: Report) -> None:
    """How long it takes to learn topics, to tell one, and to group what found no answer."""
    draw = random.Random(7)
    vocabulary = _vocabulary(draw)
    examples = [
        (f"{' '.join(_words(draw, vocabulary, 8))} {vocabulary[100 + topic]}", str(topic))
        for topic in range(_TOPICS)
        for _ in range(_EXAMPLES // _TOPICS)
    ]
    began = thread_time()
    model = train(examples, random.Random(1))
    report(f"learn topics from {len(examples):,} texts", round(thread_time() - began, 1), "s CPU")

    def told(text: str, _: str) -> object:
        return model.classify(text)

    report("tell a topic, p99", _p99(examples[: 10 * _TOPICS], told), "ms CPU", goal="<= 5")
    began = thread_time()
    gaps([text for text, _ in examples[: _EXAMPLES // 2]])
    spent = round(thread_time() - began, 1)
    report(f"group {_EXAMPLES // 2:,} unanswered questions", spent, "s CPU")


def _vocabulary(draw: random.Random) -> list[str]:
    """Common words first; the rank of a word decides how often it is used (Zipf's law)."""
    made = {"".join(draw.choices(_SYLLABLES, k=draw.randint(2, 5))) for _ in range(20_000)}
    return [*_COMMON, *_SUPPORT, *sorted(made)]


def _words(draw: random.Random, vocabulary: list[str], count: int) -> list[str]:
    ranks = (int(len(vocabulary) ** draw.random()) - 1 for _ in range(count))
    return [vocabulary[rank] for rank in ranks]


def _articles(draw: random.Random, vocabulary: list[str], size: int) -> Iterator[Article]:
    for number in range(1, size + 1):
        if number % 4:
            title = " ".join(_words(draw, vocabulary, 6))
            body = " ".join(_words(draw, vocabulary, 120))
            yield Article(number, "en", title, body)
        else:
            title = "".join(draw.choices(_CHINESE, k=10))
            yield Article(number, "zh-Hans", title, "".join(draw.choices(_CHINESE, k=150)))


def _questions(draw: random.Random, vocabulary: list[str]) -> Iterator[tuple[str, str]]:
    for number in range(_QUESTIONS):
        if number % 4:
            yield " ".join(_words(draw, vocabulary, 9)), "en"
        else:
            yield "".join(draw.choices(_CHINESE, k=12)), "zh-Hant"


def _typed(draw: random.Random, vocabulary: list[str]) -> Iterator[tuple[str, str]]:
    """What the box holds after each third key."""
    for question, locale in _questions(draw, vocabulary):
        for length in range(2, len(question) + 1, 3):
            yield question[:length], locale


def _p99(asked: list[tuple[str, str]], find: Callable[[str, str], object]) -> float:
    find(*asked[-1])
    spent: list[float] = []
    for text, locale in asked:
        began = thread_time()
        find(text, locale)
        spent.append((thread_time() - began) * 1000)
    return round(quantiles(spent, n=100, method="inclusive")[98], 1)
