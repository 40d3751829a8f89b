"""Words that agents choose from: why they are away, and what became of a contact."""

from sqlalchemy import func, select

from app.actions.setup.field import REFERENCE, SWITCH, TEXT, Field
from app.actions.setup.resource import Resource, Section, Values
from app.db import Tx
from app.models.organisation import dispositions, pause_reasons
from app.pages import N_

PAUSE_REASONS = Resource(
    slug="pause-reasons",
    noun="pause_reason",
    table=pause_reasons,
    title=N_("Pause reasons"),
    one=N_("Pause reason"),
    new=N_("New pause reason"),
    icon="pause",
    lead=N_("What agents choose from when they are away. The order is that of their menu."),
    columns=("name", "productive"),
    unique=("name",),
    order_by="position",
    ordered=True,
    retire="deactivate",
    sections=(
        Section(
            N_("Pause reason"),
            (
                Field("name", N_("Name"), TEXT, required=True, longest=80),
                Field(
                    "productive",
                    N_("Counts as work"),
                    SWITCH,
                    default=False,
                    hint=N_("A meeting or a training is work without contacts; lunch is not."),
                ),
            ),
        ),
    ),
)


def _named_once(tx: Tx, row_id: int | None, values: Values) -> dict[str, str]:
    """No two of one queue are called the same, nor one of a queue and one of all."""
    table = dispositions
    same = select(table.c.queue_id).where(
        func.lower(table.c.name) == values["name"].lower(), table.c.active
    )
    if row_id is not None:
        same = same.where(table.c.id != row_id)
    taken = list(tx.execute(same).scalars())
    queue_id = values["queue_id"]
    clash = bool(taken) if queue_id is None else queue_id in taken or None in taken
    return {"name": "taken"} if clash else {}


DISPOSITIONS = Resource(
    slug="dispositions",
    noun="disposition",
    table=dispositions,
    title=N_("Outcomes"),
    one=N_("Outcome"),
    new=N_("New outcome"),
    icon="list-checks",
    lead=N_(
        "What became of a contact: agents choose one while they wrap up. A queue can require it."
    ),
    columns=("name", "queue_id"),
    order_by="position",
    ordered=True,
    retire="deactivate",
    check=_named_once,
    sections=(
        Section(
            N_("Outcome"),
            (
                Field(
                    "name",
                    N_("Name"),
                    TEXT,
                    required=True,
                    longest=80,
                    hint=N_("Such as Solved, Refunded, Wrong number."),
                ),
                Field(
                    "queue_id",
                    N_("Queue"),
                    REFERENCE,
                    source="queues",
                    empty=N_("Every queue"),
                    default=None,
                ),
            ),
        ),
    ),
)
