"""The first start: a project, and an administrator with a one-time password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.accounts import passwords
from service.database import lock
from service.repository import accounts, audit

if TYPE_CHECKING:
    from service.service import Service

ADMINISTRATOR = "admin"
PROJECT = "archive"  # the project that is there from the start


def prepare(service: Service) -> str | None:
    """Makes what is missing; gives the one-time password of a new administrator."""
    with service.database.write() as session:
        lock(session, "first start")
        if not accounts.projects(session):
            accounts.add_project(session, PROJECT)
        if service.settings.no_auth or not accounts.is_empty(session):
            return None
        password = passwords.one_time()
        user = accounts.add_user(
            session, ADMINISTRATOR, passwords.hashed(password), administrator=True, must_change=True
        )
        audit.append(session, "console", "user.create", user.id, {"administrator": True})
        return password


def is_awaited(service: Service) -> bool:
    """Whether the first administrator still has a one-time password, and nobody else can help."""
    with service.database.read() as session:
        return not accounts.has_own_password(session)
