"""Somebody looks at a page: who, in which language and project, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import structlog
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from service.accounts import logins
from service.accounts.roles import Principal  # noqa: TC001  read by FastAPI
from service.http.access import TheService, asked_by, readable, require_everything
from service.http.problems import not_found
from service.pages import notes
from service.pages.addresses import PASSWORD_PAGE, here
from service.pages.language import COOKIE, Language, language_of
from service.pages.rendering import render
from service.pages.routing import SEE_OTHER, ElsewhereError
from service.service import Service  # noqa: TC001  read by FastAPI

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Response

    from service.accounts.roles import Permission
    from service.pages.notes import Note
    from service.rows import Project

PROJECT_COOKIE = "extractor_project"
YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page by somebody who is logged in.

    `projects` are those that may be read, `project` is the one that is looked at, None where there
    is none.
    """

    request: Request
    service: Service
    principal: Principal
    language: Language
    projects: tuple[Project, ...]
    project: Project | None
    note: Note | None

    @property
    def csrf(self) -> str:
        """The token that forms and scripts send back."""
        return logins.csrf_token(self.service, self.principal)

    @property
    def path(self) -> str:
        """The address without its query."""
        return self.request.url.path

    @property
    def here(self) -> str:
        """The address of the page, to come back to."""
        return here(self.request)

    @property
    def has_accounts(self) -> bool:
        """Whether one can log in at all."""
        return not self.service.settings.no_auth

    @property
    def administers(self) -> bool:
        """Whether there is something to administer: the service, or a project."""
        may = self.principal.may
        return self.principal.may_everything() or any(may("admin", p.id) for p in self.projects)

    @property
    def project_in_links(self) -> str | None:
        """The project as links to the archive name it, None where there is only one."""
        return self.project.id if self.project is not None and len(self.projects) > 1 else None

    def may(self, permission: Permission) -> bool:
        """Whether that is allowed in the project that is looked at."""
        return self.project is not None and self.principal.may(permission, self.project.id)

    def part(self, template: str, status: int = 200, **context: object) -> Response:
        """A part of a page, for scripts: it changes nothing of what the browser keeps."""
        body = render(self.language, template, visit=self, **context)
        return HTMLResponse(body, status_code=status)

    def render(self, template: str, status: int = 200, **context: object) -> Response:
        """A page."""
        response = self.part(template, status, **context)
        if self.request.query_params.get("project") and self.project is not None:
            keep(self.request, response, PROJECT_COOKIE, self.project.id, YEAR_S)
        if notes.COOKIE in self.request.cookies:
            response.delete_cookie(notes.COOKIE)
        return response

    def go(self, path: str, note: Note | None = None) -> Response:
        """To another page, after a form was sent; the note is shown there."""
        response = RedirectResponse(path, SEE_OTHER)
        if note is not None:
            value = notes.sealed(self.service.seal, self.principal, note)
            keep(self.request, response, notes.COOKIE, value, notes.KEPT_S)
        return response


def keep(
    request: Request, response: Response, name: str, value: str, seconds: int | None = None
) -> None:
    """Sets a cookie that no script reads, and that goes over https only where the page did."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=secure
    )


def language_asked(request: Request) -> Language:
    """The language of a request."""
    return language_of(request.cookies.get(COOKIE), request.headers.get("accept-language"))


def unfinished_visit_of(request: Request, service: TheService) -> Visit:
    """The visit of somebody who is logged in, maybe with a one-time password still."""
    principal = asked_by(request, service)
    if principal is None or principal.token_id is not None:  # pages are for people
        raise ElsewhereError(f"/login?next={quote(here(request))}")
    structlog.contextvars.bind_contextvars(user=principal.name)
    with service.database.read() as session:
        projects = readable(session, principal)
        session.expunge_all()
    project = _looked_at(request, principal, projects)
    note = notes.opened(service.seal, principal, request.cookies.get(notes.COOKIE))
    return Visit(request, service, principal, language_asked(request), projects, project, note)


def visit_of(visit: Annotated[Visit, Depends(unfinished_visit_of)]) -> Visit:
    """The visit of somebody who is logged in; who has a one-time password changes it first."""
    if visit.principal.must_change:
        raise ElsewhereError(PASSWORD_PAGE)
    return visit


def _looked_at(
    request: Request, principal: Principal, projects: Sequence[Project]
) -> Project | None:
    """The project that the address names, else the one before, else the first to upload to."""
    named = request.query_params.get("project")
    by_id = {project.id: project for project in projects}
    if named:
        if named not in by_id:
            raise not_found("project")
        return by_id[named]
    before = by_id.get(request.cookies.get(PROJECT_COOKIE, ""))
    uploads = (project for project in projects if principal.may("upload", project.id))
    return before or next(uploads, None) or next(iter(projects), None)


Visiting = Annotated[Visit, Depends(visit_of)]
Unfinished = Annotated[Visit, Depends(unfinished_visit_of)]


def _require_everything(visit: Visiting) -> None:
    require_everything(visit.principal)


FOR_ADMINISTRATORS = (Depends(_require_everything),)  # of the service, not of a project
