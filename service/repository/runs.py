"""Runs: one reading of one file. Who reads it, how far it is, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.database import lock, now
from service.repository import figures
from service.rows import Document, Picture, Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.orm import Session

SUMMARY = ("form", "agency", "year", "needs_review", "broken", "warnings", "fields")
OPEN = ("queued", "reading")
_NO_ERROR = {"error_code": None, "error": None}
_OF_FILE = sa.select(Run).where(Run.sha256 == sa.bindparam("sha256"))


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A page's picture in the store."""

    page: int
    key: str
    dpi: float
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: with a result, or with an error for its user.

    `summary` has the names of SUMMARY.
    """

    pages: int | None = None
    seconds: float = 0.0
    result: str | None = None
    words: str | None = None
    pictures: tuple[PictureFile, ...] = ()
    summary: dict[str, Any] | None = None
    error_code: str | None = None
    error: str | None = None

    def keys(self) -> tuple[str, ...]:
        """What it has in the store."""
        own = (self.result, self.words, *(picture.key for picture in self.pictures))
        return tuple(key for key in own if key is not None)


def by_id(session: Session, run_id: str) -> Run | None:
    """A run."""
    return session.get(Run, run_id)


def hold(session: Session, *run_ids: str) -> None:
    """Keeps others from runs and their documents until this transaction ends.

    By their content, as who adds and deletes documents does, so that all come in one order.
    """
    lock(session, *(run_id.partition("-")[0] for run_id in run_ids))


def claim(session: Session, run_id: str, worker: str) -> Run | None:
    """Takes a run to read it; None where it is gone or has ended.

    Where somebody had it, that worker died over it.
    """
    hold(session, run_id)
    run = session.get(Run, run_id)
    if run is None or run.state not in OPEN:
        return None
    run.losses += run.state == "reading" and run.worker != worker
    run.attempt += 1
    run.state, run.worker, run.pages_done = "reading", worker, 0
    run.error_code = run.error = None
    session.execute(sa.update(Run).where(Run.id == run_id).values(started_at=now()))
    session.flush()
    _tell(session, run_id, {"state": "reading", "pages_done": 0} | _NO_ERROR)
    return run


def progress(session: Session, run_id: str, attempt: int, done: int, total: int) -> bool:
    """Notes how many pages are read; whether this attempt is still the one that counts."""
    hold(session, run_id)
    mine = sa.update(Run).where(Run.id == run_id, Run.attempt == attempt, Run.state == "reading")
    pages = {"pages_done": done} | ({"pages": total} if total else {})  # not known before the first
    if not session.execute(mine.values(**pages)).rowcount:  # type: ignore[attr-defined]
        return False
    _tell(session, run_id, pages)
    return True


def counts(session: Session, run_id: str, attempt: int) -> Run | None:
    """The run, locked, where this attempt is still the one that counts and has not ended."""
    hold(session, run_id)
    run = session.get(Run, run_id)
    if run is None or run.attempt != attempt or run.state != "reading":
        return None
    return run


def put_back(
    session: Session, run: Run, error_code: str | None = None, error: str | None = None
) -> None:
    """Has a run read once more; with what it waits for, where that is not a worker."""
    run.state, run.worker, run.error_code, run.error = "queued", None, error_code, error
    session.flush()
    why = {"error_code": error_code, "error": error}
    _tell(session, run.id, {"state": "queued", "pages_done": 0} | why)


def hand_back(session: Session, worker: str, workflows: Collection[str] | None = None) -> None:
    """Puts back what a worker reads that stops, or lost some workflows; it did not die of it."""
    own = sa.select(Run.id).where(Run.worker == worker, Run.state == "reading")
    if workflows is not None:
        own = own.where(Run.workflow.in_(workflows))
    hold(session, *session.scalars(own))
    for run in session.scalars(sa.select(Run).where(Run.id.in_(own))).all():
        put_back(session, run)


def end(session: Session, run: Run, ending: Ending) -> tuple[Document, ...]:
    """Stores how a run ended, and shows it in its documents; gives those."""
    run.state = "done" if ending.error_code is None else "failed"
    run.worker = None
    run.result, run.words, run.summary = ending.result, ending.words, ending.summary
    run.error_code, run.error = ending.error_code, ending.error
    run.pages = ending.pages if ending.pages is not None else run.pages
    run.seconds = ending.seconds
    if run.state == "done" and run.pages:
        figures.count_reading(session, run.pages, ending.seconds)
    session.execute(sa.update(Run).where(Run.id == run.id).values(finished_at=now()))
    session.add_all(
        Picture(run_id=run.id, page=p.page, key=p.key, dpi=p.dpi, width_px=p.width_px,
                height_px=p.height_px)
        for p in ending.pictures
    )  # fmt: skip
    session.flush()
    session.refresh(run)
    waiting = documents_of(session, run.id)
    for document in waiting:
        show(document, run)
    return waiting


def show(document: Document, run: Run) -> None:
    """Copies into a document what its run says. A failed second reading keeps the first result."""
    if document.next_id == run.id and run.state not in OPEN:
        document.next_id = None
        if run.state == "failed":
            document.error_code, document.error = run.error_code, run.error
            return
        document.run_id = run.id
    if document.run_id == run.id:
        _copy(document, run)


def _copy(document: Document, run: Run) -> None:
    document.state, document.pages = run.state, run.pages
    document.pages_done = (run.pages or 0) if run.state == "done" else run.pages_done
    document.error_code, document.error = run.error_code, run.error
    document.finished_at = run.finished_at
    for name in SUMMARY:
        setattr(document, name, (run.summary or {}).get(name))


def documents_of(session: Session, run_id: str) -> tuple[Document, ...]:
    """The documents that show a run, or wait for it."""
    query = sa.select(Document).where(sa.or_(Document.run_id == run_id, Document.next_id == run_id))
    return tuple(session.scalars(query))


def _tell(session: Session, run_id: str, values: dict[str, Any]) -> None:
    """Shows the state of a run in the documents that have no other result."""
    session.execute(
        sa.update(Document).where(Document.run_id == run_id).values(**values, updated_at=now())
    )


def pictures(session: Session, run_id: str) -> tuple[Picture, ...]:
    """The pictures of its pages, in their order."""
    query = sa.select(Picture).where(Picture.run_id == run_id).order_by(Picture.page)
    return tuple(session.scalars(query))


def is_used(session: Session, run_id: str) -> bool:
    """Whether any document shows it or waits for it."""
    query = sa.select(sa.literal(1)).where(
        sa.or_(Document.run_id == run_id, Document.next_id == run_id)
    )
    return session.execute(query.limit(1)).first() is not None


def next_id(session: Session, stem: str) -> str:
    """An id for one more run of a file and a reader."""
    taken = session.scalars(sa.select(Run.id).where(_of(stem)))
    numbers = [int(run_id.removeprefix(f"{stem}-r")) for run_id in taken if run_id != stem]
    return f"{stem}-r{max(numbers, default=1) + 1}"


def unfinished(session: Session) -> tuple[tuple[str, str], ...]:
    """Ids of the runs that have not ended, with those of their workflows."""
    query = sa.select(Run.id, Run.workflow).where(Run.state.in_(OPEN))
    return tuple((run, workflow) for run, workflow in session.execute(query))


def keys(run: Run, shown: Iterable[Picture]) -> tuple[str, ...]:
    """What a run has in the store."""
    own = (run.result, run.words, *(picture.key for picture in shown))
    return tuple(key for key in own if key is not None)


def referenced(session: Session, key: str) -> bool:
    """Whether a file of the store is of use to anybody."""
    uses = [
        sa.select(sa.literal(1)).where(condition)
        for condition in (
            Document.sha256 == key,
            sa.or_(Run.result == key, Run.words == key),
            Picture.key == key,
        )
    ]
    return any(session.execute(query.limit(1)).first() is not None for query in uses)


def latest(session: Session, stem: str) -> Run | None:
    """The run of a file and a reader that was made last."""
    rows = session.scalars(_OF_FILE, {"sha256": stem.partition("-")[0]})
    own = [run for run in rows if run.id == stem or run.id.startswith(f"{stem}-r")]
    return max(own, key=lambda run: run.created_at, default=None)


def _of(stem: str) -> sa.ColumnElement[bool]:
    return sa.or_(Run.id == stem, Run.id.like(f"{stem}-r%"))


def picture(session: Session, run_id: str, page: int) -> Picture | None:
    """The picture of a page."""
    return session.get(Picture, (run_id, page))
