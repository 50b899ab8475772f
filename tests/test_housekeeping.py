"""What is lost is found, also where other duties fail."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from service.jobs.housekeeping import keep_house
from service.jobs.leases import rescue_orphans
from service.rows import Run, Worker
from service.settings import WORK
from tests.opened import beside
from tests.serving import BACKENDS, listed, server, settled, upload

if TYPE_CHECKING:
    from pathlib import Path

    from service.service import Service


def reading(service: Service) -> Run:
    """The run that is being read, once there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with service.database.read() as session:
            found = session.scalars(sa.select(Run).where(Run.state == "reading")).first()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_worker_without_a_lease_has_in_hand_is_read_by_another(
    backend: str, tmp_path: Path
) -> None:
    """Nobody's lease runs out over it: it has none."""
    with (
        server(tmp_path, backend, "--no-auth") as running,
        running.client() as client,
        beside(running.environment) as service,
    ):
        upload(client, "slow 4")
        run = reading(service)
        with service.database.write() as session:
            worker = session.get(Worker, run.worker)
            assert worker is not None
            os.kill(worker.pid, signal.SIGKILL)
            session.delete(worker)
        time.sleep(2)
        assert [item["state"] for item in listed(client)] == ["reading"]
        assert rescue_orphans(service) == 1
        assert [item["state"] for item in settled(client)] == ["done"]
        with service.database.read() as session:
            again = session.get_one(Run, run.id)
            assert (again.attempt, again.losses, again.crashes) == (2, 1, 0)
        assert rescue_orphans(service) == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_lost_is_found_also_where_nothing_can_be_staged(
    backend: str, tmp_path: Path
) -> None:
    """One duty that fails does not keep the others from being done."""
    with (
        server(tmp_path, backend, "--no-auth", workers="0") as running,
        running.client() as client,
        beside(running.environment) as service,
    ):
        upload(client, "ok 1")
        with service.database.write() as session:
            (run,) = session.scalars(sa.select(Run))
            workflow = run.workflow
        service.queue.remove(workflow)
        (tmp_path / "staging").rename(tmp_path / "away")
        (tmp_path / "staging").write_text("not a folder")
        with pytest.raises(ExceptionGroup) as caught:
            keep_house(service)
        assert [type(error) for error in caught.value.exceptions] == [FileExistsError]
        with service.database.read() as session:
            (run,) = session.scalars(sa.select(Run))
            assert (run.state, run.workflow != workflow) == ("queued", True)


def test_a_staged_folder_that_goes_at_this_moment_is_none_to_remove(tmp_path: Path) -> None:
    """Its worker ends while it is looked at; others that are old are removed."""
    with (
        server(tmp_path, "sqlite", "--no-auth", workers="0") as running,
        beside(running.environment) as service,
    ):
        staging = service.settings.staging
        (staging / f"{WORK}gone").symlink_to("nowhere")
        (staging / f"{WORK}old").mkdir()
        (staging / f"{WORK}new").mkdir()
        os.utime(staging / f"{WORK}old", (0, 0))
        keep_house(service)
        assert sorted(path.name for path in staging.glob(f"{WORK}*")) == [
            f"{WORK}gone", f"{WORK}new"
        ]  # fmt: skip
