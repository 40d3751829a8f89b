"""Who works here: every worker of the product, by name."""

from app.workers import (
    alerts,
    deadlines,
    deliver,
    erasures,
    fetch_mail,
    imports,
    listen_smtp,
    parse_mail,
    questions,
    retention,
    rollup,
    route_waiting,
    scenarios,
    watches,
    webhooks,
)
from app.workers.supervisor import Worker


def everybody() -> list[Worker]:
    """All workers; a new one is added here."""
    return [
        route_waiting.WORKER,
        deadlines.WORKER,
        fetch_mail.WORKER,
        listen_smtp.WORKER,
        parse_mail.WORKER,
        deliver.WORKER,
        rollup.WORKER,
        scenarios.WORKER,
        alerts.WORKER,
        watches.WORKER,
        webhooks.WORKER,
        questions.WORKER,
        imports.WORKER,
        erasures.WORKER,
        retention.WORKER,
    ]
