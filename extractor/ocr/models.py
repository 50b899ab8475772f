"""Where the models are, and what is known about a model file."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

NUMBERS = Path(__file__).parents[2] / "models" / "numbers" / "numbers.onnx"  # the reader of numbers


def model_folder() -> Path:
    """The folder of the RapidOCR wheel that holds the models."""
    import rapidocr

    return Path(rapidocr.__file__).parent / "models"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hex; read once a process unless its size or time of change differ."""
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns)


@cache
def _sha256(path: Path, size: int, changed_ns: int) -> str:  # noqa: ARG001 (part of the cache key)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
