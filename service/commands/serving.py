"""`extractor serve` and `extractor worker`: processes that run until they are told to stop."""

from __future__ import annotations

import logging
import shlex
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from extractor.errors import OptionsError
from service.accounts import first
from service.app import create_app
from service.commands.listening import listening
from service.database import Database
from service.http.heads import BoundedHeads
from service.http.middleware import is_loopback
from service.jobs.housekeeping import Housekeeper
from service.jobs.leavings import READER
from service.jobs.process import Supervisor, end_after
from service.logs import set_up_logs
from service.migrations import migrate
from service.service import guard_key, open_service

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from fastapi import FastAPI

    from service.service import Service
    from service.settings import Settings

log = logging.getLogger(__name__)

SWITCH_S = 0.001  # the loop that answers waits no longer for a thread that computes
STOPPING = (signal.SIGTERM, signal.SIGINT)
GRACE_S = 10  # for answers that are under way when the server is stopped
STOP_S = 30.0  # then it has ended, with its workers; docs/operation.md says so
TIDY_S = 1.0  # for housekeeping, which can be stopped at any moment


def serve(settings: Settings, reader: str = READER) -> int:
    """Makes the tables, answers requests, keeps workers running; gives the exit code."""
    if settings.no_auth and not is_loopback(settings.host):
        raise OptionsError(
            f"--no-auth lets everybody in who reaches {settings.host}: it is for 127.0.0.1 only"
        )
    sockets = listening(settings)  # first: a start that has to fail leaves nothing behind
    set_up_logs(settings)
    sys.setswitchinterval(SWITCH_S)
    _migrate(settings)
    app = create_app(settings)
    service: Service = app.state.service
    guard_key(service)
    supervisor, housekeeper = Supervisor(settings, reader), Housekeeper(service)
    server = _Server(app, service, (supervisor, housekeeper))
    supervisor.start()
    housekeeper.start()
    try:
        server.run(sockets)
    finally:
        server.stop_keepers()
        supervisor.join(STOP_S)
        housekeeper.join(TIDY_S)
    return 0 if server.started else 1


def _migrate(settings: Settings) -> None:
    database = Database(settings.database)
    try:
        migrate(database)
    finally:
        database.close()


def _configuration(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=BoundedHeads,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACE_S,
    )


class _Server(uvicorn.Server):
    """Says where it listens; when it stops, tells streams without end and who runs beside it."""

    def __init__(
        self, app: FastAPI, service: Service, keepers: Sequence[Supervisor | Housekeeper]
    ) -> None:
        super().__init__(_configuration(app, service.settings))
        self._app, self._service, self._keepers = app, service, keepers

    def stop_keepers(self) -> None:
        """Workers end while answers do."""
        for keeper in self._keepers:
            keeper.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Called once; it listens afterwards, or is about to exit."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            print(greeting(self._service, port), file=sys.stderr, flush=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but the signal does not end the process afterwards: workers are left."""
        before = {number: signal.signal(number, self.handle_exit) for number in STOPPING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called for SIGTERM and Ctrl-C."""
        self._app.state.stopping.set()
        self.stop_keepers()
        end_after(STOP_S)
        super().handle_exit(sig, frame)


def greeting(service: Service, port: int) -> str:
    """What is said when it listens; the first start makes the administrator and says the password.

    Both at one place: a password that was made and not said is of no use.
    """
    settings, password = service.settings, first.prepare(service)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    lines = [f"open {settings.public_url or f'http://{host}:{port}'} in a browser; Ctrl-C stops"]
    if settings.no_auth:
        lines.append("there are no accounts: whoever uses this machine may do everything")
    elif password is not None:
        lines.append(f'log in as "{first.ADMINISTRATOR}" with the password {password}')
        lines.append("it is for once: you choose another then")
    elif first.is_awaited(service):
        lines.append(f'"{first.ADMINISTRATOR}" has not chosen a password yet')
        lines.append(f"where the first one is lost, {_password_command(settings)} says a new one")
    return "\n".join(f"extractor: {line}" for line in lines)


def _password_command(settings: Settings) -> str:
    """With the settings that name the database, but for those that may hold a password."""
    place = "" if settings.database_url else f" --data {shlex.quote(str(settings.data))}"
    return f"extractor password {first.ADMINISTRATOR}{place}"


def _try(settings: Settings) -> None:
    """Raises OptionsError here where each worker would: they are started again and again."""
    service = open_service(settings)
    try:
        guard_key(service)
    finally:
        service.close()


def work(settings: Settings, reader: str = READER) -> int:
    """Keeps workers running until told to stop; gives the exit code."""
    set_up_logs(settings)
    _migrate(settings)
    _try(settings)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    supervisor = Supervisor(settings, reader)
    supervisor.start()
    log.info("%d workers", settings.readers)
    stopped.wait()
    end_after(STOP_S)
    supervisor.stop()
    supervisor.join(STOP_S)
    return 0
