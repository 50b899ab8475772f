"""All tables of a page: whole ones as ruled, others by how their text is aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.tables.aligned import build
from extractor.tables.fill import fill_grid, inside
from extractor.tables.grid import find_grids
from extractor.tables.prose import without_prose, without_sideways
from extractor.tables.regions import find_regions
from extractor.tables.runs import letter_size, wide_gap, word_gap, word_rows
from extractor.tables.whole import (
    is_band,
    is_closed,
    is_drawing,
    is_frame,
    is_plausible,
    is_whole,
    without_frame_text,
    without_slivers,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Table, Word
    from extractor.geometry import Segment
    from extractor.tables.grid import Grid

    Found = list[tuple[Table, Grid]]

LABELS_PT = 24.0  # how far from a chart the labels of its axes stand
ON_PT = 3.0  # how far off its line a ruling of a frame may lie
COVERED = 0.3  # share of a grid that a table found by alignment takes, where it is the better one


def find_tables(words: Sequence[Word], rulings: Sequence[Segment], page: int) -> Found:
    """Tables of a page with their grids, from top to bottom; `page` is its number."""
    whole, partial, free = _by_rulings(words, rulings)
    found = [(fill_grid(grid, words, page), grid) for grid in whole]
    found += find_aligned(free, rulings, page)
    boxes = [grid.box for _, grid in found]
    for grid in (g for g in partial if any(inside(w, g.box) for w in words)):
        # Nothing better was found there: what the rulings say is worth more than nothing.
        if is_closed(grid) and not any(grid.box.cover(box) > COVERED for box in boxes):
            found.append((fill_grid(grid, words, page), grid))
    return sorted(found, key=lambda item: (item[1].ys[0], item[1].xs[0]))


def _by_rulings(
    words: Sequence[Word], rulings: Sequence[Segment]
) -> tuple[list[Grid], list[Grid], list[Word]]:
    """Grids that are whole tables, grids that are parts of some, and the words outside tables.

    The words of charts are left out; those of partial grids are not.
    """
    grids = _grids(words, rulings)
    free = without_sideways(words)
    if not grids or not free:
        return grids, [], free
    wide = letter_size(free) * wide_gap(word_gap(word_rows(free)))
    lines = without_prose(free, wide)
    whole, partial = [], []
    for grid in grids:
        box = grid.box
        if is_drawing(grid, words):
            box = box.grown(LABELS_PT)
        elif is_band(grid, grids, lines):
            continue
        elif is_whole(grid, words, lines, wide):
            whole.append(grid)
        else:
            partial.append(grid)
            continue
        free = [w for w in free if not inside(w, box)]
    return whole, partial, free


def find_aligned(words: Sequence[Word], rulings: Sequence[Segment], page: int) -> Found:
    """Tables by alignment alone; `words` are those outside ruled tables."""
    built = [build(region, page) for region in find_regions(words, rulings)]
    return [table for table in built if table is not None and is_plausible(table[0])]


def _grids(words: Sequence[Word], rulings: Sequence[Segment]) -> list[Grid]:
    """Grids of the rulings; those inside a frame around the page, too."""
    grids = find_grids(rulings)
    frames = [grid for grid in grids if is_frame(grid, words)]
    if frames:
        grids = find_grids([r for r in rulings if not any(_is_on(r, f) for f in frames)])
    return [without_frame_text(without_slivers(grid, words), words) for grid in grids]


def _is_on(ruling: Segment, frame: Grid) -> bool:
    """Whether a ruling is one of those that draw a frame."""
    if ruling.horizontal:
        return any(abs(ruling.y0 - y) < ON_PT for y in frame.ys)
    return any(abs(ruling.x0 - x) < ON_PT for x in frame.xs)
