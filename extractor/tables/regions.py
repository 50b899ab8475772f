"""Where on a page tables stand that no full grid of rulings draws.

Lines of several runs that follow each other closely make a band; what is prose, captions and notes
is left out; rules above and below say where a table begins and ends.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.geometry import Box, Segment, bounding
from extractor.tables.aligned import Region
from extractor.tables.gutters import find_gutters
from extractor.tables.ladders import find_ladders
from extractor.tables.folds import parted
from extractor.tables.prose import without_prose
from extractor.tables.runs import (
    Line,
    is_outside,
    is_value,
    letter_size,
    line_of,
    text_lines,
    wide_gap,
    word_gap,
    word_rows,
)
from extractor.tables.whole import labels_beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Word

APART = 3.2  # letter heights without text that end a table
LONG = 9  # words from which a line of one run is a sentence, not a heading


@dataclass(frozen=True, slots=True)
class _Page:
    """A page's level rules and what its letters measure."""

    rules: tuple[Segment, ...]
    rulings: tuple[Segment, ...]
    gap: float


def find_regions(words: Sequence[Word], rulings: Sequence[Segment]) -> list[Region]:
    """The parts of a page that look like tables, from top to bottom."""
    if not words:
        return []
    gap = word_gap(word_rows(words))
    wide = letter_size(words) * wide_gap(gap)
    page = _Page(tuple(r for r in rulings if r.horizontal), tuple(rulings), gap)
    regions = []
    outside = without_prose(words, wide)
    for lines in find_ladders(words, rulings, wide):
        if _has_columns(lines, page) and not _has_labels(lines, outside):
            regions += [_region_of(part, page) for part in parted(lines)]
            box = bounding(line.box for line in lines)
            words = [w for w in words if not box.contains(*w.bbox.center)]
    for lines in _bands(without_prose(words, wide), page):
        for side in _sides(lines, page):
            for part in parted(side):
                region = _region(part, page)
                if region is not None:
                    regions.append(region)
    return regions


def _bands(lines: Sequence[Line], page: _Page) -> list[list[Line]]:
    """Lines that follow each other without a wide space, a caption or a sentence between."""
    bands: list[list[Line]] = [[]]
    for line in lines:
        if bands[-1] and (_breaks(line) or _far(bands[-1][-1], line, page)):
            bands.append([])
        if not _breaks(line):
            bands[-1].append(line)
    return [band for band in bands if sum(len(line.runs) >= 2 for line in band) >= 2]


def _breaks(line: Line) -> bool:
    """Whether a line cannot be part of a table: a caption, a note or a sentence."""
    return is_outside(line) or len(line.runs) == 1 and len(line.runs[0].words) >= LONG


def _far(above: Line, below: Line, page: _Page) -> bool:
    space = below.box.y0 - above.box.y1
    return space > APART * max(below.box.height, above.box.height)


def _sides(band: list[Line], page: _Page) -> list[list[Line]]:
    """The band, or its parts side by side that have hardly a line in common."""
    size = letter_size(w for line in band for w in line.words)
    wide = size * wide_gap(page.gap)
    for strip in find_gutters(band, wide):
        left = [tuple(r for r in line.runs if r.box.center[0] < strip.middle) for line in band]
        right = [tuple(r for r in line.runs if r.box.center[0] > strip.middle) for line in band]
        both = sum(bool(a and b) for a, b in zip(left, right, strict=True))
        fewer = min(sum(map(bool, left)), sum(map(bool, right)))
        if strip.x1 - strip.x0 > 2 * size and both < 0.3 * fewer:
            halves = [[line_of(runs) for runs in half if runs] for half in (left, right)]
            return [part for half in halves for part in _sides(half, page)]
    return [band]


def _region(band: list[Line], page: _Page) -> Region | None:
    band = _trimmed(band, page)
    return _region_of(band, page) if _is_table(band, page) else None


def _region_of(lines: Sequence[Line], page: _Page) -> Region:
    words = tuple(word for line in lines for word in line.words)
    box = bounding(w.bbox for w in words).grown(1.0)
    around = box.grown(6.0)
    rulings = tuple(r for r in page.rulings if _touches(r, around))
    return Region(box, words, rulings, page.gap)


def _has_labels(lines: Sequence[Line], outside: Sequence[Line]) -> bool:
    box = bounding(line.box for line in lines)
    size = letter_size(w for line in lines for w in line.words)
    return labels_beside(box, [(line.box.y0, line.box.y1) for line in lines], outside, size)


def _has_columns(lines: Sequence[Line], page: _Page) -> bool:
    several = [line for line in lines if len(line.runs) >= 2]
    size = letter_size(w for line in lines for w in line.words)
    return len(several) >= 2 and bool(find_gutters(several, size * wide_gap(page.gap)))


