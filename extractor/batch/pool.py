"""Worker processes that read documents: one that hangs or dies costs its document only."""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Self

from pebble import ProcessExpired, ProcessPool

from extractor.batch import worker
from extractor.batch.outcome import Failure, Reply, failure_of
from extractor.batch.worker import Job
from extractor.errors import CrashedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

    from extractor.batch.worker import Limits

TASKS_A_WORKER = 200  # then it is replaced: native runtimes hold on to memory
TICK_S = 0.1


class ReaderPool:
    """`workers` processes that read documents with the function at `reader` ("module:function")."""

    def __init__(
        self,
        workers: int,
        limits: Limits,
        *,
        reader: str = worker.READER,
        page_progress: bool = False,
        set_up_logs: Callable[[], None] = worker.set_logging,
    ) -> None:
        """`set_up_logs` is called in each process first.

        With `page_progress` the owner has to call `pages` now and then, or the workers wait.
        """
        self.workers = workers
        self._reader = reader
        self._context = multiprocessing.get_context("spawn")
        self._inbox: Connection | None = None
        outbox: Connection | None = None
        if page_progress:
            self._inbox, outbox = self._context.Pipe(duplex=False)
        self._arguments = (limits, outbox, set_up_logs)
        self._pool = self._open()

    def _open(self) -> ProcessPool:
        pool = ProcessPool(
            self.workers,
            max_tasks=TASKS_A_WORKER,
            initializer=worker.start,
            initargs=self._arguments,
            context=self._context,
        )
        # Where it starts later, it unblocks the signal in the thread that starts it.
        resource_tracker.ensure_running()
        with _interrupts_blocked():
            assert pool.active  # starts the workers
        return pool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def submit(self, job: Job) -> Future[Reply | Failure]:
        """Queues a document; `outcome` turns the future into a reply or a failure."""
        if not self._pool.active:
            self._close()
            self._pool = self._open()
        future: Future[Reply | Failure] = self._pool.schedule(
            worker.read, args=(self._reader, job), timeout=job.options.timeout_s
        )
        return future

    def pages(self) -> Iterator[tuple[int, int]]:
        """What the workers have told since the last call: (pages read, pages of the document)."""
        while self._inbox is not None and self._inbox.poll():
            done, _, total = self._inbox.recv_bytes().partition(b" ")
            yield int(done), int(total)


def read_all(
    pool: ReaderPool, jobs: Iterable[Job], on_page: Callable[[int, int], None]
) -> Iterator[tuple[Job, Reply | Failure]]:
    """Every job with its outcome, as they end. Few are queued at a time, so memory stays flat."""
    queue, again = iter(jobs), set[Job]()
    running: dict[Future[Reply | Failure], Job] = {}
    while True:
        for job in islice(queue, max(0, 2 * pool.workers - len(running))):
            running[pool.submit(job)] = job
        if not running:
            return
        ended, _ = wait(running, timeout=TICK_S, return_when=FIRST_COMPLETED)
        for done, total in pool.pages():
            on_page(done, total)
        for future in ended:
            job = running.pop(future)
            if isinstance(future.exception(), BrokenProcessPool) and job not in again:
                # An idle worker died and took the pool along: these documents did nothing wrong.
                again.add(job)
                running[pool.submit(job)] = job
            else:
                yield job, outcome(future, job)


def outcome(future: Future[Reply | Failure], job: Job) -> Reply | Failure:
    """What a finished future holds; a killed worker is a failure of its document."""
    limit_s = job.options.timeout_s
    try:
        return future.result()
    except TimeoutError:
        late = TimedOutError(f"reading took longer than {limit_s:g} s: raise --timeout")
        return failure_of(late, job.path, limit_s)
    except ProcessExpired as error:
        return failure_of(CrashedError(_death(error.exitcode)), job.path)
    except BrokenProcessPool:
        return failure_of(CrashedError("the worker processes cannot be started"), job.path)


def _death(exit_code: int | None) -> str:
    how = f"exit status {exit_code}"
    if exit_code is not None and exit_code < 0:
        how = signal.Signals(-exit_code).name
    return (
        f"the process that read it died ({how}): the file may be damaged, or need more memory "
        "than there is; other documents are not affected"
    )


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    # Ctrl-C reaches every process of the terminal. Threads and processes started here inherit the
    # mask, so only the parent hears it: no worker prints a traceback.
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
