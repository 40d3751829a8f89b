"""Intervals against published figures."""

import pytest

from knowledge.effect import newcombe, wilson


def test_wilson_s_interval_is_that_of_the_literature() -> None:
    low, high = wilson(81, 263)  # Newcombe 1998
    assert (low, high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


def test_newcombe_s_interval_is_that_of_the_literature() -> None:
    effect = newcombe(56, 70, 48, 80)  # example (a) of Newcombe 1998, method 10
    assert effect is not None
    assert effect.difference == pytest.approx(0.2)
    assert effect.low == pytest.approx(0.0524, abs=1e-4)
    assert effect.high == pytest.approx(0.3339, abs=1e-4)


def test_without_cases_nothing_is_known() -> None:
    assert newcombe(0, 0, 3, 5) is None
    assert wilson(0, 0) == (0.0, 1.0)
