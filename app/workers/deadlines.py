"""Everything that happens because time has passed: offers, presence, wrap-up, promises, snoozes,
idle chats, unseen chat replies that go by mail, and old rows that are no longer needed."""

import asyncio
from collections.abc import Awaitable, Callable

from app import clock
from app.actions.article_publish import publish_planned
from app.actions.chat_by_mail import mail_unseen_replies
from app.actions.consult import expire_consults
from app.actions.end_idle import end_idle_chats, warn_idle_chats
from app.actions.end_overdue import end_overdue_wrap_ups
from app.actions.offer import expire_offers
from app.actions.promise import tell_of_promises
from app.actions.set_presence import expire_presence, hand_back_absent
from app.actions.set_status import wake_snoozed
from app.actions.sla import stamp_breaches
from app.actions.tidy import remove_outdated
from app.actions.worker_error import clear_worker_error
from app.db import Database
from app.queries.due import due
from app.settings import Settings
from app.workers.supervisor import Shift, Worker

SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000
ABSENT_MS = 8 * HOUR_MS  # mails of an agent who has been offline for so long go back to their queue
TICK_S = 1.0

Step = Callable[[], Awaitable[object]]


class Deadlines:
    """The steps, how often each is looked at, and which of them are failing."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._db: Database = shift.runtime.db
        self._settings: Settings = shift.runtime.settings
        self._began_at = clock.now()
        self._failing: set[str] = set()
        self._rounds: list[tuple[str, int, Step]] = [
            ("each_second", SECOND_MS, self._each_second),
            ("unseen_replies", 15 * SECOND_MS, self._unseen_replies),
            ("idle_chats", 15 * SECOND_MS, self._idle_chats),
            ("absent_agents", MINUTE_MS, self._absent_agents),
            ("outdated", HOUR_MS, self._outdated),
        ]
        self._next_at = {name: self._began_at for name, _, _ in self._rounds}

    async def run(self) -> None:
        """Look at the clock until stopped."""
        while not self._shift.stopping:
            for name, every_ms, step in self._rounds:
                if clock.now() >= self._next_at[name]:
                    self._next_at[name] = clock.now() + every_ms
                    await self._try(name, step)
            await self._shift.rest(TICK_S)

    async def _try(self, name: str, step: Step) -> None:
        """A step that fails is written down and does not keep the others from their work."""
        worker = f"{self._shift.name}.{name}"
        try:
            await step()
        except Exception as error:
            self._failing.add(name)
            await self._shift.note(error, worker)
        else:
            if name in self._failing:
                self._failing.discard(name)
                await self._db.write(clear_worker_error, worker)

    async def _each_second(self) -> None:
        now, ttl_ms = clock.now(), self._settings.agent_ttl_s * 1000
        passed = await self._db.query(due, now, ttl_ms)
        writes: list[Awaitable[object]] = []
        if passed.offers:
            writes.append(self._db.write(expire_offers))
        # After a start the agents' browsers need a moment to come back before they count as gone.
        if passed.presence and now - self._began_at >= ttl_ms:
            writes.append(self._db.write(expire_presence, ttl_ms))
        if passed.wrap_up:
            writes.append(self._db.write(end_overdue_wrap_ups))
        if passed.snoozed:
            writes.append(self._db.write(wake_snoozed))
        if passed.promises:
            writes.append(self._db.write(stamp_breaches))
        if passed.articles:
            writes.append(self._db.write(publish_planned))
        if passed.owed:
            writes.append(self._db.write(tell_of_promises))
        if passed.consults:
            writes.append(self._db.write(expire_consults))
        await _all(writes)

    async def _unseen_replies(self) -> None:
        after_ms = self._settings.chat_email_after_min * MINUTE_MS
        await self._db.write(mail_unseen_replies, after_ms)

    async def _idle_chats(self) -> None:
        idle_ms = self._settings.chat_idle_min * MINUTE_MS
        await _all(
            [self._db.write(warn_idle_chats, idle_ms), self._db.write(end_idle_chats, idle_ms)]
        )

    async def _absent_agents(self) -> None:
        await self._db.write(hand_back_absent, ABSENT_MS)

    async def _outdated(self) -> None:
        await self._db.write(remove_outdated, self._settings.session_idle_h * HOUR_MS)


async def _all(writes: list[Awaitable[object]]) -> None:
    """Wait for all of them; if some failed, say so once all have had their turn."""
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if errors:
        raise ExceptionGroup("deadlines that could not be kept", errors)


async def keep_deadlines(shift: Shift) -> None:
    """The worker's loop."""
    await Deadlines(shift).run()


WORKER = Worker("deadlines", keep_deadlines)
