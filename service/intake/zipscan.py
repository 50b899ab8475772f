"""The entries of a ZIP without a directory, as of one that was cut off: header after header."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from service.intake.inflating import DEFLATED, PIECE, inflated
from service.intake.refusals import IntakeError
from service.intake.zipformat import DESCRIPTOR, ENCRYPTED, LOCAL, STREAMED, local_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.intake.limits import IntakeLimits
    from service.intake.zipformat import Entry

_GAP = 32  # bytes after an entry in which the next header starts: a data descriptor has 12 to 24


def scan(stream: BinaryIO, limits: IntakeLimits) -> Iterator[Entry]:
    """Entries as their own headers say. Ends where no next header is found.

    An entry that says its size only behind its data is inflated to find its end; where that is not
    found, and for one that is cut off, `packed` reaches beyond the end of the file.
    """
    length = stream.seek(0, os.SEEK_END)
    offset = 0
    while (found := local_entry(stream, offset)) is not None:
        entry, start = found
        if entry.flags & STREAMED and not entry.packed:
            entry = _measured(stream, entry, start, length, limits.file_bytes)
        yield entry
        offset = _next_header(stream, min(start + entry.packed, length))


def _next_header(stream: BinaryIO, end: int) -> int:
    stream.seek(end)
    return end + max(stream.read(_GAP).find(LOCAL), 0)


def _measured(stream: BinaryIO, entry: Entry, start: int, length: int, most: int) -> Entry:
    """The entry with the packed size and the checksum that follow from its data."""
    packed = None
    if entry.method == DEFLATED and not entry.flags & ENCRYPTED:
        stream.seek(start)
        packed = _length_of_deflated(stream, most)
    if packed is None:
        return replace(entry, packed=length)
    stream.seek(start + packed)
    after = stream.read(8).removeprefix(DESCRIPTOR)
    return replace(entry, packed=packed, crc=int.from_bytes(after[:4], "little"))


def _length_of_deflated(stream: BinaryIO, most: int) -> int | None:
    """Bytes of a Deflate stream, None where it is damaged, cut off, or unpacks to over `most`."""
    start, unpacked = stream.tell(), 0
    pieces = inflated(iter(lambda: stream.read(PIECE), b""))
    while unpacked <= most:
        try:
            unpacked += len(next(pieces))
        except StopIteration as end:
            following: int = end.value
            return stream.tell() - following - start
        except IntakeError:
            return None
    return None
