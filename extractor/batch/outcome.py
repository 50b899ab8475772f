"""What became of one document, in a shape that crosses process borders."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.errors import BUG_EXIT_CODE, DiskFullError

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.errors import ExtractorError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Reply:
    """A document that was read: its result as JSON (UTF-8) and the counts of the summary line."""

    json: bytes
    pages: int
    needs_review: int
    broken: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that was not read: one sentence, the class of the error, and its exit code.

    `trace` is the traceback of a bug, for `--verbose`; None for failures with a known cause.
    """

    code: str
    sentence: str
    exit_code: int
    seconds: float = 0.0
    trace: str | None = None


def failure_of(error: ExtractorError, path: Path, seconds: float = 0.0) -> Failure:
    """The failure that a known error is; its sentence always names the file."""
    if error.path is None:
        error = type(error)(error.message, path=path, page=error.page)
    sentence = " ".join(str(error).split())
    return Failure(error.code, sentence, error.exit_code, seconds)


def bug_of(error: Exception, path: Path, seconds: float = 0.0) -> Failure:
    """The failure that an unforeseen exception is: a fault of the program, not of the document.

    Where the disk is full it is a fault of the machine.
    """
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return failure_of(DiskFullError("the disk is full: make room on it"), path, seconds)
    sentence = (
        f"{path}: the program failed in a way that was not foreseen ({type(error).__name__}); "
        "please report this with the file, --verbose shows where"
    )
    trace = "".join(traceback.format_exception(error))
    return Failure("bug", sentence, BUG_EXIT_CODE, seconds, trace)
