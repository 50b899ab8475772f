"""What is done now and then: retention, and removal of what is left over."""

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
    from pathlib import Path

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
        """Ends the thread."""
        self._stopped.set()
        self.join(timeout=5)


def keep_house(service: Service) -> None:
    """Deletes what has been kept long enough, and what deletions have left."""
    _sweep_staging(service.settings.staging)
    with service.database.read() as session:
        kept = {p.id: p.retention_days for p in accounts.projects(session)}
    for project_id, days in kept.items():
        if days is not None:
            _expire(service, project_id, timedelta(days=days))
    erasing.erase(service)
    rescue_orphans(service)
    requeue_lost(service)
    webhooks.requeue_lost(service)
    with service.database.write() as session:
        housekeeping.forget_old(session)
    service.queue.forget_finished(timedelta(days=WORKFLOW_DAYS))


def _sweep_staging(folder: Path) -> None:
    """Removes what killed processes left; a folder that is worked in changes all the time."""
    Staging(folder).sweep(LEFT_S)
    oldest = time.time() - LEFT_S
    for path in folder.glob(f"{WORK}*"):
        if path.stat().st_mtime < oldest:
            shutil.rmtree(path, ignore_errors=True)


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
