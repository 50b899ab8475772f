"""Where on a page tables stand that no full grid of rulings draws.

First the lines between rules of one width; then, in what is left, bands of lines in columns that
follow each other closely. Prose, captions and notes are left out.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from typing import TYPE_CHECKING

from extractor.geometry import bounding
from extractor.tables.aligned import Region
from extractor.tables.folds import parted
from extractor.tables.gutters import find_gutters
from extractor.tables.ladders import find_ladders
from extractor.tables.prose import without_prose
from extractor.tables.runs import is_value, letter_size, line_of, wide_gap, word_gap, word_rows
from extractor.tables.trimming import (
    REACH_PT,
    headings_over,
    is_no_row,
    rows_below,
    trimmed,
    wide_rules,
)
from extractor.tables.whole import labels_beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.document import Word
    from extractor.geometry import Box, Segment
    from extractor.tables.gutters import Strip
    from extractor.tables.runs import Line

APART = 4.5  # letter heights without text that end a table; small type may be set wide
STRIP = 2.0  # letter heights that two tables side by side stand apart at least
SHARED = 0.3  # share of their lines that they have in common at most
RULED = 0.6  # share of lines with text in one column from which rules above and below suffice
VALUED = 0.4  # share of lines with a value in one column from which no rules are needed
FEWEST = 3  # such lines that a table without rules has at least
AROUND_PT = 6.0  # how far from its text the rulings of a table may lie


def find_regions(words: Sequence[Word], rulings: Sequence[Segment]) -> list[Region]:
    """The parts of a page that look like tables; `words` are those outside ruled tables."""
    if not words:
        return []
    gap = word_gap(word_rows(words))
    wide = letter_size(words) * wide_gap(gap)
    free = without_prose(words, wide)
    regions = [_region(part, rulings, gap) for part in _ruled_across(words, free, rulings, wide)]
    for part in _bands(_outside(free, [region.box for region in regions]), gap):
        lines = trimmed(part, rulings)
        if _is_table(lines, rulings, gap):
            regions.append(_region(lines, rulings, gap))
    return regions


def _outside(lines: Sequence[Line], boxes: Sequence[Box]) -> list[Line]:
    """What stands outside some boxes."""
    kept = [
        [run for run in line.runs if not any(box.contains(*run.box.center) for box in boxes)]
        for line in lines
    ]
    return [line_of(runs) for runs in kept if runs]


def _region(lines: Sequence[Line], rulings: Sequence[Segment], gap: float) -> Region:
    words = tuple(word for line in lines for word in line.words)
    box = bounding(w.bbox for w in words).grown(1.0)
    around = box.grown(AROUND_PT)
    near = tuple(
        r
        for r in rulings
        if r.x0 < around.x1 and r.x1 > around.x0 and r.y0 <= around.y1 and r.y1 >= around.y0
    )
    return Region(box, words, near, gap)


def _ruled_across(
    words: Sequence[Word], free: Sequence[Line], rulings: Sequence[Segment], wide: float
) -> Iterator[list[Line]]:
    """Lines of tables between rules of one width, with headings that stand over the first rule.

    `free` are the lines without prose, which may well stand in a cell.
    """
    for lines in find_ladders(words, rulings, wide):
        size = letter_size(w for line in lines for w in line.words)
        box = bounding(line.box for line in lines)
        rows = [(line.box.y0, line.box.y1) for line in lines]
        if _gutters(lines, wide / size) and not labels_beside(box, rows, free, size):
            yield from parted([*headings_over(lines, free), *lines, *rows_below(lines, free)])


def _gutters(lines: Sequence[Line], wide: float) -> list[Strip]:
    """Strips between the columns of lines; `wide` is the gap that parts runs in letter heights."""
    several = [line for line in lines if len(line.runs) >= 2]
    size = letter_size(w for line in lines for w in line.words)
    return find_gutters(several, size * wide) if len(several) >= 2 else []


def _bands(lines: Sequence[Line], gap: float) -> Iterator[list[Line]]:
    """Lines of one table each that follow each other, no wide space or sentence between."""
    bands: list[list[Line]] = [[]]
    for line in lines:
        if bands[-1] and (is_no_row(line) or _is_apart(bands[-1][-1], line)):
            bands.append([])
        if not is_no_row(line):
            bands[-1].append(line)
    for band in bands:
        if sum(len(line.runs) >= 2 for line in band) >= 2:
            for side in _sides(band, wide_gap(gap)):
                yield from parted(side)


def _is_apart(above: Line, below: Line) -> bool:
    space = below.box.y0 - above.box.y1
    return space > APART * max(below.box.height, above.box.height)


def _sides(band: list[Line], wide: float) -> list[list[Line]]:
    """The band, or its parts side by side that have hardly a line in common."""
    size = letter_size(w for line in band for w in line.words)
    for strip in _gutters(band, wide):
        left = [[r for r in line.runs if r.box.center[0] < strip.middle] for line in band]
        right = [[r for r in line.runs if r.box.center[0] > strip.middle] for line in band]
        both = sum(bool(a and b) for a, b in zip(left, right, strict=True))
        fewer = min(sum(map(bool, left)), sum(map(bool, right)))
        if strip.x1 - strip.x0 > STRIP * size and both < SHARED * fewer:
            halves = [[line_of(runs) for runs in half if runs] for half in (left, right)]
            return [part for half in halves for part in _sides(half, wide)]
    return [band]


def _is_table(band: Sequence[Line], rulings: Sequence[Segment], gap: float) -> bool:
    """Whether lines have columns: texts between rules, or values one below the other."""
    gutters = _gutters(band, wide_gap(gap))
    if not gutters:
        return False
    several = [line for line in band if len(line.runs) >= 2]
    texts, values = _most_held(several, [strip.middle for strip in gutters])
    box = bounding(line.box for line in band)
    rules = wide_rules(rulings, box.x0, box.x1)
    if sum(box.y0 - REACH_PT < y < box.y1 + REACH_PT for y in rules) >= 2:
        return len(several) >= 0.4 * len(band) and texts >= RULED * len(several)
    return len(several) >= 0.5 * len(band) and values >= max(FEWEST, VALUED * len(several))


def _most_held(several: Sequence[Line], stops: Sequence[float]) -> tuple[int, int]:
    """On how many lines some column right of the labels has text, and on how many a value."""
    texts, values = Counter[int](), Counter[int]()
    for line in several:
        runs = line.runs[1:]
        texts.update({bisect(stops, r.box.center[0]) for r in runs})
        values.update({bisect(stops, r.box.center[0]) for r in runs if is_value(r.text)})
    return max(texts.values(), default=0), max(values.values(), default=0)
