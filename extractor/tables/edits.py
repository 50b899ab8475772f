"""Corrections of a person to a table: contents that belong some rows up or down, spans of cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.errors import CorrectionError
from extractor.geometry import Box, bounding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.document import Cell, Table


@dataclass(frozen=True, slots=True)
class Region:
    """Slots of a table: a first row and column, and how many of each."""

    row: int
    column: int
    rows: int
    columns: int

    def covers(self, cell: Cell) -> bool:
        """Whether all slots of a cell are in it."""
        return all(slot in self for slot in slots(cell))

    def __contains__(self, slot: tuple[int, int]) -> bool:
        """Whether a slot (row, column) is in it."""
        row, column = slot
        within = self.row <= row < self.row + self.rows
        return within and self.column <= column < self.column + self.columns

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return (
            (row, column)
            for row in range(self.row, self.row + self.rows)
            for column in range(self.column, self.column + self.columns)
        )


def slots(cell: Cell) -> Iterator[tuple[int, int]]:
    """The slots that a cell takes."""
    return iter(Region(cell.row, cell.column, cell.row_span, cell.column_span))


def shifted(table: Table, region: Region, by: int) -> Table:
    """The contents of a region `by` rows further down (up if negative), with their places.

    What they come to must be empty, and changes places with them. Raises CorrectionError.
    """
    _guard(table, region)
    whole = _stretched(region, by)
    _guard(table, whole)
    cells = list(table.cells)
    for column in range(region.column, region.column + region.columns):
        numbers = _ladder(table, replace(whole, column=column, columns=1))
        contents = _rotated([cells[number] for number in numbers], by)
        for number, content in zip(numbers, contents, strict=True):
            cells[number] = _filled(cells[number], content)
    return replace(table, cells=tuple(cells))


def _stretched(region: Region, by: int) -> Region:
    return replace(region, row=min(region.row, region.row + by), rows=region.rows + abs(by))


def _ladder(table: Table, column: Region) -> list[int]:
    """The numbers of a column's cells, one a row, from the top."""
    found = [n for n, cell in enumerate(table.cells) if column.covers(cell)]
    if len(found) != column.rows or any(table.cells[n].row_span > 1 for n in found):
        raise CorrectionError(
            "cells that span several rows or columns cannot be moved: part them first, or name "
            "fewer columns"
        )
    return sorted(found, key=lambda number: table.cells[number].row)


def _rotated(contents: Sequence[Cell], by: int) -> Sequence[Cell]:
    beyond = contents[-by:] if by > 0 else contents[:-by]
    if any(cell.text.strip() for cell in beyond):
        raise CorrectionError(
            "the rows that they come to are not empty: move those first, or with them"
        )
    return [*contents[-by:], *contents[:-by]]


def _filled(cell: Cell, content: Cell) -> Cell:
    """A cell with the content of another one, which keeps its place on the page."""
    return replace(content, row=cell.row, column=cell.column, structure=cell.structure)


def spanned(table: Table, region: Region) -> Table:
    """The cell at the region's first slot takes the region; what it covered else falls apart.

    Cells that it swallows give it their text. Raises CorrectionError.
    """
    _guard(table, region)
    inside = [cell for cell in table.cells if any(slot in region for slot in slots(cell))]
    first = next(cell for cell in inside if (region.row, region.column) in slots(cell))
    if any(cell is not first and not region.covers(cell) for cell in inside):
        raise CorrectionError("it would cut through another cell: part that one first")
    if (first.row, first.column) != (region.row, region.column):
        raise CorrectionError("name the cell by its first row and column")
    outside = [cell for cell in table.cells if cell not in inside]
    parts = [_part(first, slot) for slot in slots(first) if slot not in region]
    cells = [*outside, _joined(first, inside, region), *parts]
    return replace(table, cells=tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))))


def _joined(first: Cell, inside: Sequence[Cell], region: Region) -> Cell:
    ordered = sorted(inside, key=lambda cell: (cell.row, cell.column))
    texts = [cell.text for cell in ordered if cell.text.strip()]
    boxes = [_share(first, region)] + [cell.bbox for cell in inside if cell is not first]
    alone = texts == [first.text]
    return replace(
        first,
        row_span=region.rows,
        column_span=region.columns,
        text="\n".join(texts),
        confidence=min(cell.confidence for cell in inside),
        bbox=bounding(boxes) if first.page == ordered[-1].page else first.bbox,
        alternatives=first.alternatives if alone else (),
    )


def _part(cell: Cell, slot: tuple[int, int]) -> Cell:
    """An empty cell of one slot that was part of another one."""
    row, column = slot
    return replace(
        cell, row=row, column=column, row_span=1, column_span=1, text="", alternatives=(),
        ink=None, hidden=0.0, bbox=_share(cell, Region(row, column, 1, 1)),
    )  # fmt: skip


def _share(cell: Cell, region: Region) -> Box:
    """The part of a cell's box that falls to a region of its slots, all rows alike."""
    x0, y0, x1, y1 = cell.bbox
    width, height = (x1 - x0) / cell.column_span, (y1 - y0) / cell.row_span
    right = min(region.column + region.columns, cell.column + cell.column_span)
    bottom = min(region.row + region.rows, cell.row + cell.row_span)
    return Box(
        x0 + (region.column - cell.column) * width,
        y0 + (region.row - cell.row) * height,
        x0 + (right - cell.column) * width,
        y0 + (bottom - cell.row) * height,
    )


def _guard(table: Table, region: Region) -> None:
    fits = region.row >= 0 and region.column >= 0 and region.rows > 0 and region.columns > 0
    high = region.row + region.rows <= table.rows
    if not (fits and high and region.column + region.columns <= table.columns):
        raise CorrectionError(f"the table has {table.rows} rows and {table.columns} columns")
