"""Files by their content: one contract, a folder and an S3-compatible store."""

from __future__ import annotations

import hashlib
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
    assert not source.exists()
    return key


def test_what_is_put_in_comes_out(store: Store, tmp_path: Path) -> None:
    """Whole, in pieces, and as a file of this machine."""
    content = bytes(range(256)) * 10_000
    key = kept(store, tmp_path, content)
    assert store.has(key)
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


def test_a_url_of_no_known_kind_is_refused() -> None:
    """With its name."""
    with pytest.raises(OptionsError, match="gopher"):
        Store("gopher://x/y")
