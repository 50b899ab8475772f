"""Finds the rows and columns of a template on the tables of a document, by their labels.

The rows of all tables, in reading order, are aligned with the template's rows (labels.align), so
that a damaged label is held by its neighbours and a row that is not printed stays unmatched. Where
a label contradicts, the row stays unmatched too: better missing than wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor import labels
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
from extractor.normalize import cell_state, parse_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from extractor.document import Cell, Table
    from extractor.template import Block, Row, TableForm, Template

_PASSED_OVER = 0.6  # a label with more label text before the numbers is rather a parent
_PARENT_WEIGHT = 0.15


@dataclass(frozen=True, slots=True)
class Placement:
    """The cell of a field; `row` and `column` say how sure it is that they are the field's own."""

    cell: Cell
    row: float
    column: float


@dataclass(frozen=True, slots=True)
class _Label:
    """A cell that may label its row, with the label cells before it."""

    cell: Cell
    parents: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class _Line:
    """A grid row of a table: its cells from left to right and what may be its label."""

    table: int
    row: int
    cells: tuple[Cell, ...]
    labels: tuple[_Label, ...]


@dataclass(frozen=True, slots=True)
class _Item:
    """A template row in its place."""

    form: TableForm
    block: Block
    row: Row

    @property
    def id(self) -> str:
        return f"{self.form.id}.{self.row.id}"


@dataclass(frozen=True, slots=True)
class _Found:
    """A template row on the paper: the index of its line, and how sure that is."""

    line: int
    certainty: float


def place(template: Template, tables: Sequence[Table]) -> dict[str, Placement]:
    """The cell of every field id of the template that is found on the tables."""
    lines = _lines(tables)
    items = [
        _Item(form, block, row)
        for form in template.tables
        if form.layout == "down"
        for block in form.blocks
        for row in block.rows
    ]
    found = _find_rows(items, lines, _ways(template))
    placed = _place_down(items, found, lines, tables)
    taken = {(lines[k.line].table, lines[k.line].row) for k in found.values()}
    for form in template.tables:
        if form.layout == "across":
            placed |= _place_across(form, tables, taken)
    return placed


def printed_ways(template: Template, placed: Iterable[str]) -> frozenset[str]:
    """Rows ("applications.other") that are not printed because another way of printing is."""
    rows = {field_id.rpartition(".")[0] for field_id in placed}
    left_out: set[str] = set()
    for ways in template.ways:
        chosen = max(ways, key=lambda way: len(rows & set(way)) / len(way))
        left_out |= {row for way in ways if way is not chosen for row in way}
    return frozenset(left_out)


def _ways(template: Template) -> tuple[tuple[frozenset[str], ...], ...]:
    return tuple(tuple(frozenset(way) for way in ways) for ways in template.ways)


# --- lines ---------------------------------------------------------------------------------------


def _lines(tables: Sequence[Table]) -> list[_Line]:
    return [
        _Line(index, row, cells, _row_labels(cells))
        for index, table in enumerate(tables)
        for row, cells in enumerate(row_cells(table))
    ]


def _row_labels(cells: Sequence[Cell]) -> tuple[_Label, ...]:
    """Text cells of the row; of several before the numbers the last is the label."""
    found: list[_Label] = []
    run: list[Cell] = []
    for cell in [*cells, None]:
        if cell is not None and _is_text(cell):
            run.append(cell)
        elif cell is None or parse_number(cell.text) is not None:
            for k, label in enumerate(run):
                weight = 1.0 if k == len(run) - 1 else _PASSED_OVER
                found.append(_Label(label, tuple(c.text for c in run[:k]), weight))
            run = []
    return tuple(found)


def _is_text(cell: Cell) -> bool:
    return labels.legible(cell.text) and parse_number(cell.text) is None


# --- rows ----------------------------------------------------------------------------------------


def _find_rows(
    items: Sequence[_Item],
    lines: Sequence[_Line],
    ways: Sequence[Sequence[frozenset[str]]],
) -> dict[str, _Found]:
    """Template rows on the paper: by label, then by order between rows that are certain."""
    scores = [[_line_likeness(line, item.row) for item in items] for line in lines]
    aligned = _aligned(items, scores)
    kept = _one_way(items, scores, aligned, ways)
    items_left = [k for k, item in enumerate(items) if item.id in kept]
    scores = [[row[k] for k in items_left] for row in scores]
    items = [items[k] for k in items_left]
    aligned = _aligned(items, scores)
    found = {
        items[j].id: _Found(i, _row_certainty(i, j, aligned, scores, items, lines))
        for i, j in enumerate(aligned)
        if j is not None
    }
    for i, j in _by_order(aligned, scores, items, lines):
        found[items[j].id] = _Found(i, labels.BY_ORDER)
    return found


def _line_likeness(line: _Line, row: Row) -> float:
    return max((_label_likeness(label, row) for label in line.labels), default=0.0)


