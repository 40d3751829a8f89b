"""The log of a routing engine as plain JSON values, and its replay.

A state and the passes after it say everything: played through the engine again, they must give the
same decisions. What equals its default is left out, which keeps the rows small. Reading raises
ValueError for what was not written here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from routing.changes import Change
from routing.engine import Engine
from routing.plain import Json, from_kind, from_plain, to_kind, to_plain
from routing.settle import Decision
from routing.state import State


@dataclass(frozen=True, slots=True)
class Pass:
    """One look of the engine at `at`: the changes noted since the last, and what it decided."""

    at: int
    changes: tuple[Change, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay parts from the log: the number of the pass (from 0), its instant, and what
    was decided then and now."""

    number: int
    at: int
    logged: tuple[Decision, ...]
    replayed: tuple[Decision, ...]


def first_difference(state: State, passes: Iterable[Pass]) -> Difference | None:
    """Replay `passes` from `state`; None if every decision is the same as logged, to the letter.

    `state` is that of a freshly built engine (`Engine.of`), as logged when it was built: it knows
    the agents' loads but not which contacts they consist of.
    """
    engine: Engine | None = None
    for number, logged in enumerate(passes):
        if engine is None:
            engine = Engine.of(state, logged.at)
        for change in logged.changes:
            engine.note(change, logged.at)
        replayed = tuple(engine.decide(logged.at))
        if replayed != logged.decisions:
            return Difference(number, logged.at, logged.decisions, replayed)
    return None


def encode_state(state: State) -> Json:
    """A state as plain values."""
    return to_plain(state)


def decode_state(plain: Json) -> State:
    """The state of `encode_state`."""
    return from_plain(State, plain)


def encode_change(change: Change) -> Json:
    """A change as plain values; `kind` is its name."""
    return to_kind(change)


def decode_change(plain: Json) -> Change:
    """The change of `encode_change`."""
    change: Change = from_kind(Change, plain)
    return change


def encode_decision(decision: Decision) -> Json:
    """A decision as a list of plain values, in the order of its fields."""
    return to_plain(decision)


def decode_decision(plain: Json) -> Decision:
    """The decision of `encode_decision`."""
    return from_plain(Decision, plain)


def encode_pass(logged: Pass) -> Json:
    """A pass as plain values."""
    return {
        "at": logged.at,
        "changes": [encode_change(change) for change in logged.changes],
        "decisions": [encode_decision(decision) for decision in logged.decisions],
    }


def decode_pass(plain: Json) -> Pass:
    """The pass of `encode_pass`."""
    if not isinstance(plain, dict) or plain.keys() != {"at", "changes", "decisions"}:
        raise ValueError("a pass has `at`, `changes` and `decisions`")
    return Pass(
        plain["at"],
        tuple(decode_change(change) for change in plain["changes"]),
        tuple(decode_decision(decision) for decision in plain["decisions"]),
    )
