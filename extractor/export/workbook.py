"""Results as an Excel workbook."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extractor.export.rows import SHEETS

if TYPE_CHECKING:
    from typing import BinaryIO

    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from extractor.export.rows import Documents, Row, Scalar

EXCEL_ROWS = 1_048_576
EXCEL_CHARACTERS = 32_767  # of one cell


def write_xlsx(documents: Documents, stream: BinaryIO) -> None:
    """An Excel workbook with the sheets of SHEETS; written row by row, so memory stays flat."""
    from xlsxwriter import Workbook

    # The archive is put together in a file of its own: a stream that fails, such as a full disk,
    # would leave it half open.
    with tempfile.TemporaryFile() as archive:
        with Workbook(archive, {"constant_memory": True, "strings_to_urls": False}) as book:
            for name, rows in SHEETS.items():
                sheet = Sheet(book, name)
                for row in rows(documents):
                    sheet.append(row)
        archive.seek(0)
        shutil.copyfileobj(archive, stream)


@dataclass(slots=True)
class Sheet:
    """Appends rows; one that is full goes on in another, "fields 2", under the same header."""

    book: Workbook
    name: str
    limit: int = EXCEL_ROWS
    parts: int = 0
    used: int = 0
    header: Row = ()
    part: Worksheet = field(init=False)

    def append(self, row: Row) -> None:
        """Writes a row; the first one is the header."""
        if not self.parts:
            self.header = row
            self._begin()
        elif self.used == self.limit:
            self._begin()
            self._write(self.header)
        self._write(row)

    def _begin(self) -> None:
        self.parts += 1
        self.used = 0
        title = self.name if self.parts == 1 else f"{self.name} {self.parts}"
        self.part = self.book.add_worksheet(title)
        self.part.freeze_panes(1, 1)

    def _write(self, row: Row) -> None:
        for column, value in enumerate(row):
            _write_cell(self.part, self.used, column, value)
        self.used += 1


def _write_cell(part: Worksheet, row: int, column: int, value: Scalar) -> None:
    # Each by its own method: `write` would take a text that starts with "=" for a formula.
    if isinstance(value, bool):
        part.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        part.write_number(row, column, value)
    elif value is not None and value != "":
        text = value.encode("utf-8", "replace").decode()
        part.write_string(row, column, text[:EXCEL_CHARACTERS])
