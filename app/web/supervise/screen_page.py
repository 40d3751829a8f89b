"""Drawing the wallboard as a screen on the wall."""

from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from app.queries.alerts import OpenAlert, board_alerts
from app.queries.wallboard import Board, Brands
from app.runtime import Runtime
from app.web.request import html
from app.web.supervise.trends import trends


async def draw_screen(
    runtime: Runtime, brands: Brands, locale: str, time_zone: str, source: str = ""
) -> HTMLResponse:
    """The page that fetches its numbers at `source`; without one the numbers alone."""

    def read(conn: Connection) -> tuple[Board, tuple[OpenAlert, ...]]:
        return runtime.board.glance(conn, brands), board_alerts(conn, brands)

    board, up = await runtime.db.query(read)
    template = "supervise/tv.html" if source else "supervise/_tv_board.html"
    context = {"board": board, "trends": trends(board.rates), "alerts": up, "source": source}
    return html(runtime.pages.render(template, locale, **context, time_zone=time_zone))
