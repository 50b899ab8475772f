"""Removes what nothing needs any more: files of the store, finished workflows, old rows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from service.database import lock
from service.repository import erasures, runs

if TYPE_CHECKING:
    from service.service import Service

log = logging.getLogger(__name__)

TOGETHER = 500


def erase(service: Service) -> int:
    """Removes what was noted for removal and is of no use to anybody; gives the number.

    It can be stopped at any moment: what is left is removed the next time.
    """
    removed = 0
    while True:
        with service.database.read() as session:
            noted = erasures.noted(session)
        for key, kind in noted:
            removed += _erase_file(service, key) if kind == "file" else _forget(service, key)
        if not noted:
            return removed


def _erase_file(service: Service, key: str) -> bool:
    with service.database.write() as session:
        lock(session, key)  # nobody takes it up again meanwhile
        unused = not runs.referenced(session, key)
        if unused:
            service.store.delete(key)
        erasures.forget(session, key)
        return unused


def _forget(service: Service, workflow_id: str) -> bool:
    service.queue.remove(workflow_id)
    with service.database.write() as session:
        erasures.forget(session, workflow_id)
    return True


def sweep(service: Service) -> int:
    """Removes files that nothing refers to, as killed servers leave them; gives the number.

    What is being put in at the moment is looked at again before it is of use, so this can be done
    at any time.
    """
    with service.database.read() as session:
        unused = [key for key in service.store if not runs.referenced(session, key)]
    for start in range(0, len(unused), TOGETHER):
        with service.database.write() as session:
            erasures.note(session, unused[start : start + TOGETHER])
    erase(service)
    return len(unused)
