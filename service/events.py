"""What changes, told to those who look on: snapshots of documents, never a history.

A stream sends the present state of each document that changed. Who was cut off names the moment of
the last event and is sent what changed since then: nothing is missed, something may come twice.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from service.repository import documents
from service.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence

    from service.rows import Document
    from service.service import Service

POLL_S = 0.5
RECHECK_S = 10.0  # a login that has ended, a role that was taken: the stream ends then
AT_ONCE, OF_ONE = 200, 20  # streams of a server, and of one user
OVERLAP = timedelta(seconds=5)  # changes are dated before they are committed
MOST = 10_000  # of one look


@dataclass(frozen=True, slots=True)
class Change:
    """A document as it is now; `moment` is when it changed, in ISO form."""

    moment: str
    document: Document


def turns() -> Turns:
    """Those of streams: each asks the database twice a second."""
    return Turns(AT_ONCE, OF_ONE)


async def changes(
    service: Service,
    allowed: Callable[[], Collection[str]],
    since: datetime | None,
    stopping: asyncio.Event,
) -> AsyncIterator[Change]:
    """The changes since a moment (None: from now on), until the server stops.

    `allowed` gives the projects that may be looked at now: it is asked again before anything is
    told and every RECHECK_S seconds, and the stream ends where there is none left.
    """
    clock = asyncio.get_running_loop().time
    start = since if since is not None else await run_in_threadpool(service.database.now)
    sent: dict[str, datetime] = {}
    projects, until = await run_in_threadpool(allowed), clock() + RECHECK_S
    while projects and not stopping.is_set():
        found = await run_in_threadpool(_look, service, tuple(projects), start - OVERLAP)
        news = [document for document in found if sent.get(document.id) != document.updated_at]
        if news or clock() >= until:
            projects, until = await run_in_threadpool(allowed), clock() + RECHECK_S
        for document in news:
            if document.project_id in projects:
                yield Change(document.updated_at.isoformat(), document)
        if found:
            start = max(start, found[-1].updated_at)
        sent = {document.id: document.updated_at for document in found}
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), POLL_S)


def _look(service: Service, projects: Sequence[str], since: datetime) -> tuple[Document, ...]:
    with service.database.read() as session:
        found = documents.changed(session, projects, since, MOST)
        session.expunge_all()
        return found
