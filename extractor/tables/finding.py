"""All tables of a page: whole ones as ruled, others by how their text is aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.tables.aligned import build
from extractor.tables.fill import fill_grid, inside
from extractor.tables.grid import find_grids
from extractor.tables.prose import without_prose
from extractor.tables.regions import find_regions
from extractor.tables.runs import letter_size, text_lines, wide_gap, word_gap, word_rows
from extractor.tables.whole import is_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Table, Word
    from extractor.geometry import Segment
    from extractor.tables.grid import Grid


def find_tables(
    words: Sequence[Word], rulings: Sequence[Segment], page: int
) -> list[tuple[Table, Grid]]:
    """Tables of a page with their grids, from top to bottom; `page` is its number."""
    if not words:
        return []
    gap = word_gap(word_rows(words))
    wide = letter_size(words) * wide_gap(gap)
    lines = without_prose(text_lines(words, wide))
    grids = find_grids(rulings)
    found, free = [], list(words)
    for grid in grids:
        if is_whole(grid, lines, wide):
            found.append((fill_grid(grid, words, page), grid))
            free = [w for w in free if not inside(w, grid.box)]
    for region in find_regions(free, rulings):
        table = build(region, page)
        if table is not None:
            found.append(table)
    return sorted(found, key=lambda item: (item[1].ys[0], item[1].xs[0]))
