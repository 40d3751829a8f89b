"""Sorts short texts into classes learned from examples, such as topics or reasons for contact.

Words, pairs of words and character n-grams, weighted by tf-idf, with an averaged multiclass
passive-aggressive linear model (Crammer et al., "Online Passive-Aggressive Algorithms", 2006,
variant PA-I): a mistake moves the weights of the right class and of its strongest rival. Plain
dicts, because the models are small.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from random import Random

from knowledge.text import fold, tokens

_SIZES = (2, 3, 4)
_EPOCHS = 6
_AGGRESSIVENESS = 0.5
_SHARPNESS = 4.0
_LONGEST_WORD = 30
_LONGEST_TEXT = 4_000
Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Class:
    """One class with its share of confidence among all, 0..1."""

    label: str
    confidence: float


class Classifier:
    """A trained model; make one with `train` or `from_json`."""

    def __init__(self, rarity: dict[str, float], weights: dict[str, dict[str, float]]) -> None:
        self._rarity = rarity
        self._weights = weights
        self._labels = sorted({label for row in weights.values() for label in row})

    def classify(self, text: str, limit: int = 3) -> list[Class]:
        """The likeliest classes, best first; none if nothing in `text` was ever seen."""
        vector = _weighted(Counter(_features(text)), self._rarity)
        if not vector:
            return []
        scores = dict.fromkeys(self._labels, 0.0) | _scores(vector, self._weights)
        best = sorted(scores, key=lambda label: (-scores[label], label))
        top = scores[best[0]]
        shares = {label: exp(_SHARPNESS * (scores[label] - top)) for label in best}
        total = sum(shares.values())
        return [Class(label, shares[label] / total) for label in best[:limit]]

    def to_json(self) -> str:
        """The model as text, to be stored."""
        return json.dumps({"rarity": self._rarity, "weights": self._weights}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Classifier":
        """A stored model; raises ValueError if it is none."""
        try:
            held = json.loads(text)
            return cls(held["rarity"], held["weights"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("not a stored classifier: train it again") from error


def train(examples: Sequence[tuple[str, str]], draw: Random) -> Classifier:
    """Learn from (text, label) pairs; `draw` shuffles them, so the same seed gives the same model.

    Raises ValueError with fewer than two labels.
    """
    labels = sorted({label for _, label in examples})
    if len(labels) < 2:
        raise ValueError("examples of at least two classes are needed")
    counted = [Counter(_features(text)) for text, _ in examples]
    rarity = _rarities(counted)
    vectors = [_weighted(counts, rarity) for counts in counted]
    weights: dict[str, dict[str, float]] = {}
    summed: dict[str, dict[str, float]] = {}
    order = list(range(len(examples)))
    step = 0
    for _ in range(_EPOCHS):
        draw.shuffle(order)
        for at in order:
            step += 1
            _learn(vectors[at], examples[at][1], labels, weights, summed, step)
    averaged = {
        feature: {
            label: round(weight - summed[feature][label] / (step + 1), 4)
            for label, weight in row.items()
        }
        for feature, row in weights.items()
    }
    return Classifier(rarity, averaged)


def _learn(
    vector: Vector,
    right: str,
    labels: list[str],
    weights: dict[str, dict[str, float]],
    summed: dict[str, dict[str, float]],
    step: int,
) -> None:
    """Multiclass PA-I; `summed` keeps what turns the last weights into their average."""
    scores = _scores(vector, weights)
    rival = max(
        (label for label in labels if label != right), key=lambda label: scores.get(label, 0.0)
    )
    loss = 1.0 - scores.get(right, 0.0) + scores.get(rival, 0.0)
    if loss <= 0.0:
        return
    rate = min(_AGGRESSIVENESS, loss / 2)
    for feature, value in vector.items():
        change = rate * value
        row, total = weights.setdefault(feature, {}), summed.setdefault(feature, {})
        row[right] = row.get(right, 0.0) + change
        row[rival] = row.get(rival, 0.0) - change
        total[right] = total.get(right, 0.0) + change * step
        total[rival] = total.get(rival, 0.0) - change * step


def _scores(vector: Vector, weights: dict[str, dict[str, float]]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for feature, value in vector.items():
        for label, weight in weights.get(feature, {}).items():
            scores[label] = scores.get(label, 0.0) + value * weight
    return scores


def _rarities(counted: Iterable[Counter[str]]) -> dict[str, float]:
    frequency: Counter[str] = Counter()
    rows = 0
    for counts in counted:
        frequency.update(counts.keys())
        rows += 1
    return {
        feature: round(1 + log((1 + rows) / (1 + times)), 4) for feature, times in frequency.items()
    }


def _weighted(counts: Counter[str], rarity: dict[str, float]) -> Vector:
    vector = {
        feature: (1 + log(times)) * rarity[feature]
        for feature, times in counts.items()
        if feature in rarity
    }
    length = sqrt(sum(value * value for value in vector.values()))
    return {feature: value / length for feature, value in vector.items()} if length else {}


def _features(text: str) -> Iterable[str]:
    """Character n-grams of each word with its edges, and the tokens and pairs of neighbours."""
    folded = fold(text[:_LONGEST_TEXT])
    for word in folded.split():
        padded = f" {word[:_LONGEST_WORD]} "
        for size in _SIZES:
            for at in range(len(padded) - size + 1):
                yield padded[at : at + size]
    found = tokens(folded)
    yield from ("=" + token for token in found)
    yield from (f"={left} {right}" for left, right in pairwise(found))
