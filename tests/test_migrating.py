"""Tables are made once, however many servers start at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command

from service.database import Database
from service.migrations import configuration
from service.settings import load_settings
from tests.serving import BACKENDS, database, settled, start, started, upload

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("backend", BACKENDS)
def test_servers_start_at_once_on_a_new_database(backend: str, tmp_path: Path) -> None:
    """And workers beside them; all of them work afterwards."""
    with database(backend, tmp_path) as environment:
        servers = [started("serve", "--no-auth", environment=environment) for _ in range(3)]
        worker = started("worker", environment=environment)
        try:
            for process in servers:
                process.wait_for(r"open (http://\S+) in a browser")
            worker.wait_for("1 workers")
            said = "".join(line for one in (*servers, worker) for line in one.lines)
            assert "Traceback" not in said, said
        finally:
            for process in (*servers, worker):
                process.kill()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_worker_makes_what_a_server_that_died_had_not_come_to(
    backend: str, tmp_path: Path
) -> None:
    """Our tables are there, those of the queue are not."""
    with database(backend, tmp_path) as environment:
        url = environment.get("EXTRACTOR_DATABASE_URL")
        found = Database(load_settings(data=tmp_path, database_url=url).database)
        with found.engine.connect() as connection:
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        found.close()
        worker = started("worker", environment=environment)
        try:
            worker.wait_for("worker started")
            server = start(environment | {"EXTRACTOR_WORKERS": "0"}, "--no-auth")
            try:
                with server.client() as client:
                    upload(client, "ok 1")
                    assert [item["state"] for item in settled(client)] == ["done"]
            finally:
                server.process.kill()
        finally:
            worker.kill()
