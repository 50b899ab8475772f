"""Searchable PDFs, made in a process of their own: a file that others made may kill it."""

from __future__ import annotations

import gzip
import multiprocessing
import tempfile
import threading
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessPool

from extractor.batch.worker import limit_memory
from extractor.errors import CrashedError, ExtractorError, TimedOutError
from service.settings import WORK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.options import Options
    from service.rows import Run
    from service.service import Service

TASKS = 100  # of a process, then it is replaced
LIMIT_S = 120.0


class Converter:
    """Makes searchable PDFs one at a time; its process starts with the first."""

    def __init__(self, service: Service) -> None:
        """Starts nothing yet."""
        self._service = service
        self._pool: ProcessPool | None = None
        self._turn = threading.Lock()

    def close(self) -> None:
        """Ends the process."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None

    @contextmanager
    def searchable(self, run: Run) -> Iterator[Path]:
        """The original of a run with its words as invisible text, as a file for this block.

        Raises ExtractorError where it cannot be made.
        """
        assert run.words is not None
        password = self._service.seal.open(run.password) if run.password is not None else None
        with tempfile.TemporaryDirectory(prefix=WORK, dir=self._service.settings.staging) as folder:
            words, out = Path(folder, "words.json"), Path(folder, "out.pdf")
            words.write_bytes(gzip.decompress(self._service.store.read(run.words)))
            with self._service.store.local(run.sha256, Path(folder)) as original:
                self._make(original, words, out, replace(self._service.options, password=password))
            yield out

    def _make(self, original: Path, words: Path, out: Path, options: Options) -> None:
        with self._turn:
            self._pool = self._pool or self._opened()
            future = self._pool.schedule(make, (original, words, out, options), timeout=LIMIT_S)
            try:
                error = future.result()
            except TimeoutError:
                raise TimedOutError("making the PDF took too long: take the original") from None
            except (ProcessExpired, BrokenProcessPool):
                self.close()
                raise CrashedError("the PDF cannot be made of this file") from None
        if error is not None:
            raise error

    def _opened(self) -> ProcessPool:
        return ProcessPool(
            1,
            max_tasks=TASKS,
            initializer=limit_memory,
            initargs=[self._service.settings.memory_limit],
            context=multiprocessing.get_context("spawn"),
        )


def make(original: Path, words: Path, out: Path, options: Options) -> ExtractorError | None:
    """Runs in the child; gives a known error instead of raising it."""
    from extractor.searchable import words_from_json, write_searchable

    try:
        with out.open("wb") as stream:
            write_searchable(original, words_from_json(words.read_bytes()), stream, options)
    except ExtractorError as error:
        return type(error)(error.message, page=error.page)
    return None
