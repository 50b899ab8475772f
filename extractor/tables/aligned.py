"""Tables that no full grid of rulings draws: columns and rows by how their text is aligned.

Words → lines → columns by the strips that no text crosses → header and body → rows → cells that
tile the grid. Rulings, where there are some, part rows and columns and tell what headers span.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.document import Cell, Table
from extractor.geometry import Box, Segment, bounding
from extractor.tables.bodies import body_rows
from extractor.tables.grid import Grid, Span
from extractor.tables.gutters import Strip, find_gutters, is_number
from extractor.tables.heads import Block, Columns, header_blocks
from extractor.tables.runs import Line, Run, is_value, letter_size, line_of, run_of, text_lines, wide_gap, word_gap, word_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Word

_LEADER = re.compile(r"^[.…·]{4,}$")  # dots that lead the eye from a label to its value
_NOTE = re.compile(r"^\(?[\da-z]{1,2}\)$|^[a-z]$")  # a note mark beside a number
_DRAWN = re.compile(r"^[-_=–—]{4,}$")  # a rule made of signs
APART = 1.25  # usual word gaps from which a gap may part the cells of a header
EDGE = 0.05  # share of its width by which such a rule may end short of either side
FULL = 0.85  # share of a region's width from which a rule crosses it
MARKS = frozenset("$€£¥%*†‡§#•·▪●■–-")
BEFORE = frozenset("$€£¥•·▪●■")


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page that holds one table."""

    box: Box
    words: tuple[Word, ...]
    rulings: tuple[Segment, ...]
    gap: float = 0.25  # usual gap between words of the page, in letter heights


def build(region: Region, page: int) -> tuple[Table, Grid] | None:
    """The table of a region; None where its text has no columns."""
    words = [w for w in region.words if not _is_leader(w)]
    dashes = [w for w in words if _DRAWN.match(w.text)]
    texts = [w for w in words if w not in dashes]
    if not texts:
        return None
    size = letter_size(texts)
    gap = word_gap(word_rows(texts), region.gap)
    wide, usual = size * wide_gap(gap), size * gap
    rows = text_lines(texts, wide)
    rules = _level(region)
    rules = _joined([*rules, *(Segment(w.bbox.x0, w.bbox.center[1], w.bbox.x1, w.bbox.center[1]) for w in dashes)])
    crossing = _crossing(rules, region.box)
    uprights = _uprights(region)
    head, body = _split(rows, crossing, wide, uprights)
    columns = _columns(head, body, wide, uprights)
    if len(columns) < 2:
        return None
    head = [
        _cut(line, columns, uprights, usual, below)
        for line, below in itertools.zip_longest(head, head[1:])
    ]
    body = [_cut(line, columns, uprights, usual) for line in body]
    partial = [r for r in rules if not _crossing([r], region.box)]
    blocks = header_blocks(head, columns, partial, uprights)
    limit = _limit(body, columns)
    grouped = body_rows(body, columns, crossing, limit)
    first = max((b.last_row + 1 for b in blocks), default=0)
    for n, group in enumerate(grouped):
        blocks.extend(_row_blocks(group, first + n, columns, rules))
    count = first + len(grouped)
    return _table(blocks, count, columns, region, page)


def _is_leader(word: Word) -> bool:
    """Whether a word is a solid row of dots; dots with blanks between are printed as text."""
    if not _LEADER.match(word.text) or len(word.chars) < 2:
        return False
    a, b = word.chars[0].bbox, word.chars[1].bbox
    return b.x0 - a.x1 < 0.25 * a.width


def _level(region: Region) -> list[Segment]:
    return _joined(sorted(r for r in region.rulings if r.horizontal))


def _joined(rules: Sequence[Segment]) -> list[Segment]:
    """Level rulings whose ends touch are one."""
    done: list[Segment] = []
    for rule in sorted(rules, key=lambda r: (round(r.y0), r.x0)):
        last = done[-1] if done else None
        if last and abs(last.y0 - rule.y0) < 1.5 and rule.x0 <= last.x1 + 1.5:
            done[-1] = Segment(last.x0, last.y0, max(last.x1, rule.x1), last.y0, last.thickness)
        else:
            done.append(rule)
    return done


