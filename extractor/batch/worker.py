"""What runs inside a worker process: one document after the other, each to JSON or to a failure."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
import time
import warnings
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Protocol, cast

from extractor.batch.atomic import atomic_file
from extractor.batch.outcome import Failure, Reply, bug_of, failure_of
from extractor.errors import CrashedError, ExtractorError, OptionsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extractor.document import Document
    from extractor.options import Options
    from extractor.proofs import PageProof

READER = "extractor.pipeline:extract"


class Reader(Protocol):
    """What reads a document: `extractor.pipeline.extract`, or a stand-in of the tests."""

    def __call__(
        self, path: Path, options: Options, *, progress: Callable[[int, int], None] | None = None
    ) -> Document:
        """The document's result; `progress` is told (pages read, pages of the document)."""
        ...


class ProvingReader(Protocol):
    """One that gives the proofs of pages too: asked where a searchable PDF is to be made."""

    def __call__(
        self,
        path: Path,
        options: Options,
        *,
        progress: Callable[[int, int], None] | None = None,
        on_page: Callable[[PageProof], None] | None = None,
    ) -> Document:
        """As Reader; `on_page` is given each page as it was read."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """One document to read; `indent` of the JSON is None for one line.

    `searchable` is where its searchable PDF goes, None where none is wanted.
    """

    path: Path
    options: Options
    indent: int | None = 2
    searchable: Path | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker process may use; None is no limit. `threads` are those of each library."""

    memory_bytes: int | None = None
    threads: int | None = None


_pages: Connection | None = None


def start(limits: Limits, pages: Connection | None, set_up_logs: Callable[[], None]) -> None:
    """Called once in every worker: it dies with its parent, and keeps to the limits."""
    global _pages  # noqa: PLW0603  pebble gives an initializer no other place to leave things
    _pages = pages
    set_up_logs()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    limit_threads(limits.threads)
    limit_memory(limits.memory_bytes)  # last: what does not fit is told of a document, not here


def set_logging(level: int = logging.WARNING) -> None:
    """Our own lines from `level` on; what libraries say of a document is for developers only."""
    quiet = level > logging.INFO
    theirs = logging.CRITICAL if quiet else logging.WARNING
    logging.basicConfig(level=theirs, format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("extractor").setLevel(level)
    if quiet:
        warnings.simplefilter("ignore")


def _die_with_parent() -> None:
    # A killed run must not leave workers that go on for minutes.
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def limit_memory(limit: int | None) -> None:
    """Private writable memory of this process, in bytes, where the system can limit it.

    RLIMIT_DATA counts what is really the process's own; RLIMIT_AS would also count the address
    space that inference runtimes reserve without using it.
    """
    if limit is None or not sys.platform.startswith("linux"):
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def limit_threads(limit: int | None) -> None:
    """Threads of OpenCV, which else takes all cores; OCR runtimes have theirs from the options."""
    if limit is not None:
        import cv2

        cv2.setNumThreads(limit)


def read(reader: str, job: Job) -> Reply | Failure:
    """Reads one document with the function at `reader` ("module:function"); never raises."""
    start_s = time.perf_counter()
    try:
        return _read(load(reader), job, start_s)
    except ExtractorError as error:
        return failure_of(error, job.path, time.perf_counter() - start_s)
    except MemoryError:
        lack = CrashedError("reading needs more memory than allowed: raise --memory-limit")
        return failure_of(lack, job.path, time.perf_counter() - start_s)
    except Exception as error:  # noqa: BLE001  the one boundary where a document's bug stops
        return bug_of(error, job.path, time.perf_counter() - start_s)


def _read(reader: Reader, job: Job, start_s: float) -> Reply:
    if job.searchable is None:
        document = reader(job.path, job.options, progress=report_pages)
    else:
        document = _read_and_write(cast("ProvingReader", reader), job, job.searchable)
    return Reply(
        json=document.to_json(job.indent).encode() + b"\n",
        pages=document.document.page_count,
        needs_review=sum(field.review == "needs_review" for field in document.fields),
        broken=sum(not check.passed for check in document.checks),
        seconds=time.perf_counter() - start_s,
    )


def _read_and_write(reader: ProvingReader, job: Job, target: Path) -> Document:
    """Reads a document and writes its searchable PDF."""
    from extractor.proofs import words_of
    from extractor.searchable import write_searchable

    words = []

    def keep(proof: PageProof) -> None:
        words.append(words_of(proof))

    document = reader(job.path, job.options, progress=report_pages, on_page=keep)
    try:
        with atomic_file(target) as stream:
            write_searchable(job.path, words, stream, job.options)
    except OSError as error:
        why = error.strerror or str(error)
        message = f"its searchable PDF cannot be written ({why}): choose another --out"
        raise OptionsError(message, path=job.path) from error
    return document


def load(reader: str) -> Reader:
    """The function at "module:function"."""
    module, _, name = reader.partition(":")
    return cast("Reader", getattr(importlib.import_module(module), name))


def report_pages(done: int, total: int) -> None:
    """Tells the parent how far the document is."""
    # One small write needs no lock (PIPE_BUF), and a worker killed with a lock in its hand would
    # stop all the others.
    if _pages is not None:
        _pages.send_bytes(b"%d %d" % (done, total))
