"""For those who watch over the service: is it up, can it work, what are its figures."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from extractor import __version__
from service.http.access import TheService, asked_by
from service.http.middleware import is_loopback
from service.http.problems import ProblemError, responses
from service.migrations import is_current
from service.rows import Row

if TYPE_CHECKING:
    from service.metrics import Metrics

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """The process runs."""

    status: str
    version: str


@router.get("/healthz")
async def health() -> Health:
    """Answers as long as the process runs, also where all threads are busy."""
    return Health(status="ok", version=__version__)


@router.get("/readyz", responses=responses(503))
def ready(service: TheService) -> Health:
    """Answers 200 where the database is there and up to date, and files can be kept."""
    try:
        fits = is_current(service.database)
        with service.database.read() as session:  # a damaged file may still have the version
            if service.database.is_sqlite:  # reads from the file, not from what is remembered
                session.execute(sa.text("PRAGMA shrink_memory"))
            for table in Row.metadata.sorted_tables:
                session.execute(sa.select(table).limit(1)).first()
        service.store.check()
    except (SQLAlchemyError, OSError) as error:
        detail = f"not ready: {type(error).__name__}"
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", detail) from None
    if not fits:
        detail = "the tables are of another version"
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", detail)
    return Health(status="ready", version=__version__)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **responses(403)},
)
def metrics(request: Request, service: TheService) -> Response:
    """Figures for Prometheus; for this machine, and for tokens of administrators."""
    near = request.client is not None and is_loopback(request.client.host)
    principal = None if near else asked_by(request, service)
    if not near and (principal is None or not principal.may_everything()):
        detail = "figures are for this machine, or with a token of an administrator"
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", detail)
    found: Metrics = request.app.state.metrics
    return Response(found.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
