"""The registry of fragments: who draws what, asked for in small portions, kept by version."""

from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import Connection, create_engine

from app.live.fragments import AT_ONCE, Fragments, View, move_cursor, partial, upsert

ENGLISH, CHINESE = View("agent", "en"), View("agent", "zh_Hans")


def _same(conn: Connection, ids: Sequence[int]) -> Mapping[int, int]:
    return {id: id for id in ids}


def test_things_are_loaded_in_portions_and_all_of_them_come() -> None:
    portions: list[int] = []

    def load(conn: Connection, ids: Sequence[int]) -> Mapping[int, int]:
        portions.append(len(ids))
        return {id: id for id in ids}

    fragments = Fragments()
    fragments.register("message", "agent", load, lambda thing, view: str(thing))
    with create_engine("sqlite://").connect() as conn:
        found = fragments.load(conn, "message", "agent", range(1, 251))
        assert fragments.load(conn, "message", "visitor", [1]) == {}
    assert list(found) == list(range(1, 251))
    assert max(portions) <= AT_ONCE


def test_what_was_drawn_is_drawn_again_only_for_another_version_or_view() -> None:
    drawn: list[tuple[int, str]] = []

    def render(thing: int, view: View) -> str:
        drawn.append((thing, view.locale))
        return f"{thing} {view.locale}"

    fragments = Fragments()
    fragments.register("row", "agent", _same, render, version=lambda thing: thing // 10)
    for thing, view in ((10, ENGLISH), (11, ENGLISH), (10, CHINESE), (20, ENGLISH)):
        fragments.draw("row", view, 1, thing)
    assert drawn == [(10, "en"), (10, "zh_Hans"), (20, "en")]


def test_two_cannot_draw_the_same_thing_for_the_same_audience() -> None:
    fragments = Fragments()
    fragments.register("message", "agent", _same, lambda thing, view: "")
    fragments.register("message", "visitor", _same, lambda thing, view: "")
    with pytest.raises(ValueError, match="already"):
        fragments.register("message", "agent", _same, lambda thing, view: "")


def test_a_frame_is_made_of_elements_that_name_their_targets() -> None:
    assert partial("#a", "<b>x</b>") == (
        '<hx-partial hx-target="#a" hx-swap="outerMorph"><b>x</b></hx-partial>'
    )
    assert upsert("#list", "<li>", sort="desc") == (
        '<hx-upsert hx-target="#list" key="data-seq" sort="desc"><li></hx-upsert>'
    )
    assert 'hx-target="#cursor-12"' in move_cursor(12, 55)
    assert 'value="55"' in move_cursor(12, 55)
