"""What a report is asked for: its time, its filters, and what of them exists for whoever asks."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query

from app import clock
from app.db import NotFound
from app.queries.history import Filters, QueueName, history_queues
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import BrandMark
from app.web.request import SignedIn
from app.web.supervise.period import Address, Period, period_of
from channels import registry
from routing.boost import PRIORITY_BOOST_MS

PRIORITIES = tuple(PRIORITY_BOOST_MS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for."""

    length: str = "day"
    day: str = ""
    step: str = ""
    queue: int | None = None
    agent: int | None = None
    channel: str = ""
    priority: str = ""
    language: str = ""
    brand: str = ""  # an id, or "all"
    brands: tuple[BrandMark, ...] = ()  # those to choose from
    usual: tuple[str, ...] = ()  # what nobody chose: links leave it out

    def chosen(self) -> dict[str, str]:
        """The same for links."""
        names = (
            "length", "day", "step", "queue", "agent", "channel", "priority", "language", "brand",
        )  # fmt: skip
        named = {name: getattr(self, name) for name in names if name not in self.usual}
        return {name: str(value) for name, value in named.items() if value}

    @property
    def brand_id(self) -> int | None:
        """The brand that is asked for; None: all of them."""
        return int(self.brand) if self.brand.isdecimal() else None


def asked(
    session: SignedIn,
    length: str = "",
    day: str = "",
    step: str = "",
    queue: str = "",
    agent: str = "",
    channel: str = "",
    priority: str = "",
    language: Annotated[str, Query(max_length=10)] = "",
    brand: Annotated[str, Query(max_length=18)] = "",
) -> Asked:
    """Read the address; what it names and does not exist is left out. Without a brand it is the
    one that this browser looks at."""
    usual = () if length else ("length",)
    return Asked(
        length or "day",
        day,
        step,
        int(queue) if queue.isdecimal() and len(queue) < 19 else None,
        int(agent) if agent.isdecimal() and len(agent) < 19 else None,
        channel if channel in [one.name for one in registry.all_channels()] else "",
        priority if priority in PRIORITIES else "",
        language,
        brand or str(session.brand_id or ""),
        session.brands if len(session.brands) > 1 else (),
        usual if brand else (*usual, "brand"),
    )


Wanted = Annotated[Asked, Depends(asked)]


@dataclass(frozen=True, slots=True)
class Scope:
    """The queues somebody sees, those that are chosen, and the time in their zone."""

    queues: tuple[QueueName, ...]
    filters: Filters
    period: Period
    queue: QueueName | None


async def scope_of(runtime: Runtime, who: Actor, wanted: Asked) -> Scope:
    """Times are on the clocks of the chosen queue's calendar, or else of whoever looks."""
    if wanted.brand_id is not None and not who.sees_brand(wanted.brand_id):
        raise NotFound
    found = await runtime.db.query(history_queues, who, wanted.brand_id)
    queue = next((one for one in found if one.id == wanted.queue), None)
    if wanted.queue is not None and queue is None:
        raise NotFound
    ids = (queue.id,) if queue else tuple(one.id for one in found)
    filters = Filters(ids, wanted.channel, wanted.priority, wanted.language)
    zone = queue.time_zone if queue and queue.time_zone else who.time_zone
    period = period_of(wanted.length, wanted.day, wanted.step, zone, clock.now())
    return Scope(found, filters, period, queue)


def common(scope: Scope, wanted: Asked, report: str, path: str) -> dict[str, Any]:
    """What every report's page is drawn with."""
    return {
        "tab": "history",
        "report": report,
        "period": scope.period,
        "time_zone": scope.period.zone_name,
        "wanted": wanted,
        "queues": scope.queues,
        "queue": scope.queue,
        "brands": wanted.brands,
        "channels": [channel.name for channel in registry.all_channels()],
        "priorities": PRIORITIES,
        "address": Address(path, wanted.chosen()),
        "now_at": clock.now(),
    }
