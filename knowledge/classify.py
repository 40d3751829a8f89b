"""Sorts short texts into classes learned from examples, such as topics or reasons for contact.

Words, pairs of words, meanings and letters, weighted by tf-idf, with a multinomial logistic
regression trained by stochastic gradient descent. The name of a class is one example more of it.
Only the classes that take part of the probability are moved at a step, so that plain dicts are
fast enough and models stay small. With an encoder, what the vectors say is added to the scores.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from random import Random

from knowledge import softmax, thesaurus
from knowledge.semantic import Encoder
from knowledge.softmax import Softmax
from knowledge.text import fold, tokens

THRESHOLD = 0.5  # below it the best class is a guess

_LETTERS = 4
_SHARES = {"=": 1.0, "+": 0.7, "#": 0.6, "~": 1.0}  # words, pairs of words, meanings, letters
_RATE = 2.0
_NEGLIGIBLE = 0.05  # classes this much less likely than the best are left alone at a step
_STEPS = 48_000
_EPOCHS = (4, 12)
_TINY = 0.03  # smaller weights are dropped after each round
_LONGEST_WORD = 30
_LONGEST_TEXT = 4_000
_PATIENCE = 0.001
_LEARNED = 0.02
# Chance that the best class is right, fitted on five sets of customers' questions with a part of
# the classes held back: bias, lead in probability, its logarithm, known words, strength, classes.
_CALIBRATION = (-2.588, 3.83, 1.594, 2.477, -0.541, 0.922)
_CALIBRATION_WITH_MEANING = (-1.085, 3.166, 1.643, 1.589, -0.149, 0.288)
_MEANING = 2 / 3  # the share of vectors in a score, where there are any
Vector = dict[str, float]
Weights = dict[str, dict[int, float]]


@dataclass(frozen=True, slots=True)
class Class:
    """One class with the estimated chance, 0..1, that it is right."""

    label: str
    confidence: float


class Classifier:
    """A trained model; make one with `train` or `from_json`."""

    def __init__(
        self,
        labels: list[str],
        rarity: dict[str, float],
        weights: Weights,
        meaning: Softmax | None = None,
    ) -> None:
        self._labels = labels
        self._rarity = rarity
        self._weights = weights
        self._meaning = meaning
        self._unseen = max(rarity.values(), default=1.0)

    def classify(self, text: str, limit: int = 3, threshold: float = 0.0) -> list[Class]:
        """The likeliest classes, best first, with calibrated confidences.

        None if nothing in `text` was ever seen, or if the best is less sure than `threshold`: use
        THRESHOLD where only a class that is probably right may be acted on.
        """
        counted = features(text)
        vector = _weighted(counted, self._rarity)
        if not vector:
            return []
        scores = self._scored(text, vector)
        best = sorted(range(len(scores)), key=lambda at: (-scores[at], self._labels[at]))
        shares = _softmax(scores)
        sure = self._calibrated(scores, shares, best, counted)
        if sure < threshold:
            return []
        rest = (1 - sure) / max(1e-9, 1 - shares[best[0]])
        return [
            Class(self._labels[at], sure if at == best[0] else min(sure, shares[at] * rest))
            for at in best[: max(0, limit)]
        ]

    def evidence(self, text: str) -> tuple[float, ...]:
        """The figures behind the confidence of the best class, for fitting the calibration."""
        counted = features(text)
        scores = self._scored(text, _weighted(counted, self._rarity))
        best = sorted(range(len(scores)), key=lambda at: (-scores[at], self._labels[at]))
        return self._figures(scores, _softmax(scores), best, counted)

    def to_json(self) -> str:
        """The model as text, to be stored."""
        held = {"labels": self._labels, "rarity": self._rarity, "weights": self._weights}
        if self._meaning is not None:
            held |= {"meaning": self._meaning.to_json()}
        return json.dumps(held, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, encoder: Encoder | None = None) -> "Classifier":
        """A stored model; raises ValueError if it is none. Without the encoder that it was learned
        with, it decides by words alone."""
        try:
            held = json.loads(text)
            weights = {
                str(feature): {int(at): float(weight) for at, weight in row.items()}
                for feature, row in held["weights"].items()
            }
            stored = held.get("meaning")
            meaning = Softmax.from_json(encoder, stored) if encoder and stored else None
            return cls(list(held["labels"]), dict(held["rarity"]), weights, meaning)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError("not a stored classifier: train it again") from error

    def _scored(self, text: str, vector: Vector) -> list[float]:
        scores = _scores(vector, self._weights, len(self._labels))
        if self._meaning is None:
            return scores
        meant = self._meaning.scores(text)
        return [
            (1 - _MEANING) * by_words + _MEANING * by_meaning
            for by_words, by_meaning in zip(scores, meant, strict=True)
        ]

    def _calibrated(
        self,
        scores: list[float],
        shares: list[float],
        best: list[int],
        counted: dict[str, Counter[str]],
    ) -> float:
        figures = self._figures(scores, shares, best, counted)
        fitted = _CALIBRATION if self._meaning is None else _CALIBRATION_WITH_MEANING
        total = fitted[0] + sum(
            factor * figure for factor, figure in zip(fitted[1:], figures, strict=True)
        )
        return 1 / (1 + exp(-total))

    def _figures(
        self,
        scores: list[float],
        shares: list[float],
        best: list[int],
        counted: dict[str, Counter[str]],
    ) -> tuple[float, ...]:
        top, second = best[0], best[1]
        seen = sum(self._rarity.get(feature, 0.0) for feature in counted["="])
        unseen = sum(feature not in self._rarity for feature in counted["="]) * self._unseen
        return (
            shares[top] - shares[second],
            log(max(shares[top], 1e-6)),
            seen / (seen + unseen) if seen else 0.0,
            min(10.0, scores[top] - sum(scores) / len(scores)),
            log(len(scores)),
        )


def train(
    examples: Sequence[tuple[str, str]], draw: Random, encoder: Encoder | None = None
) -> Classifier:
    """Learn from (text, label) pairs; `draw` shuffles them, so the same seed gives the same model.

    Raises ValueError with fewer than two labels.
    """
    labels = sorted({label for _, label in examples})
    if len(labels) < 2:
        raise ValueError("examples of at least two classes are needed")
    examples = [*examples, *((_readable(label), label) for label in labels)]
    number = {label: at for at, label in enumerate(labels)}
    counted = [features(text) for text, _ in examples]
    rarity = _rarities(counted)
    weights: Weights = {feature: {} for feature in rarity}
    vectors = [
        [(weights[feature], value) for feature, value in _weighted(counts, rarity).items()]
        for counts in counted
    ]
    epochs = min(_EPOCHS[1], max(_EPOCHS[0], _STEPS // len(examples)))
    resting: set[int] = set()
    for epoch in range(epochs):
        order = [at for at in range(len(examples)) if at not in resting]
        draw.shuffle(order)
        resting = set()
        for step, at in enumerate(order):
            rate = _RATE * (1 - (epoch + step / len(order)) / epochs)
            lost = _learn(vectors[at], number[examples[at][1]], len(labels), rate)
            if lost < _LEARNED:
                resting.add(at)  # for one round: there is little to learn from it
        _drop_tiny(weights)
    rounded = {
        feature: {at: round(weight, 3) for at, weight in row.items()}
        for feature, row in weights.items()
    }
    if encoder is None:
        return Classifier(labels, rarity, rounded)
    texts, right = [text for text, _ in examples], [number[label] for _, label in examples]
    meaning = softmax.learn(encoder, texts, right, len(labels))
    return Classifier(labels, rarity, rounded, meaning)


def _readable(label: str) -> str:
    """A class's name as somebody would say it: lost_card and LostCard are a lost card."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_/|-]+", " ", label).lower()


