"""`switchroom eval knowledge`: how well the search finds what people ask for, on your articles."""

import sys
import time
from pathlib import Path
from statistics import fmean

from knowledge.evaluate import Comparison, Figures, compare, group, sort
from knowledge.semantic import encoder
from knowledge.suites import load, load_labelled


def evaluate_knowledge(path: Path, semantic: bool = True) -> int:
    """Measure every set of questions below `path` and print a line for each, beside plain FTS5.

    With the semantic extra if it is installed and `semantic` does not forbid it.
    """
    try:
        suites, labelled = load(path), load_labelled(path)
    except (OSError, KeyError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    meaning = encoder() if semantic else None
    print("Without the semantic extra." if meaning is None else "With the semantic extra.")
    print("Search: the right article first, among three; of what is typed only 60 %: among three")
    print(
        f"{'':<30} {'first':>7} {'top 3':>7} {'MRR':>7} {'nothing':>8} {'typos':>7} {'typing':>7}"
        f" {'other script':>13} {'p50 ms':>8} {'p99 ms':>8}"
    )
    compared: list[Comparison] = []
    for suite in suites:
        compared.append(compare(suite, time.perf_counter, meaning))
        _print_search(compared[-1])
    print(
        f"{'mean':<30} {fmean(c.own.recall_1 for c in compared):>7.1%}"
        f" {fmean(c.own.recall_3 for c in compared):>7.1%}"
    )
    print("\nAnswers by itself, with every fifth article taken away")
    print(f"{'':<30} {'right':>9} {'answered':>9} {'no answer':>10} {'AUROC':>7}")
    for each in compared:
        gate = each.gate
        print(
            f"{each.name:<30} {gate.precision:>9.1%} {gate.answered_right:>9.1%}"
            f" {gate.unanswerable_answered:>10.1%} {gate.auroc:>7.3f}"
        )
    if labelled:
        print("\nTopics: accuracy from ten examples of each and from all; and gaps")
        print(
            f"{'':<30} {'ten':>7} {'all':>7} {'AUROC':>7} {'train s':>8} {'p99 ms':>8}"
            f" {'purity':>8} {'grouped':>8} {'top 10':>7}"
        )
    for each_set in labelled:
        sorting = sort(each_set, time.perf_counter, meaning)
        grouping = group(each_set, meaning)
        known = "" if sorting.auroc is None else f"{sorting.auroc:.3f}"
        print(
            f"{sorting.name:<30} {sorting.few:>7.1%} {sorting.full:>7.1%} {known:>7}"
            f" {sorting.train_s:>8.1f} {sorting.p99_ms:>8.2f} {grouping.purity:>8.1%}"
            f" {grouping.coverage:>8.1%} {grouping.found:>7.1%}"
        )
    return 0


def _print_search(each: Comparison) -> None:
    script = "" if each.simplified is None else f"{each.simplified.recall_1:.1%}"
    print(
        _line(f"{each.name} ({each.own.questions})", each.own)
        + f" {each.typos.recall_1:>7.1%} {each.typing.recall_3:>7.1%} {script:>13}"
        + _times(each.own)
    )
    print(_line("  plain FTS5", each.plain) + " " * 30 + _times(each.plain))


def _line(name: str, figures: Figures) -> str:
    return (
        f"{name:<30} {figures.recall_1:>7.1%} {figures.recall_3:>7.1%} {figures.mrr:>7.3f} "
        f"{figures.no_hit:>8.1%}"
    )


def _times(figures: Figures) -> str:
    return f" {figures.p50_ms:>8.2f} {figures.p99_ms:>8.2f}"
