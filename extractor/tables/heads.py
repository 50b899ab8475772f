"""The header of a table without a full grid: cells of several lines, spanning cells, levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.geometry import bounding
from extractor.tables.columns import OVER_PT
from extractor.tables.tiling import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.geometry import Box, Segment
    from extractor.tables.columns import Columns
    from extractor.tables.runs import Line, Run

LEAD = 0.55  # letter heights between two lines of one cell at most
ALIKE = 0.15  # share by which their letters differ in height at most
SET = 0.8  # letter heights by which their ends or their middles differ
SPREAD = 0.25  # what another spanned column is worth, in letter heights off the middle


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines of one header cell, with the columns they stand over; `ruled`: a rule says so."""

    runs: tuple[Run, ...]
    box: Box
    first: int
    last: int
    ruled: bool = False

    def over(self, other: _Piece) -> bool:
        """Whether the columns of both have one in common."""
        return self.first <= other.last and other.first <= self.last


def header_blocks(
    lines: Sequence[Line],
    columns: Columns,
    rules: Sequence[Segment],
    uprights: Sequence[Segment] = (),
) -> list[Block]:
    """Cells of a header; rows count from 0. `rules` and `uprights` are the region's rulings."""
    pieces = [piece for line in lines for piece in _pieces(line, columns, rules)]
    pieces = [_boxed(piece, pieces, columns, uprights, top=True) for piece in pieces]
    pieces = _wrapped(pieces, rules)
    pieces = [_boxed(piece, pieces, columns, uprights) for piece in pieces]
    pieces = [p if p.ruled else _centred(p, pieces, columns) for p in pieces]
    return _levels(pieces)


def _pieces(line: Line, columns: Columns, rules: Sequence[Segment]) -> list[_Piece]:
    pieces = []
    for run in line.runs:
        first, last = columns.of(run.box.x0, run.box.x1)
        under = _rule_under(run, line, rules)
        if under is not None:
            inside = columns.within(under.x0, under.x1)
            if inside and inside[0] <= first and inside[-1] >= last and len(inside) > 1:
                pieces.append(_Piece((run,), run.box, inside[0], inside[-1], ruled=True))
                continue
        pieces.append(_Piece((run,), run.box, first, last))
    return pieces


def _boxed(
    piece: _Piece,
    pieces: Sequence[_Piece],
    columns: Columns,
    uprights: Sequence[Segment],
    *,
    top: bool = False,
) -> _Piece:
    """A cell alone between two upright rulings spans the columns between them.

    With `top` nothing may stand above it between them either: the line may be one of a cell's.
    """
    y = piece.box.center[1]
    if not any(r.y0 < y < r.y1 for r in uprights):
        return piece
    places = [r.x0 for r in uprights if r.y0 < y < r.y1]
    left = max((x for x in places if x <= piece.box.x0 + OVER_PT), default=columns.stops[0])
    right = min((x for x in places if x >= piece.box.x1 - OVER_PT), default=columns.stops[-1])
    inside = columns.within(left, right)
    level = [p for p in pieces if p.box.y0 < piece.box.y1 and (top or p.box.y1 > piece.box.y0)]
    alone = sum(left < p.box.center[0] < right for p in level) == 1
    if not alone or not inside or inside[0] > piece.first or inside[-1] < piece.last:
        return piece
    return replace(piece, first=inside[0], last=inside[-1], ruled=True)


def _rule_under(run: Run, line: Line, rules: Sequence[Segment]) -> Segment | None:
    """The shortest rule right below a run that reaches over all of it and no other of its line."""
    size = run.box.height
    others = [other.box.center[0] for other in line.runs if other is not run]
    below = [
        r
        for r in rules
        if run.box.y1 - 0.45 * size <= r.y0 <= run.box.y1 + 0.8 * size
        and r.x0 <= run.box.x0 + OVER_PT
        and r.x1 >= run.box.x1 - OVER_PT
        and not any(r.x0 < x < r.x1 for x in others)
    ]
    return min(below, key=lambda r: r.length, default=None)


def _wrapped(pieces: Sequence[_Piece], rules: Sequence[Segment]) -> list[_Piece]:
    """Puts lines of one cell together: each right below the other and below no second one."""
    done: list[_Piece] = []
    for piece in sorted(pieces, key=lambda p: p.box.y0):
        above = [p for p in done if _near(p, piece)]
        if len(above) == 1 and _one_cell(above[0], piece, pieces, rules):
            done[done.index(above[0])] = _united(above[0], piece)
        else:
            done.append(piece)
    return done


