"""Administration of users."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import Response  # noqa: TC002  read by FastAPI

from service import administration
from service.accounts.roles import Role
from service.api.schemas import UserChange, UserIn
from service.http.access import one_user
from service.pages.forms import GUARDED, REFUSED, Form, Posted, checked, refusal_of
from service.pages.notes import Note
from service.pages.routing import page_router
from service.pages.visits import FOR_ADMINISTRATORS, Visit, Visiting
from service.repository import accounts

router = page_router("/administration/users", FOR_ADMINISTRATORS)

HERE = "/administration/users"
ROLES: tuple[Role, ...] = get_args(Role)


@router.get("")
def users_page(visit: Visiting) -> Response:
    """All users, and the form for a new one."""
    return _page(visit)


def _page(visit: Visit, error: str | None = None, status: int = 200, name: str = "") -> Response:
    with visit.service.database.read() as session:
        users = [(u, accounts.roles(session, u.id)) for u in accounts.everybody(session)]
        session.expunge_all()
    return visit.render(
        "administration/users.html", status, users=users, error=error, given_name=name, roles=ROLES
    )


@router.post("")
def make_user(visit: Visiting, form: Posted) -> Response:
    """Makes a user; the one-time password is shown on the next page, once."""
    password, kept = administration.one_time_password()
    try:
        given = checked(
            UserIn, name=form.one("name"), is_administrator=form.ticked("administrator"),
            roles=_roles(form),
        )  # fmt: skip
        with visit.service.database.write() as session:
            user = administration.add_user(
                session, visit.principal.name, given.name, kept,
                administrator=given.is_administrator, roles=given.roles,
            )  # fmt: skip
            name = user.name
    except REFUSED as error:
        return _page(visit, *refusal_of(error), name=form.one("name"))
    return visit.go(HERE, Note("user_made", {"name": name}, password))


def _roles(form: Form) -> dict[str, str]:
    """The roles of a form, by project: fields named role-PROJECT."""
    named = ((name, form.one(name)) for name in form.values if name.startswith("role-"))
    return {name.removeprefix("role-"): role for name, role in named if role}


@router.get("/{user_id}")
def user_page(visit: Visiting, user_id: str) -> Response:
    """One user, and what can be changed."""
    return _user_page(visit, user_id)


def _user_page(visit: Visit, user_id: str, error: str | None = None, status: int = 200) -> Response:
    with visit.service.database.read() as session:
        user = one_user(session, user_id)
        own = accounts.roles(session, user_id)
        session.expunge_all()
    return visit.render(
        "administration/user.html", status, user=user, own=own, error=error, roles=ROLES
    )


@router.post("/{user_id}")
def change_user(visit: Visiting, user_id: str, form: Posted) -> Response:
    """Changes roles and rights, bars or readmits."""
    try:
        given = checked(UserChange, **_changes(form))
        with visit.service.database.write() as session:
            changes = given.model_dump(exclude_unset=True)
            actor = visit.principal.name
            administration.change_user(session, actor, one_user(session, user_id), changes)
    except REFUSED as error:
        return _user_page(visit, user_id, *refusal_of(error))
    return visit.go(HERE, Note("user_changed"))


def _changes(form: Form) -> dict[str, Any]:
    return {
        "is_administrator": form.ticked("administrator"),
        "disabled": form.ticked("disabled"),
        "roles": _roles(form),
    }


@router.post("/{user_id}/password", dependencies=GUARDED)
def reset_password(visit: Visiting, user_id: str) -> Response:
    """Gives a user a one-time password, shown on the next page, once."""
    password, kept = administration.one_time_password()
    with visit.service.database.write() as session:
        user = one_user(session, user_id)
        administration.reset_password(session, visit.principal.name, user, kept)
        name = user.name
    return visit.go(f"{HERE}/{user_id}", Note("password_reset", {"name": name}, password))
