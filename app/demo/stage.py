"""Puts the demo on stage: its settings, its pages, its past, and its life while it is served."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.demo.catcher import Catcher
from app.demo.company import Company, content, fill
from app.demo.life import Life
from app.demo.pages import demo_router
from app.demo.past import make_past
from app.runtime import Runtime
from app.security.api_keys import create_api_key
from app.settings import Settings

ROLES = {"agent": "agent", "supervisor": "supervisor", "admin": "administrator"}
BOTS = ("ben", "mei", "hao")  # who answer by themselves while there is life; Ana is for you


class Stage:
    """The demo around a product that knows nothing of it."""

    def __init__(self, *, smtp_in: int, smtp_out: int, live: bool) -> None:
        self.company = Company()
        self.catcher = Catcher()
        self._smtp_in = smtp_in
        self._smtp_out = smtp_out
        self._live = live

    def settings(self, base: Settings) -> Settings:
        """The settings of a demo: mail stays on this machine, whatever the environment says."""
        # The terminal is for where to click, unless somebody asked for more.
        quiet = {} if "log_level" in base.model_fields_set else {"log_level": "warning"}
        return base.model_copy(
            update=quiet
            | {
                "smtp_listen_host": "127.0.0.1",
                "smtp_listen_port": self._smtp_in,
                "smtp_host": "127.0.0.1",
                "smtp_port": self._smtp_out,
                "smtp_security": "none",
                "smtp_user": "",
                "mail_from": "no-reply@lantern.example",
            }
        )

    def install(self, app: FastAPI, runtime: Runtime) -> None:
        """Add the demo's pages, and begin and end it with the product."""
        app.include_router(demo_router(self.company, self.catcher, self._smtp_in))
        product = app.router.lifespan_context

        @asynccontextmanager
        async def lifespan(served: FastAPI) -> AsyncIterator[None]:
            await self.catcher.start(self._smtp_out)
            made = await fill(runtime.db)
            self.company.passwords = made.passwords
            self.company.chat_key, self.company.form_key = made.chat_key, made.form_key
            self.company.identity_secret = made.identity_secret
            self.company.agent_ids = made.agent_ids
            await make_past(runtime.db)
            async with product(served), self._life(runtime):
                yield
            await self.catcher.stop()

        app.router.lifespan_context = lifespan

    @asynccontextmanager
    async def _life(self, runtime: Runtime) -> AsyncIterator[None]:
        if not self._live:
            yield
            return
        keys = {
            name: await runtime.db.write(create_api_key, self.company.agent_ids[name], "Demo life")
            for name in BOTS
        }
        life = Life(runtime.settings.base_url, self._smtp_in, self.company, keys)
        task = asyncio.create_task(self._after_start(life))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _after_start(self, life: Life) -> None:
        await asyncio.sleep(2)  # the server begins to listen after its lifespan has begun
        await life.run()

    def words(self, settings: Settings) -> str:
        """What the terminal says: where to click, who to be."""
        base = settings.base_url
        lines = [
            "",
            "  Switchroom is running with a demo company, Lantern & Leaf.",
            "",
            f"  The shop (be a customer)    {base}/demo/",
            f"  The customers' mailbox      {base}/demo/mail",
            f"  The console (be an agent)   {base}/inbox",
            f"  The wallboard (supervisor)  {base}/supervise",
            f"  The settings (admin)        {base}/admin",
            "",
            "  Sign in with one of these; the passwords are new at each start:",
        ]
        roles = {f"{p['key']}@lantern.example": p["role"] for p in content("people")["agent"]}
        for email, password in self.company.passwords.items():
            lines.append(f"    {email:<22} {password}   {ROLES[roles[email]]}")
        if not self._live:
            lines += ["", "  With --live, customers keep writing while you look."]
        return "\n".join([*lines, "", "  Ctrl-C stops it.", ""])
