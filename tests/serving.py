"""A real server in a process of its own, on a database of its own, with the stand-in reader."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

from tests.fake_service_reader import READER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
POSTGRESQL = os.environ.get("TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
KEY = "0123456789abcdef0123456789abcdef"
BACKENDS = ("sqlite", "postgresql")
RUN = "import sys; from extractor.cli import main; sys.exit(main(sys.argv[1:], reader='{reader}'))"


@dataclass(slots=True)
class Process:
    """A command of ours that runs; what it says is kept."""

    popen: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def wait_for(self, pattern: str, timeout_s: float = 60.0) -> re.Match[str]:
        """The first line that has the pattern."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for line in tuple(self.lines):
                if found := re.search(pattern, line):
                    return found
            if self.popen.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n" + "".join(self.lines[-40:]))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it, with all it has started; gives its exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(how)
        try:
            return self.popen.wait(timeout=60)
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends it and all it has started at once, as a power cut does."""
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.popen.wait(timeout=30)


def started(*arguments: str, environment: dict[str, str], reader: str = READER) -> Process:
    """A command line with the stand-in reader, in a process group of its own."""
    popen = subprocess.Popen(
        [sys.executable, "-c", RUN.format(reader=reader), *arguments],
        cwd=ROOT, env=os.environ | environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    process = Process(popen)

    def follow() -> None:
        assert popen.stderr is not None
        with popen.stderr:
            for line in popen.stderr:
                process.lines.append(line)

    threading.Thread(target=follow, daemon=True).start()
    return process


@dataclass(slots=True)
class Server:
    """A server with its address, and the environment in which others join it."""

    process: Process
    url: str
    environment: dict[str, str]
    password: str | None

    def client(self, **headers: str) -> httpx.Client:
        """A client of it."""
        return httpx.Client(base_url=self.url, timeout=60, headers=headers)


@contextmanager
def server(folder: Path, backend: str, *arguments: str, **settings: str) -> Iterator[Server]:
    """A server on a new database; what it started is gone afterwards."""
    with database(backend, folder) as environment:
        environment |= {f"EXTRACTOR_{name.upper()}": value for name, value in settings.items()}
        running = start(environment, *arguments)
        try:
            yield running
        finally:
            running.process.stop()


def start(environment: dict[str, str], *arguments: str, reader: str = READER) -> Server:
    """A server on a database that may have been used before."""
    process = started("serve", *arguments, environment=environment, reader=reader)
    url = process.wait_for(r"open (http://\S+) in a browser")[1]
    said = re.search(r"with the password (\S+)$", "".join(process.lines), re.MULTILINE)
    return Server(process, url, environment, said[1] if said else None)


@contextmanager
def database(backend: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a server on a new database, which is gone afterwards."""
    common = {
        "EXTRACTOR_DATA": str(folder), "EXTRACTOR_PORT": "0", "EXTRACTOR_WORKERS": "1",
        "EXTRACTOR_SECRET_KEY": KEY, "EXTRACTOR_LOG_LEVEL": "info",
    }  # fmt: skip
    if backend == "sqlite":
        yield common
        return
    with postgresql() as url:
        yield common | {"EXTRACTOR_DATABASE_URL": url}


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a new database on the PostgreSQL of this machine.

    Where none answers the test is skipped, loudly; where it has to be there, it fails.
    """
    try:
        connection = psycopg.connect(POSTGRESQL, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        reason = f"NO POSTGRESQL at {POSTGRESQL}: half of the service is NOT TESTED ({error})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    name = f"extractor_{secrets.token_hex(6)}"
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{POSTGRESQL.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def upload(client: httpx.Client, *texts: str, **fields: str) -> httpx.Response:
    """Sends stand-in documents, each named by its place."""
    files = [("file", (f"{i}.pdf", pdf(text))) for i, text in enumerate(texts)]
    return client.post("/api/v1/documents", files=files, data=fields)


def pdf(text: str) -> bytes:
    """A file that is taken for a PDF, and says what becomes of who reads it."""
    return f"%PDF-1.4 {text}".encode()


def settled(
    client: httpx.Client, done: Callable[[dict[str, Any]], bool] | None = None,
    timeout_s: float = 60.0,
) -> list[dict[str, Any]]:  # fmt: skip
    """All documents once none is to be read any more."""
    deadline = time.monotonic() + timeout_s
    while True:
        items = listed(client)
        if all((done or is_settled)(item) for item in items):
            return items
        assert time.monotonic() < deadline, [(i["name"], i["state"], i["error"]) for i in items]
        time.sleep(0.1)


def is_settled(item: dict[str, Any]) -> bool:
    """Whether nothing more happens to a document."""
    return item["state"] in ("done", "failed") and not item["reading_again"]


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    """All documents."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": "500"} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/api/v1/documents", params=query)
        answer.raise_for_status()
        items += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return items
