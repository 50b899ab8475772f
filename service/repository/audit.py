"""The audit log: rows that are only added, each with a hash over itself and the one before.

Who changes or removes a row has to change all later ones; `verify` finds the first that does not
fit. The last hash, kept elsewhere, also shows a log whose end was cut off.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database import late, lock, now
from service.rows import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

RANK = 1  # after all else: see service.database.late
FIRST = "0" * 64  # what stands for the hash before the first
BATCH = 1000
_newest = sa.select(Audit.number, Audit.hash).order_by(Audit.number.desc()).limit(1).subquery()
_clock = sa.select(now().label("at")).subquery()
_NEXT = sa.select(_clock.c.at, _newest.c.number, _newest.c.hash).outerjoin_from(
    _clock, _newest, sa.true()
)  # the moment, and the row before


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the log found; `broken` is the number of the first row that does not fit."""

    rows: int
    last: str
    broken: int | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object]


def append(
    session: Session,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Adds a row. It is in the log if, and only if, the transaction is committed."""
    late(session, RANK, _write, _Entry(actor, action, subject, dict(detail or {})))


def _write(session: Session, entries: Sequence[_Entry]) -> None:
    lock(session, "audit")
    at, number, previous = session.execute(_NEXT).one()
    for entry in entries:
        number, previous = (number or 0) + 1, previous or FIRST
        row = _row(entry, at, number, previous)
        session.add(row)
        previous = row.hash
    session.flush()


def _row(entry: _Entry, at: datetime, number: int, previous: str) -> Audit:
    row = Audit(
        number=number, at=at.isoformat(timespec="milliseconds"), actor=entry.actor,
        action=entry.action, object=entry.subject, previous=previous, hash="",
        detail=json.dumps(entry.detail, ensure_ascii=False, sort_keys=True),
    )  # fmt: skip
    row.hash = digest(row)
    return row


def digest(row: Audit) -> str:
    """SHA-256 over the row's content and the hash before, as a JSON list."""
    content = [row.number, row.at, row.actor, row.action, row.object, row.detail, row.previous]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def walked(session: Session, after: int = 0) -> Iterator[Audit]:
    """All rows from number `after` + 1 on, few in memory at a time."""
    while True:
        query = sa.select(Audit).where(Audit.number > after).order_by(Audit.number).limit(BATCH)
        rows = tuple(session.scalars(query))
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].number
        session.expunge_all()


def latest(session: Session, before: int | None, limit: int) -> tuple[Audit, ...]:
    """Rows with a lower number than `before`, the newest first."""
    query = sa.select(Audit).order_by(Audit.number.desc()).limit(limit)
    if before is not None:
        query = query.where(Audit.number < before)
    return tuple(session.scalars(query))


def verify(session: Session) -> Verdict:
    """Computes every hash anew."""
    number, previous = 0, FIRST
    for row in walked(session):
        fits = row.number == number + 1 and row.previous == previous and row.hash == digest(row)
        if not fits:
            return Verdict(number, previous, number + 1)
        number, previous = row.number, row.hash
    return Verdict(number, previous)


def has(session: Session, start: str) -> bool:
    """Whether a row has a hash that starts like that."""
    query = sa.select(Audit.number).where(Audit.hash.startswith(start, autoescape=True))
    return session.execute(query.limit(1)).first() is not None
