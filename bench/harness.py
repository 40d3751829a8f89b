"""What every measurement here shares: the report, alternating rounds, CPU time, and a load
generator on the other core.

A group is a module `bench/<name>.py` with `run(report)`, plain or async. Only ratios taken in one
run count on a shared machine, so a group measures the limit or the peer beside the product.
"""

import asyncio
import importlib
import importlib.util
import inspect
import json
import math
import multiprocessing
import os
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

GROUPS = (
    "live", "chat", "pages", "routing", "email", "knowledge", "customers", "start", "scale",
)  # fmt: skip

PARTS = {  # groups of several modules
    "pages": ("pages", "history"),
    "routing": ("routing", "simulation", "end_to_end", "what_if"),
    "email": ("email", "backfill", "hostile_mail"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, as printed and as written to JSON."""

    name: str
    figure: float
    unit: str
    beside: float | str | None = None  # the limit or the peer measured in the same run
    ratio: float | None = None
    goal: str | None = None
    met: bool | None = None

    def line(self) -> str:
        """The figure in one aligned line."""
        beside = _number(self.beside) if isinstance(self.beside, int | float) else self.beside or ""
        ratio = "" if self.ratio is None else f"x {self.ratio:.2f}"
        verdict = {True: "met", False: "NOT MET", None: ""}[self.met]
        return (
            f"{self.name:<52} {_number(self.figure):>12} {self.unit:<12} "
            f"{beside:>14} {ratio:>9}  {self.goal or '':<12} {verdict}"
        ).rstrip()


class Report:
    """Collects figures: `report("fan-out", 9.6, "us", beside=13.6, ratio=1.42, goal=">= 1.15")`."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []

    def __call__(
        self,
        name: str,
        figure: float,
        unit: str,
        beside: float | str | None = None,
        ratio: float | None = None,
        goal: str | None = None,
        met: bool | None = None,
    ) -> None:
        """Print one figure and keep it.

        A goal like ">= 1.15" or "<= 50 ms" is judged here, by the ratio where there is one and else
        by the figure, unless `met` says it already.
        """
        if met is None and goal is not None:
            met = meets(goal, figure if ratio is None else ratio)
        self.figures.append(Figure(name, figure, unit, beside, ratio, goal, met))
        print(self.figures[-1].line(), flush=True)

    def write_json(self, path: Path) -> None:
        """Write all figures as a list of objects."""
        path.write_text(json.dumps([asdict(figure) for figure in self.figures], indent=2) + "\n")


def meets(goal: str, value: float) -> bool:
    """Whether a value reaches a goal: ">= 1.15", "<= 50 ms"."""
    match = re.match(r"(>=|<=)\s*([\d.]+)", goal.replace("≥", ">=").replace("≤", "<="))
    if match is None:
        raise ValueError(f"a goal starts with >= or <= and a number, not {goal!r}")
    return value >= float(match[2]) if match[1] == ">=" else value <= float(match[2])


def run_group(name: str, report: Report) -> bool:
    """Run the parts of one group; False, said plainly, when one does not exist or broke off."""
    print(f"-- {name}", flush=True)
    done = [_run_part(part, report) for part in PARTS.get(name, (name,))]
    return all(done)


def _run_part(name: str, report: Report) -> bool:
    if importlib.util.find_spec(f"bench.{name}") is None:
        print(f"   nothing is measured here: bench/{name}.py does not exist", flush=True)
        return False
    try:
        outcome = importlib.import_module(f"bench.{name}").run(report)
        if inspect.isawaitable(outcome):
            asyncio.run(_finish(outcome))
    except Exception:
        print(f"   {name} broke off:", flush=True)
        traceback.print_exc()
        return False
    return True


async def _finish(outcome: Awaitable[None]) -> None:
    await outcome


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 1000 or value == int(value) else 1 if abs(value) >= 100 else 3
    return f"{value:,.{digits}f}"


@dataclass(frozen=True, slots=True)
class Compared:
    """Two ways measured in turns: the medians, and the ratio a / b of each round."""

    a: float
    b: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)

    @property
    def range(self) -> str:
        """The lowest and highest ratio, for print."""
        return f"{min(self.ratios):.2f}-{max(self.ratios):.2f}"


def alternate(a: Callable[[], float], b: Callable[[], float], rounds: int = 5) -> Compared:
    """Measure A B A B ... after one round of warm-up; each call returns its own figure."""
    pairs = [(a(), b()) for _ in range(rounds + 1)][1:]
    return _compare(pairs)


async def alternate_async(
    a: Callable[[], Awaitable[float]], b: Callable[[], Awaitable[float]], rounds: int = 5
) -> Compared:
    """The same for coroutines."""
    pairs = [(await a(), await b()) for _ in range(rounds + 1)][1:]
    return _compare(pairs)


def _compare(pairs: list[tuple[float, float]]) -> Compared:
    firsts, seconds = zip(*pairs, strict=True)
    return Compared(median(firsts), median(seconds), tuple(a / b for a, b in pairs))


def cpu_us(call: Callable[[], object], n: int) -> float:
    """CPU time of this process (all threads) for one call, in microseconds, over n calls."""
    began = time.process_time()
    for _ in range(n):
        call()
    return (time.process_time() - began) / n * 1e6


async def cpu_us_async(call: Callable[[], Awaitable[object]], n: int) -> float:
    """The same for a coroutine function, one call after the other."""
    began = time.process_time()
    for _ in range(n):
        await call()
    return (time.process_time() - began) / n * 1e6


def process_cpu_s(pid: int) -> float:
    """CPU seconds another process of this machine has used so far, all its threads (Linux)."""
    nanoseconds = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            nanoseconds += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            continue  # the thread has ended meanwhile
    return nanoseconds / 1e9


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def percentile(values: list[float], share: float) -> float:
    """The value below which that share (0 to 1) of the values lies; nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pin(cores: Iterable[int], pid: int = 0) -> None:
    """Keep a process (this one by default) on these cores; where a system cannot, leave it."""
    if CORES:
        os.sched_setaffinity(pid, cores)


@dataclass(frozen=True, slots=True)
class Load:
    """What a load generator came back with, and whether it was itself the bottleneck."""

    result: Any
    wall_s: float
    cpu_s: float

    @property
    def busy(self) -> float:
        """The share of its core it used; above 0.9 the figure tells of the generator."""
        return self.cpu_s / self.wall_s


class LoadGenerator:
    """A process of its own on the last core that runs functions; this one stays on the first.

    `with LoadGenerator() as load: outcome = await load.run(send_many, url, 1000)`. The function and
    its arguments are pickled, so it lives at the top of a module; it may be a coroutine function.
    """

    def __enter__(self) -> Self:
        pin(CORES[:1])
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=pin, initargs=(CORES[-1:],)
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        pin(CORES)

    def submit(
        self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs
    ) -> Future[Load]:
        """Start a function over there."""
        return self._pool.submit(_measured, function, args, kwargs)

    async def run(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Load:
        """Run a function over there while this process serves."""
        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))


def _measured(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Load:
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*args, **kwargs)
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    return Load(result, time.perf_counter() - wall, time.process_time() - cpu)
