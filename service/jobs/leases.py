"""Leases: whose process died, and who goes on with what it did.

DBOS goes on with the work of a process that is started again under its old name. Here every process
has a name of its own; those whose lease has run out are dead, and others take over.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from service.repository import runs, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from service.service import Service

log = logging.getLogger(__name__)

BEATS = 4  # a lease is renewed so many times while it runs


class Lease(threading.Thread):
    """Renews a worker's lease, and takes over from those whose lease has run out."""

    def __init__(
        self, service: Service, worker_id: str, held: Callable[[], Collection[str]]
    ) -> None:
        """Not started yet. `held` gives the workflows that the worker works on."""
        super().__init__(name="lease", daemon=True)
        self._service, self._worker_id, self._held = service, worker_id, held
        self._lease = timedelta(seconds=service.settings.lease_s)
        self._stopped = threading.Event()
        self._rescues_from_s = 0.0
        self._missed: set[str] = set()

    def stop(self) -> None:
        """Has the thread end; who waits for that joins it."""
        self._stopped.set()

    def run(self) -> None:
        """Until it is stopped. A database that does not answer is asked again."""
        while not self._stopped.wait(self._lease.total_seconds() / BEATS):
            try:
                self._renew()
                if time.monotonic() > self._rescues_from_s:
                    rescue(self._service, self._worker_id)
                self._recover()
            except Exception:
                # Without this thread the worker would be dead to the others and work on.
                log.exception("the lease was not seen to, and is tried again")
                # The others may have failed in the same way: they are given time to renew theirs.
                self._rescues_from_s = time.monotonic() + self._lease.total_seconds()

    def _recover(self) -> None:
        """Queues anew what the worker has in hand by the books only, at two looks in a row.

        As where the disk was too full to note how a workflow ended.
        """
        pending = self._service.queue.in_hand_of(self._worker_id) - set(self._held())
        stranded, self._missed = pending & self._missed, pending
        if stranded:
            with self._service.database.write() as session:
                runs.hand_back(session, self._worker_id, stranded)
            self._service.queue.give_back(self._worker_id, stranded)
            log.error("%d workflows were lost on the way and are queued anew", len(stranded))

    def _renew(self) -> None:
        with self._service.database.write() as session:
            if workers.renew(session, self._worker_id):
                return
        log.error("this worker was silent for too long and others go on with its work: it ends")
        os._exit(1)  # at once, with its child: what it reads does not count any more


def rescue(service: Service, rescuer: str) -> int:
    """Gives the work of dead workers to the living; gives the number of dead ones."""
    lease = timedelta(seconds=service.settings.lease_s)
    with service.database.read() as session:
        silent = workers.silent(session, lease)
    rescued = 0
    for worker_id in silent:
        with service.database.write() as session:
            if not workers.rescue(session, worker_id, rescuer, lease):
                continue
        given = service.queue.give_back(worker_id)
        with service.database.write() as session:
            workers.dismiss(session, worker_id)
        log.warning("a worker died: %d documents go to others", given, extra={"worker": worker_id})
        rescued += 1
    return rescued


def rescue_orphans(service: Service) -> int:
    """Gives to others what is in the hand of workers without a lease; gives the number.

    As of one that came back after it was taken for dead, and took a document before it noticed.
    """

    def known() -> frozenset[str]:
        with service.database.read() as session:
            return workers.known(session)

    return service.queue.rescue_orphans(known)


def requeue_lost(service: Service) -> int:
    """Queues runs anew whose workflow has ended without them, as after a failed step."""
    with service.database.read() as session:
        workflows = {workflow: run for run, workflow in runs.unfinished(session)}
    lost = service.queue.lost(tuple(workflows)) if workflows else set()
    for workflow in sorted(lost):
        with service.database.write() as session:
            runs.hold(session, workflows[workflow])
            run = runs.by_id(session, workflows[workflow])
            if run is not None and run.workflow == workflow and run.state in runs.OPEN:
                log.error("a workflow was lost and is queued anew", extra={"run": run.id})
                run.workflow = service.queue.read(session, run.id)
                runs.put_back(session, run)
    return len(lost)
