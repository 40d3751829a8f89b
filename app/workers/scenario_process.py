"""A process of its own that answers one question: whatever it takes, the server's loop goes on.

In: one line of JSON on stdin. Out: lines of JSON on stdout, `progress` (0 to 1) again and again and
at last `answer`, `refused` (a code) or `error` (in words). It ends when nobody listens any more.
"""

import asyncio
import json
import os
import sys
from time import monotonic
from typing import Any

from app.db import Database
from app.queries.what_if.answer import load
from app.queries.what_if.questions import question_of
from app.queries.what_if.refusal import CannotAnswer

EVERY_S = 0.25  # a word on progress at most so often
NICENESS = 10  # customers first

_told_at = 0.0


def tell(**what: Any) -> None:
    """One line to whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def progress(share: float) -> None:
    """Say how far it is, but not at every step."""
    global _told_at
    if monotonic() - _told_at >= EVERY_S:
        _told_at = monotonic()
        tell(progress=round(share, 3))


async def work(job: dict[str, Any]) -> None:
    """Read what is needed, give the connection back, and reckon."""
    question = question_of(job["kind"], job["ask"])
    brands = None if job["brands"] is None else tuple(job["brands"])
    db = Database(job["url"], record=lambda _: None)
    try:
        compute = await db.query(load, question, brands, job["now"])
    finally:
        await db.close()
    tell(answer=compute(progress))


def main() -> None:
    """Answer the question on stdin."""
    os.nice(NICENESS)
    try:
        asyncio.run(work(json.loads(sys.stdin.readline())))
    except CannotAnswer as refusal:
        tell(refused=refusal.code)
    except BrokenPipeError:  # called off
        os._exit(1)
    except Exception as error:
        tell(error=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