def _label_likeness(label: _Label, row: Row) -> float:
    own = max(labels.likeness(label.cell.text, text) for text in row.labels)
    if len(row.path) > 1:
        whole = labels.likeness("".join((*label.parents, label.cell.text)), "".join(row.path))
        own = max(own, whole)
    if len(row.path) > 1 and label.parents:
        kin = max(labels.likeness(parent, row.path[-2]) for parent in label.parents)
        own *= 1 - _PARENT_WEIGHT * (1 - kin)
    return own * label.weight


def _aligned(items: Sequence[_Item], scores: list[list[float]]) -> list[int | None]:
    """The alignment; a table that stands in another order in the document is tried alone."""
    aligned = _in_order(range(len(scores)), scores)
    for form in {item.form.id: item.form for item in items}.values():
        own = [k for k, item in enumerate(items) if item.form is form]
        if any(j in own for j in aligned):
            continue
        free = [i for i, j in enumerate(aligned) if j is None]
        for i, j in enumerate(_in_order(free, [[row[k] for k in own] for row in scores])):
            if j is not None:
                aligned[i] = own[j]
    return [_unless_rival(i, j, scores, items) for i, j in enumerate(aligned)]


def _in_order(free: Iterable[int], scores: list[list[float]]) -> list[int | None]:
    """The alignment of the lines in `free`; lines that are like no row are left out of the work."""
    likely = [i for i in free if max(scores[i], default=0.0) >= labels.ALIKE]
    found: list[int | None] = [None] * len(scores)
    for i, j in zip(likely, labels.align([scores[i] for i in likely]), strict=True):
        found[i] = j
    return found


def _unless_rival(
    i: int, j: int | None, scores: list[list[float]], items: Sequence[_Item]
) -> int | None:
    """A line that is more like another row of the same table is left alone."""
    if j is None:
        return None
    return None if _rival(i, j, scores, items) > scores[i][j] + 0.05 else j


def _rival(i: int, j: int, scores: list[list[float]], items: Sequence[_Item]) -> float:
    return max(
        (score for k, score in enumerate(scores[i]) if k != j and items[k].form is items[j].form),
        default=0.0,
    )


def _one_way(
    items: Sequence[_Item],
    scores: list[list[float]],
    aligned: Sequence[int | None],
    ways: Sequence[Sequence[frozenset[str]]],
) -> set[str]:
    """Row ids that are left where of each part only the way that is printed is kept."""
    likeness: dict[str, float] = {}
    for i, j in enumerate(aligned):
        if j is not None:
            likeness[items[j].id] = scores[i][j]
    kept = {item.id for item in items}
    for choice in ways:
        best = max(choice, key=lambda way: sum(likeness.get(row, 0.0) for row in way) / len(way))
        kept -= {row for way in choice if way is not best for row in way}
    return kept


def _row_certainty(
    i: int,
    j: int,
    aligned: Sequence[int | None],
    scores: list[list[float]],
    items: Sequence[_Item],
    lines: Sequence[_Line],
) -> float:
    support = sum(0 <= i + step < len(lines) and aligned[i + step] == j + step for step in (-1, 1))
    return labels.certainty(scores[i][j], _rival(i, j, scores, items), support)


def _by_order(
    aligned: Sequence[int | None],
    scores: list[list[float]],
    items: Sequence[_Item],
    lines: Sequence[_Line],
) -> list[tuple[int, int]]:
    """Lines whose label says nothing, in gaps where every printed row is accounted for."""
    return [
        (i, j)
        for i, j in labels.between(aligned, len(items))
        if _values(lines[i])
        and (scores[i][j] >= labels.WEAK or not lines[i].labels)
        and all(_near(aligned, lines, i, k) for k in (i - 1, i + 1))
    ]


def _values(line: _Line) -> bool:
    return any(parse_number(cell.text) is not None for cell in line.cells)


def _near(aligned: Sequence[int | None], lines: Sequence[_Line], i: int, k: int) -> bool:
    """Whether line k beside line i is a row of a table too, not the end of the document."""
    return 0 <= k < len(lines) and (aligned[k] is not None or lines[k].table == lines[i].table)


# --- cells ---------------------------------------------------------------------------------------


def _place_down(
    items: Sequence[_Item],
    found: Mapping[str, _Found],
    lines: Sequence[_Line],
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
    item: _Item,
    line: _Line,
    tables: Sequence[Table],
    rows: set[tuple[int, int]],
    before: Header | None,
) -> Header:
    """The header in the unmatched rows above a line, or the one before where that says more."""
    last = max((row for table, row in rows if table == line.table and row < line.row), default=-1)
    label = _own_label(item, line)
    skipped = frozenset(range(label.column + label.column_span)) if label else frozenset[int]()
    header = read_header(
        targets_down(item.block),
        tables[line.table],
        line.table,
        range(last + 1, line.row),
        skipped,
    )
    return header if before is None or header.weight >= max(before.weight, 1e-9) else before


def _own_label(item: _Item, line: _Line) -> Cell | None:
    best = max(line.labels, key=lambda label: _label_likeness(label, item.row), default=None)
    return best.cell if best is not None else None


def _row_values(item: _Item, line: _Line, header: Header) -> tuple[Value, ...]:
    found = values(header, line.cells, line.table)
    if found or header.contrary:
        return found
    return values_by_order(targets_down(item.block), line.cells, _own_label(item, line))


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
