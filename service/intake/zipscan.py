"""The entries of a ZIP without a directory, as of one that was cut off: header after header."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from service.intake.inflating import DEFLATED, PIECE, inflated
from service.intake.refusals import IntakeError
from service.intake.zipformat import DESCRIPTOR, ENCRYPTED, LOCAL, STREAMED, local_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.intake.zipformat import Entry

_GAP = 32  # bytes after an entry in which the next header starts: a data descriptor has 12 to 24


def scan(stream: BinaryIO, most: int, spend: Callable[[int], None]) -> Iterator[Entry]:
    """Entries as their own headers say. Ends where no next header is found.

    An entry that says its size only behind its data is inflated to find its end; where that is not
    found, for one that is cut off, and for one that unpacks to over `most` bytes, `packed` reaches
    beyond the end of the file. `spend` is told the bytes that were inflated, and can raise.
    """
    length = stream.seek(0, os.SEEK_END)
    offset = 0
    while (found := local_entry(stream, offset)) is not None:
        entry, start = found
        if entry.flags & STREAMED and not entry.packed:
            entry = _measured(stream, entry, start, most, spend)
        yield entry
        offset = _next_header(stream, min(start + entry.packed, length))


def _next_header(stream: BinaryIO, end: int) -> int:
    stream.seek(end)
    return end + max(stream.read(_GAP).find(LOCAL), 0)


def _measured(
    stream: BinaryIO, entry: Entry, start: int, most: int, spend: Callable[[int], None]
) -> Entry:
    """The entry with the packed size and the checksum that follow from its data."""
    packed = None
    if entry.method == DEFLATED and not entry.flags & ENCRYPTED:
        stream.seek(start)
        packed = _length_of_deflated(stream, most, spend)
    if packed is None:
        return replace(entry, packed=stream.seek(0, os.SEEK_END))
    stream.seek(start + packed)
    after = stream.read(8).removeprefix(DESCRIPTOR)
    return replace(entry, packed=packed, crc=int.from_bytes(after[:4], "little"))


def _length_of_deflated(stream: BinaryIO, most: int, spend: Callable[[int], None]) -> int | None:
    """Bytes of a Deflate stream, None where it is damaged, cut off, or unpacks to over `most`."""
    start, unpacked = stream.tell(), 0
    pieces = inflated(iter(lambda: stream.read(PIECE), b""))
    while unpacked <= most:
        try:
            data = next(pieces)
        except StopIteration as end:
            following: int = end.value
            return stream.tell() - following - start
        except IntakeError:
            return None
        unpacked += len(data)
        spend(len(data))
    return None
