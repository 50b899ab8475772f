"""Stopping, dying and taking over; limits that servers share."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
import sqlalchemy as sa

from service.commands.serving import STOP_S
from service.database import Database
from service.jobs import process
from service.rows import Audit, Run, Worker
from service.settings import load_settings
from tests.serving import BACKENDS, database, listed, server, settled, start, started, upload

if TYPE_CHECKING:
    from collections.abc import Iterator

REDIS = os.environ.get("TEST_REDIS", "redis://127.0.0.1:6379")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_is_stopped_hands_back_what_it_read(backend: str, tmp_path: Path) -> None:
    """SIGTERM ends it in time; the next one reads what was left, and that counts as no crash."""
    with database(backend, tmp_path) as environment:
        first = start(environment, "--no-auth")
        with first.client() as client:
            upload(client, "slow 60", "ok 1#later")
            _wait_for(client, "reading")
        began = time.monotonic()
        assert first.process.stop() == 0
        assert time.monotonic() - began < STOP_S + 1
        second = start(environment, "--no-auth")
        try:
            with second.client() as client:
                items = {item["name"]: item["state"] for item in listed(client)}
                assert set(items) == {"0.pdf", "1.pdf"}
                upload(client, "ok 1#new")
        finally:
            second.process.kill()
        with opened(environment, tmp_path) as found, found.read() as session:
            assert list(session.scalars(sa.select(Run.losses))) == [0, 0, 0]


def _wait_for(client: object, state: str) -> None:
    deadline = time.monotonic() + 60
    while not any(item["state"] == state for item in listed(client)):  # type: ignore[arg-type]
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def opened(environment: dict[str, str], folder: Path) -> Iterator[Database]:
    """The database of a server."""
    url = environment.get("EXTRACTOR_DATABASE_URL")
    found = Database(load_settings(data=folder, database_url=url).database)
    yield found
    found.close()


def _reading(found: Database, number: int) -> list[tuple[int, str]]:
    """Processes of workers with what they read, once there are so many or more."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with found.read() as session:
            query = sa.select(Worker.pid, Run.id).join(Run, Run.worker == Worker.id)
            reading = [(pid, run_id) for pid, run_id in session.execute(query)]
        if len(reading) >= number:
            return reading
        time.sleep(0.1)
    raise AssertionError


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_dead_worker_was_reading_is_read_by_another(backend: str, tmp_path: Path) -> None:
    """Once its lease has run out, and only then."""
    with (
        server(tmp_path, backend, "--no-auth", workers="2", lease_s="3") as running,
        running.client() as client,
        opened(running.environment, tmp_path) as found,
    ):
        upload(client, "slow 4", "slow 4#2")
        pid, run_id = _reading(found, 2)[0]
        os.kill(pid, signal.SIGKILL)
        assert all(item["state"] == "done" for item in settled(client))
        with found.read() as session:
            run = session.get(Run, run_id)
            assert run is not None
            assert (run.attempt, run.losses, run.crashes) == (2, 1, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_worker_that_slept_for_longer_than_its_lease_ends(backend: str, tmp_path: Path) -> None:
    """What it was reading is another's by then; what it brings is not stored."""
    with (
        server(tmp_path, backend, "--no-auth", workers="2", lease_s="3") as running,
        running.client() as client,
        opened(running.environment, tmp_path) as found,
    ):
        upload(client, "slow 4")
        pid, run_id = _reading(found, 1)[0]
        os.kill(pid, signal.SIGSTOP)
        deadline = time.monotonic() + 60
        while _reading(found, 0) == [(pid, run_id)]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.kill(pid, signal.SIGCONT)
        while Path(f"/proc/{pid}/exe").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert [item["state"] for item in settled(client)] == ["done"]
        running.process.wait_for("this worker was silent for too long")
        with found.read() as session:
            run = session.get_one(Run, run_id)
            assert (run.attempt, run.losses, run.crashes) == (2, 1, 0)
            ended = sa.select(Audit.object).where(Audit.action == "document.done")
            assert list(session.scalars(ended)) == [run_id]


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_workers_that_hang_do_not_keep_what_started_them(command: str, tmp_path: Path) -> None:
    """All of them together have one deadline."""
    with database("sqlite", tmp_path) as environment:
        environment |= {"EXTRACTOR_WORKERS": "3", "EXTRACTOR_NO_AUTH": "true"}
        running = started(command, environment=environment)
        try:
            with opened(environment, tmp_path) as found:
                pids = _workers(found, 3)
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            began = time.monotonic()
            assert running.stop() == 0
            assert time.monotonic() - began < STOP_S + 1
            assert not any(Path(f"/proc/{pid}/exe").exists() for pid in pids)
        finally:
            running.kill()


def _workers(found: Database, number: int) -> list[int]:
    """The processes of the workers, once there are so many."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(sa.exc.OperationalError), found.read() as session:  # no tables yet
            pids = list(session.scalars(sa.select(Worker.pid)))
            if len(pids) == number:
                return pids
        time.sleep(0.1)
    raise AssertionError


def test_a_worker_that_ran_well_is_started_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that dies again and again less and less often."""
    slot, context = process._Slot(), multiprocessing.get_context("spawn")
    for well_s, pause_s in ((60.0, 1.0), (60.0, 2.0), (0.0, 1.0)):
        monkeypatch.setattr(process, "WELL_S", well_s)
        worker = context.Process(target=os.getpid)
        worker.start()
        slot.start(worker)
        worker.join()
        assert not slot.is_due()
        assert slot.pause_s == pause_s


def test_too_many_requests_are_refused(tmp_path: Path) -> None:
    """With how long to wait; whoever watches over the service is not limited."""
    with (
        server(tmp_path, "sqlite", "--no-auth", workers="0", rate_limit="5/minute") as running,
        running.client() as client,
    ):
        statuses = [client.get("/api/v1/me").status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        answer = client.get("/api/v1/me")
        assert (answer.json()["code"], answer.headers["retry-after"]) == ("rate", "60")
        assert client.get("/healthz").status_code == 200


def test_servers_share_their_limits_by_redis(tmp_path: Path) -> None:
    """Two of them count together."""
    try:
        redis.Redis.from_url(REDIS, socket_connect_timeout=2).flushdb()
    except redis.ConnectionError as error:
        reason = f"NO REDIS at {REDIS}: shared limits are NOT TESTED ({error})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    shared = {"workers": "0", "rate_limit": "6/minute", "rate_storage": REDIS}
    with (
        server(tmp_path / "a", "sqlite", "--no-auth", **shared) as one,
        server(tmp_path / "b", "sqlite", "--no-auth", **shared) as other,
        one.client() as first,
        other.client() as second,
    ):
        statuses = [c.get("/api/v1/me").status_code for c in (first, second) * 4]
        assert sorted(statuses) == [200] * 6 + [429] * 2
