"""The form of a scenario: a stored question as it was typed, and refusals in words."""

from dataclasses import asdict
from typing import Any

from app.pages import N_
from app.queries.what_if.questions import (
    EVERYBODY,
    ForecastQuestion,
    Question,
    ReplayQuestion,
    StaffingQuestion,
)

ERRORS = {
    "not_a_number": N_("Please type a whole number."),
    "out_of_range": N_("This number is too small or too large."),
    "not_a_time": N_("Please type a time such as 10:30."),
    "not_a_day": N_("Please choose a day."),
    "ends_before": N_("The end must be later than the beginning."),
    "needed": N_("Please fill this in."),
    "unknown": N_("Please choose one of the list."),
    "too_many_unfinished": N_(
        "Three of your scenarios are still being reckoned. Wait for one, or call it off."
    ),
}


def typed_of(question: Question) -> dict[str, str]:
    """The values of the form that would ask this question."""
    if isinstance(question, ForecastQuestion | StaffingQuestion):
        return {name: _text(value) for name, value in asdict(question).items()}
    return _replay(question)


def _replay(question: ReplayQuestion) -> dict[str, str]:
    typed = {
        "day": question.day,
        "zone": question.zone,
        "arrivals_pct": _text(question.arrivals_pct),
        "handling_pct": _text(question.handling_pct),
        "capacity": _text(question.capacity),
    }
    for change in question.queues:
        for name, value in asdict(change).items():
            text = _clock(value) if name in ("begins", "ends") else _text(value)
            typed[f"q{change.queue}_{name}"] = text
    for row, skill in enumerate(question.skills):
        typed[f"skill{row}_agent"] = EVERYBODY if skill.agent is None else str(skill.agent)
        typed[f"skill{row}_skill"] = str(skill.skill)
        typed[f"skill{row}_level"] = str(skill.level)
    return typed


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _clock(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"
