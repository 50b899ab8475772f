"""Uploads from the plain form; scripts send files one by one to the API instead."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Request, Response  # noqa: TC002  read by FastAPI
from starlette.concurrency import run_in_threadpool

from service.archive import Uploader
from service.http.access import asked_again, guard_csrf, guard_origin, require_anywhere
from service.http.uploads import project_guard, upload_project
from service.intake.multipart import staged_request
from service.pages.addresses import START
from service.pages.notes import Note
from service.pages.routing import page_router
from service.pages.visits import Visit, Visiting  # noqa: TC001
from service.uploads import Outcome, take_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.accounts.roles import Principal
    from service.intake.multipart import Upload
    from service.service import Service

router = page_router()


@router.post("/upload")
async def upload(request: Request, visit: Visiting) -> Response:
    """Takes files in; says of each that is refused why, and what to do."""
    guard_origin(request)

    require_anywhere(visit.principal, "upload")
    guard_project = project_guard(visit.service, visit.principal)

    async def guard(name: str, value: str) -> None:
        if name == "csrf":  # it comes first: nothing of a foreign form reaches the disk
            guard_csrf(visit.service, visit.principal, value)
        await guard_project(name, value)

    async with (
        request.app.state.uploads.turn(visit.principal.name),
        staged_request(request, request.app.state.staging, on_field=guard) as sent,
    ):
        guard_csrf(visit.service, visit.principal, sent.field("csrf"))
        principal = await asked_again(request, visit.service)  # the body may have taken hours
        outcomes = await run_in_threadpool(_taken, visit.service, principal, sent)
    return await run_in_threadpool(_answer, visit, outcomes)


def _taken(service: Service, principal: Principal, sent: Upload) -> list[Outcome]:
    project = upload_project(service, principal, sent.field("project"))
    by = Uploader(principal.name, principal.user_id)
    return take_in(service, project, sent, by, sent.field("password") or None)


def _answer(visit: Visit, outcomes: Sequence[Outcome]) -> Response:
    """Back to the list where all went well, else a page with what was refused or is known."""
    counts = {
        name: sum(outcome.status == status for outcome in outcomes)
        for name, status in (("created", "created"), ("duplicates", "duplicate"))
    }
    refused = [outcome for outcome in outcomes if outcome.status == "refused"]
    if not outcomes:
        return visit.go(START, Note("no_files"))
    renamed = [one for one in outcomes if one.status == "duplicate" and _is_renamed(one)]
    if not refused and not renamed:
        return visit.go(START, Note("uploaded", counts))
    status = HTTPStatus.OK if any(counts.values()) else HTTPStatus.UNPROCESSABLE_ENTITY
    return visit.render(
        "archive/refused.html", status, refused=refused, renamed=renamed, counts=counts
    )


def _is_renamed(outcome: Outcome) -> bool:
    return outcome.document is not None and outcome.document.name != outcome.name
