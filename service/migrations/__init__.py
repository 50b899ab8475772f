"""Makes and updates the tables (Alembic), ours and those of DBOS."""

from __future__ import annotations

import logging
import re
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from extractor.errors import OptionsError
from service import queue
from service.database import is_damaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.database import Database

log = logging.getLogger(__name__)

LOCK = 7_206_339_186_515_061  # of PostgreSQL: one process migrates at a time
WAIT_S = 30.0  # for a database that starts at the same time
ASK_S = 0.2  # between two questions for the lock
# What a server of PostgreSQL answers that will not pass; its driver has no code for it.
REFUSED = re.compile(r'(database|role) ".*" does not exist|authentication failed')


def configuration() -> Config:
    """Alembic's, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def migrate(database: Database) -> None:
    """Brings the tables up to date. Raises OptionsError where the database cannot be used."""
    try:
        _migrate(database)
    except sa.exc.DatabaseError as error:
        if not is_damaged(error):
            raise
        raise OptionsError(f"the database is damaged ({_why(error)}): restore a backup") from None


def _migrate(database: Database) -> None:
    with _connected(database) as connection, _alone(database):
        config = configuration()
        config.attributes["connection"] = connection
        _guard_newer(connection, config)
        command.upgrade(config, "head")
        connection.commit()
        queue.migrate(database.url)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Keeps others from migrating at the same time; SQLite has one writer at a time anyway.

    The lock is asked for again and again: who waits for it within a statement has a snapshot, and
    the indexes of DBOS wait for all that were taken before them.
    """
    if database.is_sqlite:
        yield
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK))):
            time.sleep(ASK_S)
        try:
            yield
        finally:
            connection.scalar(sa.select(sa.func.pg_advisory_unlock(LOCK)))


def _connected(database: Database) -> sa.Connection:
    if database.is_sqlite:
        Path(sa.make_url(database.url).database or "").parent.mkdir(parents=True, exist_ok=True)
    deadline, is_told = time.monotonic() + WAIT_S, False
    while True:
        try:
            return database.engine.connect()
        except sa.exc.OperationalError as error:
            if not _may_pass(database, error) or time.monotonic() > deadline:
                raise _unreachable(error) from None
            if not is_told:
                log.warning("the database does not answer, waiting %d s: %s", WAIT_S, _why(error))
                is_told = True
            time.sleep(1.0)


def _may_pass(database: Database, error: sa.exc.OperationalError) -> bool:
    if database.is_sqlite:  # two that open a new file both change how it keeps its journal
        return "locked" in str(error.orig)
    return REFUSED.search(str(error.orig)) is None


def _unreachable(error: sa.exc.OperationalError) -> OptionsError:
    return OptionsError(f"the database cannot be opened: {_why(error)}: check database_url")


def _why(error: sa.exc.DatabaseError) -> str:
    return " ".join(str(error.orig).split())


def _guard_newer(connection: sa.Connection, config: Config) -> None:
    """An older program does not know what a newer one has made of the tables."""
    present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise OptionsError("the database was made by a newer version: install that version")


def is_current(database: Database) -> bool:
    """Whether the tables are those that this program works with."""
    with database.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return present == ScriptDirectory.from_config(configuration()).get_current_head()
