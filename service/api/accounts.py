"""Oneself, tokens, and for administrators users, projects and the audit log."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response

from service import administration
from service.accounts import logins
from service.api.schemas import (
    AuditList,
    AuditOut,
    MeOut,
    NewTokenOut,
    OneTimePassword,
    ProjectChange,
    ProjectIn,
    ProjectOut,
    TokenIn,
    TokenOut,
    UserChange,
    UserIn,
    UserOut,
)
from service.api.shapes import me_out, token_out, user_out
from service.http.access import Asking, TheService, one_user, readable, require_everything
from service.http.problems import ProblemError, not_found, responses
from service.repository import accounts, audit

router = APIRouter(prefix="/api/v1")


@router.get("/me", tags=["accounts"], responses=responses())
def me(service: TheService, asking: Asking) -> MeOut:
    """Who you are, and what you may do in which project."""
    with service.database.read() as session:
        return me_out(asking, readable(session, asking))


@router.get("/projects", tags=["projects"], responses=responses())
def list_projects(service: TheService, asking: Asking) -> list[ProjectOut]:
    """The projects that you may read."""
    with service.database.read() as session:
        return [ProjectOut.model_validate(row) for row in readable(session, asking)]


@router.post("/projects", tags=["projects"], status_code=201,
             responses=responses(409))  # fmt: skip
def add_project(service: TheService, asking: Asking, given: ProjectIn) -> ProjectOut:
    """Makes a project: an archive that only its members see."""
    require_everything(asking)
    with service.database.write() as session:
        row = administration.add_project(session, asking.name, given.name)
        return ProjectOut.model_validate(row)


@router.patch("/projects/{project_id}", tags=["projects"],
              responses=responses(404, 409))  # fmt: skip
def change_project(
    service: TheService, asking: Asking, project_id: str, given: ProjectChange
) -> ProjectOut:
    """Renames a project, sets how long documents are kept and how much it may hold."""
    require_everything(asking)
    with service.database.write() as session:
        row = accounts.project(session, project_id)
        if row is None:
            raise not_found("project")
        changes = given.model_dump(exclude_unset=True)
        administration.change_project(session, asking.name, row, changes)
        return ProjectOut.model_validate(row)


@router.delete("/projects/{project_id}", tags=["projects"], status_code=204,
               response_class=Response,
               responses=responses(404, 409))  # fmt: skip
def remove_project(service: TheService, asking: Asking, project_id: str) -> Response:
    """Removes an empty project."""
    require_everything(asking)
    with service.database.write() as session:
        row = accounts.project(session, project_id)
        if row is None:
            raise not_found("project")
        administration.remove_project(session, asking.name, row)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/users", tags=["accounts"], responses=responses())
def list_users(service: TheService, asking: Asking) -> list[UserOut]:
    """All users."""
    require_everything(asking)
    with service.database.read() as session:
        found = accounts.everybody(session)
        return [user_out(row, accounts.roles(session, row.id)) for row in found]


@router.post("/users", tags=["accounts"], status_code=201,
             responses=responses(404, 409))  # fmt: skip
def add_user(service: TheService, asking: Asking, given: UserIn) -> OneTimePassword:
    """Makes a user; the password is for the first login, which asks for another."""
    require_everything(asking)
    password, kept = administration.one_time_password()
    with service.database.write() as session:
        row = administration.add_user(
            session, asking.name, given.name, kept, administrator=given.is_administrator,
            roles=given.roles,
        )  # fmt: skip
        return OneTimePassword(user=user_out(row, dict(given.roles)), password=password)


@router.patch("/users/{user_id}", tags=["accounts"],
              responses=responses(404, 409))  # fmt: skip
def change_user(service: TheService, asking: Asking, user_id: str, given: UserChange) -> UserOut:
    """Changes roles, makes or unmakes an administrator, bars or readmits a user."""
    require_everything(asking)
    with service.database.write() as session:
        row = one_user(session, user_id)
        administration.change_user(session, asking.name, row, given.model_dump(exclude_unset=True))
        return user_out(row, accounts.roles(session, user_id))


@router.post("/users/{user_id}/password", tags=["accounts"],
             responses=responses(404))  # fmt: skip
def reset_password(service: TheService, asking: Asking, user_id: str) -> OneTimePassword:
    """Gives a user a new one-time password and ends all logins."""
    require_everything(asking)
    password, kept = administration.one_time_password()
    with service.database.write() as session:
        row = one_user(session, user_id)
        administration.reset_password(session, asking.name, row, kept)
        return OneTimePassword(
            user=user_out(row, accounts.roles(session, user_id)), password=password
        )


@router.get("/tokens", tags=["accounts"], responses=responses())
def list_tokens(service: TheService, asking: Asking) -> list[TokenOut]:
    """Your tokens; a token sees none but itself."""
    if asking.user_id is None:
        return []
    with service.database.read() as session:
        rows = accounts.tokens(session, asking.user_id)
    return [token_out(row) for row in rows if asking.token_id in (None, row.id)]


@router.post("/tokens", tags=["accounts"], status_code=201,
             responses=responses(404, 409))  # fmt: skip
def add_token(service: TheService, asking: Asking, given: TokenIn) -> NewTokenOut:
    """Makes a token for a program. Programs send it as `Authorization: Bearer ext_...`."""
    if asking.user_id is None:
        detail = "there are no accounts, so no token is needed"
        raise ProblemError(HTTPStatus.CONFLICT, "no_accounts", detail)
    if asking.scopes is not None:
        detail = "a token cannot make tokens: log in for that"
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", detail)
    days = given.expires_in_days
    expires = None if days is None else service.database.now() + timedelta(days=days)
    with service.database.write() as session:
        project = None if given.project is None else accounts.project(session, given.project)
        if given.project is not None and (project is None or not asking.may("read", project.id)):
            raise not_found("project")
        new = logins.issue_token(session, asking, given.name, given.scopes, given.project, expires)
        return NewTokenOut(**token_out(new.row).model_dump(), secret=new.secret)


@router.delete("/tokens/{token_id}", tags=["accounts"], status_code=204,
               response_class=Response, responses=responses(404))  # fmt: skip
def remove_token(service: TheService, asking: Asking, token_id: str) -> Response:
    """Ends a token at once; a token ends none but itself."""
    if asking.token_id not in (None, token_id):
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", "a token ends none but itself")
    if not logins.end_token(service, asking, token_id):
        raise not_found("token")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/audit", tags=["audit"], responses=responses())
def list_audit(
    service: TheService,
    asking: Asking,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditList:
    """Who did what, the newest first. `extractor audit` checks that nothing was changed."""
    require_everything(asking)
    with service.database.read() as session:
        rows = audit.latest(session, before, limit)
        items = [AuditOut.model_validate(row) for row in rows]
    return AuditList(items=items, before=items[-1].number if len(items) == limit else None)
