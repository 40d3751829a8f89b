"""Brings erasures to their end: the bytes of files and the free pages of the database."""

import structlog

from app.erasing import erase_again, finish_erasures
from app.workers.supervisor import Shift, Worker

EVERY_S = 30.0
_log = structlog.get_logger(__name__)


async def finish(shift: Shift) -> None:
    """The worker's loop."""
    again = await erase_again(shift.runtime)
    if again:
        _log.info("erased_again_after_restore", customers=again)
    while not shift.stopping:
        if not await finish_erasures(shift.runtime):
            await shift.rest(EVERY_S)


WORKER = Worker("erasures", finish)
