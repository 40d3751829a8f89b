"""Drawing the wallboard: the same for page and tick, and agents who did not change only once."""

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from app import clock
from app.pages import Pages
from app.queries.board_now import AgentRow
from app.queries.board_people import Person
from app.queries.wallboard import Board
from app.web.supervise.trends import trends

MINUTE = 60_000  # ages in a row are right to the minute; running clocks go on in the page


def board_context(pages: Pages, board: Board, locale: str, time_zone: str) -> dict[str, Any]:
    """What `_board.html` is drawn with."""
    return {
        "board": board,
        "trends": trends(board.rates),
        "agent_row": agent_drawer(pages, locale, time_zone),
    }


def agent_drawer(
    pages: Pages, locale: str, time_zone: str
) -> Callable[[AgentRow, Person | None], Markup]:
    """Draws rows of agents; whatever a row shows is in its key."""
    minute = clock.now() // MINUTE

    def agent_row(agent: AgentRow, person: Person | None) -> Markup:
        return pages.fragment(
            (agent, person, minute, time_zone), "supervise/_agent_row.html", locale,
            agent=agent, person=person, time_zone=time_zone,
        )  # fmt: skip

    return agent_row
