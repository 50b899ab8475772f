"""The formats that results can be downloaded in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.export import BATCH_FILES, EXPORTERS
from service.results import Results
from service.streams import in_turn, made
from service.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import BinaryIO

    from extractor.export import Documents
    from service.accounts.roles import Principal
    from service.repository.documents import Filter
    from service.service import Service
    from service.streams import Sink

AT_ONCE, OF_ONE = 8, 4  # exports that are written at a time, in all and for one user
WAIT_S = 30.0  # for a turn


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


def turns() -> Turns:
    """Those of exports: their threads are beside the ones that answer requests."""
    return Turns(AT_ONCE, OF_ONE, WAIT_S)


def exported(
    service: Service, row: Turns, asking: Principal, chosen: Filter, name: str, sheet: str
) -> AsyncGenerator[bytes, None]:
    """The pieces of an export, once it has its turn. Raises BusyError where none comes."""

    def write(sink: Sink) -> None:
        results = Results(service, chosen, sink.check)
        written(results, name, sheet, sink)  # type: ignore[arg-type]

    return in_turn(row, asking.name, made(write))
