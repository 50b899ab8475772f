"""Many at once on the same documents: nobody waits for ever, nothing is answered with an error."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from service import erasing, selection
from service.accounts import logins
from service.accounts.roles import LOCAL
from service.database import before
from service.rows import Login
from tests.opened import beside, empty, new_user
from tests.serving import BACKENDS, Server, listed, pdf, server, settled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from service.service import Service

FILES = [pdf(f"ok 1#{number}") for number in range(8)]
SECONDS = 12.0


class Somebody(threading.Thread):
    """Uploads the same files in other orders, deletes them, has them read again."""

    def __init__(self, running: Server, service: Service, seed: int) -> None:
        super().__init__()
        self._running, self._service, self._random = running, service, random.Random(seed)
        self.statuses: list[int] = []
        self.errors: list[BaseException] = []

    def run(self) -> None:
        """For some seconds."""
        until = time.monotonic() + SECONDS
        with self._running.client() as client:
            while time.monotonic() < until:
                try:
                    self._do_many(client)
                    self.statuses.append(self._do(client).status_code)
                except Exception as error:
                    self.errors.append(error)
                    raise

    def _do_many(self, client: httpx.Client) -> None:
        """As the page does with what was chosen in the list, and as housekeeping does."""
        if self._random.random() > 0.2:
            return
        items = client.get("/api/v1/documents").json()["items"]
        ids = [item["id"] for item in self._random.sample(items, len(items))]
        work = self._random.choice((selection.delete, selection.read_again))
        work(self._service, LOCAL, ids)
        erasing.sweep(self._service)

    def _do(self, client: httpx.Client) -> httpx.Response:
        kind = self._random.choice(("upload", "upload", "delete", "again", "look", "export"))
        if kind == "upload":
            chosen = self._random.sample(FILES, 5)
            files = [("file", (f"{i}.pdf", content)) for i, content in enumerate(chosen)]
            return client.post("/api/v1/documents", files=files)
        items = client.get("/api/v1/documents").json()["items"]
        if kind == "export" or not items:
            return client.get("/api/v1/export", params={"format": "json"})
        path = f"/api/v1/documents/{self._random.choice(items)['id']}"
        if kind == "delete":
            return client.delete(path)
        return client.post(f"{path}/read") if kind == "again" else client.get(f"{path}/result")


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_many_at_once_get_along(backend: str, tmp_path: Path) -> None:
    """No deadlock, no 5xx; in the end every document is read and every file is of use."""
    settings = {"rate_limit": "1000000/minute", "workers": "2", "log_level": "warning"}
    with server(tmp_path, backend, "--no-auth", **settings) as running, running.client() as client:
        with beside(running.environment) as service:
            crowd = [Somebody(running, service, seed) for seed in range(4)]
            for one in crowd:
                one.start()
            for one in crowd:
                one.join()
        assert [error for one in crowd for error in one.errors] == []
        statuses = [status for one in crowd for status in one.statuses]
        assert len(statuses) > 100
        assert [s for s in statuses if s >= 500] == [], "".join(running.process.lines)
        assert all(item["state"] == "done" for item in settled(client))
        for item in listed(client):
            assert client.get(f"/api/v1/documents/{item['id']}/result").status_code == 200
            assert client.delete(f"/api/v1/documents/{item['id']}").status_code == 204
        assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """SQLite's lock on writing is somebody else's."""
    with closing(sqlite3.connect(folder / "extractor.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_who_reads_does_not_wait_for_writers(tmp_path: Path) -> None:
    """Somebody has SQLite's lock: writers are refused after a while, readers are answered."""
    with server(tmp_path, "sqlite", "--no-auth", workers="0") as running, held(tmp_path):
        answers: list[httpx.Response] = []

        def send(number: int) -> None:
            with running.client() as client:
                answers.append(client.post("/api/v1/projects", json={"name": f"{number}"}))

        writers = [threading.Thread(target=send, args=[number]) for number in range(24)]
        for one in writers:
            one.start()
        time.sleep(1)
        with running.client() as client:
            began = time.monotonic()
            assert client.get("/api/v1/documents").status_code == 200
            assert time.monotonic() - began < 15
        for one in writers:
            one.join()
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.json()["code"] for answer in answers} == {"database"}


def test_a_use_is_noted_another_time(tmp_path: Path) -> None:
    """A login is good also while nobody can write that it is used."""
    with empty("sqlite", tmp_path) as service:
        new_user(service, "lin")
        secret = logins.log_in(service, "lin", "long enough lin!", "192.0.2.1")
        with service.database.write() as session:
            session.execute(sa.update(Login).values(seen_at=before(timedelta(hours=1))))
        began = time.monotonic()
        with held(tmp_path):
            assert logins.by_cookie(service, secret) is not None
        assert time.monotonic() - began < 5
