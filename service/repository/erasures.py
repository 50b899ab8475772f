"""What is to be removed once nothing needs it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.database import late
from service.repository import runs
from service.rows import Erasure, Picture, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

Kind = Literal["file", "workflow"]
RANK = 0  # before the audit log: see service.database.late
TOGETHER = 500  # values of one statement


def note(session: Session, keys: Iterable[str], kind: Kind = "file") -> None:
    """Remembers keys; known ones stay as they are."""
    for key in keys:
        late(session, RANK, _write, (key, kind))


def _write(session: Session, noted: Sequence[tuple[str, Kind]]) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [{"key": key, "kind": kind} for key, kind in sorted(set(noted))]
    for start in range(0, len(rows), TOGETHER):  # others may note the same at this moment
        part = rows[start : start + TOGETHER]
        session.execute(insert(Erasure).values(part).on_conflict_do_nothing())


def noted(session: Session, after: str = "") -> tuple[tuple[str, str], ...]:
    """Keys and kinds, those after a key, some at a time."""
    query = sa.select(Erasure.key, Erasure.kind).where(Erasure.key > after).order_by(Erasure.key)
    return tuple((key, kind) for key, kind in session.execute(query.limit(TOGETHER)))


def noted_of(session: Session, keys: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Those of the keys that are noted, with their kinds."""
    query = sa.select(Erasure.key, Erasure.kind).where(Erasure.key.in_(keys))
    return tuple((key, kind) for key, kind in session.execute(query))


def forget(session: Session, key: str) -> None:
    """It is done."""
    session.execute(sa.delete(Erasure).where(Erasure.key == key))


def drop_run(session: Session, run_id: str) -> tuple[str, ...]:
    """Removes a run that no document needs; notes what is left of it, and gives those keys."""
    run = session.get(Run, run_id)
    if run is None or runs.is_used(session, run_id):
        return ()
    files = runs.keys(run, runs.pictures(session, run_id))
    note(session, files)
    note(session, [run.workflow], "workflow")
    session.execute(sa.delete(Picture).where(Picture.run_id == run_id))
    session.delete(run)
    session.flush()
    return (*files, run.workflow)
