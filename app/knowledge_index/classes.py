"""What was learned of topics: from the examples of a brand and from those of every brand.

The examples are rows; what was learned from them is a file beside the database that is made again
whenever it is missing or the examples, or the way of learning, have changed.
"""

import asyncio
import hashlib
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

import knowledge.classify
import knowledge.private
import knowledge.softmax
from app.db import Database
from app.queries.training import Example, training_examples
from app.settings import ROOT
from knowledge.classify import Class, Classifier
from knowledge.semantic import available, encoder

RETRY_S = 10.0
QUIET_S = 60.0  # single corrections are learned from together
REST_S = 86_400.0  # then what was solved meanwhile counts, and what was emptied no more

log = structlog.get_logger()
Scope = int | None  # a brand, or what holds for every brand
Lesson = tuple[str, str, str]  # a text, its topic, the name of who wrote it


class Classes:
    """The classifiers of this process; `changed` is told when there are other examples."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._models: dict[Scope, tuple[str, Classifier]] = {}
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._failure: Exception | None = None

    def start(self) -> None:
        """Load or learn what there is, in the background."""
        self._wake.set()
        self._task = asyncio.create_task(self._follow(), name="topics")

    async def stop(self) -> None:
        """Stop following; what is being learned is let go."""
        if self._later is not None:
            self._later.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def changed(self, *, at_once: bool = True) -> None:
        """There are other examples: learn from them now, or once there is some quiet."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if at_once:
            self._settled.clear()
            self._wake.set()
        else:
            self._later = asyncio.get_running_loop().call_later(QUIET_S, self.changed)

    async def settled(self) -> None:
        """Wait until everything noted so far was learned; RuntimeError if that has failed."""
        await self._settled.wait()
        if self._failure is not None:
            raise RuntimeError("topics cannot be learned now") from self._failure

    async def classify(self, text: str, brand: int | None, limit: int) -> list[Class]:
        """The likeliest topics: by what the brand has learned, else by what holds for all."""
        held = self._models.get(brand) or self._models.get(None)
        return [] if held is None else await asyncio.to_thread(held[1].classify, text, limit)

    def topics_of(self, text: str, brand: int) -> list[tuple[str, float]]:
        """The same at once, for a write: with calibrated confidences, best first."""
        held = self._models.get(brand) or self._models.get(None)
        if held is None:
            return []
        return [(found.label, found.confidence) for found in held[1].classify(text, 2)]

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), REST_S)
            self._wake.clear()
            try:
                await self._catch_up()
                self._failure = None
            except Exception as error:  # the old models go on meanwhile
                log.exception("topics_behind")
                self._failure = error
                self._settled.set()
                self._wake.set()
                await asyncio.sleep(RETRY_S)
            if not self._wake.is_set():
                self._settled.set()

    async def _catch_up(self) -> None:
        examples = await self._db.query(training_examples)
        wanted = {
            scope: _lessons(examples, scope)
            for scope in {None, *(example.brand_id for example in examples)}
        }
        wanted = {  # with one label there is nothing to tell apart
            scope: texts
            for scope, texts in wanted.items()
            if len({label for _, label, _ in texts}) > 1
        }
        self._forget(wanted)
        for scope, lessons in wanted.items():
            digest = await asyncio.to_thread(_digest, lessons)
            if self._models.get(scope, ("",))[0] != digest:
                self._models[scope] = digest, await self._learned(scope, digest, lessons)

    def _forget(self, wanted: Collection[Scope]) -> None:
        """What was learned from examples that are gone goes with them."""
        for scope in [scope for scope in self._models if scope not in wanted]:
            del self._models[scope]
        kept = {str(scope or "all") for scope in wanted}
        for file in self._folder.glob("topics-*.json"):
            if file.name.split("-")[1] not in kept:
                file.unlink(missing_ok=True)

    async def _learned(self, scope: Scope, digest: str, lessons: Sequence[Lesson]) -> Classifier:
        """What the file holds; it is written first if need be."""
        target = self._folder / f"topics-{scope or 'all'}-{digest}.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            await _train(target, lessons)
        model = await asyncio.to_thread(_read, target)
        for old in self._folder.glob(f"topics-{scope or 'all'}-*.json"):
            if old != target:
                old.unlink(missing_ok=True)
        return model


def _lessons(examples: Sequence[Example], scope: Scope) -> list[Lesson]:
    return [(it.text, it.label, it.name) for it in examples if it.brand_id in (scope, None)]


def _digest(lessons: Sequence[Lesson]) -> str:
    """Tells the examples and the way of learning from others."""
    ways = [knowledge.classify, knowledge.private, *([knowledge.softmax] if available() else [])]
    way = b"".join(Path(str(each.__file__)).read_bytes() for each in ways)
    return hashlib.sha256(way + json.dumps(lessons).encode()).hexdigest()[:24]


def _read(target: Path) -> Classifier:
    return Classifier.from_json(target.read_text(encoding="utf-8"), encoder())


async def _train(target: Path, lessons: Sequence[Lesson]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.knowledge_index.train",
        str(target),
        cwd=ROOT,
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        _, said = await process.communicate(json.dumps(lessons).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"learning topics failed: {said.decode(errors='replace')[-500:]}")
