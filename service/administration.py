"""What administrators do with users and projects; each leaves a line in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from service.accounts import passwords
from service.database import lock, now
from service.repository import accounts, audit, documents, webhooks
from service.rows import Membership, User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from service.rows import Project


class TakenError(ValueError):
    """There is one of that name, or it is still in use."""


class UnknownProjectError(ValueError):
    """A role names a project that is not there."""


def one_time_password() -> tuple[str, str]:
    """A password, and what is kept of it."""
    password = passwords.one_time()
    return password, passwords.hashed(password)


def add_project(session: Session, actor: str, name: str) -> Project:
    """Makes a project. Raises TakenError."""
    _guard_project_name(session, name)
    row = accounts.add_project(session, name)
    audit.append(session, actor, "project.create", row.id, {"name": name})
    return row


def change_project(
    session: Session, actor: str, project: Project, changes: Mapping[str, Any]
) -> None:
    """Changes columns of a project. Raises TakenError."""
    chosen = dict(changes)
    if chosen.get("name", project.name) is None:
        del chosen["name"]
    if chosen.get("name", project.name) != project.name:
        _guard_project_name(session, chosen["name"])
    for column, value in chosen.items():
        setattr(project, column, value)
    session.flush()
    audit.append(session, actor, "project.change", project.id, chosen)


def _guard_project_name(session: Session, name: str) -> None:
    lock(session, "projects")
    if accounts.project_named(session, name) is not None:
        raise TakenError(f'there is a project "{name}": choose another name')


def remove_project(session: Session, actor: str, project: Project) -> None:
    """Removes an empty project. Raises TakenError where it has documents."""
    lock(session, "projects")
    message = "the project has documents: delete them first"
    if documents.used(session, project.id)[0]:
        raise TakenError(message)
    for webhook in webhooks.of_projects(session, [project.id]):
        webhooks.remove(session, webhook)
    session.execute(sa.delete(Membership).where(Membership.project_id == project.id))
    session.delete(project)
    try:
        session.flush()
    except IntegrityError:  # a document was taken in at this moment
        raise TakenError(message) from None
    audit.append(session, actor, "project.delete", project.id)


def add_user(
    session: Session,
    actor: str,
    name: str,
    kept: str,
    *,
    administrator: bool,
    roles: Mapping[str, str],
) -> User:
    """Makes a user with a one-time password. Raises TakenError or UnknownProjectError."""
    lock(session, "users", "projects")
    if accounts.by_name(session, name) is not None:
        raise TakenError(f'there is a user "{accounts.folded(name)}": choose another name')
    user = accounts.add_user(session, name, kept, administrator=administrator, must_change=True)
    _set_roles(session, user, roles)
    detail = {"name": user.name, "administrator": administrator, "roles": dict(roles)}
    audit.append(session, actor, "user.create", user.id, detail)
    return user


def _set_roles(session: Session, user: User, roles: Mapping[str, str]) -> None:
    known = {project.id for project in accounts.projects(session)}
    for project_id in roles:
        if project_id not in known:
            raise UnknownProjectError(f"there is no project {project_id}: see GET /api/v1/projects")
    accounts.set_roles(session, user.id, roles)


def change_user(session: Session, actor: str, user: User, changes: Mapping[str, Any]) -> None:
    """Changes roles and rights. Raises TakenError where no administrator would be left."""
    lock(session, "users", "projects")
    session.refresh(user)
    if changes.get("is_administrator") is not None:
        user.is_administrator = changes["is_administrator"]
    if changes.get("disabled") is not None:
        _disable(session, user, disabled=changes["disabled"])
    if changes.get("roles") is not None:
        _set_roles(session, user, changes["roles"])
    session.flush()
    if not any(u.is_administrator and u.disabled_at is None for u in accounts.everybody(session)):
        raise TakenError("nobody could administrate the service any more: make somebody else first")
    audit.append(session, actor, "user.change", user.id, dict(changes))


def _disable(session: Session, user: User, *, disabled: bool) -> None:
    at = now() if disabled else None
    session.execute(sa.update(User).where(User.id == user.id).values(disabled_at=at))
    session.refresh(user)
    if disabled:
        accounts.drop_logins(session, user.id)


def reset_password(session: Session, actor: str, user: User, kept: str) -> None:
    """Gives a user a one-time password; all logins end."""
    user.password, user.must_change = kept, True
    accounts.drop_logins(session, user.id)
    session.flush()
    audit.append(session, actor, "password.reset", user.id)
