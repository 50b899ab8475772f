"""Tables as they are printed: merged cells, and which cells were hard to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractor.document import Cell, Document, Table

DOUBTFUL = 0.9  # a cell whose text is less sure is marked


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """A cell at the place where it begins; `box` is the id of its box on the page."""

    text: str
    row_span: int
    column_span: int
    confidence: float
    page: int
    box: str

    @property
    def is_doubtful(self) -> bool:
        """Whether its text is not sure; an empty cell has nothing to doubt in print."""
        return self.confidence < DOUBTFUL


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table with its rows of cells; cells that a span covers are not in there."""

    id: str
    title: str
    pages: tuple[int, ...]
    rows: tuple[tuple[PrintedCell, ...], ...]
    doubtful: int


def printed_tables(document: Document) -> tuple[PrintedTable, ...]:
    """All tables, in their order."""
    return tuple(map(_printed, document.tables))


def box_of(table: Table, cell: Cell) -> str:
    """The id of a cell's box on the picture of its page."""
    return f"box-{table.id}-{cell.row}-{cell.column}"


def _printed(table: Table) -> PrintedTable:
    rows: list[list[PrintedCell]] = [[] for _ in range(table.rows)]
    for cell in sorted(table.cells, key=lambda c: (c.row, c.column)):
        rows[cell.row].append(
            PrintedCell(
                cell.text, cell.row_span, cell.column_span, cell.confidence, cell.page,
                box_of(table, cell),
            )
        )  # fmt: skip
    doubtful = sum(cell.is_doubtful for row in rows for cell in row)
    return PrintedTable(table.id, table.title, table.pages, tuple(map(tuple, rows)), doubtful)