def _near(above: _Piece, below: _Piece) -> bool:
    """Whether one stands right below the other, by less than half a line, and is set like it."""
    last = above.runs[-1].box
    size = min(last.height, below.box.height)
    shared = min(above.box.x1, below.box.x1) - max(above.box.x0, below.box.x0)
    return (
        abs(last.height - below.box.height) < ALIKE * size
        and abs(below.box.y0 - last.y1) < LEAD * size
        and shared > 0
        and _is_aligned(last, below.box, SET * size)
    )


def _is_aligned(a: Box, b: Box, reach: float) -> bool:
    """Whether two lines begin or end at one place, or have one middle."""
    places = ((a.x0, b.x0), (a.x1, b.x1), (a.center[0], b.center[0]))
    return any(abs(p - q) <= reach for p, q in places)


def _one_cell(
    above: _Piece, below: _Piece, pieces: Sequence[_Piece], rules: Sequence[Segment]
) -> bool:
    same = (above.first, above.last) == (below.first, below.last)
    if above.ruled and not same:
        return False
    if not above.over(below):
        return False
    last = replace(above, runs=above.runs[-1:], box=above.runs[-1].box)
    if sum(_near(last, other) for other in pieces if other.box.y0 > last.box.y0) > 1:
        return False
    x = (max(above.box.x0, below.box.x0) + min(above.box.x1, below.box.x1)) / 2
    top, bottom = last.box.center[1], below.box.center[1]
    return not any(top < r.y0 < bottom and r.x0 < x < r.x1 for r in rules)


def _united(a: _Piece, b: _Piece) -> _Piece:
    box = bounding((a.box, b.box))
    first, last = min(a.first, b.first), max(a.last, b.last)
    return _Piece((*a.runs, *b.runs), box, first, last, a.ruled or b.ruled)


def _centred(piece: _Piece, pieces: Sequence[_Piece], columns: Columns) -> _Piece:
    """A spanning cell without a rule: centred over columns that have text of their own below."""
    size = piece.runs[0].box.height
    below = [p for p in pieces if p.box.y0 > piece.box.y1 - 0.3 * size]
    low, high = _room(
        piece, pieces, columns, {c for p in below for c in range(p.first, p.last + 1)}
    )
    middle = piece.box.center[0]
    fitting = [
        (a, b)
        for a in range(low, piece.first + 1)
        for b in range(piece.last, high + 1)
        if abs(columns.centre(a, b) - middle) <= size
    ]
    if not fitting:
        return piece
    first, last = max(
        fitting,
        key=lambda r: SPREAD * (r[1] - r[0]) - abs(columns.centre(*r) - middle) / size,
    )
    return replace(piece, first=first, last=last)


def _room(
    piece: _Piece, pieces: Sequence[_Piece], columns: Columns, headed: set[int]
) -> tuple[int, int]:
    """How far a cell may spread: to its neighbours, over columns headed below."""
    beside = [p for p in pieces if p.box.y0 < piece.box.y1 and p.box.y1 > piece.box.y0]
    # The labels' column has a heading of its own.
    low = max((p.last + 1 for p in beside if p.last < piece.first), default=1)
    high = min((p.first - 1 for p in beside if p.first > piece.last), default=len(columns) - 1)
    a, b = piece.first, piece.last
    if all(c in headed for c in range(a, b + 1)):
        while a > low and a - 1 in headed:
            a -= 1
        while b < high and b + 1 in headed:
            b += 1
    return a, b


def _levels(pieces: Sequence[_Piece]) -> list[Block]:
    """A level for each cell below another; the cells of a column fill the header's height."""
    ordered = sorted(pieces, key=lambda p: p.box.center[1])
    level: list[int] = []
    for i, piece in enumerate(ordered):
        over = [level[j] for j in range(i) if ordered[j].over(piece)]
        level.append(max(over, default=-1) + 1)
    rows = max(level, default=-1) + 1
    return [_block(i, ordered, level, rows) for i in range(len(ordered))]


def _block(i: int, pieces: Sequence[_Piece], level: Sequence[int], rows: int) -> Block:
    piece = pieces[i]
    near = [j for j in range(len(pieces)) if j != i and pieces[j].over(piece)]
    below = min((level[j] for j in near if level[j] > level[i]), default=rows)
    first = level[i] if any(level[j] < level[i] for j in near) else 0
    words = tuple(word for run in piece.runs for word in run.words)
    return Block(first, below - 1, piece.first, piece.last, words)
