"""Finds the rows of a template on the tables of a document, by their labels.

The rows of all tables, in reading order, are aligned with the template's rows (labels.align), so
that a damaged label is held by its neighbours and a row that is not printed stays unmatched. Where
a label contradicts, the row stays unmatched too: better missing than wrong.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor import labels
from extractor.columns import row_cells, value_like
from extractor.normalize import letters, parse_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from extractor.document import Cell, Table
    from extractor.template import Block, Row, TableForm

_PASSED_OVER = 0.6  # a label with more label text before the numbers is rather a parent
_LABEL_CELLS = 3  # a row has at most so many label cells, or more numbers than labels
_PARENT_WEIGHT = 0.15
_SAME_PARENTS = 0.7  # likeness of the start of a label to the parents that it repeats
_READ = 0.6  # confidence from which a label that is like no row speaks against one
HALF = 3  # letters of a label that a page break has cut, at least
REACH = 2  # lines above in which the rest of it may be
_RIVAL = 0.05  # a row that is more like another of its table by this is left alone


@dataclass(frozen=True, slots=True)
class _Label:
    """A cell that may label its row, with the label cells before it.

    `joined` is its text with those before it in the same row alone: a border that is none parts one
    label into several cells.
    """

    cell: Cell
    parents: tuple[str, ...]
    joined: str
    weight: float


@dataclass(frozen=True, slots=True)
class Line:
    """A grid row of a table: its cells from left to right and what may be its label."""

    table: int
    row: int
    cells: tuple[Cell, ...]
    labels: tuple[_Label, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A template row in its place."""

    form: TableForm
    block: Block
    row: Row

    @property
    def id(self) -> str:
        """The row's id with its table: applications.other."""
        return f"{self.form.id}.{self.row.id}"


@dataclass(frozen=True, slots=True)
class Found:
    """A template row on the paper: the index of its line, and how sure that is."""

    line: int
    certainty: float


def items_of(forms: Iterable[TableForm]) -> list[Item]:
    """The rows of the forms, in order."""
    return [Item(form, block, row) for form in forms for block in form.blocks for row in block.rows]


def lines_of(tables: Sequence[Table]) -> list[Line]:
    """The grid rows of all tables, in reading order."""
    return [
        Line(index, row, cells, _row_labels(cells))
        for index, table in enumerate(tables)
        for row, cells in enumerate(row_cells(table))
    ]


def _row_labels(cells: Sequence[Cell]) -> tuple[_Label, ...]:
    """Text cells of the row; of several before the numbers the last is the label.

    A row of text alone, or mostly, is a header and has no label.
    """
    texts = sum(map(_is_text, cells))
    if texts == len(cells) or texts > max(_LABEL_CELLS, len(cells) - texts):
        return ()
    height = min((cell.row_span for cell in cells if not _is_text(cell)), default=1)
    found: list[_Label] = []
    run: list[Cell] = []
    for cell in [*cells, None]:
        if cell is not None and _is_text(cell):
            run.append(cell)
        elif cell is None or parse_number(cell.text) is not None:
            for k, label in enumerate(run):
                last = k == len(run) - 1
                # A label over more rows than its numbers is that of several rows, or two in one.
                if label.row_span > (height if last else 1):
                    continue
                weight = 1.0 if last else _PASSED_OVER
                parents = tuple(c.text for c in run[:k])
                found.append(_Label(label, parents, _joined(run[: k + 1]), weight))
            run = []
    return tuple(found)


def _joined(run: Sequence[Cell]) -> str:
    own = itertools.takewhile(lambda c: c.row_span == 1, reversed(run))
    return "".join(cell.text for cell in reversed(list(own)))


def _is_text(cell: Cell) -> bool:
    return labels.legible(cell.text) and parse_number(cell.text) is None


def find_rows(
    items: Sequence[Item],
    lines: Sequence[Line],
    ways: Sequence[Sequence[frozenset[str]]],
) -> dict[str, Found]:
    """Template rows on the paper: by label, then by order between rows that are certain."""
    scores = [[_line_likeness(line, item.row) for item in items] for line in lines]
    aligned = _aligned(items, scores)
    kept = _one_way(items, scores, aligned, ways)
    items_left = [k for k, item in enumerate(items) if item.id in kept]
    scores = [[row[k] for k in items_left] for row in scores]
    items = [items[k] for k in items_left]
    aligned = _aligned(items, scores)
    found = {
        items[j].id: Found(i, _row_certainty(i, j, aligned, scores, items, lines))
        for i, j in enumerate(aligned)
        if j is not None
    }
    for i, j in _by_order(aligned, scores, items, lines):
        found[items[j].id] = Found(i, labels.BY_ORDER)
    return {item.id: _where_begun(item, found, lines) for item in items if item.id in found}


