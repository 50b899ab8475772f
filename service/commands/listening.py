"""The sockets that a server listens on: taken before anything else is done."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

from extractor.errors import OptionsError

if TYPE_CHECKING:
    from service.settings import Settings

BACKLOG = 2048
ELSEWHERE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})  # localhost may have no IPv6
WHY = {
    errno.EADDRINUSE: "something else listens there, maybe this service: choose another --port",
    errno.EACCES: "that needs more rights: choose a --port of 1024 or more",
    errno.EADDRNOTAVAIL: "this machine does not have that address: choose another --host",
}


def listening(settings: Settings) -> list[socket.socket]:
    """Sockets on all addresses of the host. Raises OptionsError that says what to do."""
    host, port = settings.host, settings.port
    found: list[socket.socket] = []
    with ExitStack() as opened:
        for family, address in _addresses(host, port):
            chosen = found[0].getsockname()[1] if found else port  # the same, where any will do
            try:
                one = socket.create_server(
                    (address, chosen), family=family, backlog=BACKLOG, dualstack_ipv6=False
                )
            except OSError as error:
                if error.errno in ELSEWHERE and host == "localhost":
                    continue
                why = WHY.get(error.errno or 0, str(error))
                raise OptionsError(f"{host}:{port} cannot be listened on: {why}") from None
            found.append(opened.enter_context(one))
        opened.pop_all()
    return found


def _addresses(host: str, port: int) -> list[tuple[int, str]]:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise OptionsError(f"--host {host} is no address of this machine: {error}") from None
    # 127.0.0.1 before ::1: it is the one that is always there
    unique = dict.fromkeys((int(info[0]), str(info[4][0])) for info in infos)
    return sorted(unique, key=lambda one: one[0] != socket.AF_INET)
