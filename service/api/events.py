"""Server-sent events: documents as they change."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable  # noqa: TC003  read by FastAPI
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError

from service.api.shapes import document_out
from service.events import OVERLAP, changes
from service.http.access import Asking, TheService, asked_by, chosen_projects
from service.http.problems import ProblemError, responses

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1", tags=["events"])


def last_event(
    last_event_id: Annotated[str | None, Header(description="the moment of an event")] = None,
) -> datetime | None:
    """The moment that `Last-Event-ID` names. Raises ProblemError."""
    if last_event_id is None:
        return None
    try:
        moment = datetime.fromisoformat(last_event_id)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC) - OVERLAP + OVERLAP  # there is a before
    except (ValueError, OverflowError):
        detail = "Last-Event-ID is not the id of an event: leave it out"
        raise ProblemError(HTTPStatus.BAD_REQUEST, "request", detail) from None


def event_projects(
    request: Request,
    service: TheService,
    asking: Asking,
    project: Annotated[str | None, Query(description="id or name")] = None,
) -> Callable[[], tuple[str, ...]]:
    """The projects whose events are asked for, as they may be looked at when it is called.

    None any more where the login or the token has ended, or the role was taken.
    """
    with service.database.read() as session:
        chosen_projects(session, asking, project)

    def allowed() -> tuple[str, ...]:
        principal = asked_by(request, service, is_use=False)
        if principal is None:
            return ()
        try:
            with service.database.read() as session:
                return chosen_projects(session, principal, project)
        except ProblemError:
            return ()

    return allowed


async def event_turn(request: Request, asking: Asking) -> AsyncIterator[None]:
    """One of the streams that a server has, until this one ends."""
    async with request.app.state.streams.turn(asking.name):
        yield


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=responses(404),
    dependencies=[Depends(event_turn)],
)
async def get_events(
    request: Request,
    service: TheService,
    allowed: Annotated[Callable[[], tuple[str, ...]], Depends(event_projects)],
    since: Annotated[datetime | None, Depends(last_event)],
) -> AsyncIterator[ServerSentEvent]:
    """Events named `document` with a document as it is now, whenever one changes.

    After a break send `Last-Event-ID` (browsers do by themselves) to get what changed meanwhile.
    The stream ends some seconds after a login or a token does.
    """
    try:
        async for change in changes(service, allowed, since, request.app.state.stopping):
            shape = document_out(change.document)
            yield ServerSentEvent(data=shape, event="document", id=change.moment)
    except SQLAlchemyError as error:  # who follows asks again
        log.error("a stream of events ended: %s", type(error).__name__)
