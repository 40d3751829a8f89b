"""Runs the migrations on the connection that `app.migrate` hands over; the same on both engines."""

from typing import Any

from alembic import context

from app.models import metadata


def in_models(thing: Any, name: str | None, kind: Any, reflected: bool, model: Any) -> bool:
    """The search indexes (0002) are made by hand on each engine; no model describes them."""
    return not (name or "").startswith(("message_index", "customer_index"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    include_object=in_models,
)
with context.begin_transaction():
    context.run_migrations()
