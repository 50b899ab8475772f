"""Results as files for other programs: JSON, CSV, Excel, Parquet."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from extractor.export.parquet import write_parquet
from extractor.export.plain import write_csv, write_json
from extractor.export.rows import SHEETS
from extractor.export.workbook import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from extractor.export.rows import Documents as Documents  # its callers name the type too

    Exporter = Callable[[Documents, BinaryIO], None]

# One file of any number of documents; CSV and Parquet hold one sheet, a row a field.
EXPORTERS: dict[str, Exporter] = {
    "json": write_json,
    "csv": write_csv,
    "xlsx": write_xlsx,
    "parquet": write_parquet,
}

# What a format writes for a whole batch, by file name; JSON is written a document at a time.
BATCH_FILES: dict[str, dict[str, Exporter]] = {
    "csv": {f"{sheet}.csv": partial(write_csv, sheet=sheet) for sheet in SHEETS},
    "xlsx": {"reports.xlsx": write_xlsx},
    "parquet": {f"{sheet}.parquet": partial(write_parquet, sheet=sheet) for sheet in SHEETS},
}
