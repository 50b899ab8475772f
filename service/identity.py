"""Names of runs: what is the same is read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor import __version__
from extractor.batch.journal import fingerprint
from extractor.batch.run import shipped_models

if TYPE_CHECKING:
    from extractor.options import Options
    from service.sealing import Seal

PIPELINE = "read_document"  # the workflow's name
QUEUE = "documents"


def reader_of(options: Options) -> str:
    """What decides a result beside the file: options, models and the program's version, hashed."""
    return fingerprint(options, __version__, shipped_models())


def stem_of(sha256: str, reader: str, password: str | None, seal: Seal) -> str:
    """The id of the first run of a file.

    A password is part of it: who has a locked file but not its password does not get the result of
    somebody who had both.
    """
    stem = f"{sha256}-{reader}"
    return stem if password is None else f"{stem}-{seal.tag(sha256, password)}"
