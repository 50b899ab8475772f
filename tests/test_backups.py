"""Backup and restore: with files in a folder and in an S3-compatible store; who may read them."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from extractor.cli import main
from service.store import Store
from tests.object_store import new_bucket, object_store, options_for
from tests.opened import empty
from tests.serving import KEY, listed, server, settled, start, upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3-compatible server of this process."""
    with object_store() as address:
        yield address


def backup(data: Path, copy: Path) -> int:
    return main(["backup", str(copy), "--data", str(data)])


def restore(copy: Path, data: Path) -> int:
    return main(["restore", str(copy), "--data", str(data)])


def made(folder: Path) -> Path:
    """A service that has never had a document."""
    with empty("sqlite", folder):
        return folder


def test_a_backup_can_be_restored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Taken while the service runs; documents, results and passwords are there again."""
    data, copy, again = tmp_path / "data", tmp_path / "copy", tmp_path / "again"
    with server(data, "sqlite", "--no-auth") as running, running.client() as client:
        upload(client, "ok 2#a", "ok 1#b")
        items = settled(client)
        original = client.get(f"/api/v1/documents/{items[0]['id']}/result").content
        assert backup(data, copy) == 0
    assert "keep EXTRACTOR_SECRET_KEY beside it" in capsys.readouterr().err
    assert restore(copy, again) == 0
    environment = running.environment | {"EXTRACTOR_DATA": str(again)}
    restored = start(environment, "--no-auth")
    try:
        with restored.client() as client:
            assert {item["id"] for item in listed(client)} == {item["id"] for item in items}
            path = f"/api/v1/documents/{items[0]['id']}/result"
            assert client.get(path).content == original
            upload(client, "ok 1#c")
            assert len(settled(client)) == 3
    finally:
        restored.process.stop()
    capsys.readouterr()
    assert restore(copy, again) == 2
    assert "there is a database already" in capsys.readouterr().err
    assert backup(again, copy) == 2
    assert "the folder is not empty" in capsys.readouterr().err


def test_files_come_from_the_store_and_go_back_to_it(
    tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where files are not in the data folder they are in the backup too, and in no other place."""
    options = json.dumps(options_for(s3))
    first, second = new_bucket(s3, "first"), new_bucket(s3, "second")
    data, copy, again = tmp_path / "data", tmp_path / "copy", tmp_path / "again"
    with (
        server(data, "sqlite", "--no-auth", storage_url=first, storage_options=options) as running,
        running.client() as client,
    ):
        upload(client, "ok 1#a", "ok 1#b")
        items = settled(client)
        monkeypatch.setenv("EXTRACTOR_STORAGE_OPTIONS", options)
        monkeypatch.setenv("EXTRACTOR_STORAGE_URL", first)
        assert backup(data, copy) == 0
        assert restore(copy, again) == 2
        assert f"there are files already in {first}" in capsys.readouterr().err
    monkeypatch.setenv("EXTRACTOR_STORAGE_URL", second)
    assert restore(copy, again) == 0
    keys = [set(Store(url, **options_for(s3))) for url in (first, second)]
    assert keys[0] == keys[1]
    assert {item["sha256"] for item in items} <= keys[1]
    assert not (again / "files").exists()
    environment = running.environment | {"EXTRACTOR_DATA": str(again)}
    restored = start(environment | {"EXTRACTOR_STORAGE_URL": second}, "--no-auth")
    with restored.client() as client:
        for item in items:
            content = client.get(f"/api/v1/documents/{item['id']}/original")
            assert content.status_code == 200
    restored.process.stop()


def test_a_backup_without_documents_can_be_restored(tmp_path: Path) -> None:
    """Also one whose empty folder was lost on the way."""
    copy = tmp_path / "copy"
    assert backup(made(tmp_path / "data"), copy) == 0
    assert restore(copy, tmp_path / "again") == 0
    (copy / "files").rmdir()
    assert restore(copy, tmp_path / "once more") == 0
    with sqlite3.connect(tmp_path / "once more" / "extractor.sqlite") as database:
        assert database.execute("SELECT count(*) FROM documents").fetchone() == (0,)


def test_a_store_that_does_not_answer_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one sentence; nothing is left behind."""
    copy, again = tmp_path / "copy", tmp_path / "again"
    assert backup(made(tmp_path / "data"), copy) == 0
    options = (
        '{"endpoint_url": "http://127.0.0.1:9", "key": "k", "secret": "s", '
        '"config_kwargs": {"retries": {"max_attempts": 1}}}'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXTRACTOR_STORAGE_OPTIONS", options)
        far = ["--data", str(again), "--storage-url", "s3://bucket/files"]
        assert main(["restore", str(copy), *far]) == 2
    assert "the store failed" in capsys.readouterr().err
    assert not (again / "extractor.sqlite").exists()


def test_the_key_goes_with_the_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the service made it; another one is not used in its place."""
    data, copy = made(tmp_path / "data"), tmp_path / "copy"
    (data / "secret.key").write_text("a" * 64)
    assert backup(data, copy) == 0
    assert (copy / "secret.key").read_text() == "a" * 64
    monkeypatch.setenv("EXTRACTOR_SECRET_KEY", KEY)
    assert restore(copy, tmp_path / "again") == 2
    assert "the backup has another secret key" in capsys.readouterr().err
    monkeypatch.delenv("EXTRACTOR_SECRET_KEY")
    assert restore(copy, tmp_path / "again") == 0
    assert (tmp_path / "again" / "secret.key").read_text() == "a" * 64


def test_a_damaged_backup_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said which file; another backup can be put in the same place."""
    data, copy, again = tmp_path / "data", tmp_path / "copy", tmp_path / "again"
    with empty("sqlite", data) as service:
        keys = [service.store.put_bytes(content) for content in (b"one", b"two", b"three")]
    assert backup(data, copy) == 0
    place = copy / "files" / keys[1][:2] / keys[1]
    place.write_bytes(b"tow")
    assert restore(copy, again) == 3
    assert keys[1] in capsys.readouterr().err
    assert [path for path in again.rglob("*") if path.is_file()] == []
    place.write_bytes(b"two")
    assert restore(copy, again) == 0


def open_to_others(folder: Path) -> list[Path]:
    """What other users of the machine could look into."""
    return [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


def test_nobody_else_reads_what_is_kept(tmp_path: Path) -> None:
    """Database, files, uploads on their way, key, backups: all is for their owner alone."""
    tmp_path.chmod(0o755)
    data, copy, again = tmp_path / "data", tmp_path / "copy", tmp_path / "again"
    with server(data, "sqlite", "--no-auth", secret_key="") as running, running.client() as client:
        upload(client, "ok 1")
        settled(client)
        names = {path.name for path in data.iterdir()}
        assert {"extractor.sqlite", "extractor.sqlite-wal", "files", "secret.key"} <= names
        assert open_to_others(data) == []
        assert backup(data, copy) == 0
    assert restore(copy, again) == 0
    assert open_to_others(copy) == []
    assert open_to_others(again) == []
