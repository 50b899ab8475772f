"""The process of a worker, from its start to its end; and the one that keeps several running."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from dbos import DBOS

from service.jobs.leases import Lease
from service.jobs.leavings import READER
from service.jobs.worker import Worker
from service.jobs.workflows import works_for
from service.logs import set_up_logs
from service.queue import APP_VERSION, QUEUE, WEBHOOKS, plain_url
from service.service import open_service

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.context import SpawnProcess

    from service.service import Service
    from service.settings import Settings

log = logging.getLogger(__name__)

POLL_S = 0.15  # how often a worker that has nothing to do looks for a document
CALLS = 8  # of webhooks that a worker makes at the same time, one of each
GRACE_S = 20  # for the document that is being read when a worker is stopped
END_S = 25.0  # a worker that was stopped ends itself, whatever it waits for
KILL_S = 27.0  # it is ended by others
RESTART_S = (0.5, 30.0)  # pause before a worker that died is started again: the first, the longest
WELL_S = 60.0  # a worker that ran for so long is started again after the first pause


def work(settings: Settings, reader: str = READER) -> None:
    """Reads documents until the process is told to stop, or its parent has gone."""
    os.nice(settings.niceness)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    threading.Thread(target=_wait_for_parent, args=(stopped,), daemon=True).start()
    set_up_logs(settings)
    service = open_service(settings)
    _work(service, reader, stopped)
    # Not by the usual way: a reading that is still under way would be waited for.
    os._exit(0)


def _wait_for_parent(stopped: threading.Event) -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        stopped.set()


def _work(service: Service, reader: str, stopped: threading.Event) -> None:
    worker = Worker(service, reader, stopped)
    works_for(worker)
    worker.enlist()
    lease = Lease(service, worker.id, worker.held)
    lease.start()
    _launch(service, worker.id)
    log.info("worker started", extra={"worker": worker.id})
    stopped.wait()
    log.info("worker stops", extra={"worker": worker.id})
    end_after(END_S)
    logging.getLogger("dbos").setLevel(logging.CRITICAL)  # what is given up is handed back below
    DBOS.destroy(workflow_completion_timeout_sec=GRACE_S)
    lease.stop()
    lease.join()
    worker.close()


def end_after(seconds: float) -> None:
    """Ends this process then, whatever it waits for; who is told of its stop can count on it."""

    def end() -> None:
        log.error("stopping took longer than %.0f s: ended at once", seconds)
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def _launch(service: Service, worker_id: str) -> None:
    DBOS(
        config={
            "name": "extractor",
            "system_database_url": plain_url(service.database.url),
            "executor_id": worker_id,
            "application_version": APP_VERSION,
            "run_migrations": False,
            "use_listen_notify": False,
            "log_level": "ERROR",
        }
    )
    own = logging.getLogger("dbos")  # it has a form of its own for lines
    own.handlers.clear()
    own.propagate = True
    DBOS.listen_queues([QUEUE, WEBHOOKS])
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=POLL_S)
    DBOS.register_queue(
        WEBHOOKS,
        worker_concurrency=CALLS,
        partition_worker_concurrency=1,  # a receiver that is dead does not hold up the others
        polling_interval_sec=1.0,
    )


class Supervisor(threading.Thread):
    """Keeps a number of workers running: one that dies is started again."""

    def __init__(self, settings: Settings, reader: str = READER) -> None:
        """Not started yet."""
        super().__init__(name="supervisor", daemon=True)
        self._settings, self._reader = settings, reader
        self._context = multiprocessing.get_context("spawn")
        self._stopped = threading.Event()

    def run(self) -> None:
        """Until it is stopped."""
        slots = [_Slot() for _ in range(self._settings.readers)]
        while not self._stopped.wait(0.2):
            for slot in slots:
                if slot.is_due():
                    slot.start(self._start())
        _end([slot.process for slot in slots if slot.process is not None])

    def _start(self) -> SpawnProcess:
        process = self._context.Process(target=work, args=(self._settings, self._reader))
        process.start()
        return process

    def stop(self) -> None:
        """Has the workers end, which hand back what they read; who waits for that joins it."""
        self._stopped.set()


def _end(processes: Sequence[SpawnProcess]) -> None:
    """All of them within KILL_S."""
    until = time.monotonic() + KILL_S
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        process.kill()


class _Slot:
    """A worker that is to run, and since when it does or is dead."""

    def __init__(self) -> None:
        self.process: SpawnProcess | None = None
        self.pause_s = RESTART_S[0]
        self._due_s: float | None = 0.0
        self._began_s = 0.0

    def start(self, process: SpawnProcess) -> None:
        """It runs from now on."""
        self.process, self._due_s, self._began_s = process, None, time.monotonic()

    def is_due(self) -> bool:
        """Whether it is to be started now; workers that die again and again less and less often."""
        if self.process is not None and self.process.is_alive():
            return False
        if self._due_s is None:
            assert self.process is not None
            log.warning("a worker ended: exit code %s", self.process.exitcode)
            if time.monotonic() - self._began_s > WELL_S:
                self.pause_s = RESTART_S[0]
            self._due_s = time.monotonic() + self.pause_s
            self.pause_s = min(2 * self.pause_s, RESTART_S[1])
        return time.monotonic() >= self._due_s
