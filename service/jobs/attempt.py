"""One attempt to read a document: from a claimed run to files in the store and an ending."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import shutil
import time
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.batch.outcome import Failure, failure_of
from extractor.batch.pool import outcome
from extractor.batch.worker import Job
from extractor.document import Document
from extractor.errors import CrashedError
from service.jobs.faults import MachineError, MissingError, of_the_machine
from service.jobs.leavings import PICTURES, WORDS
from service.jobs.summary import summary_of
from service.repository import runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from extractor.batch import ReaderPool, Reply
    from extractor.options import Options
    from service.repository.runs import Ending, PictureFile
    from service.store import Store

log = logging.getLogger(__name__)

TICK_S = 0.2
TELL_S = 0.5  # progress is told not more often
ADVICE = {  # where the sentence of the command line names a flag, or a fault is not the document's
    "encrypted": "it is locked: give its password",
    "timed_out": "reading took too long: split it, or ask an administrator to allow more time",
    "crashed": "the program that read it died each time it was tried: the file may be damaged; "
    "print it to a new PDF and upload that",
    "engine": "the OCR engine could not be loaded: ask an administrator to run extractor doctor",
    "bug": "the program failed in a way that was not foreseen: please report it with the file",
    "postponed": "it cannot be read at the moment, as the disk of the service is full or its files "
    "are out of reach: it is tried again by itself",
    "missing": "its file is missing in the store: upload it again, and it is read; else it is "
    "tried again by itself",
}
WRONG_PASSWORD = "the password does not open it: give the right one"  # noqa: S105  a sentence


class Abandoned(Exception):  # noqa: N818  not an error: nobody waits for this attempt any more
    """The document was deleted, or its run given to another worker."""


def read(
    pool: ReaderPool,
    store: Store,
    folder: Path,
    sha256: str,
    options: Options,
    tell: Callable[[int, int], bool],
) -> Ending | Failure:
    """Reads the file of that content in a child process; its results are in the store afterwards.

    `folder` is empty, of this machine, and removed. `tell` is given (pages done, pages) and says
    whether to go on. Raises Abandoned where not, MachineError where no document could be read.
    """
    try:
        with ExitStack() as until_read:
            with of_the_machine():
                folder.mkdir(parents=True, exist_ok=True)
                _guard_original(store, sha256)
                own = until_read.enter_context(store.local(sha256, folder))
                path = folder / f"{sha256}.pdf"
                path.symlink_to(own)
            reply = _await(pool, Job(path, options, indent=None), tell)
            if isinstance(reply, Failure):
                _guard_machine(reply, own, sha256)
                return reply
        return _ending(store, folder, reply)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _guard_original(store: Store, sha256: str) -> None:
    """Raises MissingError where the store has no such file: it is lost, or the store is another."""
    if not store.has(sha256):
        raise MissingError(f"the store has no file {sha256}")


def _guard_machine(failure: Failure, own: Path, sha256: str) -> None:
    """Raises MachineError where the document is not to blame for a failure."""
    if failure.code == "disk_full":
        raise MachineError("the disk is full")
    with of_the_machine(), own.open("rb") as stream:
        given = hashlib.file_digest(stream, "sha256").hexdigest()
    if given != sha256:
        raise MachineError(f"the store has other bytes than were put in under {sha256}")


def _await(pool: ReaderPool, job: Job, tell: Callable[[int, int], bool]) -> Reply | Failure:
    for _ in pool.pages():  # what a reading before this one left that was given up
        pass
    with of_the_machine():
        future = pool.submit(job)
    told_s, pages = 0.0, (0, 0)
    while not wait([future], timeout=TICK_S).done:
        pages = max([pages, *pool.pages()])
        if time.monotonic() - told_s >= TELL_S:
            told_s = time.monotonic()
            if not tell(*pages):
                _give_up(future)
    if isinstance(future.exception(), BrokenProcessPool):
        raise MachineError("the process that reads cannot be started")
    return outcome(future, job)


def _give_up(future: Future[Reply | Failure]) -> None:
    future.cancel()  # pebble stops the process
    raise Abandoned


def _ending(store: Store, folder: Path, reply: Reply) -> Ending:
    summary = summary_of(Document.from_json(reply.json))
    result = gzip.compress(reply.json, 6, mtime=0)
    with of_the_machine():
        return runs.Ending(
            pages=reply.pages,
            seconds=round(reply.seconds, 3),
            result=store.put_bytes(result),
            words=store.put_bytes(gzip.compress((folder / WORDS).read_bytes(), 6, mtime=0)),
            pictures=tuple(_pictures(store, folder)),
            summary=summary,
        )


def _pictures(store: Store, folder: Path) -> list[PictureFile]:
    kept = []
    for size in json.loads((folder / PICTURES).read_text(encoding="utf-8")):
        file = folder / f"{size['page']}.webp"
        key = hashlib.sha256(file.read_bytes()).hexdigest()
        store.put(file, key)
        kept.append(runs.PictureFile(key=key, **size))
    return kept


def lost(workers: int) -> Failure:
    """The failure of a document over which so many workers died."""
    return failure_of(CrashedError(f"{workers} workers died while they read it"), Path("document"))


def ended_with(failure: Failure, *, had_password: bool = False) -> Ending:
    """The ending that a failure is, with a sentence for those who uploaded the document."""
    if had_password and failure.code == "encrypted":
        error = WRONG_PASSWORD
    else:
        error = ADVICE.get(failure.code) or _nameless(failure.sentence)
    return runs.Ending(error_code=failure.code, error=error, seconds=failure.seconds)


def _nameless(sentence: str) -> str:
    """Without the file's name, which is the service's own: "page 3: it is damaged"."""
    place, separator, message = sentence.partition(": ")
    page = place.partition(", page ")[2]
    if not separator:
        return sentence
    return f"page {page}: {message}" if page else message
