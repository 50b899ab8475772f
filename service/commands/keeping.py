"""`extractor audit`, `extractor backup`, `extractor restore`, `extractor password`."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import sys
from typing import TYPE_CHECKING

import sqlalchemy as sa

from extractor.errors import OptionsError
from service import administration
from service.accounts import first
from service.migrations import is_current, migrate
from service.repository import accounts, audit
from service.sealing import FILE as KEY_FILE
from service.service import open_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.service import Service
    from service.settings import Settings

DATABASE = "extractor.sqlite"


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Service]:
    service = open_service(settings)
    try:
        if not is_current(service.database):
            raise OptionsError("the tables are of another version: start extractor serve once")
        yield service
    finally:
        service.close()


def check_audit(settings: Settings, expected: str | None) -> int:
    """Computes the audit log's hashes anew; exit code 1 where it was changed."""
    with _opened(settings) as service, service.database.read() as session:
        found = audit.verify(session)
        cut = expected is not None and not audit.has(session, expected)
    if found.broken is not None:
        print(f"extractor: row {found.broken} of the audit log was changed", file=sys.stderr)
        return 1
    if cut:
        print("extractor: the log does not have that hash: its end was cut off", file=sys.stderr)
        return 1
    print(json.dumps({"rows": found.rows, "last": found.last}))
    return 0


def reset_password(settings: Settings, name: str) -> int:
    """Gives a user a one-time password; an administrator is made where there is none."""
    password, kept = administration.one_time_password()
    with _opened(settings) as service, service.database.write() as session:
        user = accounts.by_name(session, name)
        if user is None and accounts.folded(name) == first.ADMINISTRATOR:
            user = administration.add_user(
                session, "console", name, kept, administrator=True, roles={}
            )
        if user is None:
            raise OptionsError(f"there is no user {name}")
        administration.reset_password(session, "console", user, kept)
    print(password)
    return 0


def back_up(settings: Settings, target: Path) -> int:
    """Copies database, files and key into a folder, while the service may run."""
    _guard_local(settings)
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise OptionsError("the folder is not empty: name a new one", path=target)
    (target / "files").mkdir()
    with _opened(settings) as service:
        _copy_database(service, target / DATABASE)
        # After the database: every file that the copy knows is there by now, and what was deleted
        # since is missing in it, as it should be.
        copied = sum(_copy_file(service, key, target / "files") for key in service.store)
    key = settings.data / KEY_FILE
    if key.exists():
        shutil.copy2(key, target / KEY_FILE)
    print(f"extractor: {copied} files are in {target}", file=sys.stderr)
    return 0


def _guard_local(settings: Settings) -> None:
    if not settings.database.startswith("sqlite"):
        raise OptionsError(
            "this is for SQLite: back PostgreSQL up with pg_dump, and the store with its own tools"
        )


def _copy_database(service: Service, target: Path) -> None:
    path = sa.make_url(service.database.url).database or ""
    closing, connect = contextlib.closing, sqlite3.connect
    with closing(connect(path)) as source, closing(connect(target)) as copy:
        source.backup(copy)


def _copy_file(service: Service, key: str, folder: Path) -> int:
    place = folder / key[:2] / key
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with place.open("wb") as out:
            for chunk in service.store.chunks(key):
                out.write(chunk)
    except FileNotFoundError:  # deleted meanwhile
        place.unlink()
        return 0
    return 1


def restore(settings: Settings, source: Path) -> int:
    """Puts a backup into an empty data folder."""
    _guard_local(settings)
    database = settings.data / DATABASE
    if not (source / DATABASE).is_file():
        raise OptionsError("this is no backup: it has no extractor.sqlite", path=source)
    if database.exists():
        raise OptionsError(
            "there is a database already: name another folder with --data", path=settings.data
        )
    settings.data.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source / "files", settings.data / "files", dirs_exist_ok=True)
    if (source / KEY_FILE).exists():
        shutil.copy2(source / KEY_FILE, settings.data / KEY_FILE)
    shutil.copy2(source / DATABASE, database)
    service = open_service(settings)
    try:
        migrate(service.database)
    finally:
        service.close()
    print(f"extractor: start extractor serve --data {settings.data}", file=sys.stderr)
    return 0
