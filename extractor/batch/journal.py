"""The journal of an output folder: what is done, so that a killed run continues where it was."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from extractor.batch.atomic import lock
from extractor.document import SCHEMA_VERSION
from extractor.errors import OptionsError
from extractor.ocr.models import sha256_of
from extractor.options import WITHOUT_EFFECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.options import Options

JOURNAL = ".extractor-journal.jsonl"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What says that a file is still the same: bytes, and time of its last change."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: how the reading of a document ended. `result` is relative to the output folder."""

    path: str
    size: int
    mtime_ns: int
    options: str
    status: Literal["done", "failed"]
    result: str
    seconds: float
    pages: int = 0
    needs_review: int = 0
    broken: int = 0
    code: str | None = None
    message: str | None = None


def stamp(path: Path) -> Stamp:
    """Size and time of a file; zeros where it cannot be looked at."""
    try:
        status = path.stat()
    except OSError:
        return Stamp(0, 0)
    return Stamp(status.st_size, status.st_mtime_ns)


def fingerprint(options: Options, version: str, models: Sequence[Path] = ()) -> str:
    """A hash of everything but the document that decides a result.

    `models` are those that come with the program. They and files and folders that options name
    count by their content.
    """
    values = dataclasses.asdict(options)
    kept = {name: _told(value) for name, value in values.items() if name not in WITHOUT_EFFECT}
    text = json.dumps([version, SCHEMA_VERSION, kept, _told(tuple(models))], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _told(value: object) -> object:
    """An option's value as JSON knows it, paths by what is there."""
    if isinstance(value, tuple):
        return [_told(part) for part in value]
    if not isinstance(value, Path):
        return str(value)
    files = sorted(value.rglob("*")) if value.is_dir() else [value]
    return [(str(file.relative_to(value)), _digest(file)) for file in files if file.is_file()]


def _digest(file: Path) -> str:
    try:
        return sha256_of(file)
    except OSError:  # who reads it says why it cannot be read
        return ""


class Journal:
    """Append-only lines in the output folder; the last line of a document counts.

    One run at a time holds it. A line that a crash tore is passed over.
    """

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        """Opens it in an existing folder; raises OptionsError where another run holds it."""
        self._stream = (folder / JOURNAL).open("a+b")
        if not lock(self._stream):
            self._stream.close()
            message = "another run is writing to this folder: wait for it, or choose another --out"
            raise OptionsError(message, path=folder)
        if fresh:
            self._stream.truncate(0)
        self._entries = self._load()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # On a full disk closing fails once more; `record` has told it already.
        with contextlib.suppress(OSError):
            self._stream.close()

    def _load(self) -> dict[str, Entry]:
        self._stream.seek(0)
        text = self._stream.read()
        if text and not text.endswith(b"\n"):
            self._stream.write(b"\n")
        entries = (parse(line) for line in text.splitlines())
        return {entry.path: entry for entry in entries if entry is not None}

    def find(self, path: Path) -> Entry | None:
        """The last entry of a document."""
        return self._entries.get(os.path.abspath(path))  # noqa: PTH100  resolve() follows links

    def record(self, entry: Entry) -> None:
        """Appends an entry; it is on the disk when this returns."""
        self._entries[entry.path] = entry
        self._stream.write(json.dumps(dataclasses.asdict(entry)).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())


def parse(line: bytes) -> Entry | None:
    """An entry from its line; None where the line is torn or of another version."""
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None
