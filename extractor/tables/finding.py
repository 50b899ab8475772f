"""All tables of a page: whole ones as ruled, others by how their text is aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.tables.aligned import build
from extractor.tables.fill import fill_grid, inside
from extractor.tables.grid import find_grids
from extractor.tables.prose import without_prose, without_sideways
from extractor.tables.regions import find_regions
from extractor.tables.runs import letter_size, text_lines, wide_gap, word_gap, word_rows
from extractor.tables.whole import is_drawing, is_frame, is_plausible, is_whole, without_frame_text, without_slivers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Table, Word
    from extractor.geometry import Box, Segment
    from extractor.tables.grid import Grid

LABELS_PT = 24.0  # how far from a chart the labels of its axes stand


def find_tables(
    words: Sequence[Word], rulings: Sequence[Segment], page: int
) -> list[tuple[Table, Grid]]:
    """Tables of a page with their grids, from top to bottom; `page` is its number."""
    if not words:
        return []
    all_words, words = words, without_sideways(words)
    gap = word_gap(word_rows(words))
    wide = letter_size(words) * wide_gap(gap)
    lines = without_prose(words, wide)
    found, free = [], list(words)
    for grid in _grids(words, rulings):
        if is_drawing(grid, words):
            around = grid.box.grown(LABELS_PT)
            free = [w for w in free if not inside(w, around)]
        elif is_whole(grid, lines, wide):
            found.append((fill_grid(grid, all_words, page), grid))
            free = [w for w in free if not inside(w, grid.box)]
    for region in find_regions(free, rulings):
        table = build(region, page)
        if table is not None and is_plausible(table[0]):
            found.append(table)
    return sorted(found, key=lambda item: (item[1].ys[0], item[1].xs[0]))


def _grids(words: Sequence[Word], rulings: Sequence[Segment]) -> list[Grid]:
    """Grids of the rulings; those inside a frame around the page, too."""
    grids = find_grids(rulings)
    frames = [grid.box for grid in grids if is_frame(grid, words)]
    if frames:
        inner = [r for r in rulings if not any(_borders(r, frame) for frame in frames)]
        grids = find_grids(inner)
    grids = [without_slivers(grid, words) for grid in grids]
    return [without_frame_text(grid, words) for grid in grids]


def _borders(r: Segment, frame: Box) -> bool:
    """Whether a ruling runs along a frame or across all of it."""
    if r.horizontal:
        return r.length > 0.5 * frame.width
    return r.length > 0.5 * frame.height
