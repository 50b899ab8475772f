"""Results of documents as they are stored and served."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from extractor.document import Document as Result
from service.repository import documents, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from service.repository.documents import Filter
    from service.rows import Document, Run
    from service.service import Service


class NoResultError(Exception):
    """The document has not been read, or could not be."""


def run_with_result(session: Session, document: Document) -> Run:
    """The run whose result a document shows. Raises NoResultError."""
    run = runs.by_id(session, document.run_id)
    if run is None or run.result is None:
        raise NoResultError
    return run


def result_json(service: Service, run: Run, document: Document) -> bytes:
    """The result of a document as JSON.

    A file of several documents is read once, under a name of the service's own; each document's
    result has its own name.
    """
    assert run.result is not None
    body = gzip.decompress(service.store.read(run.result))
    placeholder = json.dumps(f"{run.sha256}.pdf").encode()
    name = json.dumps(document.name, ensure_ascii=False).encode()
    return body.replace(b'"filename":' + placeholder, b'"filename":' + name, 1)


def result(service: Service, run: Run, document: Document) -> Result:
    """The result of a document."""
    return Result.from_json(result_json(service, run, document))


class Results:
    """The results of the documents that a filter chooses, oldest first.

    Read from the store anew on every pass: memory stays flat. The database is asked for some at a
    time and held no longer, however slow the reader is. Documents without a result are left out.
    """

    def __init__(
        self, service: Service, chosen: Filter, check: Callable[[], None] = lambda: None
    ) -> None:
        """Reads nothing yet. `check` is called before each and raises where nobody waits."""
        self._service, self._chosen, self._check = service, chosen, check

    def __iter__(self) -> Iterator[Result]:
        after = ""
        while found := self._following(after):
            for document, run in found:
                self._check()
                yield from self._read(document, run)
            after = found[-1][0].id

    def _following(self, after: str) -> Sequence[tuple[Document, Run | None]]:
        with self._service.database.read() as session:
            return documents.following(session, self._chosen, after)

    def _read(self, document: Document, run: Run | None) -> Iterator[Result]:
        if run is None or run.result is None:
            return
        try:
            found = result(self._service, run, document)
        except FileNotFoundError:
            if not self._has_changed(document, run):
                raise
            return
        yield found

    def _has_changed(self, document: Document, run: Run) -> bool:
        """Whether it was deleted or read anew since the database was asked."""
        with self._service.database.read() as session:
            now = documents.by_id(session, document.id)
            return now is None or now.run_id != run.id
