"""Mistakes that routers make, seeded one by one: the invariant checks must catch each of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

import routing.eligible
import routing.floor
import routing.settle
from routing.floor import Floor
from routing.rank import Rank
from routing.settle import Decision, settle
from routing.state import Agent, Contact, Key, Queue, State
from tests.routing.invariants import NOW, scenario, violations

SCENARIOS = [scenario(seed) for seed in range(60)]

Settle = Callable[[State, int], Sequence[Decision]]


def caught(
    mutant: Settle, monkeypatch: pytest.MonkeyPatch, *seeds: tuple[object, str, object]
) -> dict[str, int]:
    """How many scenarios break each invariant. The patches hold while the mutant settles only."""
    counts: dict[str, int] = {}
    for state in SCENARIOS:
        with monkeypatch.context() as patched:
            for owner, name, wrong in seeds:
                patched.setattr(owner, name, wrong)
            decisions = mutant(state, NOW)
        for invariant in violations(state, decisions, NOW):
            counts[invariant] = counts.get(invariant, 0) + 1
    return counts


def test_the_real_rules_break_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert caught(settle, monkeypatch) == {}
    assert sum(len(settle(state, NOW)) for state in SCENARIOS) > 150


def test_looking_at_the_newest_contact_only_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def newest_only(state: State, now: int) -> list[Decision]:
        newest = max(state.contacts.values(), key=lambda contact: contact.enqueued_at)
        return settle(replace(state, contacts={newest.id: newest}), now)

    assert caught(newest_only, monkeypatch)["I4 work conserving"] > 30


def test_stopping_at_a_contact_nobody_can_take_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_by_one(floor: Floor, line: list[Contact]) -> dict[int, int]:
        agent_of = {}
        for contact in line:
            agent = floor.best(contact)
            if agent is None:
                break  # the head of the line blocks everybody behind it
            floor.give(contact, agent.id)
            agent_of[contact.id] = agent.id
        return agent_of

    found = caught(settle, monkeypatch, (routing.settle, "_one_by_one", one_by_one))
    assert found["I4 work conserving"] > 10


def test_two_processes_that_decide_on_the_same_state_are_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stale_claims(state: State, now: int) -> list[Decision]:
        halves = [{}, {}]  # type: list[dict[int, Contact]]
        for contact in state.contacts.values():
            halves[contact.id % 2][contact.id] = contact
        return [d for half in halves for d in settle(replace(state, contacts=half), now)]

    assert caught(stale_claims, monkeypatch)["I2 capacity"] > 10


def test_priority_as_a_wall_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = property(lambda contact: Key(-contact.boost, contact.enqueued_at, contact.id))
    found = caught(settle, monkeypatch, (Contact, "key", strict))
    assert found["I5 order"] > 5
    assert found["I6 bounded overtaking"] > 5


def test_a_step_that_opens_too_early_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = routing.eligible.met_step
    early = lambda contact, agent, age: real(contact, agent, age + 10**9)  # noqa: E731
    found = caught(settle, monkeypatch, (routing.eligible, "met_step", early))
    assert found["I3 in reach"] > 10


def test_the_first_agent_of_the_list_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_id(contact: Contact, queue: Queue, agent: Agent, keeps_free: bool = False) -> Rank:
        return Rank(False, 0, 0, 0, agent.id)

    found = caught(settle, monkeypatch, (routing.floor, "rank", by_id))
    assert found["I7 best rank"] > 10


def test_serving_the_latest_first_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    lifo = property(lambda contact: Key(-contact.enqueued_at, 0, contact.id))
    found = caught(settle, monkeypatch, (Contact, "key", lifo))
    assert found["I5 order"] > 10
    assert found["I6 bounded overtaking"] > 5


def test_a_contact_offered_twice_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(state: State, now: int) -> list[Decision]:
        first = settle(state, now)
        if len(first) < 5:  # a rare case only: what was offered still counts as waiting
            return first
        agents = dict(state.agents)
        for decision in first:
            contact, agent = state.contacts[decision.contact], agents[decision.agent]
            agents[agent.id] = replace(agent, used=agent.used + contact.cost)
        return [*first, *settle(replace(state, agents=agents), now)]

    found = caught(forgetful, monkeypatch)
    assert 1 <= found["I1 one owner"] < len(SCENARIOS) / 2
