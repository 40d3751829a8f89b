"""Answers what supervisors ask, one scenario after the other, each in a process of its own."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app import clock
from app.actions.scenario import (
    fail_scenario,
    finish_scenario,
    note_progress,
    requeue_interrupted,
    start_scenario,
)
from app.db import Database
from app.events import Event, ScenarioChanged
from app.queries.scenario import Scenario, next_queued, still_runs
from app.queries.what_if.questions import stored
from app.settings import ROOT
from app.workers.supervisor import Shift, Worker

IDLE_S = 30.0  # an event wakes it sooner
LOOK_S = 0.5  # between two looks at progress and whether it was called off
LONGEST_S = 600.0
LONGEST_LINE = 64 * 1024 * 1024


async def answer_scenarios(shift: Shift) -> None:
    """The worker's loop."""
    db = shift.runtime.db
    shift.listen(_concerns)
    await db.write(requeue_interrupted)
    while not shift.stopping:
        scenario = await db.query(next_queued)
        if scenario is None:
            await shift.rest(IDLE_S)
        elif await db.write(start_scenario, scenario.id):
            await _Reckoning(shift, scenario).run()


def _concerns(fact: Event) -> bool:
    return isinstance(fact, ScenarioChanged)


@dataclass(slots=True)
class _Reckoning:
    """One scenario in its process, watched until it ends or is called off."""

    shift: Shift
    scenario: Scenario
    progress: int = 0
    outcome: dict[str, Any] | None = None

    async def run(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app.workers.scenario_process",
            cwd=ROOT,
            stdin=PIPE,
            stdout=PIPE,
            limit=LONGEST_LINE,
        )
        listening = asyncio.create_task(self._listen(process))
        try:
            goes_on = await self._watch(listening)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await _end(process)
        if goes_on:
            await self._store()

    async def _listen(self, process: Process) -> None:
        """Hand over the question, then note what the process says."""
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(self._job().encode())
        await process.stdin.drain()
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "progress" in said:
                self.progress = round(100 * said["progress"])
            else:
                self.outcome = said
                return

    def _job(self) -> str:
        job = {
            "url": self.shift.runtime.db.url,
            "kind": self.scenario.kind,
            "ask": stored(self.scenario.question),
            "brands": self.scenario.brands,
            "now": clock.now(),
        }
        return json.dumps(job) + "\n"

    async def _watch(self, listening: asyncio.Task[None]) -> bool:
        """Wait for the end; False when it was called off or the worker has to stop."""
        db, told = self._db, 0
        until = asyncio.get_running_loop().time() + LONGEST_S
        while True:
            done, _ = await asyncio.wait([listening], timeout=LOOK_S)
            if done:
                listening.result()  # what went wrong in listening is raised here
                return True
            if self.shift.stopping:
                return False
            if asyncio.get_running_loop().time() > until:
                self.outcome = {"refused": "took_too_long"}
                return True
            if self.progress != told:
                told = self.progress
                runs = await db.write(note_progress, self.scenario.id, told)
            else:
                runs = await db.query(still_runs, self.scenario.id)
            if not runs:
                return False

    async def _store(self) -> None:
        said = self.outcome or {"refused": "broke_off"}
        if "answer" in said:
            await self._db.write(finish_scenario, self.scenario.id, said["answer"])
        else:
            error = said.get("refused") or said["error"]
            await self._db.write(fail_scenario, self.scenario.id, error)

    @property
    def _db(self) -> Database:
        return self.shift.runtime.db


async def _end(process: Process) -> None:
    """The process ends, by itself or not."""
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it may have ended by itself meanwhile
            process.kill()
    await process.communicate()


WORKER = Worker("scenarios", answer_scenarios)
