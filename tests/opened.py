"""The service in this process: on an empty database, or beside a server that runs."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from service import administration
from service.accounts import logins, passwords
from service.accounts.roles import Principal
from service.migrations import migrate
from service.service import open_service
from service.settings import load_settings
from tests.serving import KEY, database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.service import Service


@contextmanager
def beside(environment: Mapping[str, str]) -> Iterator[Service]:
    """The service of a running server."""
    service = open_service(
        load_settings(
            data=Path(environment["EXTRACTOR_DATA"]),
            database_url=environment.get("EXTRACTOR_DATABASE_URL"),
            secret_key=KEY,
        )
    )
    yield service
    service.close()


@contextmanager
def empty(backend: str, folder: Path) -> Iterator[Service]:
    """A service on an empty database."""
    with database(backend, folder) as environment, beside(environment) as service:
        migrate(service.database)
        yield service


def new_user(
    service: Service,
    name: str,
    roles: Mapping[str, str] | None = None,
    *,
    administrator: bool = False,
) -> Principal:
    """A user with a password of their own: "long enough NAME!"."""
    kept = passwords.hashed(f"long enough {name}!")
    with service.database.write() as session:
        user = administration.add_user(
            session, "test", name, kept, administrator=administrator, roles=roles or {}
        )
        logins.set_password(session, user.id, kept, must_change=False)
        return Principal(
            user.id, user.name, is_administrator=administrator, roles=dict(roles or {})
        )
