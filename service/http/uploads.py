"""Who may upload where: seen before the files of a request are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from service.http.access import one_project

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.accounts.roles import Principal
    from service.rows import Project
    from service.service import Service


def upload_project(service: Service, principal: Principal, wanted: str | None) -> Project:
    """The project that an upload is for; ProblemError where that is not allowed."""
    with service.database.read() as session:
        project = one_project(session, principal, "upload", wanted)
        session.expunge(project)
        return project


def project_guard(service: Service, principal: Principal) -> Callable[[str, str], Awaitable[None]]:
    """Refuses an upload as soon as it names a project where that is not allowed."""
    named: list[str] = []

    async def guard(name: str, value: str) -> None:
        if name == "project" and not named:  # the first counts
            named.append(value)
            await run_in_threadpool(upload_project, service, principal, value)

    return guard
