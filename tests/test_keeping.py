"""Retention, what is left over, and the commands that see to it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from extractor.cli import main
from extractor.errors import OptionsError
from service import administration, erasing
from service.accounts import logins
from service.jobs.housekeeping import keep_house
from service.repository import accounts
from service.rows import Document
from service.sealing import Seal, load_seal
from service.settings import Settings, load_settings
from tests.opened import beside, empty, new_user
from tests.serving import BACKENDS, KEY, listed, server, settled, upload

if TYPE_CHECKING:
    from pathlib import Path


def files_of(folder: Path) -> list[Path]:
    """What lies in the store."""
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_kept_long_enough_is_deleted(backend: str, tmp_path: Path) -> None:
    """With its files; younger documents stay."""
    with server(tmp_path, backend, "--no-auth") as running, running.client() as client:
        upload(client, "ok 1#old", "ok 1#new")
        old, new = sorted(settled(client), key=lambda item: item["name"])
        with beside(running.environment) as service:
            with service.database.write() as session:
                project = accounts.project(session, old["project"])
                assert project is not None
                administration.change_project(session, "test", project, {"retention_days": 30})
                before = service.database.now() - timedelta(days=31)
                session.execute(
                    sa.update(Document).where(Document.id == old["id"]).values(uploaded_at=before)
                )
            keep_house(service)
        assert [item["id"] for item in listed(client)] == [new["id"]]
        assert client.get(f"/api/v1/documents/{new['id']}/result").status_code == 200
        kept = {path.name for path in files_of(tmp_path)}
        assert new["sha256"] in kept
        assert old["sha256"] not in kept


def test_what_nothing_refers_to_is_swept(tmp_path: Path) -> None:
    """As a server leaves it that is killed between file and row; the rest stays."""
    with server(tmp_path, "sqlite", "--no-auth") as running, running.client() as client:
        upload(client, "ok 1")
        (item,) = settled(client)
        with beside(running.environment) as service:
            key = service.store.put_bytes(b"left over")
            erasing.sweep(service)
            assert not service.store.has(key)
        assert client.get(f"/api/v1/documents/{item['id']}/original").status_code == 200


def test_the_commands_for_administrators(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new password logs in; the audit log is whole, and one that was cut off shows."""
    with server(tmp_path, "sqlite") as running:
        data = ["--data", str(tmp_path)]
        monkeypatch.setenv("EXTRACTOR_SECRET_KEY", KEY)
        assert main(["password", "admin", *data]) == 0
        password = capsys.readouterr().out.strip()
        with beside(running.environment) as service:
            assert logins.log_in(service, "admin", password, "here")
        assert main(["audit", *data]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["rows"] >= 3
        assert main(["audit", "--expect", found["last"], *data]) == 0
        assert main(["audit", "--expect", "0" * 64, *data]) == 1
        assert main(["password", "nobody", *data]) == 2


def test_commands_make_nothing_where_there_is_no_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder was mistyped: it is said, and is not there afterwards."""
    place = ["--data", str(tmp_path / "typo")]
    for command in (["audit"], ["password", "admin"], ["backup", str(tmp_path / "copy")]):
        assert main([*command, *place]) == 2
        assert "there is no service" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_who_is_barred_gets_no_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would not let them in."""
    with empty("sqlite", tmp_path) as service:
        wang = new_user(service, "wang")
        new_user(service, "boss", administrator=True)
        with service.database.write() as session:
            user = accounts.by_id(session, wang.user_id or "")
            assert user is not None
            administration.change_user(session, "test", user, {"disabled": True})
        assert main(["password", "wang", "--data", str(tmp_path)]) == 2
        assert "wang is barred" in capsys.readouterr().err


def test_a_secret_opens_with_its_own_key_only(tmp_path: Path) -> None:
    """Which is made once, and is the same for the next start."""
    settings = Settings(data=tmp_path)
    first, second = load_seal(settings), load_seal(settings)
    assert second.open(first.close("geheim")) == "geheim"
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    with pytest.raises(OptionsError, match="secret key"):
        Seal("x" * 32).open(first.close("geheim"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("EXTRACTOR_PORT", "70000", "port"),
        ("EXTRACTOR_WORKERS", "many", "workers"),
        ("EXTRACTOR_READING", '{"dpi": 5}', "dpi"),
        ("EXTRACTOR_READING", '{"colour": 5}', "colour"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    """In one sentence, with exit code 2."""
    monkeypatch.setenv(name, value)
    assert main(["audit", "--data", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_settings_come_from_the_file_too(tmp_path: Path) -> None:
    """After the environment and the command line; unknown names are errors."""
    (tmp_path / "extractor.toml").write_text('port = 9000\nhost = "127.0.0.2"\n')
    assert load_settings(data=tmp_path, port=9001).host == "127.0.0.2"
    assert load_settings(data=tmp_path, port=9001).port == 9001
    (tmp_path / "extractor.toml").write_text("prot = 9000\n")
    with pytest.raises(OptionsError, match="prot"):
        load_settings(data=tmp_path)


def test_several_servers_need_a_secret_of_their_own() -> None:
    """A key that each makes for itself would open nothing of the others."""
    with pytest.raises(OptionsError, match="EXTRACTOR_SECRET_KEY"):
        load_seal(Settings(database_url="postgresql://x/y"))


def test_no_accounts_for_loopback_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reaches the address could do everything."""
    assert main(["serve", "--no-auth", "--host", "0.0.0.0", "--data", str(tmp_path)]) == 2
    assert "127.0.0.1 only" in capsys.readouterr().err
