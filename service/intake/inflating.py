"""Packed bytes to plain ones, a piece at a time, however much a piece unpacks to."""

from __future__ import annotations

import bz2
import zlib
from typing import TYPE_CHECKING

from extractor.options import MIB
from service.intake.refusals import IntakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

PIECE = MIB  # the most that is unpacked at once
STORED, DEFLATED, BZIPPED = 0, 8, 12  # methods of ZIP


def stored(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as they are."""
    yield from pieces


def inflated(pieces: Iterable[bytes]) -> Generator[bytes, None, int]:
    """What a Deflate stream without a header has in it; returns how many bytes follow it.

    Pieces can be empty, so that whoever counts time is asked often. Raises IntakeError where the
    stream is damaged or ends too early.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in pieces:
        rest: bytes = packed
        data = None
        while not inflater.eof and (rest or data is None or len(data) == PIECE):
            try:
                data = inflater.decompress(rest, PIECE)
            except zlib.error as error:
                raise IntakeError("entry_damaged") from error
            rest = inflater.unconsumed_tail
            yield data
        if inflater.eof:
            return len(inflater.unused_data)
    raise IntakeError("entry_damaged")


def bunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same for bzip2."""
    inflater = bz2.BZ2Decompressor()
    for packed in pieces:
        rest = packed
        while not inflater.eof and (rest or not inflater.needs_input):
            try:
                data = inflater.decompress(rest, PIECE)
            except OSError as error:  # as bz2 calls damage
                raise IntakeError("entry_damaged") from error
            rest = b""
            yield data
        if inflater.eof:
            return
    raise IntakeError("entry_damaged")


METHODS: dict[int, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    STORED: stored,
    DEFLATED: inflated,
    BZIPPED: bunzipped,
}
