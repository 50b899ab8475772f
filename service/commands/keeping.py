"""`extractor audit` and `extractor password`."""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from extractor.errors import OptionsError
from service import administration
from service.accounts import first
from service.database import Database
from service.migrations import is_current
from service.repository import accounts, audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.settings import Settings


HASH = re.compile(r"[0-9a-f]{10,64}")


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database of a service, with nothing made. Raises OptionsError where there is none."""
    database = Database(settings.database)
    path = Path(sa.make_url(database.url).database or "")
    if database.is_sqlite and not path.is_file():
        raise OptionsError("there is no service: name its folder with --data", path=settings.data)
    try:
        if not _is_current(database):
            raise OptionsError("the tables are of another version: start extractor serve once")
        yield database
    finally:
        database.close()


def _is_current(database: Database) -> bool:
    try:
        return is_current(database)
    except sa.exc.DatabaseError as error:
        why = " ".join(str(error.orig).split())
        raise OptionsError(f"the database cannot be opened: {why}: check database_url") from None


def check_audit(settings: Settings, expected: str | None) -> int:
    """Computes the audit log's hashes anew; exit code 1 where it was changed."""
    if expected is not None and not HASH.fullmatch(expected):
        raise OptionsError(f"{expected} is no hash of the log: give 10 of its digits or more")
    with opened(settings) as database, database.read() as session:
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
    with opened(settings) as database, database.write() as session:
        user = accounts.by_name(session, name)
        if user is None and accounts.folded(name) == first.ADMINISTRATOR:
            user = administration.add_user(
                session, "console", name, kept, administrator=True, roles={}
            )
        if user is None:
            raise OptionsError(f"there is no user {name}")
        if user.disabled_at is not None:
            raise OptionsError(f"{name} is barred: an administrator has to readmit them first")
        administration.reset_password(session, "console", user, kept)
    print(password)
    return 0
