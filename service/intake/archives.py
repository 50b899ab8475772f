"""A staged ZIP to staged files, one by one: what it costs is bounded whatever its headers say.

Entries are read in the order in which they lie in the file. Each byte of the archive belongs to one
entry at most, so a small archive cannot have a large one in it many times over.
"""

from __future__ import annotations

import os
import stat
import time
import zlib
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from service.intake.inflating import METHODS, PIECE
from service.intake.limits import size_text
from service.intake.names import is_clutter, numbered, shown_path
from service.intake.refusals import IntakeError, Refusal
from service.intake.zipcrypto import HEADER, decrypted, opened, spellings
from service.intake.zipformat import (
    ENCRYPTED,
    STREAMED,
    STRONG,
    UTF8,
    DirectoryLostError,
    local_entry,
    read_directory,
)
from service.intake.zipnames import SAMPLE, encoding_of, name_of
from service.intake.zipscan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.intake.limits import IntakeLimits
    from service.intake.staging import Sink, StagedBatch, StagedFile
    from service.intake.zipformat import Directory, Entry

_AES = 99  # the method of entries encrypted by WinZip and 7-Zip
_ENDS = frozenset({"zip_too_much", "zip_bomb", "zip_slow", "disk_full"})  # nothing more is read


class Budget:
    """What unpacking may still cost; the archives of one upload share it."""

    def __init__(self, limits: IntakeLimits) -> None:
        self.limits = limits
        self._bytes, self._spent_s, self._since_s = 0, 0.0, 0.0

    @contextmanager
    def clock(self) -> Iterator[None]:
        """A block whose time counts."""
        self._since_s = time.monotonic()
        try:
            yield
        finally:
            self._spent_s += time.monotonic() - self._since_s

    def spend(self, unpacked: int) -> None:
        """Counts bytes, in such a block. Raises IntakeError over their limit or that of time."""
        self._bytes += unpacked
        if self._bytes > self.limits.archive_bytes:
            raise IntakeError("zip_too_much", limit=size_text(self.limits.archive_bytes))
        if self._spent_s + time.monotonic() - self._since_s > self.limits.archive_s:
            raise IntakeError("zip_slow", seconds=round(self.limits.archive_s))


def expand(
    archive: StagedFile,
    batch: StagedBatch,
    *,
    password: str | None = None,
    budget: Budget | None = None,
) -> Iterator[StagedFile | Refusal]:
    """The files of a staged ZIP, each when it is asked for: staged in `batch`, or refused.

    A refusal with the name of the archive is about all of it, or all that is left. What operating
    systems add (folders, links, hidden files, thumbnails) is left out. It blocks: not for the event
    loop. Raises OSError where the archive cannot be opened.
    """
    budget = budget or Budget(batch.staging.limits)
    with archive.path.open("rb") as stream:
        unpacking = _Unpacking(stream, batch, budget, password)
        try:
            for entry, name in unpacking.entries():
                yield unpacking.take(entry, name)
        except IntakeError as error:
            yield error.of(archive.name)


