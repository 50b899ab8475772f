"""A file of SQLite that is damaged: said as that, at the start and while the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.serving import database, server, started

if TYPE_CHECKING:
    from pathlib import Path


def spoil(folder: Path) -> None:
    """Has other bytes where tables were."""
    path = folder / "extractor.sqlite"
    for beside in (path.with_name("extractor.sqlite-wal"), path):
        if beside.exists():
            beside.write_bytes(b"spoilt" * (max(beside.stat().st_size, 60_000) // 6))


def test_a_damaged_database_is_told_at_the_start(tmp_path: Path) -> None:
    """With what to do, and no bug."""
    with database("sqlite", tmp_path) as environment:
        first = started("serve", "--no-auth", environment=environment)
        first.wait_for("in a browser")
        first.stop()
        spoil(tmp_path)
        second = started("serve", "--no-auth", environment=environment)
        assert second.wait_for("the database is damaged .*restore a backup")
        assert second.popen.wait(timeout=60) == 2


def test_a_damaged_database_is_told_while_the_service_runs(tmp_path: Path) -> None:
    """It is not ready, and answers that it is the database."""
    with server(tmp_path, "sqlite", "--no-auth", workers="0") as running, running.client() as one:
        assert one.get("/readyz").status_code == 200
        spoil(tmp_path)
        answer = one.get("/api/v1/documents")
        assert (answer.status_code, answer.json()["code"]) == (503, "database")
        assert "damaged" in answer.json()["detail"]
        assert one.get("/readyz").status_code == 503