def _where_begun(item: Item, found: Mapping[str, Found], lines: Sequence[Line]) -> Found:
    """The row, or the line above where it begins: a page break may leave it only half its label.

    Its numbers are where the label begins, on a line that is no other row.
    """
    own = found[item.id]
    label = own_label(item, lines[own.line])
    taken = {other.line for other in found.values()}
    if label is None or _has_numbers(lines[own.line]):
        return own
    for k in range(own.line - 1, max(own.line - 1 - REACH, -1), -1):
        if k in taken:
            break
        begun = any(_halves(cell.text, label.text, item.row) for cell in lines[k].cells)
        if begun and _has_numbers(lines[k]):
            return Found(k, own.certainty)
    return own


def _halves(first: str, second: str, row: Row) -> bool:
    """Whether two texts are the two halves of a row's label."""
    start, end = letters(first), letters(second)
    return min(len(start), len(end)) >= HALF and any(
        letters(name).startswith(start) and letters(name).endswith(end) for name in row.labels
    )


def _has_numbers(line: Line) -> bool:
    return any(parse_number(cell.text) is not None for cell in line.cells)


def _line_likeness(line: Line, row: Row) -> float:
    return max((_label_likeness(label, row) for label in line.labels), default=0.0)


def _label_likeness(label: _Label, row: Row) -> float:
    own = max(labels.likeness(text, name) for text in _tails(label, row) for name in row.labels)
    if len(row.path) > 1 and label.parents:
        kin = max(labels.likeness(parent, row.path[-2]) for parent in label.parents)
        own *= 1 - _PARENT_WEIGHT * (1 - kin)
    return own * label.weight


def _tails(label: _Label, row: Row) -> Iterator[str]:
    """The label, whole too, and what is left without parents that are printed in the same cell."""
    yield label.cell.text
    yield label.joined
    text = letters(label.cell.text)
    for parents in {row.path[:-1], row.path[-2:-1]} - {()}:
        size = len(letters("".join(parents)))
        if len(text) > size and labels.likeness(text[:size], "".join(parents)) >= _SAME_PARENTS:
            yield text[size:]


def _aligned(items: Sequence[Item], scores: list[list[float]]) -> list[int | None]:
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
    i: int, j: int | None, scores: list[list[float]], items: Sequence[Item]
) -> int | None:
    """A line that is more like another row of the same table is left alone."""
    if j is None:
        return None
    return None if _rival(i, j, scores, items) > scores[i][j] + _RIVAL else j


def _rival(i: int, j: int, scores: list[list[float]], items: Sequence[Item]) -> float:
    return max(
        (score for k, score in enumerate(scores[i]) if k != j and items[k].form is items[j].form),
        default=0.0,
    )


def _one_way(
    items: Sequence[Item],
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
        best = max(choice, key=lambda way: sum(likeness.get(row, 0.0) for row in way))
        kept -= {row for way in choice if way is not best for row in way}
    return kept


def _row_certainty(
    i: int,
    j: int,
    aligned: Sequence[int | None],
    scores: list[list[float]],
    items: Sequence[Item],
    lines: Sequence[Line],
) -> float:
    support = sum(0 <= i + step < len(lines) and aligned[i + step] == j + step for step in (-1, 1))
    return labels.certainty(scores[i][j], _rival(i, j, scores, items), support)


def _by_order(
    aligned: Sequence[int | None],
    scores: list[list[float]],
    items: Sequence[Item],
    lines: Sequence[Line],
) -> list[tuple[int, int]]:
    """Lines whose label says nothing, in gaps where every printed row is accounted for."""
    return [
        (i, j)
        for i, j in labels.between(aligned, len(items))
        if value_like(lines[i].cells)
        and (scores[i][j] >= labels.WEAK or not _own_labels(lines[i]))
        and all(_near(aligned, lines, i, k) for k in (i - 1, i + 1))
    ]


def _own_labels(line: Line) -> list[_Label]:
    """What labels this line alone and can be read; a cell over several lines is a parent."""
    return [
        label
        for label in line.labels
        if label.cell.row_span == 1 and label.cell.confidence >= _READ
    ]


def _near(aligned: Sequence[int | None], lines: Sequence[Line], i: int, k: int) -> bool:
    """Whether line k beside line i is a row of a table too, not the end of the document."""
    return 0 <= k < len(lines) and (aligned[k] is not None or lines[k].table == lines[i].table)


def own_label(item: Item, line: Line) -> Cell | None:
    """The cell that labels a line as that row, None where it has no label."""
    best = max(line.labels, key=lambda label: _label_likeness(label, item.row), default=None)
    return best.cell if best is not None else None
