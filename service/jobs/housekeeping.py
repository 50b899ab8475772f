"""What is done now and then: what got lost is found, what is left over or too old is removed."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from service import archive, erasing, webhooks
from service.database import lock
from service.intake.staging import Staging
from service.jobs.leases import requeue_lost, rescue_orphans
from service.repository import accounts, documents, housekeeping
from service.settings import WORK

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.service import Service

log = logging.getLogger(__name__)

EVERY_S = 60.0
SWEEP_FIRST_S, SWEEP_S = 600.0, 24 * 3600.0  # the whole store is looked at
LEFT_S = 6 * 3600.0  # staged files of killed servers
TOGETHER = 100
WORKFLOW_DAYS = 7  # finished ones are kept for those who look for a fault
ACTOR = "retention"


class Housekeeper(threading.Thread):
    """Does it every minute, in one of the server's threads."""

    def __init__(self, service: Service) -> None:
        """Not started yet."""
        super().__init__(name="housekeeping", daemon=True)
        self._service = service
        self._stopped = threading.Event()

    def run(self) -> None:
        """Until it is stopped; what fails is tried again the next time."""
        due_s = time.monotonic() + SWEEP_FIRST_S
        while True:
            try:
                keep_house(self._service)
                if time.monotonic() > due_s:
                    erasing.sweep(self._service)
                    due_s = time.monotonic() + SWEEP_S
            except Exception:  # a store can fail in ways of its own; the next time may do
                log.exception("housekeeping failed, and is tried again")
            if self._stopped.wait(EVERY_S):
                return

    def stop(self) -> None:
        """Has the thread end; who waits for that joins it."""
        self._stopped.set()


def keep_house(service: Service) -> None:
    """Finds what got lost, deletes what has been kept long enough, and what deletions have left.

    All duties are done, also where some fail, as while the store is away. Raises ExceptionGroup.
    """
    failed = []
    for duty in DUTIES:
        try:
            duty(service)
        except Exception as error:  # noqa: BLE001  raised below
            failed.append(error)
    if failed:
        raise ExceptionGroup("some of the housekeeping failed", failed)


def _sweep_staging(service: Service) -> None:
    """Removes what killed processes left; a folder that is worked in changes all the time."""
    folder = service.settings.staging
    Staging(folder).sweep(LEFT_S)
    oldest = time.time() - LEFT_S
    for path in folder.glob(f"{WORK}*"):
        with suppress(FileNotFoundError):  # who works in it may have ended
            if path.stat().st_mtime < oldest:
                shutil.rmtree(path, ignore_errors=True)


def _expire_all(service: Service) -> None:
    with service.database.read() as session:
        kept = {p.id: p.retention_days for p in accounts.projects(session)}
    for project_id, days in kept.items():
        if days is not None:
            _expire(service, project_id, timedelta(days=days))


def _expire(service: Service, project_id: str, age: timedelta) -> None:
    while True:
        with service.database.write() as session:
            old = documents.older(session, project_id, age, TOGETHER)
            lock(session, *(document.sha256 for document in old))
            for document in old:
                with suppress(archive.GoneError):
                    archive.delete(service, session, document, ACTOR)
        if len(old) < TOGETHER:
            return


def _forget_old(service: Service) -> None:
    with service.database.write() as session:
        housekeeping.forget_old(session)
    service.queue.forget_finished(timedelta(days=WORKFLOW_DAYS))


DUTIES: tuple[Callable[[Service], object], ...] = (
    rescue_orphans,
    requeue_lost,
    webhooks.requeue_lost,
    _sweep_staging,
    _expire_all,
    erasing.erase,
    _forget_old,
)
