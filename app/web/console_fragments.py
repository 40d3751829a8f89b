"""What the console's pages are sent by the socket: messages, heads, offers, presence."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from app.live.fragments import View, partial, remove, upsert
from app.models.conversation import conversations
from app.queries.consults import ConsultCard, consult_cards
from app.queries.offers import OfferCard, Standing, offer_cards, standings
from app.queries.thread import MessageItem, message_items
from app.queries.wrap_ups import WrapUp, wrap_up_cards
from app.runtime import Runtime
from app.web.console.draw import draw_message as console_message


def register_fragments(runtime: Runtime) -> None:
    """Say how each thing is read and drawn for agents; `main` calls it once."""
    pages, register = runtime.pages, runtime.live.fragments.register

    def draw_message(item: MessageItem | int, view: View) -> str:
        if isinstance(item, int):  # it was taken back before it left
            return remove(f'.message[data-id="{item}"]')
        html = console_message(pages, item, view.locale, view.time_zone)
        return upsert(f"#thread-{item.conversation_id}", html)

    def draw_conversation(conversation_id: int, view: View) -> str:
        # Head and context differ by what a reader may do: each page asks for its own.
        html = pages.render("console/_stale_state.html", view.locale, id=conversation_id)
        return partial(f"#state-{conversation_id}", html, "outerHTML")

    register("message", "agent", _items, draw_message)
    register("conversation", "agent", _known, draw_conversation)
    _register_desk(runtime)


def _register_desk(runtime: Runtime) -> None:
    """What concerns one agent alone."""
    pages, register = runtime.pages, runtime.live.fragments.register

    def draw_offer(offer: OfferCard, view: View) -> str:
        if offer.taken_by:
            html = pages.render("console/_offer_over.html", view.locale, offer=offer)
            return partial(f"#offer-{offer.id}", html, "outerHTML")
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

    def draw_wrap_up(wrap_up: WrapUp, view: View) -> str:
        if wrap_up.status != "wrap_up":
            return remove(f"#wrap-up-{wrap_up.contact_id}")
        html = pages.render(
            "console/_wrap_up.html", view.locale, wrap_up=wrap_up, time_zone=view.time_zone
        )
        return upsert("#wrap-ups", html, key="data-began")

    def draw_consult(consult: ConsultCard, view: View) -> str:
        # Both sides get the same bytes: each page has only the element that is its own.
        told = pages.render("console/_consult_news.html", view.locale, consult=consult)
        if consult.status != "asked":
            return told + remove(f"#consult-{consult.id}")
        html = pages.render(
            "console/_consult.html", view.locale, consult=consult, time_zone=view.time_zone
        )
        return told + upsert(f"#consults-{consult.to_agent_id}", html, key="data-asked")

    register("offer", "agent", offer_cards, draw_offer)
    register("presence", "agent", standings, draw_presence)
    register("wrap_up", "agent", wrap_up_cards, draw_wrap_up)
    register("consult", "agent", consult_cards, draw_consult)


def _items(conn: Connection, ids: Sequence[int]) -> dict[int, MessageItem | int]:
    """These messages, and the ids of those that are no more."""
    found = message_items(conn, ids)
    return {message_id: found.get(message_id, message_id) for message_id in ids}


def _known(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Those of these conversations that exist."""
    found = conn.execute(select(conversations.c.id).where(conversations.c.id.in_(ids))).scalars()
    return {conversation_id: conversation_id for conversation_id in found}
