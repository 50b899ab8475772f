"""Rulings from pixels: what is one, what is not, on ink drawn here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.image.cleaning import ink
from extractor.image.crossing import crossing, wear_of
from extractor.image.tracing import Chain, Fragment, find_fragments, link, trace, trace_dashes
from tests.drawn_pages import COLUMNS_IN, LEFT_IN, ROWS_IN, TOP_IN, Drawing, blank, report

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

DPI = 200
RESOLUTIONS = (100, 200, 300)


def rulings(sheet: Drawing) -> tuple[list[Chain], list[Chain]]:
    """The chains of the sheet's tables, across and down."""
    mask = ink(sheet.gray, sheet.dpi)
    down = trace(np.ascontiguousarray(mask.T), sheet.dpi)
    return crossing(trace(mask, sheet.dpi), down, mask, sheet.dpi)


def levels(chains: list[Chain], dpi: float) -> list[float]:
    """Where the chains lie across, in inches, ascending; parts of one line are one."""
    places = sorted(float(np.median(chain.points()[:, 1])) / dpi for chain in chains)
    return [p for i, p in enumerate(places) if i == 0 or p - places[i - 1] > 0.02]


def line_of(x0: float, x1: float, y: float, slope: float = 0.0) -> Fragment:
    return Fragment(x0, y + slope * x0, x1, y + slope * x1, 2.0)


@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_a_drawn_table_gives_its_rulings(dpi: int) -> None:
    """All of them, where they were drawn, from end to end; the prose above gives none."""
    across, down = rulings(report(dpi))
    assert levels(across, dpi) == pytest.approx([TOP_IN + v for v in ROWS_IN], abs=0.01)
    assert levels(down, dpi) == pytest.approx([LEFT_IN + v for v in COLUMNS_IN], abs=0.01)
    assert all(c.extent == pytest.approx(COLUMNS_IN[-1] * dpi, abs=0.05 * dpi) for c in across)
    assert all(c.extent == pytest.approx(ROWS_IN[-1] * dpi, abs=0.05 * dpi) for c in down)
    assert wear_of(across) < 0.02


@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_lines_of_text_are_no_rulings(dpi: int) -> None:
    """Words, rows of dashes, and a page full of ones and zeros."""
    sheet = blank(dpi)
    sheet.prose(lines=4)
    sheet.text("- - - - - - - - - - - - - -", 0.8, 1.7)
    for i in range(12):
        sheet.text("1 1 1 0 0 0 H E T L I 1 1", 0.8, 2.0 + 0.2 * i)
    assert rulings(sheet) == ([], [])


@pytest.mark.parametrize("dpi", RESOLUTIONS)
@pytest.mark.parametrize("digit", ["0", "1", "/"])
def test_columns_of_digits_in_a_table_are_no_rulings(dpi: int, digit: str) -> None:
    """One below the other in every row, as reports are full of."""
    sheet = blank(dpi)
    for y in ROWS_IN:
        sheet.line(LEFT_IN, TOP_IN + y, LEFT_IN + 4.4, TOP_IN + y)
    for x in COLUMNS_IN:
        sheet.line(LEFT_IN + x, TOP_IN, LEFT_IN + x, TOP_IN + ROWS_IN[-1])
    for y in ROWS_IN[:-1]:
        for x in COLUMNS_IN[:-1]:
            sheet.text(digit, LEFT_IN + x + 0.4, TOP_IN + y + 0.21)
    across, down = rulings(sheet)
    assert (len(across), len(down)) == (len(ROWS_IN), len(COLUMNS_IN))


def worn(sheet: Drawing, share: float, seed: int) -> Drawing:
    """The sheet with patches of 0.05 to 0.3 inches gone from its rulings across and down."""
    rng = np.random.default_rng(seed)
    gray = sheet.gray.copy()
    for y in ROWS_IN:
        row = sheet.px(TOP_IN + y)
        for start in np.arange(LEFT_IN, LEFT_IN + COLUMNS_IN[-1], 0.3):
            if rng.random() < share:
                gap = slice(sheet.px(float(start)), sheet.px(float(start + rng.uniform(0.05, 0.3))))
                gray[row - 3 : row + 4, gap] = 250
    for x in COLUMNS_IN:
        column = sheet.px(LEFT_IN + x)
        for start in np.arange(TOP_IN, TOP_IN + ROWS_IN[-1], 0.3):
            if rng.random() < share:
                gap = slice(sheet.px(float(start)), sheet.px(float(start + rng.uniform(0.05, 0.2))))
                gray[gap, column - 3 : column + 4] = 250
    return Drawing(gray, sheet.dpi)


@pytest.mark.parametrize("dpi", RESOLUTIONS)
def test_broken_rulings_are_linked(dpi: int) -> None:
    """With a third of their pieces gone all are found, and the wear is told."""
    for seed in range(3):
        across, down = rulings(worn(report(dpi), 0.35, seed))
        assert levels(across, dpi) == pytest.approx([TOP_IN + v for v in ROWS_IN], abs=0.01)
        assert levels(down, dpi) == pytest.approx([LEFT_IN + v for v in COLUMNS_IN], abs=0.01)
        assert 0.05 < wear_of(across) < 0.4


