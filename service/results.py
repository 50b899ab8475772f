"""Results of documents as they are stored and served."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from extractor.document import Document as Result
from service.repository import documents, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    Read from the store anew on every pass: memory stays flat. Documents without a result are left
    out.
    """

    def __init__(self, service: Service, chosen: Filter) -> None:
        """Reads nothing yet."""
        self._service, self._chosen = service, chosen

    def __iter__(self) -> Iterator[Result]:
        with self._service.database.read() as session:
            for document in documents.walked(session, self._chosen):
                run = runs.by_id(session, document.run_id)
                if run is not None and run.result is not None:
                    yield result(self._service, run, document)
