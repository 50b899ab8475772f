"""What the archive's page shows of the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.pages.views.rows import DocumentRow, row_of
from service.repository import documents
from service.repository.documents import Filter

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.pages.views.search import Search

PART = 100  # rows of a page


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of the list: its rows, where the next part begins, how many match in all."""

    rows: tuple[DocumentRow, ...]
    next: Search | None
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A project at a glance: documents by state, and those to review."""

    states: dict[str, int]
    to_review: int

    @property
    def total(self) -> int:
        """All documents."""
        return sum(self.states.values())

    @property
    def under_way(self) -> int:
        """Documents that wait or are being read."""
        return self.states.get("queued", 0) + self.states.get("reading", 0)


def listed(
    session: Session, project: str, search: Search, ids: tuple[str, ...] | None = None
) -> Listed:
    """The part of a project's documents that is asked for; of `ids` alone where they are given."""
    chosen = search.filter(project, ids)
    page = documents.listed(session, chosen, search.order, limit=PART, cursor=search.cursor)
    following = replace(search, cursor=page.next) if page.next is not None else None
    count = documents.count(session, search.filter(project))
    return Listed(tuple(map(row_of, page.documents)), following, count)


def overview(session: Session, project: str) -> Overview:
    """A project at a glance."""
    return Overview(
        states=documents.by_state(session, [project]),
        to_review=documents.count(session, Filter((project,), needs_review=True)),
    )
