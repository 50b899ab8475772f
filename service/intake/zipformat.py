"""Where the entries of a ZIP are: from its directory, or from their own headers where that is lost.

After PKWARE's APPNOTE 6.3.10. Only offsets and sizes are read here, and none of it is believed:
whoever reads an entry checks that it lies in the file. Memory is bounded by the limit of the
directory.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO

from service.intake.limits import IntakeLimits, size_text
from service.intake.refusals import IntakeError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
DESCRIPTOR = SPANNED = b"PK\x07\x08"  # after streamed data; at the start of a split archive
ENCRYPTED, STREAMED, STRONG, UTF8 = 1 << 0, 1 << 3, 1 << 6, 1 << 11  # bits of the flags
UNICODE_PATH = 0x7075  # extra field
_END_64, _ZIP64 = b"PK\x06\x06", 0x0001
_ELSEWHERE = 0xFFFFFFFF  # the number is in the Zip64 extra field
_UNIX, _MAC = 3, 19  # systems whose attributes have a file mode

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64_RECORD = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_SIZE = 20
_TAIL = 0xFFFF + _END.size + _LOCATOR_SIZE + _END_64_RECORD.size  # the longest comment and records


class DirectoryLostError(Exception):
    """The archive has no directory that can be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a header says of an entry; `offset` is that of its local header in the file.

    `packed` and `size` are bytes; `mode` is the file mode of Unix, 0 where there is none.
    """

    raw_name: bytes
    extra: bytes
    flags: int
    method: int
    time: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int = 0


@dataclass(frozen=True, slots=True)
class Directory:
    """The list of entries as it stands in the file; `shift` is what was put before the archive."""

    data: bytes
    shift: int

    def __iter__(self) -> Iterator[Entry]:
        """Its entries in their order; raises DirectoryLostError where it is damaged."""
        place = 0
        while place < len(self.data):
            entry, place = self._entry(place)
            yield entry

    def _entry(self, place: int) -> tuple[Entry, int]:
        if len(self.data) - place < _CENTRAL.size or not self.data.startswith(CENTRAL, place):
            raise DirectoryLostError
        _, version, _, *numbers, attributes, offset = _CENTRAL.unpack_from(self.data, place)
        flags, method, time, _, crc, packed, size, *lengths, _, _ = numbers
        extra_at, comment_at, following = list(accumulate(lengths, initial=place + _CENTRAL.size))[
            1:
        ]
        name = self.data[place + _CENTRAL.size : extra_at]
        mode = attributes >> 16 if version >> 8 in {_UNIX, _MAC} else 0
        extra = self.data[extra_at:comment_at]
        entry = _with_zip64(
            Entry(name, extra, flags, method, time, crc, packed, size, offset, mode)
        )
        return replace(entry, offset=entry.offset + self.shift), following


def read_directory(stream: BinaryIO, limits: IntakeLimits) -> Directory:
    """The directory at the end of an archive.

    Raises DirectoryLostError where there is none, IntakeError where it is too large or the archive
    is split.
    """
    length = stream.seek(0, os.SEEK_END)
    tail_start = max(length - _TAIL, 0)
    tail = _read(stream, tail_start, _TAIL)
    place = tail.rfind(END)
    while place >= 0:
        found = _extent(tail, place, tail_start)
        if found is not None:
            start, size, shift = found
            _guard_size(size, limits)
            return Directory(_read(stream, start, size), shift)
        place = tail.rfind(END, 0, place)
    raise DirectoryLostError


def _guard_size(size: int, limits: IntakeLimits) -> None:
    if size > limits.archive_directory_bytes:
        limit = size_text(limits.archive_directory_bytes)
        raise IntakeError("zip_large_directory", limit=limit)


def _extent(tail: bytes, place: int, tail_start: int) -> tuple[int, int, int] | None:
    """Of the end record at `place`: where the directory starts, its size, and the archive's shift.

    None where this is not the end record. What stands before an archive, as the program of one that
    unpacks itself, shifts all offsets; so the directory is taken to end where its end records
    start. What follows the archive is left alone only where nothing is shifted: else the end of an
    archive inside one that is cut off would be taken for its own.
    """
    if len(tail) - place < _END.size:
        return None
    *disks, _, _, size, offset, comment = _END.unpack_from(tail, place)[1:]
    last = place + _END.size + comment == len(tail)
    before = place - _LOCATOR_SIZE - _END_64_RECORD.size
    if before >= 0 and tail.startswith(_END_64, before):
        *disks, _, _, size, offset = _END_64_RECORD.unpack_from(tail, before)[4:]
    else:
        before = place
    if any(disks) and last:
        raise IntakeError("zip_split")
    start = tail_start + before - size
    shift = start - offset
    return (start, size, shift) if shift == 0 or (last and shift > 0) else None


def _read(stream: BinaryIO, start: int, length: int) -> bytes:
    stream.seek(start)
    return stream.read(length)


def _with_zip64(entry: Entry) -> Entry:
    """The entry with the 64-bit numbers of its extra field, in their fixed order."""
    numbers = iter(struct.iter_unpack("<Q", _whole(extra_field(entry.extra, _ZIP64) or b"")))

    def true(value: int) -> int:
        return next(numbers, (value,))[0] if value == _ELSEWHERE else value

    size = true(entry.size)
    packed = true(entry.packed)
    return replace(entry, size=size, packed=packed, offset=true(entry.offset))


def _whole(data: bytes) -> bytes:
    return data[: len(data) // 8 * 8]


def extra_field(extra: bytes, wanted: int) -> bytes | None:
    """The data of an extra field, None where there is none."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == wanted:
            return extra[place + 4 : place + 4 + length]
        place += 4 + length
    return None


def local_entry(stream: BinaryIO, offset: int) -> tuple[Entry, int] | None:
    """The entry whose own header is at `offset`, and where its data starts; None for no header."""
    header = _read(stream, offset, _LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(LOCAL):
        return None
    _, _, flags, method, time, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(
        header
    )
    rest = stream.read(name_length + extra_length)
    name, extra = rest[:name_length], rest[name_length:]
    entry = Entry(name, extra, flags, method, time, crc, packed, size, offset)
    return _with_zip64(entry), offset + _LOCAL.size + name_length + extra_length
