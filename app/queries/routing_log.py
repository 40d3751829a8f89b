"""The log of routing as it is kept: values of `routing.log`, with what is told again told shortly.

An agent's skills and seats change seldom, their load all day: where only the load is new, the log
says no more than that. So a row can only be read after those before it, from a row of kind "state"
on; see `app.queries.logged_day`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from routing.changes import AgentGone, AgentIs, Change
from routing.log import (
    Pass,
    decode_change,
    decode_decision,
    decode_state,
    encode_change,
    encode_decision,
    encode_state,
)
from routing.state import Agent, State

Plain = Any
LOAD = ("available", "used", "live_by_channel", "last_assigned_at", "epoch", "interruptible")


class Shorthand:
    """Writes or reads the log from a state on, remembering the agents as they were last told."""

    def __init__(self) -> None:
        self._told: dict[int, Agent] = {}

    def write_state(self, state: State) -> Plain:
        """All there is, at a start."""
        self._told = dict(state.agents)
        return encode_state(state)

    def read_state(self, plain: Plain) -> State:
        """The state of `write_state`. Raises ValueError for anything else."""
        state = decode_state(plain)
        self._told = dict(state.agents)
        return state

    def write_passes(self, passes: Sequence[Pass]) -> Plain:
        """Passes since the last row: instant, changes, decisions."""
        return [
            [
                one.at,
                [self._write(change) for change in one.changes],
                [encode_decision(decision) for decision in one.decisions],
            ]
            for one in passes
        ]

    def read_passes(self, plain: Plain) -> list[Pass]:
        """The passes of `write_passes`. Raises ValueError for anything else."""
        return [
            Pass(
                at,
                tuple(self._read(change) for change in changes),
                tuple(decode_decision(decision) for decision in decisions),
            )
            for at, changes, decisions in plain
        ]

    def _write(self, change: Change) -> Plain:
        match change:
            case AgentIs(agent, True):
                known = self._told.get(agent.id)
                self._told[agent.id] = agent
                load = {name: getattr(agent, name) for name in LOAD}
                if known is not None and replace(known, **load) == agent:
                    return [agent.id, *load.values()]
            case AgentGone(agent_id):
                self._told.pop(agent_id, None)
        return encode_change(change)

    def _read(self, plain: Plain) -> Change:
        if isinstance(plain, list):
            agent_id, *load = plain
            if agent_id not in self._told or len(load) != len(LOAD):
                raise ValueError(f"the load of agent {agent_id} is told before the agent")
            known = self._told[agent_id]
            agent = replace(known, **dict(zip(LOAD, load, strict=True)))
            self._told[agent_id] = agent
            return AgentIs(agent, with_load=True)
        change = decode_change(plain)
        if isinstance(change, AgentIs):
            self._told[change.agent.id] = change.agent
        elif isinstance(change, AgentGone):
            self._told.pop(change.agent, None)
        return change