def _crossing(rules: Sequence[Segment], box: Box) -> list[Segment]:
    """Rules across the whole region, pieces with small gaps between counted together."""
    groups: list[list[Segment]] = []
    for rule in sorted(rules, key=lambda r: r.y0):
        if groups and rule.y0 - groups[-1][0].y0 < 1.5:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    found = []
    for group in groups:
        x0, x1 = min(r.x0 for r in group), max(r.x1 for r in group)
        drawn = sum(min(r.x1, box.x1) - max(r.x0, box.x0) for r in group)
        edge = EDGE * box.width
        if drawn >= FULL * box.width and x0 <= box.x0 + edge and x1 >= box.x1 - edge:
            found.append(Segment(x0, group[0].y0, x1, group[0].y0))
    return found


def _uprights(region: Region) -> list[Segment]:
    return [r for r in region.rulings if not r.horizontal]


def _split(
    rows: list[Line], crossing: Sequence[Segment], wide: float, uprights: Sequence[Segment]
) -> tuple[list[Line], list[Line]]:
    """Header lines and body lines: a rule parts them, or the first line of a label and values."""
    first_data = next((i for i, line in enumerate(rows) if _is_data(line)), len(rows))
    for rule in sorted(crossing, key=lambda r: r.y0):
        above = [line for line in rows if line.box.center[1] < rule.y0]
        if above and len(above) <= max(len(rows) // 2, 1):
            if len(above) <= max(first_data, 1) + 1 or True:
                return above, rows[len(above) :]
    if first_data == len(rows):
        first_data = 0
    return rows[:first_data], rows[first_data:]


def _is_data(line: Line) -> bool:
    """Whether a line holds a label and values, or values only."""
    values = [is_value(run.text) for run in line.runs]
    return len(values) >= 2 and sum(values[1:]) >= 0.5 * len(values[1:])


def _columns(
    head: Sequence[Line], body: Sequence[Line], wide: float, uprights: Sequence[Segment]
) -> Columns:
    lines = [line for line in body]
    if sum(len(line.runs) >= 2 for line in lines) < 2:
        lines = [*head, *body]
    gutters = find_gutters(lines, wide)
    gutters = [_clear(g, head) for g in gutters]
    stops = _with_uprights([g.middle for g in gutters], uprights, lines, gutters)
    x0 = min(line.box.x0 for line in (*head, *body))
    x1 = max(line.box.x1 for line in (*head, *body))
    stops = [x0 - 1.0, *[s for s in stops if x0 < s < x1], x1 + 1.0]
    edges = [_edge(lines, a, b) for a, b in zip(stops, stops[1:], strict=False)]
    return _without_marks(lines, edges, stops, head)


def _clear(gutter: Strip, head: Sequence[Line]) -> Strip:
    """The strip without what headers reach into it from either side."""
    boxes = [run.box for line in head for run in line.runs]
    x0 = max([b.x1 for b in boxes if b.x0 < gutter.x0 < b.x1 < gutter.x1], default=gutter.x0)
    x1 = min([b.x0 for b in boxes if gutter.x0 < b.x0 < gutter.x1 < b.x1], default=gutter.x1)
    return Strip(x0, x1) if x0 < x1 else gutter


def _edge(lines: Sequence[Line], a: float, b: float) -> tuple[float, float]:
    """From where to where text stands between two borders."""
    boxes = [w.bbox for line in lines if len(line.runs) > 1 for w in line.words
             if a <= w.bbox.center[0] <= b]  # fmt: skip
    return (min(x.x0 for x in boxes), max(x.x1 for x in boxes)) if boxes else (a, b)


def _with_uprights(
    stops: list[float], uprights: Sequence[Segment], lines: Sequence[Line], gutters: Sequence
) -> list[float]:
    """Drawn borders take the place of strips near them."""
    if not lines:
        return stops
    top, bottom = lines[0].box.y0, lines[-1].box.y1
    places: dict[int, float] = {}
    for r in uprights:
        places[round(r.x0)] = places.get(round(r.x0), 0) + max(
            0.0, min(r.y1, bottom) - max(r.y0, top)
        )
    drawn = [float(x) for x, length in sorted(places.items()) if length > 0.5 * (bottom - top)]
    merged: list[float] = []
    for x in drawn:
        if not merged or x - merged[-1] > 4.0:
            merged.append(x)
    kept = [
        s
        for s, g in zip(stops, gutters, strict=True)
        if not any(g.x0 - 1 <= x <= g.x1 + 1 for x in merged)
    ]
    return sorted([*kept, *merged])


def _without_marks(
    lines: Sequence[Line], edges: list[tuple[float, float]], stops: list[float], head: Sequence[Line]
) -> Columns:
    """A column of currency or note marks only belongs to the numbers beside it."""
    drop: set[int] = set()
    for i in range(len(edges)):
        texts = [
            w.text for line in lines for w in line.words if stops[i] <= w.bbox.center[0] <= stops[i + 1]
        ]
        headed = any(stops[i] < r.box.center[0] < stops[i + 1] for line in head for r in line.runs)
        notes = not headed and all(_NOTE.match(t) for t in texts)
        if not texts and not headed:
            drop.add(i if i else 1)
        if texts and (all(set(t) <= MARKS for t in texts) or notes) and len(edges) > 2:
            currency = all(set(t) <= BEFORE for t in texts)
            drop.add(i + 1 if currency and i + 1 < len(edges) else i)
    kept = [s for n, s in enumerate(stops) if n not in drop or n in (0, len(stops) - 1)]
    if len(kept) == len(stops):
        return Columns(tuple(edges), tuple(stops))
    return Columns(
        tuple(_edge(lines, a, b) for a, b in zip(kept, kept[1:], strict=False)), tuple(kept)
    )


def _cut(
    line: Line,
    columns: Columns,
    uprights: Sequence[Segment],
    usual: float,
    below: Line | None = None,
) -> Line:
    """The line's runs, parted where a strip between columns falls into a gap that stands out."""
    drawn = [u.x0 for u in uprights if u.y0 < line.box.center[1] < u.y1]
    strips = [(a.box.x1, b.box.x0) for a, b in itertools.pairwise(below.runs)] if below else []
    return line_of([part for run in line.runs for part in _parts(run, columns, drawn, strips, usual)])


def _parts(
    run: Run,
    columns: Columns,
    drawn: Sequence[float],
    strips: Sequence[tuple[float, float]],
    usual: float,
) -> list[Run]:
    """`drawn` are the places of upright rulings, `strips` the wide gaps of the line below."""
    pairs = list(itertools.pairwise(run.words))
    gaps = [b.bbox.x0 - a.bbox.x1 for a, b in pairs]
    inner = columns.stops[1:-1]
    fits = [_within(a, b, inner) for a, b in pairs]
    parts, start = [], 0
    for i, (a, b) in enumerate(pairs):
        apart = gaps[i] > APART * usual or (is_number(a.text) and is_number(b.text))
        parted = any(b.bbox.x0 > x0 and a.bbox.x1 < x1 for x0, x1 in strips)
        if ((fits[i] or parted) and apart) or _within(a, b, drawn):
            parts.append(run_of(run.words[start : i + 1]))
            start = i + 1
    return [*parts, run_of(run.words[start:])]


def _within(a: Word, b: Word, places: Sequence[float]) -> bool:
    """Whether one of the places lies between two words."""
    return any(a.bbox.x1 - 1 <= x <= b.bbox.x0 + 1 for x in places)


def _limit(body: Sequence[Line], columns: Columns) -> float:
    """How far labels reach: the right end of the longest that has values beside it."""
    ends = [line.runs[0].box.x1 for line in body if columns.of(*_x(line.runs[0])) == (0, 0)]
    return max(ends, default=columns.stops[1])


def _x(run: Run) -> tuple[float, float]:
    return run.box.x0, run.box.x1


def _row_blocks(
    group: Sequence[Line], row: int, columns: Columns, rules: Sequence[Segment]
) -> list[Block]:
    held: dict[tuple[int, int], list[Word]] = {}
    for line in group:
        for run in line.runs:
            first, last = columns.of(*_x(run))
            if len(line.runs) > 1 and last > first:
                for word in run.words:
                    c = columns.of(word.bbox.x0, word.bbox.x1)[0]
                    held.setdefault((c, c), []).append(word)
                continue
            if len(group) == 1 and len(line.runs) == 1 and first > 0:
                first, last = _heading(run, columns)
            held.setdefault((first, last), []).extend(run.words)
    return _untangled(held, row)


def _heading(run: Run, columns: Columns) -> tuple[int, int]:
    """A lone run right of the labels: centred over all columns of values, or in its own."""
    first, last = columns.of(*_x(run))
    middle = sum(_x(run)) / 2
    whole = (1, len(columns) - 1)
    if abs(columns.centre(*whole) - middle) < run.box.height:
        return whole
    return first, last


def _untangled(held: dict[tuple[int, int], list[Word]], row: int) -> list[Block]:
    """Cells of one row that overlap become one."""
    blocks: list[Block] = []
    for (first, last), words in sorted(held.items()):
        if blocks and first <= blocks[-1].last_column:
            old = blocks[-1]
            blocks[-1] = Block(row, row, old.column, max(old.last_column, last), (*old.words, *words))
        else:
            blocks.append(Block(row, row, first, last, tuple(words)))
    return blocks


def _table(
    blocks: Sequence[Block], rows: int, columns: Columns, region: Region, page: int
) -> tuple[Table, Grid]:
    taken = [[False] * len(columns) for _ in range(rows)]
    placed = []
    for b in sorted(blocks, key=lambda b: (b.row, b.column)):
        free = not any(taken[r][c] for r in range(b.row, b.last_row + 1) for c in range(b.column, b.last_column + 1))
        if not free:
            continue
        for r in range(b.row, b.last_row + 1):
            for c in range(b.column, b.last_column + 1):
                taken[r][c] = True
        placed.append(b)
    for r in range(rows):
        for c in range(len(columns)):
            if not taken[r][c]:
                placed.append(Block(r, r, c, c, ()))
    placed.sort(key=lambda b: (b.row, b.column))
    ys = _heights(placed, rows, region.box)
    spans = tuple(
        Span(b.row, b.column, b.last_row - b.row + 1, b.last_column - b.column + 1, 0.5) for b in placed
    )
    grid = Grid(ys, columns.stops, spans, ruled=False)
    cells = tuple(
        Cell(s.row, s.column, s.row_span, s.column_span, cell_words(b.words), 1.0, page, grid.box_of(s).rounded(), 0.5)
        for s, b in zip(spans, placed, strict=True)
    )
    return Table("", "", (page,), rows, len(columns), cells), grid


def _heights(blocks: Sequence[Block], rows: int, box: Box) -> tuple[float, ...]:
    tops = [None] * rows
    bottoms = [None] * rows
    for b in blocks:
        if not b.words:
            continue
        w = bounding(x.bbox for x in b.words)
        tops[b.row] = w.y0 if tops[b.row] is None else min(tops[b.row], w.y0)
        bottoms[b.last_row] = w.y1 if bottoms[b.last_row] is None else max(bottoms[b.last_row], w.y1)
    ys = [box.y0]
    for r in range(1, rows):
        lo = bottoms[r - 1]
        hi = tops[r]
        y = (lo + hi) / 2 if lo is not None and hi is not None else (lo if lo is not None else hi)
        if y is None or y <= ys[-1]:
            y = ys[-1] + 0.1
        ys.append(y)
    ys.append(max(box.y1, ys[-1] + 0.1))
    return tuple(ys)


def cell_words(words: Sequence[Word]) -> str:
    """The words of a cell, line after line."""
    return " ".join(word.text for row in word_rows(words) for word in row)
