"""Server-sent events: documents as they change."""

from __future__ import annotations

from collections.abc import AsyncIterator  # noqa: TC003  read by FastAPI
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from service.api.shapes import document_out
from service.events import changes
from service.http.access import Asking, TheService, chosen_projects
from service.http.problems import ProblemError, responses

router = APIRouter(prefix="/api/v1", tags=["events"])


def last_event(
    last_event_id: Annotated[str | None, Header(description="the moment of an event")] = None,
) -> datetime | None:
    """The moment that `Last-Event-ID` names. Raises ProblemError."""
    if last_event_id is None:
        return None
    try:
        moment = datetime.fromisoformat(last_event_id)
    except ValueError:
        detail = "Last-Event-ID is not the id of an event: leave it out"
        raise ProblemError(HTTPStatus.BAD_REQUEST, "request", detail) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def event_projects(
    service: TheService,
    asking: Asking,
    project: Annotated[str | None, Query(description="id or name")] = None,
) -> tuple[str, ...]:
    """The projects whose events are asked for."""
    with service.database.read() as session:
        return chosen_projects(session, asking, project)


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=responses(404),
)
async def get_events(
    request: Request,
    service: TheService,
    projects: Annotated[tuple[str, ...], Depends(event_projects)],
    since: Annotated[datetime | None, Depends(last_event)],
) -> AsyncIterator[ServerSentEvent]:
    """Events named `document` with a document as it is now, whenever one changes.

    After a break send `Last-Event-ID` (browsers do by themselves) to get what changed meanwhile.
    """
    async for change in changes(service, projects, since, request.app.state.stopping):
        shape = document_out(change.document)
        yield ServerSentEvent(data=shape, event="document", id=change.moment)