def test_dashes_of_rulings_are_linked_and_strokes_of_letters_are_not() -> None:
    """Three fifths of every ruling are gone: `trace` finds pieces, `trace_dashes` whole rulings."""
    dpi = 200
    sheet = worn(report(dpi), 0.6, 3)
    mask = ink(sheet.gray, dpi)
    wide = [c for c in trace_dashes(mask, dpi, 0.9) if c.extent > 0.8 * dpi * COLUMNS_IN[-1]]
    assert levels(wide, dpi) == pytest.approx([TOP_IN + y for y in ROWS_IN], abs=0.03)
    prose = blank(dpi)
    prose.prose(lines=12)
    assert not [c for c in trace_dashes(ink(prose.gray, dpi), dpi, 0.9) if c.extent > dpi]


def test_an_underline_and_the_edge_of_the_paper_make_no_table() -> None:
    """Long lines, but none that crosses two others."""
    sheet = blank(DPI)
    sheet.line(0.8, 1.0, 5.0, 1.0)
    sheet.line(0.8, 1.3, 5.0, 1.3)
    sheet.line(0.1, 0.2, 0.1, 4.8, points=2)
    assert rulings(sheet) == ([], [])


def test_shading_is_no_ruling() -> None:
    """A bar thicker than any border."""
    sheet = report(DPI)
    sheet.line(0.8, 4.2, 5.2, 4.2, points=9)
    across, down = rulings(sheet)
    assert (len(across), len(down)) == (len(ROWS_IN), len(COLUMNS_IN))


def test_thick_borders_and_hairlines() -> None:
    """A frame of 3 pt around rulings a pixel thin."""
    sheet = blank(300)
    for y in ROWS_IN:
        sheet.line(LEFT_IN, TOP_IN + y, LEFT_IN + 4.4, TOP_IN + y, points=0.24)
    for x in COLUMNS_IN:
        sheet.line(LEFT_IN + x, TOP_IN, LEFT_IN + x, TOP_IN + 1.8, points=0.24)
    for y in (ROWS_IN[0], ROWS_IN[-1]):
        sheet.line(LEFT_IN, TOP_IN + y, LEFT_IN + 4.4, TOP_IN + y, points=3)
    across, down = rulings(sheet)
    assert (len(across), len(down)) == (len(ROWS_IN), len(COLUMNS_IN))
    thick = sorted(chain.thickness for chain in across)
    assert thick[0] <= 2
    assert thick[-2:] == pytest.approx([12, 12], abs=2)


def test_a_bent_ruling_is_one_chain() -> None:
    """Curled by a tenth of an inch over the page: its fragments follow it."""
    mask = np.zeros((400, 1200), np.uint8)
    xs = np.arange(100, 1100)
    ys = (200 + 20 * ((xs - 600) / 500) ** 2).astype(int)
    for thick in range(2):
        mask[ys + thick, xs] = 1
    (chain,) = trace(mask, DPI)
    assert (chain.x0, chain.x1) == pytest.approx((100, 1100), abs=5)
    points = chain.points()
    drawn = 200.5 + 20 * ((points[:, 0] - 600) / 500) ** 2
    assert np.abs(points[:, 1] - drawn).max() < 2


def test_a_chain_knows_its_extent_and_what_is_inked_of_it() -> None:
    """Two fragments with a gap as long as one of them."""
    chain = Chain((line_of(0, 100, 50), line_of(200, 300, 52)))
    assert (chain.x0, chain.x1, chain.extent) == (0, 300, 300)
    assert chain.solidity == pytest.approx(2 / 3)
    assert chain.thickness == 2
    assert chain.points().tolist() == [[0, 50], [100, 50], [200, 52], [300, 52]]
    assert wear_of([chain]) == pytest.approx(1 / 3)
    assert wear_of([]) == 0


def test_fragments_of_neighbouring_rulings_are_not_mixed() -> None:
    """Rows a seventh of an inch apart, both slanted, both with gaps."""
    rows = [[line_of(x, x + 150, y, 0.02) for x in (0, 200, 400)] for y in (100.0, 128.0)]
    chains = link([*rows[0], *rows[1]], DPI)
    assert {chain.fragments for chain in chains} == {tuple(row) for row in rows}


def test_a_gap_too_wide_parts_a_line() -> None:
    """An inch of nothing: two lines, of two tables."""
    assert len(link([line_of(0, 150, 100), line_of(151 + 1.2 * DPI, 600, 100)], DPI)) == 2


def test_a_blank_page_has_no_fragments() -> None:
    """Nothing in, nothing out."""
    none: Mask = np.zeros((100, 100), np.uint8)
    assert find_fragments(none, DPI) == []
    assert trace(none, DPI) == []
    assert crossing([], [], none, DPI) == ([], [])


places = st.floats(0, 1500)


@settings(deadline=None)
@given(st.lists(st.tuples(places, st.floats(25, 400), st.floats(0, 400)), max_size=25))
def test_every_fragment_is_in_one_chain(lines: list[tuple[float, float, float]]) -> None:
    """Whatever the fragments, none is lost or doubled, and chains run from left to right."""
    fragments = [line_of(x, x + length, y) for x, length, y in lines]
    chains = link(fragments, DPI)
    linked = [f for chain in chains for f in chain.fragments]
    assert sorted(linked, key=repr) == sorted(fragments, key=repr)
    for chain in chains:
        starts = [f.x0 for f in chain.fragments]
        assert starts == sorted(starts)
        assert 0 < chain.solidity <= 1
