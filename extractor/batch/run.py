"""One run over many documents: what is left to do, reading it, writing it, keeping the journal."""

from __future__ import annotations

import errno
import logging
import os
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from extractor import __version__
from extractor.batch.atomic import atomic_file, sweep
from extractor.batch.journal import Entry, Journal, Stamp, fingerprint, stamp
from extractor.batch.outcome import Failure, Reply, failure_of
from extractor.batch.pool import ReaderPool, read_all
from extractor.batch.worker import READER, Job, Limits, set_logging
from extractor.certificate import SHIPPED
from extractor.confidence.model import MODEL
from extractor.entities import TRAINED
from extractor.errors import OptionsError
from extractor.ocr.models import NUMBERS, model_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from extractor.batch.discover import Input
    from extractor.document import Document
    from extractor.options import Options

OTHER = "a file or folder of its result's name is in the way: move it, or choose another --out"
BLOCKED = {  # what keeps one result from its place and says nothing of the others
    errno.ENAMETOOLONG: "its name is too long for a result file: rename it",
    errno.ENOTDIR: OTHER,
    errno.EEXIST: OTHER,
    errno.EISDIR: OTHER,
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What to read, how, and where the results go.

    Results are `out / subfolder / name.json`; `workers` 0 takes half of the cores. With
    `searchable` each document's searchable PDF is `out / name.pdf`.
    """

    inputs: tuple[Input, ...]
    options: Options
    out: Path
    subfolder: str = ""
    workers: int = 0
    limits: Limits = field(default_factory=Limits)
    fresh: bool = False
    indent: int | None = 2
    reader: str = READER
    level: int = logging.WARNING
    searchable: bool = False

    def result(self, item: Input) -> str:
        """The result's path, relative to `out`."""
        return f"{self.subfolder}/{item.name}.json" if self.subfolder else f"{item.name}.json"

    def pdf(self, item: Input) -> Path | None:
        """Where its searchable PDF goes, None where none is wanted."""
        return self.out / f"{item.name}.pdf" if self.searchable else None


@dataclass(frozen=True, slots=True)
class Finished:
    """One document of a run: a result file, or a failure. `resumed`: an earlier run read it."""

    index: int
    input: Input
    result: Path
    seconds: float
    pages: int = 0
    needs_review: int = 0
    broken: int = 0
    failure: Failure | None = None
    resumed: bool = False


class ResultFiles:
    """The documents of result files, read anew on every pass: memory stays flat."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __iter__(self) -> Iterator[Document]:
        from extractor.document import Document

        for path in self._paths:
            yield Document.from_json(path.read_bytes())


def cores() -> int:
    """Processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_cores(workers: int, documents: int) -> tuple[int, int]:
    """(worker processes, OCR threads each); `workers` 0 is half of the cores."""
    chosen = max(1, min(workers or cores() // 2, documents))
    return chosen, max(1, cores() // chosen)


def read_batch(
    batch: Batch, on_page: Callable[[int, int], None] = lambda _done, _total: None
) -> Generator[Finished, None, None]:
    """Reads what is not yet read and yields every document once, those of an earlier run first.

    Raises OptionsError where the output folder cannot be written.
    """
    _guard_inputs(batch)
    with _journal(batch) as journal:
        sweep(batch.out)
        options = fingerprint(batch.options, __version__, shipped_models())
        left: dict[int, Input] = {}
        for index, item in enumerate(batch.inputs):
            entry = _still_good(journal, batch, item, options)
            if entry is None:
                left[index] = item
            else:
                yield _resumed(batch, index, item, entry)
        yield from _read_left(batch, left, journal, options, on_page)


def shipped_models() -> tuple[Path, ...]:
    """Where the models that come with the program are."""
    ours = NUMBERS, TRAINED, MODEL, SHIPPED
    try:
        return model_folder(), *ours
    except ModuleNotFoundError:  # born-digital documents are read without
        return ours


def _journal(batch: Batch) -> Journal:
    try:
        batch.out.mkdir(parents=True, exist_ok=True)
        return Journal(batch.out, fresh=batch.fresh)
    except OSError as error:
        raise unwritable(error, batch.out) from None


def _guard_inputs(batch: Batch) -> None:
    """Raises OptionsError where a searchable PDF would take the place of a document."""
    documents = {os.path.realpath(item.path) for item in batch.inputs}
    for item in batch.inputs:
        target = batch.pdf(item)
        if target is not None and os.path.realpath(target) in documents:
            raise OptionsError(
                "this document would be overwritten: choose another --out", path=target
            )


def unwritable(error: OSError, folder: Path) -> OptionsError:
    """The error for a place that cannot be written."""
    why = error.strerror or str(error)
    return OptionsError(f"cannot write here ({why}): choose another --out", path=folder)


def _still_good(journal: Journal, batch: Batch, item: Input, options: str) -> Entry | None:
    entry = journal.find(item.path)
    if entry is None or entry.status != "done" or entry.options != options:
        return None
    now = stamp(item.path)
    same = (entry.size, entry.mtime_ns) == (now.size, now.mtime_ns)
    there = entry.result == batch.result(item) and (batch.out / entry.result).is_file()
    pdf = batch.pdf(item)
    return entry if same and there and (pdf is None or pdf.is_file()) else None


def _resumed(batch: Batch, index: int, item: Input, entry: Entry) -> Finished:
    return Finished(
        index, item, batch.out / entry.result, entry.seconds, entry.pages,
        entry.needs_review, entry.broken, resumed=True,
    )  # fmt: skip


def _read_left(
    batch: Batch,
    left: dict[int, Input],
    journal: Journal,
    options: str,
    on_page: Callable[[int, int], None],
) -> Iterator[Finished]:
    if not left:
        return
    workers, threads = share_cores(batch.workers, len(left))
    read = replace(batch.options, threads=batch.options.threads or threads)
    limits = replace(batch.limits, threads=read.threads)
    jobs = {
        Job(item.path, read, batch.indent, batch.pdf(item)): index for index, item in left.items()
    }
    stamps = {index: stamp(item.path) for index, item in left.items()}
    with ReaderPool(
        workers,
        limits,
        reader=batch.reader,
        page_progress=True,
        set_up_logs=partial(set_logging, batch.level),
    ) as pool:
        for job, outcome in read_all(pool, jobs, on_page):
            index = jobs[job]
            finished = _write(batch, index, left[index], outcome)
            _record(journal, _entry(batch, finished, options, stamps[index]), batch.out)
            yield finished


def _record(journal: Journal, entry: Entry, out: Path) -> None:
    try:
        journal.record(entry)
    except OSError as error:
        raise unwritable(error, out) from None


def _write(batch: Batch, index: int, item: Input, outcome: Reply | Failure) -> Finished:
    target, pdf = batch.out / batch.result(item), batch.pdf(item)
    try:
        if pdf is not None and isinstance(outcome, Failure):
            pdf.unlink(missing_ok=True)
        _put(target, outcome)
    except OSError as error:
        if error.errno not in BLOCKED:
            raise unwritable(error, batch.out) from None
        if isinstance(outcome, Reply):
            blocked = OptionsError(BLOCKED[error.errno])
            outcome = failure_of(blocked, item.path, outcome.seconds)
    if isinstance(outcome, Failure):
        return Finished(index, item, target, outcome.seconds, failure=outcome)
    return Finished(
        index, item, target, outcome.seconds, outcome.pages, outcome.needs_review, outcome.broken
    )


def _put(target: Path, outcome: Reply | Failure) -> None:
    if isinstance(outcome, Failure):
        target.unlink(missing_ok=True)  # the result of an earlier state of the file
        return
    with atomic_file(target) as stream:
        stream.write(outcome.json)


def _entry(batch: Batch, finished: Finished, options: str, read: Stamp) -> Entry:
    failure = finished.failure
    return Entry(
        path=os.path.abspath(finished.input.path),  # noqa: PTH100  resolve() follows links
        size=read.size,
        mtime_ns=read.mtime_ns,
        options=options,
        status="done" if failure is None else "failed",
        result=batch.result(finished.input),
        seconds=round(finished.seconds, 3),
        pages=finished.pages,
        needs_review=finished.needs_review,
        broken=finished.broken,
        code=failure.code if failure else None,
        message=failure.sentence if failure else None,
    )
