"""create_app(): the composition root, the only file that knows everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.runtime import Runtime, build_runtime
from app.settings import Settings
from app.web import api, errors, guard, health
from app.web.static import Static


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole product as an ASGI application."""
    settings = settings or Settings()
    runtime = build_runtime(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.ready = True
        try:
            yield
        finally:
            app.state.ready = False
            await runtime.limits.close()
            await runtime.db.close()

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


def _mount(app: FastAPI, runtime: Runtime) -> None:
    app.include_router(health.router)
    app.include_router(api.router)
    app.mount("/static", Static(runtime.pages.assets), name="static")
