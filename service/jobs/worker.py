"""A worker: one process that reads one document at a time, in a child of its own."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.batch import ReaderPool, share_cores
from extractor.batch.outcome import bug_of, failure_of
from extractor.batch.worker import Limits
from extractor.errors import ExtractorError
from service import webhooks
from service.database import lock
from service.jobs import attempt
from service.jobs.faults import (
    UNANSWERED,
    MachineError,
    MissingError,
    Postponed,
    delay_s,
    of_the_machine,
    patiently,
    rest_s,
)
from service.jobs.leavings import READER
from service.logs import set_up_logs
from service.repository import audit, erasures, runs, workers
from service.repository.runs import Ending
from service.rows import new_id
from service.settings import WORK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from extractor.batch.outcome import Failure
    from extractor.options import Options
    from service.rows import Run
    from service.service import Service

log = logging.getLogger(__name__)

FINAL = frozenset({"options", "unreadable", "encrypted", "unsupported", "too_large", "timed_out"})
LOSSES = 10  # workers that may die over a document; most die of something else
ACTOR = "worker"  # in the audit log


class Worker:
    """Reads what it is given; `reader` is what runs in the child."""

    def __init__(
        self, service: Service, reader: str = READER, stopped: threading.Event | None = None
    ) -> None:
        """Starts the child. It does not rest any longer once `stopped` is set."""
        settings = service.settings
        self.id = f"{platform.node()[:40]}-{os.getpid()}-{new_id()[-8:]}"
        self.service = service
        threads = share_cores(settings.readers, documents=1_000)[1]
        self._options = replace(service.options, threads=service.options.threads or threads)
        limits = Limits(settings.memory_limit, self._options.threads)
        logs = partial(set_up_logs, settings)
        self._pool = ReaderPool(1, limits, reader=reader, page_progress=True, set_up_logs=logs)
        self._scratch = settings.staging / f"{WORK}{self.id}"
        self._stopped = stopped or threading.Event()
        self._faults = 0  # of the machine, in a row
        self._held: list[str] = []
        self._loose: tuple[str, ...] = ()  # what is in the store and not in the database yet

    @contextmanager
    def holding(self, workflow_id: str | None) -> Iterator[None]:
        """Knows meanwhile that it works on this workflow."""
        self._held.append(str(workflow_id))
        try:
            yield
        finally:
            self._held.remove(str(workflow_id))

    def held(self) -> frozenset[str]:
        """Ids of the workflows that it works on at this moment."""
        return frozenset(self._held)

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

    def attempt(self, run_id: str) -> tuple[int, Ending | Failure | Postponed] | None:
        """Reads a run's document; None where there is nothing to be read any more."""
        run = patiently(lambda: self._claim(run_id))
        if run is None:
            return None
        if run.losses >= LOSSES:
            return run.attempt, attempt.lost(run.losses)
        log.info("reading", extra={"run": run_id, "attempt": run.attempt})
        try:
            outcome = self._read(run)
        except attempt.Abandoned:
            log.info("given up: nobody waits for it", extra={"run": run_id})
            return None
        if isinstance(outcome, Ending):
            self._loose = outcome.keys()
        return run.attempt, outcome

    def _claim(self, run_id: str) -> Run | None:
        with self.service.database.write() as session:
            run = runs.claim(session, run_id, self.id)
            if run is not None:
                session.expunge(run)
            return run

    def _read(self, run: Run) -> Ending | Failure | Postponed:
        try:
            return attempt.read(
                self._pool, self.service.store, self._scratch / new_id(), run.sha256,
                self._options_of(run), lambda done, total: self._tell(run, done, total),
            )  # fmt: skip
        except attempt.Abandoned:
            raise
        except MissingError as error:
            return Postponed(str(error), "missing")
        except (MachineError, OSError) as error:
            return Postponed(str(error))
        except ExtractorError as error:  # its password was sealed with another key
            return failure_of(error, Path("document"))
        except Exception as error:
            log.exception("a bug", extra={"run": run.id})
            return bug_of(error, Path("document"))

    def _options_of(self, run: Run) -> Options:
        if run.password is None:
            return self._options
        return replace(self._options, password=self.service.seal.open(run.password))

    def _tell(self, run: Run, done: int, total: int) -> bool:
        try:
            with self.service.database.write() as session:
                return runs.progress(session, run.id, run.attempt, done, total)
        except UNANSWERED as error:
            log.warning("progress was not noted: %s", error, extra={"run": run.id})
            return True  # whether it still counts is asked again when it is stored

    def finish(self, run_id: str, number: int, outcome: Ending | Failure | Postponed) -> bool:
        """Stores an outcome where its attempt still counts; whether it is to be read once more."""
        if not isinstance(outcome, Postponed):
            settled = outcome
            try:
                again = patiently(lambda: self._settle(run_id, number, settled))
            except MachineError as error:
                outcome = Postponed(str(error))
            else:
                self._faults, self._loose = 0, ()
                return again
        postponed = outcome
        if patiently(lambda: self._postpone(run_id, number, postponed)):
            self._faults += 1
            self._stopped.wait(rest_s(self._faults))  # others may have what is wanting here
        return False

    def tidy(self) -> None:
        """Has removed what was stored for nobody, as where a document was deleted meanwhile."""
        if self._loose:
            patiently(self._note_loose)
            self._loose = ()

    def _note_loose(self) -> None:
        with self.service.database.write() as session:
            erasures.note(session, self._loose)

    def _settle(self, run_id: str, number: int, outcome: Ending | Failure) -> bool:
        with self.service.database.write() as session:
            run = runs.counts(session, run_id, number)
            if isinstance(outcome, Ending):
                erasures.note(session, outcome.keys())  # kept where they are of use
                if run is not None:
                    return self._done(session, run, outcome)
            elif run is not None:
                return self._failed(session, run, outcome)
        return False

    def _postpone(self, run_id: str, number: int, outcome: Postponed) -> bool:
        with self.service.database.write() as session:
            run = runs.counts(session, run_id, number)
            if run is None:
                return False
            pause_s = delay_s(number)
            run.workflow = self.service.queue.read(session, run_id, delay_s=pause_s)
            runs.put_back(session, run, "postponed", attempt.ADVICE[outcome.code])
        log.error("put off for %d s: %s", pause_s, outcome.why, extra={"run": run_id})
        return True

    def _done(self, session: Session, run: Run, ending: Ending) -> bool:
        lock(session, *ending.keys())  # against who removes what is of no use
        with of_the_machine():
            is_whole = all(map(self.service.store.has, ending.keys()))
        if not is_whole:
            runs.put_back(session, run)
            return True
        self._end(session, run, ending)
        return False

    def _failed(self, session: Session, run: Run, failure: Failure) -> bool:
        if failure.code not in FINAL and run.losses < LOSSES:
            run.crashes += 1
            if run.crashes < self.service.settings.attempts:
                runs.put_back(session, run)
                return True
        ending = attempt.ended_with(failure, had_password=run.password is not None)
        self._end(session, run, ending)
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
