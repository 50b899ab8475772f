"""Streaks and pen strokes that run through text are told from rulings."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.image import flatten_page, flattened
from extractor.image.strikes import strikes
from extractor.tables.grid import find_grids
from tests.drawn_pages import COLUMNS_IN, LEFT_IN, ROWS_IN, TOP_IN, report

DPI = 200


@pytest.mark.parametrize("thick", [1, 2, 4])
def test_a_streak_across_a_row_is_no_border(thick: int) -> None:
    """It starts within the table, or at the edge of the sheet; the digits stay whole."""
    sheet = report(DPI)
    row = sheet.px(TOP_IN + ROWS_IN[2] + 0.16)
    plain = flatten_page(sheet.gray, DPI)
    for start in (0, sheet.px(LEFT_IN)):
        gray = sheet.gray.copy()
        gray[row : row + thick, start:] = 0
        flat = flatten_page(gray, DPI)
        (grid,) = find_grids(flat.rulings, flat.wear)
        assert (len(grid.ys), len(grid.xs)) == (len(ROWS_IN), len(COLUMNS_IN))
        assert flat.sealed is not None
        assert flat.sealed[row : row + thick].mean() > 0.5
        digits = np.s_[: row - 3, sheet.px(LEFT_IN + COLUMNS_IN[1]) :]
        assert (flat.ink[digits] != plain.ink[digits]).mean() < 0.001


def test_rulings_that_text_keeps_clear_of_stay() -> None:
    flat = flatten_page(report(DPI).gray, DPI)
    kept, lines = strikes(flat.ink, flat.rulings, DPI)
    assert lines is None
    assert sorted(kept) == sorted(flat.rulings)


def test_dashed_rulings_make_a_table() -> None:
    """Dashed by design, evenly: as on forms to be filled in."""
    sheet = report(DPI)
    gray = sheet.gray.copy()
    rows, columns = np.indices(gray.shape)
    for y in ROWS_IN:
        at = sheet.px(TOP_IN + y)
        gray[(np.abs(rows - at) < 4) & (columns % 20 < 8)] = 250
    for x in COLUMNS_IN:
        at = sheet.px(LEFT_IN + x)
        gray[(np.abs(columns - at) < 4) & (rows % 20 < 8)] = 250
    flat = flatten_page(gray, DPI)
    (grid,) = find_grids(flat.rulings, flat.wear)
    assert (len(grid.ys), len(grid.xs)) == (len(ROWS_IN), len(COLUMNS_IN))


def test_light_print_on_a_dark_page_is_read_as_dark_on_light() -> None:
    sheet = report(DPI)
    assert np.array_equal(flattened(255 - sheet.gray), flattened(sheet.gray))
