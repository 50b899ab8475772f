"""What is to be removed once nothing needs it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.repository import runs
from service.rows import Erasure, Picture, Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def note(session: Session, keys: Iterable[str], kind: str = "file") -> None:
    """Remembers keys; known ones stay as they are."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [{"key": key, "kind": kind} for key in sorted(set(keys))]
    if rows:  # somebody else may note the same at this moment
        session.execute(insert(Erasure).values(rows).on_conflict_do_nothing())


def noted(session: Session, limit: int = 500) -> tuple[tuple[str, str], ...]:
    """Keys and kinds, the oldest first."""
    query = sa.select(Erasure.key, Erasure.kind).order_by(Erasure.created_at).limit(limit)
    return tuple((key, kind) for key, kind in session.execute(query))


def forget(session: Session, key: str) -> None:
    """It is done."""
    session.execute(sa.delete(Erasure).where(Erasure.key == key))


def drop_run(session: Session, run_id: str) -> None:
    """Removes a run that no document needs, and notes what it has in the store."""
    run = session.get(Run, run_id)
    if run is None or runs.is_used(session, run_id):
        return
    note(session, runs.keys(run, runs.pictures(session, run_id)))
    note(session, [run.workflow], "workflow")
    session.execute(sa.delete(Picture).where(Picture.run_id == run_id))
    session.delete(run)
    session.flush()
