"""The start of a request is bounded: a real server, asked over raw sockets."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from service.http.heads import HEAD_S, MOST_BYTES
from tests.serving import server

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
SOME = b"x" * 4096


def flood(connection: socket.socket, start: bytes, most: int) -> tuple[int, bytes]:
    """How many bytes were taken before the server broke off, and what it said."""
    connection.sendall(start)
    sent = 0
    connection.settimeout(0.02)
    while sent < most:
        try:
            return sent, connection.recv(4096)
        except TimeoutError:
            connection.sendall(SOME)
            sent += len(SOME)
        except OSError:
            break
    return sent, b""


def test_a_head_has_an_end(tmp_path: Path) -> None:
    """One too large is refused, one that does not come is not waited for; others are served."""
    with server(tmp_path, "sqlite", "--no-auth", workers="0") as running, ExitStack() as opened:
        host, port = running.url.removeprefix("http://").split(":")

        def connected() -> socket.socket:
            return opened.enter_context(socket.create_connection((host, int(port)), timeout=10))

        silent, half, second, began = connected(), connected(), connected(), time.monotonic()
        half.sendall(HEAD)
        second.sendall(HEAD + b"\r\n" + HEAD)
        assert second.recv(4096).startswith(b"HTTP/1.1 200")

        sent, said = flood(connected(), HEAD + b"X-Large: ", 4 * MOST_BYTES)
        assert said.startswith(b"HTTP/1.1 431")
        assert sent < 2 * MOST_BYTES
        chunked = HEAD.replace(b"GET /healthz", b"POST /api/v1/projects")
        chunked += b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: "
        assert flood(connected(), chunked, 4 * MOST_BYTES)[0] < 2 * MOST_BYTES

        large = connected()
        large.sendall(HEAD + b"X-Large: " + b"x" * 16_000 + b"\r\n\r\n")
        assert large.recv(4096).startswith(b"HTTP/1.1 200")

        for connection in (silent, half, second):
            connection.settimeout(HEAD_S + 10)
            while connection.recv(4096):
                pass
        assert HEAD_S - 1 < time.monotonic() - began < HEAD_S + 9
