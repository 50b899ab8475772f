"""Searchable PDFs, made in a process of their own: a file that others made may kill it."""

from __future__ import annotations

import errno
import gzip
import multiprocessing
import shutil
import tempfile
import threading
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessPool

from extractor.batch.worker import limit_memory
from extractor.errors import CrashedError, ExtractorError, TimedOutError
from service.settings import WORK
from service.streams import in_turn, made
from service.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from extractor.options import Options
    from service.accounts.roles import Principal
    from service.rows import Run
    from service.service import Service
    from service.streams import Sink

TASKS = 100  # of a process, then it is replaced
LIMIT_S = 120.0
TICK_S = 0.5  # then it is seen whether somebody still waits
AT_ONCE, OF_ONE = 4, 2  # that are asked for or fetched at a time, in all and by one user
WAIT_S = 60.0  # for a turn


def turns() -> Turns:
    """Those of searchable PDFs."""
    return Turns(AT_ONCE, OF_ONE, WAIT_S)


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

    def searchable(
        self, turns: Turns, asking: Principal, run: Run, headers: dict[str, str]
    ) -> AsyncGenerator[bytes, None]:
        """The pieces of a PDF: the original of a run with its words as invisible text.

        Its length is put into `headers` before the first piece. Raises ExtractorError where it
        cannot be made, BusyError where too many others are.
        """

        def write(sink: Sink) -> None:
            with self._file(run, sink.check) as path, path.open("rb") as stream:
                headers["Content-Length"] = str(path.stat().st_size)
                shutil.copyfileobj(stream, sink)

        return in_turn(turns, asking.name, made(write))

    @contextmanager
    def _file(self, run: Run, check: Callable[[], None]) -> Iterator[Path]:
        assert run.words is not None
        password = self._service.seal.open(run.password) if run.password is not None else None
        with tempfile.TemporaryDirectory(prefix=WORK, dir=self._service.settings.staging) as folder:
            words, out = Path(folder, "words.json"), Path(folder, "out.pdf")
            words.write_bytes(gzip.decompress(self._service.store.read(run.words)))
            if not self._service.store.has(run.sha256):
                raise FileNotFoundError(errno.ENOENT, "the original is not in the store")
            with self._service.store.local(run.sha256, Path(folder)) as original:
                options = replace(self._service.options, password=password)
                self._make((original, words, out, options), check)
            yield out

    def _make(self, task: tuple[Path, Path, Path, Options], check: Callable[[], None]) -> None:
        while not self._turn.acquire(timeout=TICK_S):
            check()
        try:
            error = self._outcome(task, check)
        except TimeoutError:
            raise TimedOutError("making the PDF took too long: take the original") from None
        except (ProcessExpired, BrokenProcessPool):
            self.close()
            raise CrashedError("the PDF cannot be made of this file") from None
        finally:
            self._turn.release()
        if error is not None:
            raise error

    def _outcome(
        self, task: tuple[Path, Path, Path, Options], check: Callable[[], None]
    ) -> ExtractorError | None:
        self._pool = self._pool or self._opened()
        future = self._pool.schedule(make, task, timeout=LIMIT_S)
        try:
            while not wait([future], timeout=TICK_S).done:
                check()
        except OSError:  # nobody waits for it: pebble stops the process
            future.cancel()  # type: ignore[no-untyped-call]
            raise
        error: ExtractorError | None = future.result()
        return error

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
