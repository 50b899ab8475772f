"""Documents of a project: adding, finding, listing with filters, following changes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import sqlalchemy as sa

from service.database import before, is_storable
from service.rows import Document, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

State = Literal["queued", "reading", "done", "failed"]
Sort = Literal["uploaded", "name", "agency", "year", "needs_review", "state"]
STATES: tuple[State, ...] = get_args(State)
SORTS: dict[Sort, sa.ColumnElement[str] | sa.ColumnElement[int]] = {
    "uploaded": Document.id.expression,  # ids sort by time
    "name": Document.name.expression,
    "agency": sa.func.coalesce(Document.agency, ""),
    "year": sa.func.coalesce(Document.year, 0),
    "needs_review": sa.func.coalesce(Document.needs_review, -1),
    "state": Document.state.expression,
}
BATCH = 100  # rows that are fetched at a time
_BY_CONTENT = sa.select(Document).where(
    Document.project_id == sa.bindparam("project"), Document.sha256 == sa.bindparam("sha256")
)


class CursorError(ValueError):
    """A cursor that no list of this order gave."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents; None does not restrict. `text` is looked for in names and agencies."""

    projects: tuple[str, ...]
    text: str | None = None
    agency: str | None = None
    year: int | None = None
    form: str | None = None
    state: State | None = None
    needs_review: bool | None = None
    ids: tuple[str, ...] | None = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        """What holds for the rows."""
        yield Document.project_id.in_(self.projects)
        for column, value in (
            (Document.agency, self.agency),
            (Document.year, self.year),
            (Document.form, self.form),
            (Document.state, self.state),
        ):
            if value is not None:
                yield column == value
        if self.ids is not None:
            yield Document.id.in_(self.ids)
        if self.text:
            part = f"%{_escaped(self.text)}%"
            yield sa.or_(*(c.ilike(part, escape="\\") for c in (Document.name, Document.agency)))
        if self.needs_review is not None:
            doubtful = sa.func.coalesce(Document.needs_review, 0) > 0
            yield doubtful if self.needs_review else sa.not_(doubtful)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted; equal ones by age."""

    by: Sort = "uploaded"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list and the cursor of the next, None at the end."""

    documents: tuple[Document, ...]
    next: str | None


def listed(
    session: Session, chosen: Filter, order: Order, *, limit: int, cursor: str | None = None
) -> Page:
    """At most `limit` documents after the cursor. Raises CursorError for one of another list."""
    column = SORTS[order.by]
    query = sa.select(Document).where(*chosen.conditions())
    if cursor is not None:
        place = sa.tuple_(column, Document.id.expression)
        last = sa.tuple_(*(sa.literal(value) for value in _parsed(cursor, order)))
        query = query.where(place < last if order.descending else place > last)
    for key in (column, Document.id.expression):
        query = query.order_by(key.desc() if order.descending else key.asc())
    rows = tuple(session.scalars(query.limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], _cursor(session, rows[limit - 1], order))


def _cursor(session: Session, last: Document, order: Order) -> str:
    value = session.execute(sa.select(SORTS[order.by]).where(Document.id == last.id)).scalar_one()
    text = json.dumps([order.by, value, last.id], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parsed(cursor: str, order: Order) -> tuple[str | int, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        by, value, last = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged() from error
    number = order.by in ("year", "needs_review")
    fits = isinstance(value, int) if number else isinstance(value, str)
    if by != order.by or not fits or not isinstance(last, str):
        raise CursorError("the cursor is of a list in another order: start without one")
    if isinstance(value, int) and not -(2**31) <= value < 2**31:
        raise _damaged()
    if not all(is_storable(part) for part in (value, last) if isinstance(part, str)):
        raise _damaged()
    return value, last


def _damaged() -> CursorError:
    return CursorError("the cursor is damaged: take it as the list before gave it")


def following(
    session: Session, chosen: Filter, after: str = ""
) -> tuple[tuple[Document, Run | None], ...]:
    """The next documents after an id with what they show, oldest first; at the end none."""
    query = sa.select(Document, Run).outerjoin(Run, Run.id == Document.run_id)
    query = query.where(*chosen.conditions(), Document.id > after)
    rows = session.execute(query.order_by(Document.id).limit(BATCH))
    return tuple((document, run) for document, run in rows)


def count(session: Session, chosen: Filter) -> int:
    """How many there are."""
    query = sa.select(sa.func.count()).select_from(Document).where(*chosen.conditions())
    return session.execute(query).scalar_one()


def by_state(session: Session, projects: Sequence[str]) -> dict[str, int]:
    """How many documents are in each state."""
    query = (
        sa.select(Document.state, sa.func.count())
        .where(Document.project_id.in_(projects))
        .group_by(Document.state)
    )
    return {row[0]: row[1] for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class Facets:
    """What there is to filter by."""

    agencies: tuple[str, ...]
    years: tuple[int, ...]
    forms: tuple[str, ...]


def facets(session: Session, projects: Sequence[str], most: int = 500) -> Facets:
    """The agencies, years and forms that occur, `most` of each."""

    def distinct(column: sa.ColumnElement[Any]) -> tuple[Any, ...]:
        where = Document.project_id.in_(projects), column.is_not(None)
        query = sa.select(column).where(*where).distinct().order_by(column).limit(most)
        return tuple(session.scalars(query))

    years = distinct(Document.year.expression)[::-1]
    return Facets(distinct(Document.agency.expression), years, distinct(Document.form.expression))


def by_id(session: Session, document_id: str) -> Document | None:
    """A document."""
    return session.get(Document, document_id)


def present(session: Session, project_id: str, ids: Sequence[str]) -> frozenset[str]:
    """Those of some ids that are documents of the project."""
    query = sa.select(Document.id).where(Document.project_id == project_id, Document.id.in_(ids))
    return frozenset(session.scalars(query))


def by_content(session: Session, project_id: str, sha256: str) -> Document | None:
    """The document of a project that is this file."""
    return session.scalars(_BY_CONTENT, {"project": project_id, "sha256": sha256}).first()


def used(session: Session, project_id: str) -> tuple[int, int]:
    """Documents and bytes of a project."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Document.size), 0)).where(
        Document.project_id == project_id
    )
    number, size = session.execute(query).one()
    return int(number), int(size)


def changed(
    session: Session, projects: Sequence[str], since: datetime, limit: int
) -> tuple[Document, ...]:
    """Documents that changed at or after a moment, the oldest change first."""
    query = (
        sa.select(Document)
        .where(Document.project_id.in_(projects), Document.updated_at >= since)
        .order_by(Document.updated_at, Document.id)
        .limit(limit)
    )
    return tuple(session.scalars(query))


def older(session: Session, project_id: str, age: timedelta, limit: int) -> tuple[Document, ...]:
    """Documents that were uploaded longer ago than `age`."""
    query = sa.select(Document).where(
        Document.project_id == project_id, Document.uploaded_at < before(age)
    )
    return tuple(session.scalars(query.limit(limit)))
