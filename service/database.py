"""The database: SQLite or PostgreSQL behind one door, with its own clock.

On SQLite reads and writes have connections of their own: a write takes the lock when it begins, so
that two that read first and write later cannot both believe what they read.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import DateTime, TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from sqlalchemy.engine.interfaces import Dialect

Item = TypeVar("Item")

BUSY_MS = 30_000  # how long a writer of SQLite waits for the one before
PATIENT = 8  # threads that may wait so long at a time: fewer than answer, or nobody could read
HURRY_S = 2.0  # that the others wait
POOL = 20  # connections of PostgreSQL


class Utc(TypeDecorator[datetime]):
    """A moment, with a time zone in Python, in UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """To UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """SQLite keeps no time zone."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class now(FunctionElement[datetime]):  # noqa: N801  SQL functions are written small
    """The database's clock: machines may differ, and a transaction's start is not now."""

    type = Utc()
    inherit_cache = True


@compiles(now, "postgresql")
def _postgresql_now(*_: object, **__: object) -> str:
    return "clock_timestamp()"


@compiles(now, "sqlite")
def _sqlite_now(*_: object, **__: object) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


class Database:
    """Opens transactions. `write` for what changes anything, `read` for the rest."""

    def __init__(self, url: str) -> None:
        """Connects when first used. `url` is SQLAlchemy's."""
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._row = _Row() if self.is_sqlite else None
        if self.is_sqlite:
            self._reader, self.engine = _sqlite(url, "BEGIN"), _sqlite(url, "BEGIN IMMEDIATE")
        else:
            self._reader = self.engine = sa.create_engine(
                url, pool_size=POOL, max_overflow=0, pool_pre_ping=True, hide_parameters=True
            )

    @property
    def engines(self) -> list[sa.Engine]:
        """Those for reading and for writing, which may be the same."""
        return list(dict.fromkeys((self._reader, self.engine)))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads."""
        with Session(self._reader) as session:
            yield session

    @contextmanager
    def write(self, patience_s: float = BUSY_MS / 1000) -> Iterator[Session]:
        """A transaction that is committed at the end, or rolled back by an exception.

        Raises OperationalError or TimeoutError of SQLAlchemy where others write to SQLite for
        longer than `patience_s`.
        """
        with self._turn(patience_s) as engine, Session(engine) as session, session.begin():
            yield session
            _do_late(session)

    @contextmanager
    def _turn(self, patience_s: float) -> Iterator[sa.Engine]:
        if self._row is None:
            yield self.engine
            return
        with self._row.turn(patience_s) as left_s:
            yield self.engine.execution_options(busy_ms=int(left_s * 1000))

    def now(self) -> datetime:
        """What the database's clock says."""
        with self.read() as session:
            return session.execute(sa.select(now())).scalar_one()

    def close(self) -> None:
        """Closes all connections."""
        self._reader.dispose()
        self.engine.dispose()


class _Row:
    """Threads that wait for their turn: SQLite would have each ask again and again."""

    def __init__(self) -> None:
        self._turn, self._places = threading.Lock(), threading.Semaphore(PATIENT)

    @contextmanager
    def turn(self, patience_s: float) -> Iterator[float]:
        """What is left of the patience, for those of other processes."""
        is_patient = self._places.acquire(blocking=False)
        until = time.monotonic() + (patience_s if is_patient else min(patience_s, HURRY_S))
        try:
            if not self._turn.acquire(timeout=until - time.monotonic()):
                raise sa.exc.TimeoutError("others write to the database for too long")
            try:
                yield max(until - time.monotonic(), 0.0)
            finally:
                self._turn.release()
        finally:
            if is_patient:
                self._places.release()


def is_damaged(error: Exception) -> bool:
    """Whether an error says that SQLite's file is none any more."""
    said = str(error.orig) if isinstance(error, sa.exc.DatabaseError) else ""
    return any(words in said for words in ("malformed", "not a database"))


def before(age: timedelta) -> sa.ColumnElement[datetime]:
    """The moment `age` before now, by the database's clock."""
    return _Before(age.total_seconds())


class _Before(FunctionElement[datetime]):
    type = Utc()
    inherit_cache = True

    def __init__(self, seconds: float) -> None:
        super().__init__(sa.literal(seconds, sa.Float()))


@compiles(_Before, "postgresql")
def _postgresql_before(element: _Before, compiler: Any, **how: Any) -> str:  # noqa: ANN401
    seconds = compiler.process(element.clauses, **how)
    return f"clock_timestamp() - make_interval(secs => {seconds})"


@compiles(_Before, "sqlite")
def _sqlite_before(element: _Before, compiler: Any, **how: Any) -> str:  # noqa: ANN401
    seconds = compiler.process(element.clauses, **how)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', (-({seconds})) || ' seconds')"


def _sqlite(url: str, begin: str) -> sa.Engine:
    wait = {"timeout": BUSY_MS / 1000}
    engine = sa.create_engine(url, connect_args=wait, pool_size=POOL, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:  # noqa: ANN401
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in (
            "journal_mode = WAL",  # readers do not wait for the writer
            "synchronous = FULL",  # what was acknowledged outlives a power cut
            "foreign_keys = ON",
            "secure_delete = ON",  # what was deleted cannot be found in the file any more
            f"busy_timeout = {BUSY_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def start(connection: sa.Connection) -> None:
        wait_ms = connection.get_execution_options().get("busy_ms", BUSY_MS)
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait_ms}")
        connection.exec_driver_sql(begin)

    return engine


_LATE = "late"  # what of a session's `info` is done before its commit


def late(
    session: Session, rank: int, work: Callable[[Session, list[Item]], None], item: Item
) -> None:
    """Has `work` done just before the commit, with all items that this transaction has for it.

    What every transaction writes to is written last, lower ranks first, so that it is locked for a
    moment only, and by everybody in the same order.
    """
    session.info.setdefault(_LATE, {}).setdefault((rank, work), []).append(item)


def _do_late(session: Session) -> None:
    session.flush()
    for (_, work), items in sorted(session.info.pop(_LATE, {}).items(), key=lambda due: due[0][0]):
        work(session, items)


def is_storable(text: str) -> bool:
    """Whether a text can be kept and compared: no zero bytes, no halves of characters."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def lock(session: Session, *keys: str) -> None:
    """Keeps others who ask for one of the keys waiting until this transaction ends.

    Who needs several names them together: in one order nobody waits for somebody who waits. On
    SQLite every writing transaction has the database for itself.
    """
    if session.get_bind().dialect.name == "postgresql":
        for key in sorted(set(keys)):
            number = sa.func.hashtextextended(key, 0)
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
