"""What the engine did, as JSON and back, and played once more."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from routing.changes import AgentIs, Change, ContactGone, ContactTaken, ContactWaits, QueueIs, Tick
from routing.engine import Engine
from routing.log import (
    Pass,
    decode_change,
    decode_decision,
    decode_pass,
    decode_state,
    encode_change,
    encode_decision,
    encode_pass,
    encode_state,
    first_difference,
)
from routing.settle import settle
from routing.state import Queue, State
from tests.routing.worlds import NOW, SECOND, agents, contacts, quick, worlds


@quick
@given(worlds())
def test_a_state_and_its_decisions_survive_json_exactly(state: State) -> None:
    assert decode_state(json.loads(json.dumps(encode_state(state)))) == state
    for decision in settle(state, NOW):
        assert decode_decision(json.loads(json.dumps(encode_decision(decision)))) == decision


@quick
@given(contacts(1), agents(2), st.booleans())
def test_a_change_survives_json_exactly(contact: object, agent: object, with_load: bool) -> None:
    changes: list[Change] = [
        ContactWaits(contact),  # type: ignore[arg-type]
        ContactTaken(1, 2),
        ContactGone(1),
        AgentIs(agent, with_load),  # type: ignore[arg-type]
        QueueIs(Queue(1, keep_free=1)),
        Tick(),
    ]
    for change in changes:
        assert decode_change(json.loads(json.dumps(encode_change(change)))) == change


@st.composite
def days(draw: st.DrawFn) -> tuple[State, list[Pass]]:
    """A state and what an engine did from it, with loads told by the caller's books."""
    state = draw(worlds())
    engine, now, passes = Engine.of(state, NOW), NOW, []
    for number in range(draw(st.integers(1, 8))):
        changes: list[Change] = [
            ContactWaits(replace(draw(contacts(100 + number)), version=0)),
            draw(st.sampled_from([Tick(), ContactGone(100), ContactGone(1)])),
            AgentIs(draw(agents(draw(st.integers(1, 4)))), with_load=draw(st.booleans())),
        ]
        for change in changes:
            engine.note(change, now)
        passes.append(Pass(now, tuple(changes), tuple(engine.decide(now))))
        now += draw(st.integers(0, 60)) * SECOND
    return state, passes


@quick
@given(days())
def test_a_replay_of_the_log_decides_the_same(day: tuple[State, list[Pass]]) -> None:
    state, passes = day
    stored = json.dumps([encode_state(state), [encode_pass(one) for one in passes]])
    plain_state, plain_passes = json.loads(stored)
    again = [decode_pass(plain) for plain in plain_passes]
    assert again == passes
    assert first_difference(decode_state(plain_state), again) is None


@quick
@given(days())
def test_a_decision_that_was_changed_is_found(day: tuple[State, list[Pass]]) -> None:
    state, passes = day
    for number, logged in enumerate(passes):
        if logged.decisions:
            wrong = (logged.decisions[0]._replace(agent=77), *logged.decisions[1:])
            tampered = [*passes[:number], replace(logged, decisions=wrong), *passes[number + 1 :]]
            difference = first_difference(state, tampered)
            assert difference is not None
            assert (difference.number, difference.logged) == (number, wrong)
            assert difference.replayed == logged.decisions
