"""`switchroom eval knowledge`: how well the search finds what people ask for, on your articles."""

import sys
import time
from pathlib import Path

from knowledge.evaluate import Figures, compare


def evaluate_knowledge(path: Path) -> int:
    """Measure every set of questions below `path` and print a line for each, beside plain FTS5."""
    try:
        found = list(compare(path, time.perf_counter))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{'':<28} {'first':>7} {'top 3':>7} {'MRR':>7} {'nothing':>8} {'p50 ms':>8} {'p99 ms':>8}"
    )
    for each in found:
        print(_line(f"{each.name} ({each.own.questions})", each.own))
        print(_line("  plain FTS5", each.plain))
        gate = each.gate
        print(
            f"  answers by itself: {gate.answered_right:.1%} right of all questions, "
            f"{gate.precision:.1%} of its answers are right, "
            f"{gate.unanswerable_answered:.1%} of what has no answer"
        )
    return 0


def _line(name: str, figures: Figures) -> str:
    return (
        f"{name:<28} {figures.recall_1:>7.1%} {figures.recall_3:>7.1%} {figures.mrr:>7.3f} "
        f"{figures.no_hit:>8.1%} {figures.p50_ms:>8.2f} {figures.p99_ms:>8.2f}"
    )