class _Unpacking:
    """An archive that is being unpacked."""

    def __init__(
        self, stream: BinaryIO, batch: StagedBatch, budget: Budget, password: str | None
    ) -> None:
        self._stream, self._batch = stream, batch
        self._budget, self._limits = budget, budget.limits
        self._passwords = spellings(password) if password else []
        self._length = stream.seek(0, os.SEEK_END)
        self._end = self._unpacked = 0  # of the bytes of the archive that were claimed
        self._taken: dict[str, int] = {}

    def entries(self) -> Iterator[tuple[Entry, str]]:
        """Those that are people's files, with their names. Raises IntakeError for the archive."""
        try:
            wanted = self._listed(read_directory(self._stream, self._limits))
        except DirectoryLostError:
            yield from self._found()
            return
        if not wanted:
            raise IntakeError("zip_without_files")
        yield from sorted(wanted, key=lambda pair: pair[0].offset)

    def _listed(self, directory: Directory) -> list[tuple[Entry, str]]:
        silent = (e.raw_name for e in directory if not (e.flags & UTF8 or e.raw_name.isascii()))
        encoding = encoding_of(islice(silent, SAMPLE))
        return list(self._wanted((entry, name_of(entry, encoding)) for entry in directory))

    def _found(self) -> Iterator[tuple[Entry, str]]:
        entries = self._timed(scan(self._stream, self._limits.file_bytes, self._budget.spend))
        named = ((entry, name_of(entry, encoding_of([entry.raw_name]))) for entry in entries)
        reason = "zip_damaged"
        for pair in self._wanted(named):
            reason = "zip_cut_off"
            yield pair
        raise IntakeError(reason)

    def _timed(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """The same entries; finding each costs time, and bytes where it has to be inflated."""
        while True:
            with self._budget.clock():
                self._budget.spend(0)
                entry = next(entries, None)
            if entry is None:
                return
            yield entry

    def _wanted(self, named: Iterable[tuple[Entry, str]]) -> Iterator[tuple[Entry, str]]:
        count = 0
        for entry, sent in named:
            if _is_folder(entry, sent) or _is_special(entry):
                continue
            name = shown_path(sent)
            if is_clutter(name):
                continue
            count += 1
            if count > self._limits.archive_entries:
                raise IntakeError("zip_many_entries", limit=self._limits.archive_entries)
            yield entry, name

    def take(self, entry: Entry, name: str) -> StagedFile | Refusal:
        """One entry. Raises IntakeError where no other can be taken after it."""
        name = numbered(name, self._taken)
        try:
            with self._budget.clock():
                return self._staged(entry, name)
        except IntakeError as error:
            if error.reason in _ENDS:
                raise
            guessed = entry.flags & ENCRYPTED and error.reason == "entry_damaged"
            return Refusal(name, "entry_wrong_password") if guessed else error.of(name)

    def _staged(self, entry: Entry, name: str) -> StagedFile | Refusal:
        start = self._claimed(entry)
        unpacked = METHODS[self._method(entry)]
        pieces = unpacked(self._plain(entry, start))
        sink = self._batch.create()
        try:
            self._fill(sink, entry, pieces)
        except BaseException:
            sink.discard()
            raise
        return sink.settle(name, nested=True)

    def _claimed(self, entry: Entry) -> int:
        """Where its data starts, which from now on is its own."""
        if entry.offset < self._end:
            raise IntakeError("entry_overlaps")
        if entry.offset >= self._length:
            raise IntakeError("entry_cut_off")
        found = local_entry(self._stream, entry.offset)
        if found is None:
            raise IntakeError("entry_damaged")
        self._end = found[1] + entry.packed
        if self._end > self._length:
            raise IntakeError("entry_cut_off")
        return found[1]

    def _method(self, entry: Entry) -> int:
        if entry.method == _AES or entry.flags & STRONG:
            raise IntakeError("entry_aes")
        if entry.method not in METHODS:
            raise IntakeError("entry_method", method=entry.method)
        if entry.size > self._limits.file_bytes:
            raise self._too_large()
        return entry.method

    def _too_large(self) -> IntakeError:
        return IntakeError("large_file", limit=size_text(self._limits.file_bytes))

    def _plain(self, entry: Entry, start: int) -> Iterator[bytes]:
        """Its packed bytes, decrypted where they are encrypted."""
        if not entry.flags & ENCRYPTED:
            return self._packed(start, entry.packed)
        if not self._passwords:
            raise IntakeError("entry_locked")
        header = b"".join(self._packed(start, min(HEADER, entry.packed)))
        check = entry.time >> 8 if entry.flags & STREAMED else entry.crc >> 24
        cipher = opened(header, self._passwords, check)
        if cipher is None:
            raise IntakeError("entry_wrong_password")
        return decrypted(self._packed(start + HEADER, entry.packed - len(header)), cipher)

    def _packed(self, start: int, length: int) -> Iterator[bytes]:
        self._stream.seek(start)
        while length:
            piece = self._stream.read(min(PIECE // 4, length))
            if not piece:
                raise IntakeError("entry_cut_off")
            length -= len(piece)
            yield piece

    def _fill(self, sink: Sink, entry: Entry, pieces: Iterator[bytes]) -> None:
        checksum = 0
        for data in pieces:
            self._guard(entry, sink.size + len(data), len(data))
            if data:
                sink.write(data)
            checksum = zlib.crc32(data, checksum)
        if checksum != entry.crc:
            raise IntakeError("entry_damaged")

    def _guard(self, entry: Entry, size: int, more: int) -> None:
        """Raises IntakeError where an entry of `size` bytes, or all with `more`, are too much."""
        limits = self._limits
        self._budget.spend(more)
        self._unpacked += more
        if size > limits.file_bytes:
            raise self._too_large()
        if size > max(limits.entry_grace_bytes, limits.ratio * entry.packed):
            raise IntakeError("entry_bomb", ratio=limits.ratio)
        if self._unpacked > max(limits.archive_grace_bytes, limits.ratio * self._length):
            raise IntakeError("zip_bomb", ratio=limits.ratio)


def _is_folder(entry: Entry, name: str) -> bool:
    return name.endswith("/") or (name.endswith("\\") and not entry.size)


def _is_special(entry: Entry) -> bool:
    """A link, a device, a folder: anything that Unix says is not a file."""
    return bool(stat.S_IFMT(entry.mode)) and not stat.S_ISREG(entry.mode)
