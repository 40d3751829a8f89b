"""An alert is raised when a figure has been beyond its threshold for long enough, and not again
within the quiet time: against a look at all measurements at once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from routing.alerts import Rule, Standing, step

RULES = st.builds(
    Rule,
    direction=st.sampled_from(["above", "below"]),
    threshold=st.integers(0, 10),
    for_ms=st.integers(0, 60),
    quiet_ms=st.integers(0, 120),
)
GAPS = st.tuples(st.integers(1, 40), st.one_of(st.none(), st.integers(0, 12)))
MEASUREMENTS = st.lists(GAPS, max_size=60)


def _run(
    rule: Rule, gaps: list[tuple[int, int | None]]
) -> list[tuple[int, int | None, Standing, str]]:
    now, standing, told = 0, Standing(), []
    for gap, value in gaps:
        now += gap
        standing, happened = step(rule, standing, value, now)
        told.append((now, value, standing, happened))
    return told


@given(RULES, MEASUREMENTS)
def test_an_alert_is_up_only_while_the_figure_is_beyond(rule, gaps) -> None:
    for _, value, standing, _ in _run(rule, gaps):
        assert (standing.since is not None) == rule.broken_by(value)
        assert not standing.is_raised or rule.broken_by(value)


@given(RULES, MEASUREMENTS)
def test_what_is_raised_has_held_without_a_break(rule, gaps) -> None:
    told = _run(rule, gaps)
    for index, (now, _, standing, happened) in enumerate(told):
        if happened == "raised":
            episode = [one for one in told[: index + 1] if one[0] >= standing.since]
            assert all(rule.broken_by(value) for _, value, _, _ in episode)
            assert now - standing.since >= rule.for_ms


@given(RULES, MEASUREMENTS)
def test_two_alerts_are_never_nearer_than_the_quiet_time(rule, gaps) -> None:
    raised = [now for now, _, _, happened in _run(rule, gaps) if happened == "raised"]
    assert all(later - sooner >= rule.quiet_ms for sooner, later in pairwise(raised))


@given(RULES, MEASUREMENTS)
def test_nothing_that_is_due_is_kept_back(rule, gaps) -> None:
    for now, _, standing, _ in _run(rule, gaps):
        if standing.since is None or standing.is_raised:
            continue
        held = now - standing.since >= rule.for_ms
        quiet = (
            standing.last_raised_at is not None and now - standing.last_raised_at < rule.quiet_ms
        )
        assert not held or quiet


@given(RULES, MEASUREMENTS)
def test_the_worst_value_of_the_episode_is_kept(rule, gaps) -> None:
    told = _run(rule, gaps)
    for index, (_, _, standing, _) in enumerate(told):
        if standing.since is not None:
            values = [v for at, v, _, _ in told[: index + 1] if at >= standing.since]
            assert standing.worst == (max if rule.direction == "above" else min)(values)


def test_at_the_threshold_nothing_is_broken() -> None:
    assert not Rule("above", 5, 0, 0).broken_by(5)
    assert not Rule("below", 5, 0, 0).broken_by(5)
    assert not Rule("below", 5, 0, 0).broken_by(None)


def test_flapping_raises_once_and_again_after_the_quiet_time_if_it_still_holds() -> None:
    rule = Rule("above", 3, for_ms=10, quiet_ms=100)
    values = [(10, 5), (10, 5), (10, 1), (10, 5), (10, 5), (80, 5)]
    assert [happened for *_, happened in _run(rule, values)] == [
        "began", "raised", "ended", "began", "", "raised",
    ]  # fmt: skip
