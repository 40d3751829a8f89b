"""The tools that measurements share."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.harness import (
    LoadGenerator,
    Report,
    alternate,
    cpu_us,
    meets,
    percentile,
    process_cpu_s,
    resident_mb,
    run_group,
)


def _work(n: int) -> tuple[int, int]:
    return sum(range(n)), os.getpid()


async def _work_async(n: int) -> int:
    return sum(range(n))


def test_a_figure_is_printed_and_kept_with_its_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report()
    report("fan-out", 9.6, "us", beside=13.6, ratio=1.42, goal=">= 1.15")
    report("start", 2.0, "s", goal="<= 1.5 s")
    assert capsys.readouterr().out.splitlines()[1].endswith("NOT MET")
    report.write_json(tmp_path / "out.json")
    first, second = json.loads((tmp_path / "out.json").read_text())
    assert first == {
        "name": "fan-out", "figure": 9.6, "unit": "us", "beside": 13.6,
        "ratio": 1.42, "goal": ">= 1.15", "met": True,
    }  # fmt: skip
    assert (second["ratio"], second["met"]) == (None, False)


def test_a_goal_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="starts with >= or <="):
        meets("fast", 1.0)


def test_rounds_alternate_and_the_first_is_not_counted() -> None:
    turns: list[str] = []
    a, b = iter([100.0, 2.0, 4.0, 6.0]), iter([1.0, 1.0, 1.0, 2.0])

    def measure(name: str, values: Iterator[float]) -> float:
        turns.append(name)
        return next(values)

    compared = alternate(lambda: measure("a", a), lambda: measure("b", b), rounds=3)
    assert turns == ["a", "b"] * 4
    assert (compared.a, compared.b, compared.ratio, compared.range) == (4.0, 1.0, 3.0, "2.00-4.00")


def test_a_group_that_does_not_exist_is_said_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    assert not run_group("nothing", Report())
    assert "bench/nothing.py does not exist" in capsys.readouterr().out


async def test_load_comes_from_a_process_of_its_own_and_says_how_busy_it_was() -> None:
    before = os.sched_getaffinity(0)
    with LoadGenerator() as load:
        outcome = await load.run(_work, 100_000)
        assert outcome.result[0] == 4_999_950_000
        assert outcome.result[1] != os.getpid()
        assert outcome.busy > 0
        assert (await load.run(_work_async, 10)).result == 45
    assert os.sched_getaffinity(0) == before


def test_time_and_memory_of_a_process_are_counted() -> None:
    assert cpu_us(lambda: sum(range(1000)), 100) > 0
    assert process_cpu_s(os.getpid()) > 0
    assert resident_mb(os.getpid()) > 1
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 99.0
