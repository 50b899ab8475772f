"""Results as files for other programs: JSON, CSV, Excel; each row a tuple made by a pure function.

fields (long): one row a field; reports (wide): one row a report, a column a field; tables: one row
a cell; checks: one row a relation; entities: one row an entity of the prose. Every row starts with
the document's file name.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from extractor.document import Document
    from extractor.geometry import Box

    Scalar = str | int | float | bool | None
    Row = tuple[Scalar, ...]
    # Documents are gone through more than once: a sequence, or files that are read anew.
    Documents = Iterable[Document]
    Exporter = Callable[[Documents, BinaryIO], None]

PLACE = ("page", "x0", "y0", "x1", "y1")
FIELD_COLUMNS = (
    "file", "template", "id", "label", "kind", "value", "unit", "state", "text", "confidence",
    "review", *PLACE, "source", "alternatives", "checks", "sha256", "right_cell", "right_state",
    "right_reading", "look", "drawn",
)  # fmt: skip
CHECK_COLUMNS = (
    "file", "id", "passed", "severity", "expression", "message", "fields", "sha256", "misread",
    "suspects",
)  # fmt: skip
CELL_COLUMNS = (
    "file", "table", "title", "row", "column", "row_span", "column_span", "text", "confidence",
    *PLACE, "sha256",
)  # fmt: skip
ENTITY_COLUMNS = (
    "file", "section", "label", "text", "value", "unit", "approximate", "subject", "confidence",
    "start", "end", *PLACE, "sha256",
)  # fmt: skip
REPORT_COLUMNS = (
    "file",
    "sha256",
    "template",
    "pages",
    "needs_review",
    "broken_relations",
    "warnings",
)

EXCEL_ROWS = 1_048_576
EXCEL_CHARACTERS = 32_767  # of one cell


def field_rows(document: Document) -> Iterator[Row]:
    """One row a field, in FIELD_COLUMNS; `look` is its place among the fewest looks."""
    source, plan = document.document, document.review
    looks = {name: i for i, name in enumerate(plan.looks, 1)} if plan is not None else {}
    drawn = frozenset(plan.drawn) if plan is not None else frozenset[str]()
    for item in document.fields:
        others = "; ".join(f"{other} ({other.confidence:.4f})" for other in item.alternatives)
        yield (
            source.filename, source.template, item.id, item.label, item.kind, item.value, item.unit,
            item.state, item.text, item.confidence, item.review, item.page, *_corners(item.bbox),
            item.source, others, "; ".join(item.checks), source.sha256, item.certainty.place,
            item.certainty.state, item.certainty.reading, looks.get(item.id), item.id in drawn,
        )  # fmt: skip


def check_rows(document: Document) -> Iterator[Row]:
    """One row a relation that was tried, in CHECK_COLUMNS."""
    source = document.document
    for check in document.checks:
        yield (
            source.filename, check.id, check.passed, check.severity, check.expression,
            check.message, "; ".join(check.fields), source.sha256, check.misread,
            "; ".join(f"{one.field} ({one.probability:.4f})" for one in check.suspects),
        )  # fmt: skip


def cell_rows(document: Document) -> Iterator[Row]:
    """One row a cell of every table, in CELL_COLUMNS."""
    source = document.document
    for table in document.tables:
        for cell in table.cells:
            yield (
                source.filename, table.id, table.title, cell.row, cell.column, cell.row_span,
                cell.column_span, cell.text, cell.confidence, cell.page, *_corners(cell.bbox),
                source.sha256,
            )  # fmt: skip


def entity_rows(document: Document) -> Iterator[Row]:
    """One row an entity of the prose, in ENTITY_COLUMNS."""
    source = document.document
    for item in document.entities:
        normal = item.normalized
        yield (
            source.filename, item.section, item.label, item.text, normal.value, normal.unit,
            normal.approximate, item.subject, item.confidence, item.start, item.end, item.page,
            *_corners(item.bbox), source.sha256,
        )  # fmt: skip


def report_row(document: Document, field_ids: Iterable[str]) -> Row:
    """The one row of a report: REPORT_COLUMNS, then the value of each field of `field_ids`."""
    source = document.document
    values = {item.id: item.value for item in document.fields}
    doubtful = sum(item.review == "needs_review" for item in document.fields)
    broken = sum(not check.passed for check in document.checks)
    return (
        source.filename, source.sha256, source.template, source.page_count, doubtful, broken,
        len(document.warnings), *(values.get(field_id) for field_id in field_ids),
    )  # fmt: skip


def field_ids(documents: Documents) -> tuple[str, ...]:
    """The ids of all fields, in the order in which they are first met."""
    return tuple(dict.fromkeys(item.id for document in documents for item in document.fields))


def _corners(box: Box | None) -> tuple[float | None, ...]:
    return (None, None, None, None) if box is None else tuple(box)


def _field_sheet(documents: Documents) -> Iterator[Row]:
    return chain([FIELD_COLUMNS], chain.from_iterable(map(field_rows, documents)))


def _check_sheet(documents: Documents) -> Iterator[Row]:
    return chain([CHECK_COLUMNS], chain.from_iterable(map(check_rows, documents)))


def _cell_sheet(documents: Documents) -> Iterator[Row]:
    return chain([CELL_COLUMNS], chain.from_iterable(map(cell_rows, documents)))


def _entity_sheet(documents: Documents) -> Iterator[Row]:
    return chain([ENTITY_COLUMNS], chain.from_iterable(map(entity_rows, documents)))


def _report_sheet(documents: Documents) -> Iterator[Row]:
    ids = field_ids(documents)
    return chain([REPORT_COLUMNS + ids], (report_row(document, ids) for document in documents))


SHEETS: dict[str, Callable[[Documents], Iterator[Row]]] = {
    "fields": _field_sheet,
    "reports": _report_sheet,
    "tables": _cell_sheet,
    "checks": _check_sheet,
    "entities": _entity_sheet,
}


def write_json(documents: Documents, stream: BinaryIO) -> None:
    """JSON Lines: one result a line, in the shape of the contract."""
    stream.writelines(document.to_json(indent=None).encode() + b"\n" for document in documents)


def write_csv(documents: Documents, stream: BinaryIO, sheet: str = "fields") -> None:
    """One sheet as CSV. UTF-8 with a byte order mark, without which Excel garbles Chinese."""
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    writer = csv.writer(text)
    for row in SHEETS[sheet](documents):
        writer.writerow([guarded(value) for value in row])
    text.detach()


def guarded(value: Scalar) -> Scalar:
    """The value as a CSV cell that no spreadsheet takes for a formula.

    A text that starts with one of = + - @, a tab or a carriage return gets an apostrophe in front,
    unless it is a number (OWASP, CSV injection). True and False are written in lower case.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value if _is_number(value) else f"'{value}"
    return value


