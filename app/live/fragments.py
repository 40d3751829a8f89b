"""Which piece of HTML is sent for what: pages register how a thing is read and how it is drawn.

The live side asks for both with ids only, so a page, an htmx answer and a socket share one template
fragment. Nothing here knows a template.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from markupsafe import escape
from sqlalchemy import Connection

Audience = Literal["agent", "visitor"]
Purpose = Literal["message", "conversation", "row", "offer", "presence", "wrap_up", "consult"]
Brands = frozenset[int] | None  # the brands a supervisor sees; None for every brand
T = TypeVar("T")

AT_ONCE = 100  # ids that a `load` is given at most
CACHED = 4_000  # fragments kept for one purpose and audience


@dataclass(frozen=True, slots=True)
class View:
    """For whom a fragment is drawn: all readers with an equal view get the same bytes."""

    audience: Audience
    locale: str = "en"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Fragment:
    """How one thing is read and drawn.

    `load` reads the things of these ids (100 at most) in one thread hop, a plain query of a
    Connection; an id it leaves out is not shown. `render` draws one of them for a view and returns
    the frame's text: `upsert(...)` and `partial(...)` around the template fragment. Where `version`
    is given, what was drawn is kept by (id, version, view).
    """

    load: Callable[[Connection, Sequence[int]], Mapping[int, Any]]
    render: Callable[[Any, View], str]
    version: Callable[[Any], Hashable] | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """How the wallboard is read for a supervisor's brands and drawn for a view."""

    load: Callable[[Connection, Brands], Any]
    render: Callable[[Any, View], str]


class Fragments:
    """The registry of one installation; `main` fills it from the pages' modules."""

    def __init__(self) -> None:
        self._known: dict[tuple[Purpose, Audience], Fragment] = {}
        self._drawn: dict[tuple[Purpose, Audience], OrderedDict[Hashable, str]] = {}
        self.board: Board | None = None

    def register(
        self,
        purpose: Purpose,
        audience: Audience,
        load: Callable[[Connection, Sequence[int]], Mapping[int, T]],
        render: Callable[[T, View], str],
        *,
        version: Callable[[T], Hashable] | None = None,
    ) -> None:
        """Say how a purpose is read and drawn for an audience; one fragment each."""
        if (purpose, audience) in self._known:
            raise ValueError(f"There is a fragment for {purpose!r} and {audience!r} already.")
        self._known[purpose, audience] = Fragment(load, render, version)
        self._drawn[purpose, audience] = OrderedDict()

    def register_board(
        self, load: Callable[[Connection, Brands], T], render: Callable[[T, View], str]
    ) -> None:
        """Say how the wallboard is read and drawn; at most once a second, only while watched."""
        self.board = Board(load, render)

    def has(self, purpose: Purpose, audience: Audience) -> bool:
        """Whether somebody draws this."""
        return (purpose, audience) in self._known

    def load(
        self, conn: Connection, purpose: Purpose, audience: Audience, ids: Sequence[int]
    ) -> Mapping[int, Any]:
        """Read the things of these ids; nothing where nobody draws them."""
        fragment = self._known.get((purpose, audience))
        if fragment is None:
            return {}
        found: dict[int, Any] = {}
        for start in range(0, len(ids), AT_ONCE):
            found.update(fragment.load(conn, ids[start : start + AT_ONCE]))
        return found

    def draw(self, purpose: Purpose, view: View, id: int, thing: Any) -> str:
        """The frame text of a thing that was loaded, from the cache where it is kept."""
        fragment = self._known[purpose, view.audience]
        if fragment.version is None:
            return fragment.render(thing, view)
        drawn = self._drawn[purpose, view.audience]
        key = (id, fragment.version(thing), view)
        text = drawn.get(key)
        if text is None:
            text = drawn[key] = fragment.render(thing, view)
            if len(drawn) > CACHED:
                drawn.popitem(last=False)
        else:
            drawn.move_to_end(key)
        return text


def partial(target: str, html: str, swap: str = "outerMorph") -> str:
    """Swap HTML into the element a selector names; a page without such an element ignores it."""
    return f'<hx-partial hx-target="{escape(target)}" hx-swap="{escape(swap)}">{html}</hx-partial>'


def upsert(target: str, html: str, *, key: str = "data-seq", sort: Literal["", "desc"] = "") -> str:
    """Replace the elements that are there by id, insert the others sorted by `key`."""
    return f'<hx-upsert hx-target="{escape(target)}" key="{key}" sort="{sort}">{html}</hx-upsert>'


def remove(target: str) -> str:
    """Take an element off the page."""
    return f'<hx-partial hx-target="{escape(target)}" hx-swap="delete"></hx-partial>'


def cursor(conversation_id: int, seq: int) -> str:
    """The element in which a page keeps how far it has seen a conversation."""
    return (
        f'<data class="cursor" id="cursor-{conversation_id}" '
        f'data-conversation="{conversation_id}" value="{seq}" hidden></data>'
    )


def move_cursor(conversation_id: int, seq: int) -> str:
    """The part of a frame that moves the page's cursor; sent with everything of a conversation."""
    return partial(f"#cursor-{conversation_id}", cursor(conversation_id, seq), "outerHTML")
