"""The start of a request is bounded in size and time, before there is a request to limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

MOST_BYTES = 64 * 1024  # that bring nothing to an end: of a head, or of what follows a body
HEAD_S = 30.0  # then a head has come, on a new connection or once its first byte is there
ANSWER = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHeads(HttpToolsProtocol):
    """Breaks off connections that send a head without an end; uvicorn would keep and wait."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401
        """As uvicorn has it."""
        super().__init__(*given, **named)
        self._pending_bytes, self._is_awaited = 0, True
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of a head or a body, or both."""
        self._pending_bytes += len(data)
        super().data_received(data)
        if self._pending_bytes > MOST_BYTES and not self.transport.is_closing():
            self._refuse()
        elif self._pending_bytes and self._is_awaited:
            self._start()

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        super().on_message_begin()
        self._start()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._stop()
        self._pending_bytes, self._is_awaited = 0, False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._pending_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole; what comes now is the head of the next."""
        self._pending_bytes, self._is_awaited = 0, True
        super().on_message_complete()

    def _start(self) -> None:
        if self._limit is None:
            self._limit = self.loop.call_later(HEAD_S, self._give_up)

    def _stop(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _give_up(self) -> None:
        self._limit = None
        if self._is_answering():  # the next request may wait for the end of this answer
            self._start()
        else:
            self.transport.close()

    def _refuse(self) -> None:
        if not self._is_answering():
            self.transport.write(ANSWER)
        self.transport.close()
