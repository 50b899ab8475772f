"""Tables that no full grid of rulings draws: columns and rows by how their text is aligned.

Words → lines → columns by the strips that no text crosses → header and body → rows → cells that
tile the grid. Rulings, where there are some, part rows and columns and tell what headers span.
The ideas are those of Nurminen, "Algorithmic extraction of data in tables in PDF documents"
(Tampere 2013), and of Shigarov et al., "Configurable table structure recognition in untagged PDF
documents" (DocEng 2016).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.geometry import Segment
from extractor.tables.bodies import body_rows
from extractor.tables.columns import cut_lines, find_columns
from extractor.tables.heads import header_blocks
from extractor.tables.rules import crossing_rules, joined_rules
from extractor.tables.runs import (
    is_value,
    letter_size,
    text_lines,
    wide_gap,
    word_gap,
    word_rows,
)
from extractor.tables.tiling import Block, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Table, Word
    from extractor.geometry import Box
    from extractor.tables.columns import Columns
    from extractor.tables.grid import Grid
    from extractor.tables.runs import Line, Run

TOUCH_PT = 1.5  # ends of rulings this close touch
_LEADER = re.compile(r"[.…·]{4,}")  # dots that lead the eye from a label to its value
_DRAWN = re.compile(r"[-_=–—]{4,}")  # a rule made of signs


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page that holds one table.

    `gap` is the usual gap between words of the page, in letter heights.
    """

    box: Box
    words: tuple[Word, ...]
    rulings: tuple[Segment, ...]
    gap: float = 0.25


def build(region: Region, page: int) -> tuple[Table, Grid] | None:
    """The table of a region and its grid; None where its text has no columns."""
    texts = [w for w in region.words if not _is_leader(w) and not _DRAWN.fullmatch(w.text)]
    if not texts:
        return None
    size = letter_size(texts)
    gap = word_gap(word_rows(texts), region.gap)
    rules = _rules(region)
    crossing = crossing_rules(rules, region.box)
    uprights = [r for r in region.rulings if not r.horizontal]
    head, body = _split(text_lines(texts, size * wide_gap(gap)), crossing)
    columns = find_columns(head, body, uprights, size * wide_gap(gap))
    if len(columns) < 2:
        return None
    head, body = (cut_lines(part, columns, uprights, size * gap) for part in (head, body))
    partial = [r for r in rules if not crossing_rules([r], region.box)]
    blocks = header_blocks(head, columns, partial, uprights)
    first = max((block.last_row + 1 for block in blocks), default=0)
    rows = body_rows(body, columns, crossing)
    for number, group in enumerate(rows, first):
        blocks.extend(_row_blocks(group, number, columns))
    return table_of(blocks, first + len(rows), columns.stops, region.box, page)


def _is_leader(word: Word) -> bool:
    """Whether a word is a solid row of dots; dots with blanks between are printed as text."""
    if not _LEADER.fullmatch(word.text) or len(word.chars) < 2:
        return False
    a, b = word.chars[0].bbox, word.chars[1].bbox
    return b.x0 - a.x1 < 0.25 * a.width


def _rules(region: Region) -> list[Segment]:
    """The level rulings of a region, those of signs too."""
    boxes = [w.bbox for w in region.words if _DRAWN.fullmatch(w.text)]
    signs = [Segment(b.x0, b.center[1], b.x1, b.center[1]) for b in boxes]
    return joined_rules([*region.rulings, *signs], TOUCH_PT)


def _split(
    lines: Sequence[Line], crossing: Sequence[Segment]
) -> tuple[Sequence[Line], Sequence[Line]]:
    """Header lines and body lines: a rule parts them, or the first line of values."""
    for rule in crossing:
        above = sum(line.box.center[1] < rule.y0 for line in lines)
        if 0 < above <= max(len(lines) // 2, 1):
            return lines[:above], lines[above:]
    first = next((i for i, line in enumerate(lines) if _is_data(line)), 0)
    return lines[:first], lines[first:]


def _is_data(line: Line) -> bool:
    """Whether a line holds a label and values, or values only."""
    values = [is_value(run.text) for run in line.runs[1:]]
    return bool(values) and sum(values) >= 0.5 * len(values)


def _row_blocks(group: Sequence[Line], row: int, columns: Columns) -> list[Block]:
    """The cells of one row, which may have several lines."""
    held: dict[tuple[int, int], list[Word]] = {}
    alone = len(group) == 1 and len(group[0].runs) == 1
    for run in (run for line in group for run in line.runs):
        first, last = _heading(run, columns) if alone else columns.of(run.box.x0, run.box.x1)
        if first == last or alone:
            held.setdefault((first, last), []).extend(run.words)
            continue
        for word in run.words:
            column = columns.of(word.bbox.x0, word.bbox.x1)[0]
            held.setdefault((column, column), []).append(word)
    return [Block(row, row, first, last, tuple(words)) for (first, last), words in held.items()]


def _heading(run: Run, columns: Columns) -> tuple[int, int]:
    """The columns of a row's only text: centred over all values it spans them."""
    first, last = columns.of(run.box.x0, run.box.x1)
    values = (1, len(columns) - 1)
    centred = abs(columns.centre(*values) - run.box.center[0]) < run.box.height
    return values if first > 0 and centred else (first, last)
