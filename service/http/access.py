"""Who asks, and what they ask with: the dependencies of all routes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, cast

import structlog
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.concurrency import run_in_threadpool

from service.accounts import logins
from service.accounts.roles import LOCAL, Permission, Principal
from service.http.problems import ProblemError, not_found
from service.repository import accounts, documents
from service.service import Service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.rows import Document, Project, User

COOKIE = "extractor_session"
CSRF_HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, description="A token, made on the page of the account.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="The login of a browser.")


async def of_service(request: Request) -> Service:
    """The service that the application was made for."""
    return cast("Service", request.app.state.service)


TheService = Annotated[Service, Depends(of_service)]


def asked_by(request: Request, service: Service, *, is_use: bool = True) -> Principal | None:
    """Who asks, by token or cookie; None where nobody is logged in.

    With `is_use` a login lasts longer for it.
    """
    if service.settings.no_auth:
        return LOCAL
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if secret:
        is_token = scheme.lower() == "bearer"
        return logins.by_token(service, secret.strip(), is_use=is_use) if is_token else None
    cookie = request.cookies.get(COOKIE)
    return logins.by_cookie(service, cookie, is_use=is_use) if cookie else None


async def principal_of(
    request: Request,
    service: TheService,
    _token: Annotated[object, Depends(_bearer)],  # for the description of the API
    _login: Annotated[object, Depends(_cookie)],
) -> Principal:
    """Who asks; a 401 where nobody is logged in, a 403 where another site sent the request."""
    # Without accounts there is nothing to wait for; a hop to a thread costs as much as an answer.
    free = service.settings.no_auth
    principal = LOCAL if free else await run_in_threadpool(asked_by, request, service)
    if principal is None:
        raise login_needed()
    if request.method not in SAFE:
        guard_origin(request)
        if principal.login_id is not None:
            guard_csrf(service, principal, request.headers.get(CSRF_HEADER))
    if principal.must_change:
        detail = "choose a password of your own first, on the page of your account"
        raise ProblemError(HTTPStatus.FORBIDDEN, "password_change", detail)
    structlog.contextvars.bind_contextvars(user=principal.name)
    return principal


async def asked_again(request: Request, service: Service) -> Principal:
    """Who asks, as it is now; a 401 where the login or token has ended meanwhile."""
    principal = await run_in_threadpool(asked_by, request, service)
    if principal is None:
        raise login_needed()
    return principal


def login_needed() -> ProblemError:
    """What is told to those who are not logged in."""
    detail = "log in, or send a token: Authorization: Bearer ext_..."
    return ProblemError(HTTPStatus.UNAUTHORIZED, "login_needed", detail)


def guard_origin(request: Request) -> None:
    """Refuses what a browser says comes from another site (Fetch Metadata; Origin in old ones)."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and origin.partition("://")[2] != request.headers.get("host")
    if foreign:
        detail = "another site sent this request, so nothing was done"
        raise ProblemError(HTTPStatus.FORBIDDEN, "csrf", detail)


def guard_csrf(service: Service, principal: Principal, given: str | None) -> None:
    """Refuses a request of a browser without the token that our pages carry."""
    if principal.login_id is None:
        return
    if not (given or "").isascii() or not logins.is_csrf_token(service, principal, given):
        detail = "the page is too old, so nothing was done: load it again and repeat"
        raise ProblemError(HTTPStatus.FORBIDDEN, "csrf", detail)


Asking = Annotated[Principal, Depends(principal_of)]


def require(principal: Principal, permission: Permission, project_id: str) -> None:
    """A 404 where the project is not the principal's at all, a 403 where it may not do that."""
    if principal.may(permission, project_id):
        return
    if not principal.may("read", project_id):
        raise not_found("project")
    detail = f'this needs the permission "{permission}" in the project: ask an administrator'
    raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", detail)


def require_anywhere(principal: Principal, permission: Permission) -> None:
    """A 403 where the principal may do that in no project at all."""
    places = (*principal.roles, principal.only_project or "")  # administrators have no roles
    if not any(principal.may(permission, place) for place in places):
        detail = f'this needs the permission "{permission}" in a project: ask an administrator'
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", detail)


def one_user(session: Session, user_id: str) -> User:
    """A user; a 404 where there is none."""
    user = accounts.by_id(session, user_id)
    if user is None:
        raise not_found("user")
    return user


def require_everything(principal: Principal) -> None:
    """A 403 for all but administrators of the whole service."""
    if not principal.may_everything():
        detail = "this is for administrators of the service"
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", detail)


def readable(session: Session, principal: Principal) -> tuple[Project, ...]:
    """The projects that the principal may read."""
    return tuple(p for p in accounts.projects(session) if principal.may("read", p.id))


def chosen_projects(session: Session, principal: Principal, wanted: str | None) -> tuple[str, ...]:
    """Ids of the projects that are asked for, by id or name; all readable ones by default."""
    own = readable(session, principal)
    if wanted is None:
        return tuple(project.id for project in own)
    found = tuple(project.id for project in own if wanted in (project.id, project.name))
    if not found:
        raise not_found("project")
    return found


def one_project(
    session: Session, principal: Principal, permission: Permission, wanted: str | None
) -> Project:
    """The project that is asked for; by default the only one in which that is allowed."""
    own = readable(session, principal)
    if wanted is None:
        able = [project for project in own if principal.may(permission, project.id)]
        if len(able) > 1:
            detail = f"say which project: {', '.join(project.name for project in able)}"
            raise ProblemError(HTTPStatus.BAD_REQUEST, "project", detail)
        found = able or list(own)
    else:
        found = [project for project in own if wanted in (project.id, project.name)]
    if not found:
        raise not_found("project")
    require(principal, permission, found[0].id)
    return found[0]


def one_document(
    session: Session, principal: Principal, permission: Permission, document_id: str
) -> Document:
    """A document that the principal may do that with; a 404 or a 403 else."""
    document = documents.by_id(session, document_id)
    if document is None or not principal.may("read", document.project_id):
        raise not_found()
    require(principal, permission, document.project_id)
    return document
