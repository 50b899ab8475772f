"""Faults of the machine: no document is to blame for them, and they pass.

A disk is full, the store or the database does not answer. What was to be done is put off, without
being counted, for longer and longer.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Literal, TypeVar

from sqlalchemy import exc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

log = logging.getLogger(__name__)

# The database is away, full or too busy; other errors of SQLAlchemy are bugs of ours.
UNANSWERED = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)
LONGEST_REST_S = 60.0  # of a worker, or between two questions to the database
LONGEST_DELAY_S = 300.0  # of a document


class MachineError(Exception):
    """Something that a reading needs cannot be had at the moment."""


class MissingError(MachineError):
    """The file of a document is not in the store, which answers."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """An attempt that came to nothing through no fault of the document."""

    why: str
    code: Literal["postponed", "missing"] = "postponed"


@contextmanager
def of_the_machine() -> Iterator[None]:
    """What fails here is the machine's fault: stores raise errors of many libraries."""
    try:
        yield
    except MachineError:
        raise
    except Exception as error:
        raise MachineError(f"{type(error).__name__}: {error}") from error


def patiently(do: Callable[[], T]) -> T:
    """Does it once the database answers."""
    for failures in count(1):
        try:
            return do()
        except UNANSWERED as error:
            pause_s = rest_s(failures)
            log.error("the database does not answer, asked again in %d s: %s", pause_s, error)
            time.sleep(pause_s)
    raise AssertionError


def rest_s(faults: int) -> float:
    """How long a worker rests after so many faults in a row."""
    return float(min(2 ** (faults - 1), LONGEST_REST_S))


def delay_s(attempts: int) -> float:
    """How long a document waits that was tried so many times."""
    return float(min(2**attempts, LONGEST_DELAY_S))
