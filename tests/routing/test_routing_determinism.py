"""The same state gives the same decisions, in any process."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from routing.digest import digest
from routing.engine import Engine
from routing.log import first_difference
from routing.settle import carry_out, settle
from routing.state import State
from tests.routing.story import story

ROOT = Path(__file__).parents[2]


def test_a_day_is_the_same_whatever_the_seed_of_the_hashes() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-m", "tests.routing.story", "1", "2", "3"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1", "4711")
    ]
    assert said[0].count("\n") == 3
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("seed", range(20))
def test_a_day_of_drains_and_parallel_offers_replays_to_the_letter(seed: int) -> None:
    start, passes, _ = story(seed)
    assert sum(len(one.decisions) for one in passes) > 20
    assert first_difference(start, passes) is None


@pytest.mark.parametrize("seed", range(10))
def test_the_order_in_which_a_state_was_put_together_changes_nothing(seed: int) -> None:
    _, passes, engine = story(seed)
    state, now = engine.state(), passes[-1].at
    shuffle = random.Random(seed).shuffle

    def mixed(parts: dict[int, object]) -> dict[int, object]:
        items = list(parts.items())
        shuffle(items)
        return dict(items)

    again = replace(
        state,
        contacts=mixed(dict(state.contacts)),
        agents=mixed(dict(state.agents)),
        queues=mixed(dict(state.queues)),
    )
    for later in (0, 10_000, 60_000):
        decisions = settle(state, now + later)
        assert settle(again, now + later) == decisions
        one, other = (carry_out(s, decisions, now + later) for s in (state, again))
        assert digest(one) == digest(other)
        assert isinstance(one, State)


@pytest.mark.parametrize("seed", range(100, 130))
def test_the_engine_and_settle_agree_on_every_prefix_of_a_busy_day(seed: int) -> None:
    start, passes, _ = story(seed)
    engine = Engine.of(start, passes[0].at)
    for one in passes:
        for change in one.changes:
            engine.note(change, one.at)
            engine.note(change, one.at)
        state = engine.state()
        assert tuple(engine.decide(one.at)) == tuple(settle(state, one.at)) == one.decisions
        assert engine.state() == carry_out(state, one.decisions, one.at)
        for drain in engine.state().drains:  # it will look again in time
            due = engine.next_change_at()
            assert due is not None
            assert due <= drain.until
