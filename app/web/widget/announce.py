"""A visitor who waits is told how long: what they read is kept, so that it can be checked later."""

from app.actions.announce_wait import announce_wait
from app.queries.visitor_thread import VisitorState
from app.runtime import Runtime

MINUTE_MS = 60_000


async def remember_announced(runtime: Runtime, state: VisitorState) -> None:
    """Keep the first range, in whole minutes as templates/widget/status.html tells it."""
    place = state.place
    told = state.phase == "waiting" and state.staffed and not state.announced
    if not told or place is None or place.estimate is None:
        return
    low_ms = place.estimate.low_ms // MINUTE_MS * MINUTE_MS
    high_ms = -(-place.estimate.high_ms // MINUTE_MS) * MINUTE_MS
    await runtime.db.write(announce_wait, state.conversation_id, low_ms, max(high_ms, MINUTE_MS))
