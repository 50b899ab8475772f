"""What writes into a file, as a stream of pieces: a download begins before the last row is made."""

from __future__ import annotations

import io
import logging
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

log = logging.getLogger(__name__)

PIECES = 16  # that wait for a slow reader
PIECE_BYTES = 256 * 1024
GONE_S = 120.0  # a reader that takes nothing for so long has gone


class _GoneError(OSError):
    """The reader has gone."""


class _Pieces(io.RawIOBase):
    """A file that hands on what is written; it cannot be sought."""

    def __init__(self) -> None:
        self.pieces: queue.Queue[bytes | Exception | None] = queue.Queue(PIECES)
        self.stopped = threading.Event()
        self._buffer = bytearray()
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, piece: object) -> int:
        view = memoryview(piece)  # type: ignore[arg-type]
        self._buffer += view
        self._position += view.nbytes
        if len(self._buffer) >= PIECE_BYTES:
            self.send()
        return view.nbytes

    def send(self) -> None:
        """Hands on what is gathered. Raises OSError where nobody takes it."""
        if self._buffer:
            self._put(bytes(self._buffer))
            self._buffer.clear()

    def _put(self, piece: bytes | Exception | None) -> None:
        if self.stopped.is_set():
            raise _GoneError
        try:
            self.pieces.put(piece, timeout=GONE_S)
        except queue.Full:
            raise _GoneError from None

    def end(self, error: Exception | None = None) -> None:
        """Says that it is over."""
        try:
            self._put(error)
        except _GoneError:
            return


def streamed(write: Callable[[BinaryIO], None]) -> Iterator[bytes]:
    """The pieces of what `write` writes, in a thread of its own; its exception is raised here."""
    pieces = _Pieces()

    def run() -> None:
        try:
            write(pieces)  # type: ignore[arg-type]
            pieces.send()
        except _GoneError:
            return
        except Exception as error:  # noqa: BLE001  it goes on in the thread that reads
            pieces.end(error)
            return
        pieces.end()

    threading.Thread(target=run, name="export", daemon=True).start()
    try:
        while (piece := pieces.pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        pieces.stopped.set()
        while not pieces.pieces.empty():
            pieces.pieces.get_nowait()
