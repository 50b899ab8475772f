"""Files by their content: one contract, a folder and an S3-compatible store."""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

import pytest

from extractor.errors import OptionsError
from service.store import Store
from tests.object_store import new_bucket, object_store, options_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3-compatible server of this process."""
    with object_store() as address:
        yield address


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store."""
    if request.param == "folder":
        return Store((tmp_path / "files").as_uri())
    address: str = request.getfixturevalue("s3")
    name = f"bucket-{tmp_path.name.replace('_', '-').lower()[-40:].strip('-')}"
    return Store(new_bucket(address, name), **options_for(address))


def kept(store: Store, folder: Path, content: bytes) -> str:
    """The key of a file that was put in."""
    source = folder / "source"
    source.write_bytes(content)
    key = hashlib.sha256(content).hexdigest()
    store.put(source, key)
    store.put(source, key)
    source.unlink()
    return key


def test_what_is_put_in_comes_out(store: Store, tmp_path: Path) -> None:
    """Whole, in pieces, and as a file of this machine."""
    content = bytes(range(256)) * 10_000
    key = kept(store, tmp_path, content)
    assert store.size(key) == len(content)
    assert store.read(key) == content
    assert b"".join(store.chunks(key)) == content
    with store.local(key, tmp_path) as path:
        assert path.read_bytes() == content
    assert store.put_bytes(content) == key
    assert list(store) == [key]


def test_what_is_deleted_is_gone(store: Store, tmp_path: Path) -> None:
    """And may be deleted again, as by one who was stopped in the middle."""
    key = kept(store, tmp_path, b"secret")
    store.delete(key)
    store.delete(key)
    assert not store.has(key)
    with pytest.raises(FileNotFoundError):
        store.read(key)
    assert list(store) == []


def test_a_store_that_can_be_written_passes_its_check(store: Store) -> None:
    """And nothing is left of it."""
    store.check()
    assert list(store) == []


def test_a_folder_that_cannot_be_written_fails_its_check(tmp_path: Path) -> None:
    """A file lies where the folder should be."""
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(OSError, match=r"directory|exists"):
        Store((tmp_path / "files").as_uri()).check()


def test_a_file_that_was_cut_off_is_put_in_anew(tmp_path: Path) -> None:
    """As a power cut may have left one of an earlier version."""
    store = Store((tmp_path / "files").as_uri())
    key = kept(store, tmp_path, b"whole")
    path = store.path(key)
    assert path is not None
    path.write_bytes(b"wh")
    assert store.size(key) == 2
    assert kept(store, tmp_path, b"whole") == key
    assert store.read(key) == b"whole"


def test_parts_that_killed_processes_left_are_swept(tmp_path: Path) -> None:
    """Old ones; no file, and none that is being written."""
    store = Store((tmp_path / "files").as_uri())
    path = store.path(kept(store, tmp_path, b"whole"))
    assert path is not None
    old, new = path.with_name("a.part"), path.with_name("b.part")
    for part in (old, new, path):
        part.write_bytes(b"wh")
    for file in (old, path):
        os.utime(file, (0, 0))
    assert store.sweep(3600.0) == 1
    assert [p.exists() for p in (old, new, path)] == [False, True, True]


def test_a_store_that_does_not_answer_fails_with_an_os_error(tmp_path: Path) -> None:
    """Whatever the library of its kind raises."""
    options = {"endpoint_url": "http://127.0.0.1:9", "key": "k", "secret": "s"}
    store = Store("s3://bucket/files", config_kwargs={"retries": {"max_attempts": 1}}, **options)
    (tmp_path / "source").write_bytes(b"x")
    for use in (
        store.check,
        lambda: store.has("k"),
        lambda: store.read("k"),
        lambda: store.delete("k"),
        lambda: store.put(tmp_path / "source", "k"),
        lambda: list(store.chunks("k")),
        lambda: list(store),
    ):
        with pytest.raises(OSError, match="store failed"):
            use()


def test_a_url_of_no_known_kind_is_refused() -> None:
    """With its name."""
    with pytest.raises(OptionsError, match="gopher"):
        Store("gopher://x/y")


def test_a_store_whose_library_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In words that work in a checkout."""
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(OptionsError, match=r"pip install '\.\[s3\]'"):
        Store("s3a://bucket/prefix")  # nothing else uses this name: fsspec keeps what it has found
