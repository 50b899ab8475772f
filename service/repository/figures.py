"""Figures of the whole archive, for metrics and dashboards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.database import now
from service.repository import workers
from service.rows import Document, Erasure, PageCost, Run

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

BEYOND = "+Inf"
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # seconds a page
RECENT = 200  # readings that drift is looked for in


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is, what waits, and what was read since the beginning.

    `page_seconds` are cumulative counts by upper bound.
    """

    states: dict[str, int]
    queued: int
    waiting_s: float
    workers: int
    needs_review: int
    broken: int
    erasures: int
    pages: int
    seconds: float
    page_seconds: tuple[tuple[str, float], ...]


def gathered(session: Session, lease_s: float) -> Figures:
    """All of them."""
    review = sa.func.coalesce(sa.func.sum(Document.needs_review), 0)
    broken = sa.func.coalesce(sa.func.sum(Document.broken), 0)
    to_review, broken_count = session.execute(sa.select(review, broken)).one()
    queued, since = session.execute(
        sa.select(sa.func.count(), sa.func.min(Run.created_at)).where(Run.state == "queued")
    ).one()
    seconds, page_seconds = _costs(session)
    return Figures(
        states=_states(session),
        queued=queued,
        waiting_s=_age_s(session, since),
        workers=len(workers.alive(session, timedelta(seconds=lease_s))),
        needs_review=int(to_review or 0),
        broken=int(broken_count or 0),
        erasures=session.execute(sa.select(sa.func.count()).select_from(Erasure)).scalar_one(),
        pages=int(page_seconds[-1][1]),
        seconds=seconds,
        page_seconds=page_seconds,
    )


def _states(session: Session) -> dict[str, int]:
    query = sa.select(Document.state, sa.func.count()).group_by(Document.state)
    return {row[0]: row[1] for row in session.execute(query)}


def _age_s(session: Session, since: datetime | None) -> float:
    if since is None:
        return 0.0
    return max((session.execute(sa.select(now())).scalar_one() - since).total_seconds(), 0.0)


def count_reading(session: Session, pages: int, seconds: float) -> None:
    """Adds a reading to what reading has cost since the beginning."""
    own = seconds / pages
    bound = next((str(bound) for bound in BUCKETS if own <= bound), BEYOND)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = insert(PageCost).values(bound=bound, pages=pages, seconds=seconds)
    sums = {"pages": PageCost.pages + pages, "seconds": PageCost.seconds + seconds}
    session.execute(new.on_conflict_do_update(index_elements=[PageCost.bound], set_=sums))


def _costs(session: Session) -> tuple[float, tuple[tuple[str, float], ...]]:
    """Seconds of all readings, and the pages up to each bound."""
    found = {row.bound: row for row in session.scalars(sa.select(PageCost))}
    bounds = [*map(str, BUCKETS), BEYOND]
    counts = accumulate(float(found[b].pages) if b in found else 0.0 for b in bounds)
    return sum(row.seconds for row in found.values()), tuple(zip(bounds, counts, strict=True))


def recent_doubts(session: Session) -> dict[str, tuple[float, ...]]:
    """By quality of the page, the doubt of each of the last readings."""
    query = (
        sa.select(Run.summary)
        .where(Run.state == "done", Run.finished_at.is_not(None))
        .order_by(Run.finished_at.desc())
        .limit(RECENT)
    )
    found: dict[str, list[float]] = {}
    for summary in session.scalars(query):
        for band, doubt in (summary or {}).get("doubts", {}).items():
            found.setdefault(band, []).append(float(doubt))
    return {band: tuple(doubts) for band, doubts in found.items()}
