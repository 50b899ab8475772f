"""Files by their content, in a folder or an S3-compatible store (fsspec)."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from extractor.errors import OptionsError
from extractor.options import MIB

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


class Store:
    """Holds files under the SHA-256 of their content."""

    def __init__(self, url: str, **options: Any) -> None:  # noqa: ANN401
        """`options` go to fsspec. Raises OptionsError for a URL of no known kind."""
        try:
            self._fs, self._root = url_to_fs(url, **options)
        except (ImportError, ValueError) as error:
            raise OptionsError(f"storage_url {url} cannot be used: {error}") from None
        self.is_local = isinstance(self._fs, LocalFileSystem)

    def _place(self, key: str) -> str:
        return f"{self._root}/{key[:2]}/{key[2:4]}/{key}"

    def path(self, key: str) -> Path | None:
        """Where a file lies, None where the store is not a folder of this machine."""
        return Path(self._place(key)) if self.is_local else None

    def put(self, source: Path, key: str) -> None:
        """Takes over a file whose SHA-256 is `key`; the source is gone afterwards."""
        place = self._place(key)
        if self.is_local:
            target = Path(place)
            target.parent.mkdir(parents=True, exist_ok=True)
            _move(source, target)
            return
        self._fs.put_file(str(source), place)
        source.unlink()

    def put_bytes(self, content: bytes) -> str:
        """Keeps some bytes; gives their key."""
        key = hashlib.sha256(content).hexdigest()
        place = self._place(key)
        if not self.is_local:
            self._fs.pipe_file(place, content)
            return key
        target = Path(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{key}.{uuid4().hex}.part")
        part.write_bytes(content)
        part.replace(target)
        return key

    def read(self, key: str) -> bytes:
        """The content; raises FileNotFoundError where it is not there."""
        content: bytes = self._fs.cat_file(self._place(key))
        return content

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """The content as a stream; raises FileNotFoundError where it is not there."""
        with self._fs.open(self._place(key), "rb") as stream:
            yield stream

    def chunks(self, key: str) -> Iterator[bytes]:
        """The content in pieces."""
        with self.open(key) as stream:
            while chunk := stream.read(MIB):
                yield chunk

    @contextmanager
    def local(self, key: str, folder: Path) -> Iterator[Path]:
        """A path of this machine that has the content; a copy in `folder` where it is far away."""
        own = self.path(key)
        if own is not None:
            yield own
            return
        copy = folder / key
        self._fs.get_file(self._place(key), str(copy))
        try:
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    def has(self, key: str) -> bool:
        """Whether it is there."""
        return bool(self._fs.exists(self._place(key)))

    def delete(self, key: str) -> None:
        """Removes a file; one that is not there is removed already."""
        try:
            self._fs.rm_file(self._place(key))
        except FileNotFoundError:
            return

    def __iter__(self) -> Iterator[str]:
        """The keys of all files."""
        for _, _, names in self._fs.walk(self._root):
            yield from (name for name in names if len(name) == 64)

    def check(self) -> None:
        """Raises OSError where nothing can be written."""
        self.delete(self.put_bytes(uuid4().bytes))


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError:  # another file system: copied beside it, then renamed
        part = target.with_name(f"{target.name}.{uuid4().hex}.part")
        part.write_bytes(b"")
        with source.open("rb") as read, part.open("wb") as write:
            while chunk := read.read(MIB):
                write.write(chunk)
        part.replace(target)
        source.unlink()
