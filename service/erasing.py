"""Removes what nothing needs any more: files of the store and finished workflows."""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING

from service.database import lock
from service.repository import erasures, runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from service.service import Service

log = logging.getLogger(__name__)

TOGETHER = 500
FAILURES = 3  # of the store one after the other; then it is away, and is asked again later
PART_S = 24 * 3600.0  # nothing is written to the store for so long


def erase(service: Service) -> int:
    """Removes what was noted for removal and is of no use to anybody; gives the number.

    It can be stopped at any moment: what is left is removed the next time.
    """
    return _erased(service, _all(service))


def erase_now(service: Service, keys: Sequence[str]) -> int:
    """The same for some keys, as of what somebody has just deleted."""
    return _erased(service, _some(service, keys))


def _all(service: Service) -> Iterator[tuple[str, str]]:
    last = ""
    while True:
        with service.database.read() as session:
            found = erasures.noted(session, last)
        yield from found
        if not found:
            return
        last = found[-1][0]


def _some(service: Service, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(keys), TOGETHER):
        with service.database.read() as session:
            found = erasures.noted_of(session, keys[start : start + TOGETHER])
        yield from found


def _erased(service: Service, noted: Iterable[tuple[str, str]]) -> int:
    removed = failures = 0
    for key, kind in noted:
        try:
            removed += _erase_file(service, key) if kind == "file" else _forget(service, key)
            failures = 0
        except OSError:
            log.exception("a file could not be removed, and is tried again later")
            failures += 1
            if failures == FAILURES:
                break
    return removed


def _forget(service: Service, workflow_id: str) -> bool:
    service.queue.remove(workflow_id)
    with service.database.write() as session:
        erasures.forget(session, workflow_id)
    return True


def _erase_file(service: Service, key: str) -> bool:
    with service.database.write() as session:
        lock(session, key)  # nobody takes it up again meanwhile
        unused = not runs.referenced(session, key)
        if unused:
            service.store.delete(key)
        erasures.forget(session, key)
        return unused


def sweep(service: Service) -> int:
    """Removes files that nothing refers to, as killed servers leave them; gives the number.

    What is being put in at the moment is looked at again before it is of use, so this can be done
    at any time.
    """
    service.store.sweep(PART_S)
    keys, found = iter(service.store), 0
    while together := list(islice(keys, TOGETHER)):
        with service.database.read() as session:
            unused = [key for key in together if not runs.referenced(session, key)]
        with service.database.write() as session:
            erasures.note(session, unused)
        found += len(unused)
    erase(service)
    return found
