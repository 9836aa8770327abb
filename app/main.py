"""The application put together: the only wiring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from app.database import Database, migrate
from app.engine import Engine
from app.llm.secrets import open_vault
from app.settings import Settings, resource
from app.web.errors import add_error_pages, refusal
from app.web.live import Streams
from app.web.pages import ROUTERS
from app.web.route import FORM_LIMITS
from app.web.security import Guard


def create_app(settings: Settings) -> FastAPI:
    """Return the web application for these settings. It migrates its database when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(migrate, settings.url)
        engine = Engine(settings, app.state.database) if settings.embedded_engine else None
        if engine:
            await run_in_threadpool(engine.start)
        yield
        if engine:
            await run_in_threadpool(engine.stop)
        app.state.database.dispose()

    app = FastAPI(
        title="Tamis", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, form_limits=FORM_LIMITS
    )
    app.state.settings = settings
    app.state.is_stopping = False
    app.state.streams = Streams(settings.streams_per_person)
    app.state.database = Database(settings.url)
    app.state.vault = open_vault(settings)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=resource("static")), name="static")
    add_error_pages(app)
    # The usual 9 takes three times the work for 6 % less to send.
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=4)
    app.add_middleware(Guard, base_url=settings.base_url, refuse=refusal)
    return app
