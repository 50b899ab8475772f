"""Places a template on the tables of a document: for every field the cell that prints it.

Rows are found in `rows`, columns in `columns`; a cell stands where both meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.columns import (
    Header,
    Target,
    Value,
    read_header,
    row_cells,
    targets_across,
    targets_down,
    value_like,
    values,
    values_by_order,
)
from extractor.normalize import cell_state
from extractor.rows import Found, Item, Line, find_rows, items_of, lines_of, own_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from extractor.document import Cell, Table
    from extractor.template import TableForm, Template


@dataclass(frozen=True, slots=True)
class Placement:
    """The cell of a field; `row` and `column` say how sure it is that they are the field's own."""

    cell: Cell
    row: float
    column: float


def place(template: Template, tables: Sequence[Table]) -> dict[str, Placement]:
    """The cell of every field id of the template that is found on the tables."""
    lines = lines_of(tables)
    items = items_of(form for form in template.tables if form.layout == "down")
    found = find_rows(items, lines, _ways(template))
    placed = _place_down(items, found, lines, tables)
    taken = {(lines[k.line].table, lines[k.line].row) for k in found.values()}
    for form in template.tables:
        if form.layout == "across":
            placed |= _place_across(form, tables, taken) or _place_alone(form, lines, tables)
    return placed


def _place_alone(
    form: TableForm, lines: Sequence[Line], tables: Sequence[Table]
) -> dict[str, Placement]:
    """A form whose rows are printed down though the template has them across."""
    items = items_of([form])
    return _place_down(items, find_rows(items, lines, ()), lines, tables)


def printed_ways(template: Template, placed: Iterable[str]) -> frozenset[str]:
    """Rows ("applications.other") that are not printed because another way of printing is.

    `find_rows` has chosen: of each part only one way has rows. The first stands for none.
    """
    rows = {field_id.rpartition(".")[0] for field_id in placed}
    left_out: set[str] = set()
    for ways in template.ways:
        chosen = next((way for way in ways if rows.intersection(way)), ways[0])
        left_out |= {row for way in ways if way is not chosen for row in way}
    return frozenset(left_out)


def _ways(template: Template) -> tuple[tuple[frozenset[str], ...], ...]:
    return tuple(tuple(frozenset(way) for way in ways) for ways in template.ways)


# --- cells ---------------------------------------------------------------------------------------


def _place_down(
    items: Sequence[Item],
    found: Mapping[str, Found],
    lines: Sequence[Line],
    tables: Sequence[Table],
) -> dict[str, Placement]:
    placed: dict[str, Placement] = {}
    rows = {(lines[k.line].table, lines[k.line].row) for k in found.values()}
    headers: dict[int, Header] = {}
    for item in items:
        if item.id not in found:
            continue
        line, sure = lines[found[item.id].line], found[item.id].certainty
        header = _header_of(item, line, tables, rows, headers.get(id(item.block)))
        headers[id(item.block)] = header
        for value in _row_values(item, line, header):
            if not _over_rows(value.cell, line.table, rows):
                placed[f"{item.id}.{value.target}"] = Placement(value.cell, sure, value.certainty)
    return placed


def _header_of(
    item: Item,
    line: Line,
    tables: Sequence[Table],
    rows: set[tuple[int, int]],
    before: Header | None,
) -> Header:
    """The header in the unmatched rows above a line, or the one before where that says more."""
    label = own_label(item, line)
    skipped = frozenset(range(label.column + label.column_span)) if label else frozenset[int]()
    header = _header_over(item, tables, (line.table, line.row), rows, skipped)
    if before is not None and header.weight < max(before.weight, 1e-9):
        return before
    if not header.cells and before is None and not header.contrary and line.table:
        # A page break may part a header from its first row: it ends the table before.
        last = line.table - 1
        return _header_over(item, tables, (last, tables[last].rows), rows, frozenset())
    return header


def _header_over(
    item: Item,
    tables: Sequence[Table],
    place: tuple[int, int],
    rows: set[tuple[int, int]],
    skipped: frozenset[int],
) -> Header:
    """The header in the rows between `place` and the last row above it that is a template's."""
    index, end = place
    last = max((row for table, row in rows if table == index and row < end), default=-1)
    span = range(last + 1, end)
    return read_header(targets_down(item.block), tables[index], index, span, skipped)


def _row_values(item: Item, line: Line, header: Header) -> tuple[Value, ...]:
    found = values(header, line.cells, line.table)
    targets = targets_down(item.block)
    if header.contrary or len(found) == len(targets):
        return found
    # A header of which a part cannot be read, over a row that has a cell for every column.
    in_order = values_by_order(targets, line.cells, own_label(item, line))
    named = {value.target: value for value in found}
    contrary = any(named.get(value.target, value).cell is not value.cell for value in in_order)
    if contrary or (found and header.strange):
        return found
    return tuple(named.get(value.target, value) for value in in_order) or found


def _over_rows(cell: Cell, table: int, rows: set[tuple[int, int]]) -> bool:
    """Whether a printed cell spans several rows of the template: it belongs to none for certain."""
    covered = sum((table, row) in rows for row in range(cell.row, cell.row + cell.row_span))
    return covered > 1 and cell_state(cell.text) != "blank"


# --- rows and columns both in the header ---------------------------------------------------------


def _place_across(
    form: TableForm, tables: Sequence[Table], taken: set[tuple[int, int]]
) -> dict[str, Placement]:
    """The one row of values under a header that names rows and columns."""
    targets = targets_across(form)
    best: tuple[float, tuple[Value, ...]] = (0.0, ())
    for index, row, cells in _value_lines(tables, taken):
        header = _across_header(targets, tables, (index, row))
        found = values(header, cells, index) if header.cells else ()
        if header.weight > best[0] and found:
            best = header.weight, found
    if not best[1]:
        best = 0.0, _across_by_order(targets, tables, taken)
    return {f"{form.id}.{v.target}": Placement(v.cell, 1.0, v.certainty) for v in best[1]}


def _value_lines(
    tables: Sequence[Table], taken: set[tuple[int, int]]
) -> Iterator[tuple[int, int, tuple[Cell, ...]]]:
    for index, table in enumerate(tables):
        for row, cells in enumerate(row_cells(table)):
            if (index, row) not in taken and value_like(cells):
                yield index, row, cells


def _across_header(
    targets: Sequence[Target], tables: Sequence[Table], place: tuple[int, int]
) -> Header:
    """The header over a row of values: the rows above it, or the end of the table before."""
    index, row = place
    header = _header_rows(targets, tables, index, row)
    if not header.cells and row == 0 and index > 0:
        return _header_rows(targets, tables, index - 1, tables[index - 1].rows)
    return header


def _header_rows(
    targets: Sequence[Target], tables: Sequence[Table], index: int, end: int
) -> Header:
    lines = row_cells(tables[index])
    start = end
    while start and not value_like(lines[start - 1]):
        start -= 1
    return read_header(targets, tables[index], index, range(start, end), frozenset())


def _across_by_order(
    targets: Sequence[Target], tables: Sequence[Table], taken: set[tuple[int, int]]
) -> tuple[Value, ...]:
    """Where no header can be read: the one line behind all others with a value for every column."""
    last = max(taken, default=(-1, -1))
    fits = [
        found
        for index, row, cells in _value_lines(tables, taken)
        if (index, row) > last and (found := values_by_order(targets, cells, None))
    ]
    return fits[0] if len(fits) == 1 else ()
