"""The folder in which uploads wait: files are written there, taken from there, and swept away."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from service.intake.kinds import kind_of, refused_as
from service.intake.limits import IntakeLimits, size_text
from service.intake.refusals import IntakeError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = re.compile(r"staged-[0-9a-f]{32}")
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_FLAGS = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file of an upload on the disk. `name` is for showing, `path` has nothing of it.

    `kind` is one of kinds.READ, or "zip"; `size` is in bytes, `sha256` in hexadecimal.
    """

    name: str
    path: Path
    sha256: str
    size: int
    kind: str


class Staging:
    """A folder for staged files; several processes can share one."""

    def __init__(self, folder: Path, limits: IntakeLimits | None = None) -> None:
        """Makes the folder where it is not there, for its owner only. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.limits = limits or IntakeLimits()

    def check_space(self, coming: int = 0) -> None:
        """Raises IntakeError where `coming` more bytes would leave less than the free ones."""
        if shutil.disk_usage(self.folder).free - coming < self.limits.free_bytes:
            raise self._full()

    @contextmanager
    def room(self) -> Iterator[None]:
        """A block that writes: raises IntakeError where there is, or turns out to be, no room."""
        self.check_space()
        try:
            yield
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise self._full() from error
            raise

    def _full(self) -> IntakeError:
        return IntakeError("disk_full", limit=size_text(self.limits.free_bytes))

    def batch(self) -> StagedBatch:
        """The files of one upload, to be used in a `with` block."""
        return StagedBatch(self)

    def sweep(self, older_than_s: float) -> int:
        """Removes what killed processes left, and gives the number of files removed.

        Only files that were named here and not written to for `older_than_s` seconds: choose more
        than an upload can wait to be taken.
        """
        latest = time.time() - older_than_s
        with os.scandir(self.folder) as found:
            return sum(_swept(entry, latest) for entry in found)


def _swept(entry: os.DirEntry[str], latest: float) -> bool:
    if not NAME.fullmatch(entry.name) or not entry.is_file(follow_symlinks=False):
        return False
    with suppress(FileNotFoundError):  # another process swept it
        if entry.stat(follow_symlinks=False).st_mtime < latest:
            Path(entry.path).unlink()
            return True
    return False


class StagedBatch:
    """The files of one upload. What is still in the folder when it is closed is removed.

    So a file is kept by moving it away before. Methods can be called from any thread: a task that
    is cancelled closes the batch while its thread may still be writing, and that thread then fails.
    """

    def __init__(self, staging: Staging) -> None:
        self.staging, self.lock = staging, threading.RLock()
        self._sinks: dict[Path, Sink] = {}
        self._closed = False

    def create(self) -> Sink:
        """A new file, empty and open. Raises IntakeError where the disk is full, and OSError."""
        with self.lock:
            if self._closed:
                raise ValueError("the batch is closed: files are made inside its with block")
            path = self.staging.folder / f"staged-{secrets.token_hex(16)}"
            with self.staging.room():
                handle = os.open(path, _FLAGS, 0o600)
            self._sinks[path] = Sink(self, path, handle)
            return self._sinks[path]

    def remove(self, path: Path) -> None:
        """Removes a file of the batch before its end, as an archive that has been unpacked.

        A path that is not of the batch, or was removed, is left alone.
        """
        with self.lock:
            sink = self._sinks.pop(path, None)
            if sink is not None:
                sink.close()
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Removes all files that were not moved away; no more can be made."""
        with self.lock:
            self._closed = True
            for path in tuple(self._sinks):
                self.remove(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Sink:
    """A staged file while it is written: hashes and counts what goes into it."""

    def __init__(self, batch: StagedBatch, path: Path, handle: int) -> None:
        self.path, self.size = path, 0
        self._batch, self._digest = batch, hashlib.sha256()
        self._handle: int | None = handle

    def write(self, data: bytes) -> None:
        """Raises IntakeError where the disk is full, OSError, and ValueError after its end."""
        with self._batch.lock, self._batch.staging.room():
            if self._handle is None:
                raise ValueError("the file is closed: nothing can be written to it")
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            self._digest.update(data)
            self.size += len(data)

    def settle(self, name: str, *, nested: bool = False) -> StagedFile | Refusal:
        """The end of writing: the file, or why its kind is not taken, and then it is removed.

        `nested` files come out of an archive, where no other one is taken.
        """
        self.close()
        kind = kind_of(self.path)
        reason = refused_as(kind, nested=nested)
        if reason is None:
            return StagedFile(name, self.path, self._digest.hexdigest(), self.size, kind)
        self.discard()
        return Refusal(name, reason)

    def discard(self) -> None:
        """Closes and removes the file."""
        self._batch.remove(self.path)

    def close(self) -> None:
        """Ends writing; can be called again."""
        with self._batch.lock:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
