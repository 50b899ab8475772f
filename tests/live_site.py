"""The application in this process behind a real server: what readers do shows in its insides."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.page_site import Site


class Live:
    """A site that is served at a port."""

    def __init__(self, site: Site, port: int) -> None:
        self.site, self.port = site, port

    def client(self, **headers: str) -> httpx.Client:
        """A client that takes what it is sent."""
        address = f"http://127.0.0.1:{self.port}"
        return httpx.Client(base_url=address, timeout=20, headers=headers)

    def connect(self, request: str) -> socket.socket:
        """A client that asks, and then reads nothing by itself; it has no room for what comes."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self.port))
        head = f"{request} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        connection.sendall(f"{head}\r\n".encode())
        return connection

    def connections(self) -> int:
        """How many of the database's are in use."""
        engines = self.site.service.database.engines
        return sum(engine.pool.checkedout() for engine in engines)  # type: ignore[attr-defined]


@contextmanager
def live(site: Site) -> Iterator[Live]:
    """A site behind uvicorn, set up as the service sets it up."""
    config = uvicorn.Config(
        site.app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    try:
        yield Live(site, server.servers[0].sockets[0].getsockname()[1])
    finally:
        site.app.state.stopping.set()
        server.should_exit = True
        thread.join()


def wait_until(holds: Callable[[], bool], timeout_s: float = 20.0) -> float:
    """Waits for something to hold; gives the seconds that it took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < timeout_s, "it did not come to hold"
        time.sleep(0.02)
    return time.monotonic() - started