def _is_number(text: str) -> bool:
    digits = text[1:].replace(".", "", 1)
    return text[0] in "+-" and digits.isascii() and digits.isdigit()


def write_xlsx(documents: Documents, stream: BinaryIO) -> None:
    """An Excel workbook with the sheets of SHEETS; written row by row, so memory stays flat."""
    from xlsxwriter import Workbook

    # The archive is put together in a file of its own: a stream that fails, such as a full disk,
    # would leave it half open.
    with tempfile.TemporaryFile() as archive:
        with Workbook(archive, {"constant_memory": True, "strings_to_urls": False}) as book:
            for name, rows in SHEETS.items():
                sheet = _Sheet(book, name)
                for row in rows(documents):
                    sheet.append(row)
        archive.seek(0)
        shutil.copyfileobj(archive, stream)


@dataclass(slots=True)
class _Sheet:
    """Appends rows; a sheet that is full goes on in another, "fields 2", under the same header."""

    book: Workbook
    name: str
    limit: int = EXCEL_ROWS
    parts: int = 0
    used: int = 0
    header: Row = ()
    part: Worksheet = field(init=False)

    def append(self, row: Row) -> None:
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


EXPORTERS: dict[str, Exporter] = {"json": write_json, "csv": write_csv, "xlsx": write_xlsx}

# What a format writes for a whole batch, by file name; JSON is written a document at a time.
BATCH_FILES: dict[str, dict[str, Exporter]] = {
    "csv": {f"{sheet}.csv": partial(write_csv, sheet=sheet) for sheet in SHEETS},
    "xlsx": {"reports.xlsx": write_xlsx},
}
