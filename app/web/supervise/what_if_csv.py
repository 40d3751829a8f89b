"""The answer of a scenario as rows for a spreadsheet."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from app.queries.scenario import Scenario
from app.web.supervise.spreadsheet import local_time, seconds, share

Rows = Iterator[Sequence[object]]


def table_of(
    answers: Sequence[tuple[Scenario, Mapping[str, Any]]], queue_names: Mapping[str, str], zone: str
) -> tuple[Sequence[str], Rows]:
    """Header and rows: a replay by quarter of an hour and column, the others as they are."""
    tz = ZoneInfo(zone)
    scenario, answer = answers[0]
    if "lacking" in answer:
        return ("days_known", "days_needed", "contacts_known", "contacts_needed"), iter(
            [
                [
                    answer["lacking"][name]
                    for name in ("days", "days_needed", "contacts", "contacts_needed")
                ]
            ]
        )
    if scenario.kind == "forecast":
        return ("quarter", "expected", "lowest", "highest", "week_before"), (
            [local_time(row[0], tz), *row[1:]] for row in answer["rows"]
        )
    if scenario.kind == "staffing":
        return STAFFING, (
            [local_time(row["at"], tz), *(row[name] for name in STAFFING[1:])]
            for row in answer["rows"]
        )
    return REPLAY, _replay(answers, queue_names, tz)


STAFFING = (
    "quarter", "mean", "low", "high", "open", "needed", "positions", "level", "occupancy",
    "present", "present_level", "present_asa_s", "carried", "overloaded",
)  # fmt: skip
REPLAY = (
    "played", "queue", "quarter", "offered", "service_level", "asa_s", "p95_wait_s", "abandoned",
    "occupancy",
)  # fmt: skip


def _replay(
    answers: Sequence[tuple[Scenario, Mapping[str, Any]]],
    queue_names: Mapping[str, str],
    tz: ZoneInfo,
) -> Rows:
    columns = [("as it was", answers[0][1]["before"])]
    columns += [(scenario.name or f"scenario {scenario.id}", a["after"]) for scenario, a in answers]
    for played, column in columns:
        for queue, quarters in column["quarters"].items():
            for row in quarters:
                yield [
                    played,
                    queue_names.get(queue, queue),
                    local_time(row["at"], tz),
                    row["offered"],
                    share(row["level"]),
                    seconds(row["asa_ms"]),
                    seconds(row["p95_ms"]),
                    row["abandoned"],
                    share(row["occupancy"]),
                ]
