"""Files that are whole or not there, and locks that end with the process that holds them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX, SUFFIX = ".extractor-", ".part"


@contextmanager
def atomic_file(target: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes become `target` when the block ends well, and vanish when it does not.

    Folders above it are made. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with _claimed_part(target.parent) as part:
        try:
            with part.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            part.chmod(0o666 & ~_umask())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


@contextmanager
def _claimed_part(folder: Path) -> Iterator[Path]:
    """A new file that no sweep takes while the block runs."""
    while True:
        handle, name = tempfile.mkstemp(dir=folder, prefix=PREFIX, suffix=SUFFIX)
        part = Path(name)
        with os.fdopen(handle) as claim:
            if os.name != "posix":
                claim.close()  # there an open file can be neither renamed nor removed
            else:
                lock(claim, wait=True)
            if part.exists():  # no sweep came before the lock
                yield part
                return


def sweep(folder: Path) -> None:
    """Removes what killed runs left half written below `folder`; living ones hold their files."""
    for part in folder.rglob(f"{PREFIX}*{SUFFIX}"):
        with contextlib.suppress(OSError), part.open("rb") as stream:
            if lock(stream):
                part.unlink()


def lock(stream: IO[Any], *, wait: bool = False) -> bool:
    """Whether this process now holds the open file, until it closes it or dies.

    Always True on systems and file systems that have no such locks.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
