"""The formats that results can be downloaded in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.export import BATCH_FILES, EXPORTERS

if TYPE_CHECKING:
    from typing import BinaryIO

    from extractor.export import Documents


@dataclass(frozen=True, slots=True)
class Format:
    """How a format is sent; `has_sheets`: a file of it is one sheet of several."""

    media: str
    ending: str
    has_sheets: bool = False


FORMATS = {
    "json": Format("application/x-ndjson", "jsonl"),
    "csv": Format("text/csv", "csv", has_sheets=True),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "parquet": Format("application/vnd.apache.parquet", "parquet", has_sheets=True),
}


def written(documents: Documents, name: str, sheet: str, stream: BinaryIO) -> None:
    """Writes documents in a format; `sheet` is which, where a file has only one."""
    if FORMATS[name].has_sheets:
        BATCH_FILES[name][f"{sheet}.{FORMATS[name].ending}"](documents, stream)
    else:
        EXPORTERS[name](documents, stream)
