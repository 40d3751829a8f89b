"""Classes told apart by their texts' vectors: a softmax regression, learned all at once.

Nesterov's accelerated gradient on the logarithmic loss with a square penalty. Needs the vectors of
`semantic.py`, and so its extra.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence

from knowledge.semantic import Encoder, Matrix, Vector

_STEPS = 80
_LOOSENESS = 30.0  # the penalty is one divided by this and by the number of examples
_POWER_STEPS = 20


class Softmax:
    """Scores of classes from vectors; make one with `learn` or `from_json`."""

    def __init__(self, encoder: Encoder, weights: Matrix, bias: Vector) -> None:
        self._encoder = encoder
        self._weights = weights
        self._bias = bias

    def scores(self, text: str) -> list[float]:
        """One score for each class; their exponentials are in proportion to the chances."""
        vector = self._encoder.encode([text])[0]
        found: list[float] = (vector @ self._weights + self._bias).tolist()
        return found

    def to_json(self) -> dict[str, object]:
        """What is to be stored."""
        rows = self._encoder.numpy.vstack([self._weights, self._bias[None, :]])
        held = b64encode(rows.astype("<f2").tobytes()).decode()
        return {"classes": int(rows.shape[1]), "rows": held}

    @classmethod
    def from_json(cls, encoder: Encoder, held: dict[str, object]) -> "Softmax":
        """What was stored; raises ValueError or KeyError if it is damaged."""
        numpy = encoder.numpy
        flat = numpy.frombuffer(b64decode(str(held["rows"])), dtype="<f2").astype("float32")
        rows = flat.reshape(encoder.width + 1, int(str(held["classes"])))
        return cls(encoder, rows[:-1], rows[-1])


def learn(encoder: Encoder, texts: Sequence[str], right: Sequence[int], classes: int) -> Softmax:
    """Learn from texts and the numbers of their classes."""
    numpy = encoder.numpy
    vectors = encoder.encode(texts)
    mean = vectors.mean(axis=0)
    vectors = vectors - mean
    wanted = numpy.zeros((len(texts), classes), dtype="float32")
    wanted[numpy.arange(len(texts)), list(right)] = 1.0
    bias = numpy.log(wanted.mean(axis=0))
    penalty = 1.0 / (_LOOSENESS * len(texts))
    length = 1.0 / (0.5 * _steepest(numpy, vectors) / len(texts) + penalty)
    weights = ahead = numpy.zeros((encoder.width, classes), dtype="float32")
    pace = 1.0
    for _ in range(_STEPS):
        error = _shares(numpy, vectors @ ahead + bias) - wanted
        gradient = vectors.T @ error / len(texts) + penalty * ahead
        stepped = ahead - length * gradient
        faster = (1.0 + (1.0 + 4.0 * pace * pace) ** 0.5) / 2.0
        ahead = stepped + ((pace - 1.0) / faster) * (stepped - weights)
        weights, pace = stepped, faster
    return Softmax(encoder, weights, bias - mean @ weights)


def _shares(numpy: Matrix, scores: Matrix) -> Matrix:
    powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _steepest(numpy: Matrix, vectors: Matrix) -> float:
    """The largest eigenvalue of the vectors' products, by power iteration: it bounds the step."""
    turned = numpy.ones(vectors.shape[1], dtype="float32")
    most = 0.0
    for _ in range(_POWER_STEPS):
        turned = vectors.T @ (vectors @ turned)
        most = float((turned @ turned) ** 0.5)
        turned = turned / (most or 1.0)
    return most * 1.05  # it is approached from below
