"""A worker: one process that reads one document at a time, in a child of its own."""

from __future__ import annotations

import logging
import os
import platform
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.batch import ReaderPool, share_cores
from extractor.batch.worker import Limits
from service import webhooks
from service.database import lock
from service.jobs import attempt
from service.jobs.leavings import READER
from service.repository import audit, erasures, runs, workers
from service.repository.runs import Ending
from service.rows import new_id
from service.settings import WORK

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from extractor.batch.outcome import Failure
    from extractor.options import Options
    from service.rows import Run
    from service.service import Service

log = logging.getLogger(__name__)

FINAL = frozenset({"options", "unreadable", "encrypted", "unsupported", "too_large"})
LOSSES = 10  # workers that may die over a document; most die of something else
ACTOR = "worker"  # in the audit log


class Worker:
    """Reads what it is given; `reader` is what runs in the child."""

    def __init__(self, service: Service, reader: str = READER) -> None:
        """Starts the child."""
        settings = service.settings
        self.id = f"{platform.node()[:40]}-{os.getpid()}-{new_id()[-8:]}"
        self.service = service
        threads = share_cores(settings.readers, documents=1_000)[1]
        self._options = replace(service.options, threads=service.options.threads or threads)
        limits = Limits(settings.memory_limit, self._options.threads)
        level = logging.getLogger("extractor").getEffectiveLevel()
        self._pool = ReaderPool(1, limits, reader=reader, page_progress=True, level=level)
        self._scratch = settings.staging / f"{WORK}{self.id}"

    def close(self) -> None:
        """Ends the child and lets go of the lease."""
        self._pool.__exit__()
        shutil.rmtree(self._scratch, ignore_errors=True)
        with self.service.database.write() as session:
            runs.hand_back(session, self.id)
        self.service.queue.give_back(self.id)  # afterwards: who takes it counts no lost worker
        with self.service.database.write() as session:
            workers.dismiss(session, self.id)

    def enlist(self) -> None:
        """Begins the lease."""
        with self.service.database.write() as session:
            workers.enlist(session, self.id, platform.node(), os.getpid())

    def attempt(self, run_id: str) -> tuple[int, Ending | Failure] | None:
        """Reads a run's document; None where there is nothing to be read any more."""
        with self.service.database.write() as session:
            run = runs.claim(session, run_id, self.id)
            if run is None:
                return None
            number, sha256, options = run.attempt, run.sha256, self._options_of(run)
            if run.losses >= LOSSES:
                run.crashes = self.service.settings.attempts
                return number, attempt.lost(run.losses)
        log.info("reading", extra={"run": run_id, "attempt": number})
        try:
            return number, attempt.read(
                self._pool, self.service.store, self._scratch / new_id(), sha256, options,
                lambda done, total: self._tell(run_id, number, done, total),
            )  # fmt: skip
        except attempt.Abandoned:
            log.info("given up: nobody waits for it", extra={"run": run_id})
            return None

    def _options_of(self, run: Run) -> Options:
        if run.password is None:
            return self._options
        return replace(self._options, password=self.service.seal.open(run.password))

    def _tell(self, run_id: str, number: int, done: int, total: int) -> bool:
        with self.service.database.write() as session:
            return runs.progress(session, run_id, number, done, total)

    def finish(self, run_id: str, number: int, outcome: Ending | Failure) -> bool:
        """Stores an outcome where its attempt still counts; whether it is to be read once more."""
        with self.service.database.write() as session:
            run = runs.counts(session, run_id, number)
            if isinstance(outcome, Ending):
                erasures.note(session, outcome.keys())  # kept where they are of use
                if run is not None:
                    return self._done(session, run, outcome)
            elif run is not None:
                return self._failed(session, run, outcome)
        return False

    def _done(self, session: Session, run: Run, ending: Ending) -> bool:
        lock(session, *ending.keys())  # against who removes what is of no use
        if not all(map(self.service.store.has, ending.keys())):
            runs.put_back(session, run)
            return True
        self._end(session, run, ending)
        return False

    def _failed(self, session: Session, run: Run, failure: Failure) -> bool:
        if failure.code not in FINAL:
            run.crashes += 1
            if run.crashes < self.service.settings.attempts:
                runs.put_back(session, run)
                return True
        self._end(session, run, attempt.ended_with(failure))
        return False

    def _end(self, session: Session, run: Run, ending: Ending) -> None:
        displaced = {d.run_id for d in runs.documents_of(session, run.id)} - {run.id}
        waiting = runs.end(session, run, ending)
        session.flush()
        for run_id in sorted(displaced):
            erasures.drop_run(session, run_id)
        event: webhooks.Event = "document.failed" if ending.error_code else "document.done"
        for document in waiting:
            webhooks.announce(self.service, session, document, event)
        audit.append(session, ACTOR, event, run.id, {"documents": [d.id for d in waiting]})
        log.info("ended", extra={"run": run.id, "error": ending.error_code})
