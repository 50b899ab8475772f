"""Files that are sent while they are made, to readers who may be slow or go away.

What writes has a thread of its own, outside of those that answer requests, and ends when its reader
has gone. The number of such threads is bounded by turns.
"""

from __future__ import annotations

import asyncio
import io
import threading
from contextlib import ExitStack, aclosing, suppress
from typing import TYPE_CHECKING

from anyio import (
    BrokenResourceError,
    CancelScope,
    CapacityLimiter,
    create_memory_object_stream,
    create_task_group,
    from_thread,
    to_thread,
)
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from extractor.options import MIB

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from anyio.abc import ObjectSendStream
    from starlette.types import Receive, Scope, Send

    from service.turns import Turns

PIECES = 4  # that wait for a slow reader
PIECE_BYTES = 256 * 1024
SENT_BYTES = 64 * 1024  # at once: a reader has to take so many in STALL_S
STALL_S = 60.0


class StalledError(Exception):
    """The reader takes nothing any more."""


class _GoneError(OSError):
    """The reader has gone."""


class Sink(io.RawIOBase):
    """A file that hands on what is written, in the thread that `made` starts; no seeking."""

    def __init__(self, pieces: ObjectSendStream[bytes]) -> None:
        self.gone = threading.Event()
        self._pieces = pieces
        self._buffer = bytearray()
        self._position = 0

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def tell(self) -> int:
        """How much was written."""
        return self._position

    def write(self, piece: object) -> int:
        """Takes a piece. Raises OSError where the reader has gone."""
        view = memoryview(piece)  # type: ignore[arg-type]
        self._buffer += view
        self._position += view.nbytes
        if len(self._buffer) >= PIECE_BYTES:
            self.send()
        return view.nbytes

    def send(self) -> None:
        """Hands on what is gathered, once there is room for it."""
        self.check()
        if self._buffer:
            piece = bytes(self._buffer)
            self._buffer.clear()
            try:
                from_thread.run(self._pieces.send, piece)
            except BrokenResourceError:
                raise _GoneError from None

    def check(self) -> None:
        """Raises OSError where the reader has gone: what writes nothing for long calls this."""
        if self.gone.is_set():
            raise _GoneError


async def made(write: Callable[[Sink], None]) -> AsyncGenerator[bytes, None]:
    """The pieces of what `write` writes; its exception is raised here.

    When this is closed, the thread has ended.
    """
    sender, receiver = create_memory_object_stream[bytes](PIECES)
    sink = Sink(sender)

    def run() -> None:
        with suppress(_GoneError):
            write(sink)
            sink.send()

    async def work() -> None:
        async with sender:
            await to_thread.run_sync(run, limiter=CapacityLimiter(1))

    worker = asyncio.create_task(work())
    try:
        async for piece in receiver:
            yield piece
        await worker
    finally:
        sink.gone.set()
        receiver.close()
        with CancelScope(shield=True):
            await asyncio.wait([worker])
        worker.exception()


async def in_turn(
    turns: Turns, owner: str, pieces: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """The same pieces, in their turn."""
    async with turns.turn(owner), aclosing(pieces):
        async for piece in pieces:
            yield piece


async def read(file: AbstractContextManager[BinaryIO]) -> AsyncGenerator[bytes, None]:
    """The pieces of a file."""
    stack = ExitStack()
    try:
        stream = await run_in_threadpool(stack.enter_context, file)
        while piece := await run_in_threadpool(stream.read, MIB):
            yield piece
    finally:
        with CancelScope(shield=True):
            await run_in_threadpool(stack.close)


class Streamed(StreamingResponse):
    """Sends pieces as they come; what fails before the first has an answer of its own.

    Ends when the reader goes. Raises StalledError where one takes nothing for STALL_S seconds.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        media_type: str,
        headers: dict[str, str],
        late: Mapping[str, str] | None = None,
    ) -> None:
        """`late` are headers that whoever makes the pieces fills in before the first."""
        super().__init__(pieces, headers=headers, media_type=media_type)
        self._pieces, self._late = pieces, late if late is not None else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """As ASGI has it."""
        failure: Exception | None = None
        async with create_task_group() as group:

            async def listen() -> None:
                await self.listen_for_disconnect(receive)
                group.cancel_scope.cancel()

            group.start_soon(listen)
            try:
                await self.stream_response(send)
            except Exception as error:  # noqa: BLE001  the group would wrap it
                failure = error
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def stream_response(self, send: Send) -> None:
        """The headers with the first piece, then the others."""
        async with aclosing(self._pieces) as pieces:
            first = await anext(pieces, b"")
            self.headers.update(self._late)
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            await _send(first, send)
            async for piece in pieces:
                await _send(piece, send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send(piece: bytes, send: Send) -> None:
    for start in range(0, len(piece), SENT_BYTES):
        body = piece[start : start + SENT_BYTES]
        try:
            async with asyncio.timeout(STALL_S):
                await send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError:
            raise StalledError from None
