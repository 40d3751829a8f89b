"""Staffing by queueing theory: Erlang B, C and A, and how many agents a target needs.

Load `a` is in Erlangs: arrivals per unit of time × mean handling time. All probabilities come from
recursions on ratios, which neither overflow nor lose digits as factorials do.
"""

from dataclasses import dataclass
from math import ceil, exp, inf, log


def erlang_b(agents: int, load: float) -> float:
    """Share of calls blocked when nobody may wait: B(n) = a B(n-1) / (n + a B(n-1)), B(0) = 1."""
    _check(agents, load)
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(agents: int, load: float) -> float:
    """Share of contacts that wait: C = n B / (n - a (1 - B)); 1 if the load is not below n."""
    blocked = erlang_b(agents, load)
    if agents <= load:
        return 1.0
    return agents * blocked / (agents - load * (1 - blocked))


def service_level(agents: int, load: float, handling_s: float, target_s: float) -> float:
    """Share answered within T: 1 - C e^(-(n - a) T / AHT); 0 if the load is not below n."""
    if agents <= load:
        _check(agents, load)
        return 0.0
    return 1 - erlang_c(agents, load) * exp(-(agents - load) * target_s / handling_s)


def average_speed_of_answer(agents: int, load: float, handling_s: float) -> float:
    """ASA in seconds: C AHT / (n - a); infinite if the load is not below n."""
    if agents <= load:
        _check(agents, load)
        return inf
    return erlang_c(agents, load) * handling_s / (agents - load)


def wait_percentile(agents: int, load: float, handling_s: float, share: float) -> float:
    """The wait in seconds that `share` of the contacts do not exceed; infinite if n <= a.

    P(W > t) = C e^(-(n - a) t / AHT) solved for t; 0 if so many do not wait at all.
    """
    if not 0 < share < 1:
        raise ValueError(f"the share is {share}; give a share such as 0.9")
    if agents <= load:
        _check(agents, load)
        return inf
    waiting = erlang_c(agents, load)
    return max(0.0, log(waiting / (1 - share)) * handling_s / (agents - load)) if waiting else 0.0


@dataclass(frozen=True, slots=True)
class Staffing:
    """How many agents, and what they achieve. `positions` adds those away (shrinkage)."""

    agents: int
    positions: int
    service_level: float
    occupancy: float
    waiting_probability: float
    asa_s: float


def staff(
    arrivals: float,
    interval_s: float,
    handling_s: float,
    target_s: float,
    service_goal: float,
    most_occupied: float = 1.0,
    shrinkage: float = 0.0,
) -> Staffing:
    """The fewest agents who reach the service goal without being busier than `most_occupied`.

    `arrivals` contacts come in each `interval_s`; people do not give up (Erlang C). `shrinkage` is
    the share of paid time away from work.
    """
    if not 0 < service_goal < 1:
        raise ValueError(f"the service goal is {service_goal}; give a share such as 0.8")
    if not 0 < most_occupied <= 1:
        raise ValueError(f"the highest occupancy is {most_occupied}; give a share such as 0.85")
    if not 0 <= shrinkage < 1:
        raise ValueError(f"the shrinkage is {shrinkage}; give a share from 0 to below 1")
    load = arrivals * handling_s / interval_s
    agents = max(1, ceil(load / most_occupied - 1e-9))
    while service_level(agents, load, handling_s, target_s) < service_goal:
        agents += 1
    return Staffing(
        agents=agents,
        positions=ceil(agents / (1 - shrinkage) - 1e-9),
        service_level=service_level(agents, load, handling_s, target_s),
        occupancy=load / agents,
        waiting_probability=erlang_c(agents, load),
        asa_s=average_speed_of_answer(agents, load, handling_s),
    )


def load_for_blocking(agents: int, blocking: float) -> float:
    """The load in Erlangs at which `blocking` (0 to 1) of the calls are blocked, by bisection."""
    if not 0 < blocking < 1:
        raise ValueError(f"blocking is {blocking}; give a share such as 0.01")
    low, high = 0.0, agents / (1 - blocking) + 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if erlang_b(agents, middle) < blocking:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@dataclass(frozen=True, slots=True)
class Impatient:
    """A queue whose contacts give up (Erlang A, M/M/n+M), in steady state.

    `abandoned` is the share who give up, `waiting_probability` of those who do not get an agent at
    once; `mean_wait_s` is over all contacts, those who give up included.
    """

    abandoned: float
    mean_wait_s: float
    waiting_probability: float
    queue_length: float
    utilisation: float
    answered_in_target: float


def erlang_a(
    agents: int, load: float, handling_s: float, patience_s: float, target_s: float
) -> Impatient:
    """Erlang A: exponential patience of mean `patience_s` (Palm; Garnett, Mandelbaum, Reiman 2002).

    States beyond n are weighed one after the other, relative to state n, until they add nothing.
    """
    _check(agents, load)
    if min(patience_s, handling_s, load) <= 0 or agents < 1:
        raise ValueError("load, agents, handling time and patience must all be above 0")
    mu, theta, arrivals = 1 / handling_s, 1 / patience_s, load / handling_s
    beyond, log_scale = _weights_beyond(agents * mu, arrivals, theta)
    scale = exp(log_scale)
    # All states up to n weigh 1/B together, relative to state n.
    total = scale / erlang_b(agents, load) + sum(beyond)
    waiting = (scale + sum(beyond)) / total
    length = sum(place * weight for place, weight in enumerate(beyond, start=1)) / total
    abandoned = theta * length / arrivals
    return Impatient(
        abandoned=abandoned,
        mean_wait_s=length / arrivals,
        waiting_probability=waiting,
        queue_length=length,
        utilisation=load * (1 - abandoned) / agents,
        answered_in_target=1
        - waiting
        + _answered_by(target_s, agents * mu, arrivals, theta, log_scale - log(total)),
    )


def _weights_beyond(service: float, arrivals: float, theta: float) -> tuple[list[float], float]:
    """The weights of 1, 2, ... waiting, the largest being 1; the log of the weight of none."""
    logs, largest = [0.0], 0.0
    while logs[-1] > largest - 40 or service + len(logs) * theta <= arrivals:
        logs.append(logs[-1] + log(arrivals / (service + len(logs) * theta)))
        largest = max(largest, logs[-1])
    weights = [exp(value - largest) for value in logs]
    return weights[1:], logs[0] - largest


def _answered_by(
    target: float, service: float, arrivals: float, theta: float, log_state_n: float
) -> float:
    """Share of all contacts who wait, stay, and are answered within the target.

    With j ahead the density of being reached at t is c e^(-ct) prod(1 + c/(i theta)) (1-e^(-theta
    t))^j; weighed by the states and by still being there, the sum over j has the closed form below,
    which Simpson's rule integrates.
    """

    def density(t: float) -> float:
        reached = log_state_n + log(service) - (service + theta) * t
        return exp(reached + arrivals / theta * (1 - exp(-theta * t)))

    panels = 2 * min(100_000, max(500, ceil(100 * target * (service + theta + arrivals))))
    step = target / panels
    inner = sum((4 if i % 2 else 2) * density(i * step) for i in range(1, panels))
    return (density(0) + inner + density(target)) * step / 3


def _check(agents: int, load: float) -> None:
    if agents < 0 or load < 0:
        raise ValueError(f"{agents} agents and a load of {load} Erlangs: neither may be negative")
