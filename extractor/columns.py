"""Finds the columns of a template in the header rows of a table, and the cells below them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor import labels
from extractor.normalize import cell_state, letters, parse_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.document import Cell, Table
    from extractor.template import Block, TableForm

_PARENT_WEIGHT = 0.3
_PERMUTED = 0.5  # likeness that any order must gain over the printed order to be believed
_RIVAL = 0.05  # a header cell that is more like another column by this is left alone
_ASIDE = ("备注", "说明", "附注", "序号", "编号")  # columns that no form asks for
_READ = 0.6  # confidence from which a header cell that is like no column speaks against all
_LONGEST = 16  # characters of a column's label
_COVER = 0.5  # share of the narrower of header and value that must overlap


@dataclass(frozen=True, slots=True)
class Target:
    """A column of the template: its id and its printed labels, one tuple of variants a level."""

    id: str
    levels: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class HeadCell:
    """A header cell that stands for a column of the template."""

    target: str
    cell: Cell
    certainty: float


@dataclass(frozen=True, slots=True)
class Header:
    """The columns that were found in one table, by its index."""

    table: int
    cells: tuple[HeadCell, ...]
    contrary: bool = False  # header cells can be read, and name none of the columns
    strange: bool = False  # one can be read well, and is like none of the columns

    @property
    def weight(self) -> float:
        """How much of the template's columns it gives."""
        return sum(cell.certainty for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Value:
    """The cell of a row under a column."""

    target: str
    cell: Cell
    certainty: float


def targets_down(block: Block) -> tuple[Target, ...]:
    """The columns of a block."""
    return tuple(
        Target(column.id, (*((level,) for level in column.path[:-1]), column.labels))
        for column in block.columns
    )


def targets_across(form: TableForm) -> tuple[Target, ...]:
    """Every row × column of a form that prints both in its header; ids are "row.column"."""
    return tuple(
        Target(
            f"{row.id}.{column.id}",
            (*((level,) for level in row.path[:-1]), row.labels, column.labels),
        )
        for block in form.blocks
        for row in block.rows
        for column in block.columns
    )


def row_cells(table: Table) -> tuple[tuple[Cell, ...], ...]:
    """The cells that cover each grid row, from left to right."""
    rows: list[list[Cell]] = [[] for _ in range(table.rows)]
    for cell in sorted(table.cells, key=lambda c: c.column):
        for row in range(cell.row, min(cell.row + cell.row_span, table.rows)):
            rows[row].append(cell)
    return tuple(tuple(row) for row in rows)


def read_header(
    targets: Sequence[Target], table: Table, index: int, rows: range, skipped: frozenset[int]
) -> Header:
    """The columns that the header `rows` name; `skipped` are the grid columns of row labels."""
    texts = [
        c
        for c in table.cells
        if c.row in rows and _is_label(c) and not letters(c.text).startswith(_ASIDE)
    ]
    leaves = [
        c for c in texts
        if not skipped & set(_columns(c)) and not any(_above(c, other) for other in texts)
    ]  # fmt: skip
    leaves = [piece for leaf in leaves for piece in _pieces(leaf, table, rows.stop)]
    leaves.sort(key=lambda c: c.column)
    paths = [[t.text for t in sorted(texts, key=lambda t: t.row) if _above(t, c)] for c in leaves]
    scores = [
        [_likeness(c.text, parents, target) for target in targets]
        for c, parents in zip(leaves, paths, strict=True)
    ]
    cells = _matched(leaves, targets, scores)
    contrary = not cells and any(labels.legible(c.text) for c in leaves)
    unlike = [c for c, row in zip(leaves, scores, strict=True) if max(row) < labels.ALIKE]
    return Header(index, cells, contrary, any(_is_strange(c, targets) for c in unlike))


def _is_strange(cell: Cell, targets: Sequence[Target]) -> bool:
    """Whether a header cell can be read and holds no column's label, nor several in one."""
    name = letters(cell.text)
    # Longer ones are notes on how to read the table.
    if not labels.legible(name) or cell.confidence < _READ or len(name) > _LONGEST:
        return False
    names = (letters(label) for target in targets for label in target.levels[-1])
    return not any(known in name for known in names)


def _pieces(leaf: Cell, table: Table, below: int) -> tuple[Cell, ...]:
    """The header cell, or one without text for each column where the row `below` parts them.

    Wear takes the border between two header cells, and their words run into each other. Which
    columns they are is then told by their neighbours.
    """
    own = set(_columns(leaf))
    under = [c for c in table.cells if c.row == below and set(_columns(c)) <= own]
    if len(under) < 2 or sum(c.column_span for c in under) < len(own):
        return (leaf,)
    return tuple(replace(leaf, column=c.column, column_span=c.column_span, text="") for c in under)


def _is_label(cell: Cell) -> bool:
    return (
        bool(letters(cell.text))
        and cell_state(cell.text) == "printed"
        and parse_number(cell.text) is None
    )


def _columns(cell: Cell) -> range:
    return range(cell.column, cell.column + cell.column_span)


def _above(upper: Cell, lower: Cell) -> bool:
    """Whether one header cell stands over (part of) another."""
    apart = (
        upper.column + upper.column_span <= lower.column
        or lower.column + lower.column_span <= upper.column
    )
    return not apart and upper.row + upper.row_span <= lower.row


def _likeness(text: str, parents: Sequence[str], target: Target) -> float:
    own = max(labels.likeness(text, label) for label in target.levels[-1])
    if not parents or len(target.levels) == 1:
        return own
    kin = [
        max(labels.likeness(parent, label) for parent in parents for label in level)
        for level in target.levels[:-1]
    ]
    return own * (1 - _PARENT_WEIGHT * (1 - sum(kin) / len(kin)))


def _matched(
    leaves: Sequence[Cell], targets: Sequence[Target], scores: list[list[float]]
) -> tuple[HeadCell, ...]:
    found, pairs = _assigned(leaves, scores)
    cells = []
    for i, j in sorted(pairs.items()):
        support = _support(found, i, j, len(targets))
        sure = labels.certainty(scores[i][j], _rival(scores[i], j), support)
        by_label = found[i] == j and scores[i][j] >= labels.ALIKE
        cells.append(HeadCell(targets[j].id, leaves[i], sure if by_label else labels.BY_ORDER))
    return tuple(cells)


def _assigned(
    leaves: Sequence[Cell], scores: list[list[float]]
) -> tuple[list[int | None], dict[int, int]]:
    """The assignment of header cells to columns, and its pairs with those that only order gives."""
    if _complete(scores):
        return list(range(len(scores))), {i: i for i in range(len(scores))}
    found, free = labels.align(scores), labels.assign(scores)
    permuted = labels.total(scores, free) > labels.total(scores, found) + _PERMUTED
    found = [
        None if j is not None and _rival(scores[i], j) > scores[i][j] + _RIVAL else j
        for i, j in enumerate(free if permuted else found)
    ]
    pairs = {i: j for i, j in enumerate(found) if j is not None}
    if pairs and not permuted:
        pairs |= {
            i: j
            for i, j in labels.between(found, len(scores[0]))
            if scores[i][j] >= labels.WEAK or not labels.legible(leaves[i].text)
        }
    return found, pairs


def _complete(scores: list[list[float]]) -> bool:
    """Whether the header prints all columns in order, though some labels cannot be read."""
    if not scores or len(scores) != len(scores[0]):
        return False
    own = [row[i] for i, row in enumerate(scores)]
    contrary = any(max(row) > own[i] + 0.2 and max(row) >= 0.8 for i, row in enumerate(scores))
    unlike = sum(score < labels.WEAK for score in own)
    # Among labels that are read well an unlike one is another column, not a misread one.
    worn = any(labels.WEAK <= score < 0.99 for score in own)
    allowed = len(own) // 5 if worn else 0
    return not contrary and sum(own) / len(own) >= 0.6 and unlike <= allowed


def _rival(scores: Sequence[float], j: int) -> float:
    return max((score for k, score in enumerate(scores) if k != j), default=0.0)


def _support(found: Sequence[int | None], i: int, j: int, size: int) -> int:
    """Neighbours that stand beside a header cell as in the template; both ends count as one."""
    return sum(
        found[i + step] == j + step if 0 <= i + step < len(found) else not 0 <= j + step < size
        for step in (-1, 1)
    )


def values(header: Header, line: Sequence[Cell], index: int) -> tuple[Value, ...]:
    """The cells of a row under the header. In another table (`index`) their place tells.

    A printed cell that lies under several columns belongs to none of them for certain.
    """
    same = header.table == index
    found: list[Value] = []
    for head in header.cells:
        shared = _shared_columns if same else _shared_width
        covers = [(shared(head.cell, c), -k) for k, c in enumerate(line)]
        cover, k = max(covers, default=(0.0, 0))
        # A header over two values is two, one of which cannot be read; over a blank it may be one.
        rivals = [line[-i] for c, i in covers if c >= _COVER]
        printed = [c for c in rivals if cell_state(c.text) != "blank"]
        if cover < _COVER or len(printed if same else rivals) > 1:
            continue
        sure = head.certainty if same else head.certainty * min(1.0, cover + 0.1)
        found.append(Value(head.target, printed[0] if printed else line[-k], sure))
    uses = Counter(id(value.cell) for value in found)
    return tuple(v for v in found if uses[id(v.cell)] == 1 or cell_state(v.cell.text) == "blank")


def _shared_columns(a: Cell, b: Cell) -> float:
    common = len(set(_columns(a)) & set(_columns(b)))
    return common / min(a.column_span, b.column_span)


def _shared_width(a: Cell, b: Cell) -> float:
    common = min(a.bbox.x1, b.bbox.x1) - max(a.bbox.x0, b.bbox.x0)
    return common / max(min(a.bbox.width, b.bbox.width), 1e-6)


def values_by_order(
    targets: Sequence[Target], line: Sequence[Cell], label: Cell | None
) -> tuple[Value, ...]:
    """The cells behind the label of a row, where they are as many as the columns; else none."""
    behind = [c for c in line if label is None or c.column > label.column]
    if len(behind) != len(targets) or any(_is_label(c) for c in behind):
        return ()
    return tuple(
        Value(target.id, cell, labels.BY_ORDER)
        for target, cell in zip(targets, behind, strict=True)
    )


def value_like(line: Iterable[Cell]) -> bool:
    """Whether most cells of a row are numbers, blanks or "/", and at least one is printed."""
    cells = list(line)
    plain = sum(not _is_label(c) for c in cells)
    return plain * 2 > len(cells) and any(
        cell_state(c.text) != "blank" and not _is_label(c) for c in cells
    )
