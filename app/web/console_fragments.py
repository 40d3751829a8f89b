"""What the console's pages are sent by the socket: messages, heads, offers, presence."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from app.live.fragments import View, partial, remove, upsert
from app.models.conversation import conversations
from app.queries.offers import OfferCard, Standing, offer_cards, standings
from app.queries.thread import MessageItem, message_items
from app.runtime import Runtime
from app.web.console.draw import draw_message as console_message


def register_fragments(runtime: Runtime) -> None:
    """Say how each thing is read and drawn for agents; `main` calls it once."""
    pages, register = runtime.pages, runtime.live.fragments.register

    def draw_message(item: MessageItem, view: View) -> str:
        html = console_message(pages, item, view.locale, view.time_zone)
        return upsert(f"#thread-{item.conversation_id}", html)

    def draw_conversation(conversation_id: int, view: View) -> str:
        # Head and context differ by what a reader may do: each page asks for its own.
        html = pages.render("console/_stale_state.html", view.locale, id=conversation_id)
        return partial(f"#state-{conversation_id}", html, "outerHTML")

    def draw_offer(offer: OfferCard, view: View) -> str:
        if offer.status != "pending":
            return remove(f"#offer-{offer.id}")
        html = pages.render(
            "console/_offer.html", view.locale, offer=offer, time_zone=view.time_zone
        )
        return upsert("#offers", html, key="data-expires")

    def draw_presence(standing: Standing, view: View) -> str:
        return pages.render(
            "console/_presence.html", view.locale, standing=standing, time_zone=view.time_zone
        )

    register("message", "agent", message_items, draw_message)
    register("conversation", "agent", _known, draw_conversation)
    register("offer", "agent", offer_cards, draw_offer)
    register("presence", "agent", standings, draw_presence)


def _known(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Those of these conversations that exist."""
    found = conn.execute(select(conversations.c.id).where(conversations.c.id.in_(ids))).scalars()
    return {conversation_id: conversation_id for conversation_id in found}
