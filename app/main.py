"""create_app(): the composition root, the only file that knows everything."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.routing import BaseRoute

from app.actions.seal_mailboxes import seal_mailboxes
from app.runtime import Runtime, build_runtime
from app.settings import Settings
from app.web import (
    account,
    admin,
    answered,
    api,
    auth,
    calendar_feed,
    console,
    console_fragments,
    errors,
    files,
    form,
    guard,
    health,
    help,
    insight,
    live,
    notices,
    one_brand,
    portal,
    setup,
    supervise,
    tv,
    unsubscribe,
    widget,
)
from app.web.static import Static

# Laid beside each other, not included: FastAPI works the routes of an included router out again,
# and leads each request through it with more ado.
_ROUTES: list[BaseRoute] = []
for part in (
    health, api, auth, setup, account, calendar_feed, one_brand, files, admin, live, insight,
    console, supervise, notices, tv, widget, form, help, answered, unsubscribe,
    portal,
):  # fmt: skip
    _ROUTES.extend(part.router.routes)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole product as an ASGI application."""
    settings = settings or Settings()
    runtime = build_runtime(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(runtime.db.close)
            stack.push_async_callback(runtime.limits.close)
            await stack.enter_async_context(runtime.running())
            await runtime.db.write(seal_mailboxes, runtime.secret)
            if settings.workers:
                await stack.enter_async_context(_workers(runtime))
            app.state.ready = True
            yield
            app.state.ready = False

    app = FastAPI(
        title="Switchroom",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json" if settings.docs else None,
    )
    app.state.runtime = runtime
    app.state.ready = False
    errors.install(app)
    guard.install(app, runtime)
    _mount(app, runtime)
    return app


@asynccontextmanager
async def compose(settings: Settings) -> AsyncIterator[Runtime]:
    """The runtime without a web server, for a process that only works."""
    runtime = build_runtime(settings)
    try:
        async with runtime.running():
            await runtime.db.write(seal_mailboxes, runtime.secret)
            yield runtime
    finally:
        await runtime.db.close()


def _workers(runtime: Runtime) -> AbstractAsyncContextManager[object]:
    from app.workers.crew import everybody  # not needed by tests and by processes that only serve
    from app.workers.supervisor import Supervisor

    return Supervisor(runtime, everybody())


def _mount(app: FastAPI, runtime: Runtime) -> None:
    app.mount("/static", Static(runtime.pages.assets), name="static")  # asked for most: it is first
    app.router.routes.extend(_ROUTES)
    api.install(app)
    widget.install(app)
    portal.install(app)
    for part in (console_fragments, supervise, widget):
        part.register_fragments(runtime)