def _touches(r: Segment, box: Box) -> bool:
    return r.x0 < box.x1 and r.x1 > box.x0 and r.y0 <= box.y1 and r.y1 >= box.y0


def _trimmed(band: list[Line], page: _Page) -> list[Line]:
    data = [i for i, line in enumerate(band) if _is_data(line)]
    if not data:
        data = [i for i, line in enumerate(band) if len(line.runs) >= 2]
    if not data:
        return []
    # Labels are often left without rules.
    x0, x1 = min(band[i].runs[1].box.x0 for i in data), max(band[i].box.x1 for i in data)
    rules = [r for r in _full_rules(page, x0, x1) if band[0].box.y0 - 15 < r < band[-1].box.y1 + 15]
    start = _start(band, data[0], rules)
    end = _end(band, data[-1], rules)
    return band[start : end + 1]


def _is_data(line: Line) -> bool:
    return len(line.runs) >= 2 and any(is_value(run.text) for run in line.runs[1:])


def _full_rules(page: _Page, x0: float, x1: float) -> list[float]:
    """Heights of the rules that reach over most of a stretch, its pieces counted together."""
    places: dict[int, float] = {}
    heights: dict[int, float] = {}
    for r in page.rules:
        share = max(0.0, min(r.x1, x1 + 3) - max(r.x0, x0 - 3))
        key = round(r.y0 / 1.5)
        places[key] = places.get(key, 0.0) + share
        heights[key] = r.y0
    return sorted(heights[k] for k, drawn in places.items() if drawn >= 0.8 * (x1 - x0))


def _start(band: Sequence[Line], first: int, rules: Sequence[float]) -> int:
    """The first line of the header, by the topmost rule over it, or by what is no caption."""
    y = band[first].box.center[1]
    top = band[0].box.y0
    above = [r for r in rules if top - 15 < r < y]
    headed = [r for r in above if any(r < line.box.center[1] < y for line in band[:first])]
    if len(above) >= 2 or (above and headed):
        highest = min(above)
        return next(i for i, line in enumerate(band) if line.box.center[1] > highest)
    start = first
    while start > 0 and not _is_caption(band[start - 1], band[first:]):
        start -= 1
    return start


def _is_caption(line: Line, body: Sequence[Line]) -> bool:
    """Whether a line over the header is a title: one run over the labels and more."""
    if len(line.runs) > 1:
        return False
    several = [b for b in body if len(b.runs) >= 2]
    stub = max(b.runs[0].box.x1 for b in several)
    values = min(b.runs[1].box.x0 for b in several)
    run = line.runs[0]
    return run.box.x0 < stub and (run.box.x1 > values or len(line.runs) == 1 and run.box.x1 > stub)


def _end(band: Sequence[Line], last: int, rules: Sequence[float]) -> int:
    y = band[last].box.center[1]
    bottom = band[-1].box.y1
    above = [r for r in rules if r < y]
    if len(rules) >= 3 and above and _mostly_above(band, max(rules)):
        return max(i for i, line in enumerate(band) if line.box.center[1] < max(rules))
    below = [r for r in rules if y < r < bottom + 15]
    if below:
        lowest = min(below)
        return max(i for i, line in enumerate(band) if line.box.center[1] < lowest)
    return last


def _mostly_above(band: Sequence[Line], rule: float) -> bool:
    data = [line for line in band if _is_data(line)]
    return sum(line.box.center[1] < rule for line in data) > 0.5 * len(data)


def _is_table(band: Sequence[Line], page: _Page) -> bool:
    if not _has_columns(band, page):
        return False
    several = [line for line in band if len(line.runs) >= 2]
    box = bounding(line.box for line in band)
    rules = [r for r in _full_rules(page, box.x0, box.x1) if box.y0 - 15 < r < box.y1 + 15]
    texts, values = _most_held(several, page)
    if len(rules) >= 2:
        return len(several) >= 0.4 * len(band) and texts >= 0.6 * len(several)
    return values >= max(3, 0.5 * len(several)) and len(several) >= 0.5 * len(band)


def _most_held(several: Sequence[Line], page: _Page) -> tuple[int, int]:
    """On how many lines some column right of the labels has text, and on how many a value."""
    size = letter_size(w for line in several for w in line.words)
    stops = [strip.middle for strip in find_gutters(several, size * wide_gap(page.gap))]
    texts, values = Counter[int](), Counter[int]()
    for line in several:
        runs = line.runs[1:]
        texts.update({bisect(stops, r.box.center[0]) for r in runs})
        values.update({bisect(stops, r.box.center[0]) for r in runs if is_value(r.text)})
    return max(texts.values(), default=0), max(values.values(), default=0)
