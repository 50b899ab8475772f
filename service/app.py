"""The application: routes, handlers and middleware put together."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

from extractor import __version__
from service import api, conversion, events, exports, pages
from service.conversion import Converter
from service.http import health
from service.http.answering import Answered, Headed
from service.http.middleware import Bounded, Limited, Logged, SafeHeaders
from service.http.parameters import known_parameters
from service.http.problems import add_handlers
from service.intake.staging import Staging
from service.metrics import Metrics
from service.service import open_service
from service.tracing import set_up_traces
from service.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.service import Service
    from service.settings import Settings

THREADS = 12  # that work on answers; more would only wait for each other
UPLOAD_PATHS = frozenset({"/api/v1/documents", "/upload"})
UPLOADS, UPLOADS_OF_ONE = 8, 4  # that are taken in at the same time: in all, of one user
UPLOAD_WAIT_S, UPLOAD_ROW = 300.0, 2000  # for a turn, with the body unread
DESCRIPTION = """\
Upload reports, follow their reading, fetch the data. Errors are problem documents (RFC 9457).
Programs send a token, made on the page of the account, as `Authorization: Bearer ext_...`."""


def create_app(settings: Settings) -> FastAPI:
    """The application on a database whose tables are up to date."""
    service = open_service(settings)
    converter = Converter(service)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        await run_in_threadpool(app.openapi)  # 0.6 s that the first request would wait
        yield
        converter.close()
        service.close()

    app = FastAPI(
        title="extractor",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.converter = converter
    _set_state(app, service)
    add_handlers(app)
    for router in (health.router, *pages.ROUTERS):
        app.include_router(router)
    for router in api.ROUTERS:
        app.include_router(router, dependencies=[Depends(known_parameters)])
    app.mount("/static", pages.static_files())
    _add_middleware(app, settings)
    set_up_traces(app, service.database)
    return app


def _set_state(app: FastAPI, service: Service) -> None:
    """What requests share."""
    app.state.service = service
    app.state.stopping = asyncio.Event()
    app.state.metrics = Metrics(service)
    app.state.exports, app.state.conversions = exports.turns(), conversion.turns()
    app.state.streams = events.turns()
    app.state.error_page = pages.error_page
    app.state.uploads = Turns(UPLOADS, UPLOADS_OF_ONE, UPLOAD_WAIT_S, UPLOAD_ROW)
    app.state.staging = Staging(service.settings.staging, service.settings.intake_limits())


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """The innermost first."""
    app.add_middleware(Headed)
    app.add_middleware(Bounded, uploads=UPLOAD_PATHS)
    app.add_middleware(Limited, settings=settings)
    app.add_middleware(Answered)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Logged, metrics=app.state.metrics)
