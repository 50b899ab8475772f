"""Stopping, dying and taking over; limits that servers share."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import redis
import sqlalchemy as sa

from service.database import Database
from service.rows import Run, Worker
from service.settings import load_settings
from tests.serving import BACKENDS, database, listed, server, settled, start, upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
        assert time.monotonic() - began < 50
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


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_dead_worker_was_reading_is_read_by_another(backend: str, tmp_path: Path) -> None:
    """Once its lease has run out, and only then."""
    with (
        server(tmp_path, backend, "--no-auth", workers="2", lease_s="3") as running,
        running.client() as client,
        opened(running.environment, tmp_path) as found,
    ):
        upload(client, "slow 4", "slow 4#2")
        deadline = time.monotonic() + 60
        while True:
            with found.read() as session:
                query = sa.select(Worker.pid, Run.id).join(Run, Run.worker == Worker.id)
                reading = session.execute(query).all()
            if len(reading) == 2:
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
        pid, run_id = reading[0]
        os.kill(pid, signal.SIGKILL)
        assert all(item["state"] == "done" for item in settled(client))
        with found.read() as session:
            run = session.get(Run, run_id)
            assert run is not None
            assert (run.attempt, run.losses, run.crashes) == (2, 1, 0)


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