def _drop_tiny(weights: Weights) -> None:
    for row in weights.values():
        for at in [at for at, weight in row.items() if -_TINY < weight < _TINY]:
            del row[at]


def _learn(
    vector: list[tuple[dict[int, float], float]], right: int, classes: int, rate: float
) -> float:
    """One step down the gradient of the logarithmic loss; tells what the right class lacked.

    The vector has the weights of its features in the place of their names.
    """
    shares = [0.0] * classes
    for row, value in vector:
        for at, weight in row.items():
            shares[at] += value * weight
    most = max(shares)
    shares = [exp(score - most) for score in shares]
    total = sum(shares)
    moved = [
        (at, share / total)
        for at, share in enumerate(shares)
        if share > _NEGLIGIBLE and at != right
    ]
    lost = sum(share for _, share in moved)
    if lost < _PATIENCE:
        return lost
    moved.append((right, -lost))
    for row, value in vector:
        change = rate * value
        for at, share in moved:
            row[at] = row.get(at, 0.0) - change * share
    return lost


def _scores(vector: Vector, weights: Weights, classes: int) -> list[float]:
    scores = [0.0] * classes
    for feature, value in vector.items():
        for at, weight in weights.get(feature, {}).items():
            scores[at] += value * weight
    return scores


def _softmax(scores: list[float]) -> list[float]:
    most = max(scores)
    shares = [exp(score - most) for score in scores]
    total = sum(shares)
    return [share / total for share in shares]


def _rarities(counted: Iterable[dict[str, Counter[str]]]) -> dict[str, float]:
    frequency: Counter[str] = Counter()
    rows = 0
    for families in counted:
        for counts in families.values():
            frequency.update(counts.keys())
        rows += 1
    return {
        feature: round(1 + log((1 + rows) / (1 + times)), 4) for feature, times in frequency.items()
    }


def _weighted(counted: dict[str, Counter[str]], rarity: dict[str, float]) -> Vector:
    """One vector of length 1; each family of features has its fixed share in it."""
    vector: Vector = {}
    for family, counts in counted.items():
        values = {
            feature: (1 + log(times)) * rarity[feature]
            for feature, times in counts.items()
            if feature in rarity
        }
        length = sqrt(sum(value * value for value in values.values()))
        for feature, value in values.items():
            vector[feature] = _SHARES[family] * value / length
    length = sqrt(sum(value * value for value in vector.values()))
    return {feature: value / length for feature, value in vector.items()}


def features(text: str) -> dict[str, Counter[str]]:
    """What a text is judged by: its tokens, neighbours, meanings, and the letters of each word."""
    folded = fold(text[:_LONGEST_TEXT])
    found = tokens(folded)
    letters: Counter[str] = Counter()
    for word in folded.split():
        padded = f" {word[:_LONGEST_WORD]} "
        last = max(1, len(padded) - _LETTERS + 1)
        letters.update("~" + padded[at : at + _LETTERS] for at in range(last))
    return {
        "=": Counter("=" + token for token in found),
        "+": Counter(f"+{left} {right}" for left, right in pairwise(found)),
        "#": Counter("#" + name for name in thesaurus.shipped().names(folded)),
        "~": letters,
    }
