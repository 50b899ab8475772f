"""Workers and their leases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database import before, now
from service.rows import Worker

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy.orm import Session


def enlist(session: Session, worker_id: str, host: str, pid: int) -> None:
    """Adds a worker; its lease begins."""
    session.add(Worker(id=worker_id, host=host, pid=pid))


def renew(session: Session, worker_id: str) -> bool:
    """Renews a lease; False where the worker was taken for dead."""
    mine = Worker.id == worker_id, Worker.rescuer.is_(None)
    query = sa.update(Worker).where(*mine).values(seen_at=now())
    return bool(session.execute(query).rowcount)  # type: ignore[attr-defined]


def dismiss(session: Session, worker_id: str) -> None:
    """Removes a worker."""
    session.execute(sa.delete(Worker).where(Worker.id == worker_id))


def silent(session: Session, lease: timedelta) -> tuple[str, ...]:
    """Ids of the workers whose lease has run out."""
    query = sa.select(Worker.id).where(Worker.seen_at < before(lease))
    return tuple(session.scalars(query))


def rescue(session: Session, worker_id: str, rescuer: str, lease: timedelta) -> bool:
    """Takes on the rescue of a silent worker's documents; False where somebody else has it.

    It is a lease like the worker's own: a rescuer that dies has one after it.
    """
    query = (
        sa.update(Worker)
        .where(Worker.id == worker_id, Worker.seen_at < before(lease))
        .values(rescuer=rescuer, seen_at=now())
    )
    return bool(session.execute(query).rowcount)  # type: ignore[attr-defined]


def known(session: Session) -> frozenset[str]:
    """Ids of all workers that have a lease, run out or not."""
    return frozenset(session.scalars(sa.select(Worker.id)))


def alive(session: Session, lease: timedelta) -> tuple[Worker, ...]:
    """The workers whose lease runs."""
    query = sa.select(Worker).where(Worker.seen_at >= before(lease), Worker.rescuer.is_(None))
    query = query.order_by(Worker.started_at)
    return tuple(session.scalars(query))
