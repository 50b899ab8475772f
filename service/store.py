"""Files by their content, in a folder or an S3-compatible store (fsspec)."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from contextlib import contextmanager, suppress
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

PART = ".part"  # how files end that are being written


class Store:
    """Holds files under the SHA-256 of their content. What is kept outlives a power cut.

    Whatever fails raises OSError, and FileNotFoundError where a file is not there.
    """

    def __init__(self, url: str, **options: Any) -> None:  # noqa: ANN401
        """`options` go to fsspec. Raises OptionsError for a URL that leads to no store."""
        try:
            # Other machines put files in and take them out: what was listed once is no answer.
            self._fs, self._root = url_to_fs(url, use_listings_cache=False, **options)
        except ImportError as error:
            advice = "install the extra s3: pip install '.[s3]' in a checkout, then start again"
            what = advice if url.startswith(("s3:", "s3a:")) else error
            raise OptionsError(f"storage_url {url} cannot be used: {what}") from None
        except Exception as error:  # some kinds connect here, and raise what their library does
            raise OptionsError(f"storage_url {url} cannot be used: {error}") from error
        self.is_local = isinstance(self._fs, LocalFileSystem)

    def _place(self, key: str) -> str:
        return f"{self._root}/{key[:2]}/{key}"

    def path(self, key: str) -> Path | None:
        """Where a file lies, None where the store is not a folder of this machine."""
        return Path(self._place(key)) if self.is_local else None

    def put(self, source: Path, key: str) -> None:
        """Keeps a file whose SHA-256 is `key`. The source stays, and is not to be changed."""
        own = self.path(key)
        if own is not None:
            _keep(source, own)
            return
        with _answering():
            self._fs.put_file(str(source), self._place(key))

    def put_bytes(self, content: bytes) -> str:
        """Keeps some bytes; gives their key."""
        key = hashlib.sha256(content).hexdigest()
        own = self.path(key)
        if own is not None:
            with _arriving(own) as part:
                part.write_bytes(content)
            return key
        with _answering():
            self._fs.pipe_file(self._place(key), content)
        return key

    def read(self, key: str) -> bytes:
        """The content."""
        with _answering():
            content: bytes = self._fs.cat_file(self._place(key))
        return content

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """The content as a stream."""
        with _answering():
            stream = self._fs.open(self._place(key), "rb")
        with stream:
            yield stream

    def chunks(self, key: str) -> Iterator[bytes]:
        """The content in pieces."""
        with self.open(key) as stream:
            while chunk := _next(stream):
                yield chunk

    @contextmanager
    def local(self, key: str, folder: Path) -> Iterator[Path]:
        """A path of this machine that has the content; a copy in `folder` where it is far away."""
        own = self.path(key)
        if own is not None:
            yield own
            return
        copy = folder / key
        try:
            with _answering():
                self._fs.get_file(self._place(key), str(copy))
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    def has(self, key: str) -> bool:
        """Whether it is there."""
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        """Its bytes, None where it is not there."""
        with _answering():
            try:
                return int(self._fs.size(self._place(key)))
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        """Removes a file; one that is not there is removed already."""
        with _answering():
            try:
                self._fs.rm_file(self._place(key))
            except FileNotFoundError:
                return

    def __iter__(self) -> Iterator[str]:
        """The keys of all files."""
        with _answering(), suppress(FileNotFoundError):  # nothing was put in yet
            for _, _, names in self._fs.walk(self._root, on_error="raise"):
                yield from (name for name in names if len(name) == 64)

    def sweep(self, older_than_s: float) -> int:
        """Removes parts of files that killed processes left; gives the number."""
        if not self.is_local:
            return 0  # an object is there as a whole or not at all
        latest, removed = time.time() - older_than_s, 0
        for part in Path(self._root).glob(f"*/*{PART}"):
            if part.stat().st_mtime < latest:
                part.unlink(missing_ok=True)
                removed += 1
        return removed

    def check(self) -> None:
        """Raises OSError where nothing can be written."""
        self.delete(self.put_bytes(uuid4().bytes))


@contextmanager
def _answering() -> Iterator[None]:
    """Has all failures be OSError: fsspec passes on what the library of each store raises."""
    try:
        yield
    except (OSError, GeneratorExit):
        raise
    except Exception as error:
        raise OSError(errno.EIO, f"the store failed: {type(error).__name__}: {error}") from error


def _next(stream: BinaryIO) -> bytes:
    with _answering():
        return stream.read(MIB)


def _keep(source: Path, target: Path) -> None:
    with _arriving(target) as part:
        try:
            os.link(source, part)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, part)


@contextmanager
def _arriving(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place, whole and on the disk, when it is written."""
    _make(target.parent)
    part = target.with_name(f"{target.name}.{uuid4().hex}{PART}")
    try:
        yield part
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
