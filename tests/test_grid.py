"""Rulings → grids with merged cells, and words into their cells."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.geometry import Box, Segment
from extractor.tables.fill import cell_text, fill_grid, inside
from extractor.tables.grid import find_grids
from tests.typeset import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.tables.grid import Grid

XS, YS = (50.0, 150.0, 250.0, 400.0), (100.0, 120.0, 140.0, 180.0)

Side = tuple[str, int, int]  # "h" or "v", row, column of a piece of ruling between two crossings


def across(y: float, x0: float, x1: float) -> Segment:
    return Segment(x0, y, x1, y, 0.5)


def down(x: float, y0: float, y1: float) -> Segment:
    return Segment(x, y0, x, y1, 0.5)


def lattice(xs: Sequence[float] = XS, ys: Sequence[float] = YS) -> list[Segment]:
    """Every ruling from border to border."""
    return [across(y, xs[0], xs[-1]) for y in ys] + [down(x, ys[0], ys[-1]) for x in xs]


def pieces(xs: Sequence[float] = XS, ys: Sequence[float] = YS) -> dict[Side, Segment]:
    """The lattice cut at its crossings: h r c is over slot (r, c), v r c before it."""
    sides: dict[Side, Segment] = {}
    for r, y in enumerate(ys):
        for c, (a, b) in enumerate(pairwise(xs)):
            sides["h", r, c] = across(y, a, b)
    for c, x in enumerate(xs):
        for r, (a, b) in enumerate(pairwise(ys)):
            sides["v", r, c] = down(x, a, b)
    return sides


def without(*gone: Side) -> list[Segment]:
    return [segment for side, segment in pieces().items() if side not in gone]


def spans(grid: Grid) -> list[tuple[int, int, int, int]]:
    return [(s.row, s.column, s.row_span, s.column_span) for s in grid.spans]


def the_grid(rulings: Sequence[Segment]) -> Grid:
    (grid,) = find_grids(rulings)
    return grid


def assert_tiled(grid: Grid) -> None:
    """Each slot belongs to exactly one span."""
    slots = [
        (row, column)
        for r, c, height, width in spans(grid)
        for row, column in product(range(r, r + height), range(c, c + width))
    ]
    assert sorted(slots) == list(product(range(len(grid.ys) - 1), range(len(grid.xs) - 1)))


def test_a_full_lattice_has_a_cell_a_slot() -> None:
    """Boundaries ascending in points, box and support."""
    grid = the_grid(lattice())
    assert (grid.xs, grid.ys) == (XS, YS)
    assert spans(grid) == [(r, c, 1, 1) for r in range(3) for c in range(3)]
    assert grid.box == Box(50, 100, 400, 180)
    assert grid.box_of(grid.spans[4]) == Box(150, 120, 250, 140)
    assert all(span.support == pytest.approx(1) for span in grid.spans)


def test_rulings_in_pieces_give_the_same_grid() -> None:
    """Order and cutting of the rulings do not matter."""
    assert the_grid(without()) == the_grid(lattice())
    assert the_grid(lattice()[::-1]) == the_grid(lattice())


def test_merged_cells() -> None:
    """A heading over two columns, a label over two rows, a block of both."""
    assert spans(the_grid(without(("v", 0, 1))))[0] == (0, 0, 1, 2)
    assert spans(the_grid(without(("h", 1, 0))))[0] == (0, 0, 2, 1)
    block = the_grid(without(("h", 1, 0), ("h", 1, 1), ("v", 0, 1), ("v", 1, 1)))
    assert spans(block)[:2] == [(0, 0, 2, 2), (0, 2, 1, 1)]
    assert_tiled(block)


def test_a_stub_of_ruling_divides_nothing() -> None:
    """Less than half of a border is none."""
    stub = [*without(("h", 1, 0)), across(120, 50, 80)]
    assert spans(the_grid(stub))[0] == (0, 0, 2, 1)


def test_double_and_thick_borders_are_one() -> None:
    """Two lines 2 pt apart, and cell edges drawn once by each neighbour."""
    double = [across(y + d, 50, 400) for y in YS for d in (-1, 1)]
    double += [down(x + d, 100, 180) for x in XS for d in (-1, 1)]
    grid = the_grid(double)
    assert len(grid.spans) == 9
    assert grid.xs == pytest.approx(XS)


def test_corners_that_do_not_quite_meet() -> None:
    """Rulings may end a few points short of each other or run past."""
    rulings = [across(y, 53, 397) for y in YS] + [down(x, 98, 182) for x in XS]
    assert len(the_grid(rulings).spans) == 9


def test_a_page_break_leaves_the_last_row_open() -> None:
    """The columns run on below the last ruling: the row is closed where they end."""
    rulings = [across(y, 50, 400) for y in YS[:3]] + [down(x, 100, 180) for x in XS]
    grid = the_grid(rulings)
    assert grid.ys == pytest.approx(YS)
    assert len(grid.spans) == 9
    assert min(span.support for span in grid.spans) >= 0.5


def test_a_page_break_leaves_the_first_row_open() -> None:
    """The same at the top of the next page."""
    rulings = [across(y, 50, 400) for y in YS[1:]] + [down(x, 100, 180) for x in XS]
    assert the_grid(rulings).ys == pytest.approx(YS)


def test_a_style_without_side_borders() -> None:
    """Rows run past the first and the last column ruling."""
    rulings = [across(y, 50, 400) for y in YS] + [down(x, 100, 180) for x in XS[1:3]]
    grid = the_grid(rulings)
    assert grid.xs == pytest.approx(XS)
    assert len(grid.spans) == 9


@pytest.mark.parametrize(
    "rulings",
    [
        [],
        [across(y, 50, 400) for y in YS],
        [down(x, 100, 180) for x in XS],
        lattice(XS[::3], YS[::3]),
        [across(100, 50, 400), down(450, 300, 600)],
    ],
)
def test_what_is_no_table(rulings: list[Segment]) -> None:
    """Nothing, underlines, bars, a single box around text, lines that do not meet."""
    assert find_grids(rulings) == ()


def test_a_table_in_a_cell_belongs_to_the_cell() -> None:
    """The outer table is found, with the outer cell whole."""
    inner = lattice((160, 190, 220, 240), (147, 155, 164, 172))
    (grid,) = find_grids([*lattice(), *inner])
    assert (grid.xs, grid.ys) == (XS, YS)


def test_a_frame_around_the_page_is_no_table() -> None:
    """The table inside it is found alone."""
    frame = lattice((20, 575), (20, 820))
    assert the_grid([*frame, *lattice()]).box == Box(50, 100, 400, 180)


def test_tables_above_each_other_share_columns() -> None:
    """Same column places, a gap between: two tables, from the top."""
    lower = lattice(XS, [y + 120 for y in YS])
    first, second = find_grids([*lower, *lattice()])
    assert (first.ys, second.ys) == (YS, tuple(y + 120 for y in YS))
    assert first.xs == second.xs == XS


def test_tables_beside_each_other_share_rows() -> None:
    """Same row places, a gap between: two tables, from the left."""
    right = lattice((430, 480, 530), YS)
    first, second = find_grids([*right, *lattice()])
    assert (first.xs, second.xs) == (XS, (430, 480, 530))
    assert len(second.spans) == 6


def test_a_narrow_table_under_a_wide_one() -> None:
    """Different columns on the same page stay apart."""
    narrow = lattice((60, 90, 330), (220, 240, 260))
    assert [g.xs for g in find_grids([*lattice(), *narrow])] == [XS, (60, 90, 330)]


def test_slivers_between_rulings_are_borders() -> None:
    """Rows thinner than any text are no rows."""
    assert the_grid([*lattice(), across(123.4, 50, 400)]).ys == pytest.approx(YS, abs=0.1)


def test_wear_takes_pieces_but_not_the_grid() -> None:
    """On a worn page a short piece that is gone between two that are there was there."""
    ys = (100.0, 120.0, 140.0, 160.0, 180.0)
    rulings = [
        segment
        for side, segment in pieces(XS, ys).items()
        if side not in {("v", 1, 1), ("v", 2, 2)}
    ]
    assert len(the_grid(rulings).spans) == 10
    (worn,) = find_grids(rulings, wear=0.2)
    assert len(worn.spans) == 12
    assert min(span.support for span in worn.spans) < 1


@settings(deadline=None)
@given(st.sets(st.sampled_from(sorted(pieces()))), st.sampled_from([0.0, 0.3]))
def test_spans_tile_whatever_is_drawn(drawn: set[Side], wear: float) -> None:
    """For any subset of rulings each slot of each grid belongs to exactly one cell."""
    every = pieces()
    for grid in find_grids([every[side] for side in drawn], wear):
        assert_tiled(grid)
        assert all(0 <= span.support <= 1 for span in grid.spans)
        assert all(a < b for a, b in pairwise(grid.xs))
        assert all(a < b for a, b in pairwise(grid.ys))


coordinates = st.integers(0, 60).map(lambda v: v * 3.1)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.booleans(), coordinates, coordinates, coordinates), max_size=14),
    st.sampled_from([0.0, 0.3]),
)
def test_any_rulings_give_grids_that_tile(
    lines: list[tuple[bool, float, float, float]], wear: float
) -> None:
    """Lines of any length anywhere: nothing breaks."""
    rulings = [
        across(at, min(a, b), max(a, b)) if level else down(at, min(a, b), max(a, b))
        for level, at, a, b in lines
    ]
    for grid in find_grids(rulings, wear):
        assert_tiled(grid)


def test_words_go_into_their_cells() -> None:
    """In a merged cell, in a blank one, outside; the cell keeps its place."""
    grid = the_grid(without(("v", 0, 1)))
    words = [word("项目", 60, 104), word("16", 260, 124), word("外", 60, 300)]
    table = fill_grid(grid, words, 2)
    assert (table.rows, table.columns, table.pages) == (3, 3, (2,))
    texts = {(cell.row, cell.column): cell.text for cell in table.cells}
    assert texts == {
        (0, 0): "项目", (0, 2): "", (1, 0): "", (1, 1): "", (1, 2): "16",
        (2, 0): "", (2, 1): "", (2, 2): "",
    }  # fmt: skip
    assert table.cells[0].bbox == Box(50, 100, 250, 120)
    assert {cell.page for cell in table.cells} == {2}


def test_a_word_over_a_border_is_cut_there() -> None:
    """Numbers set close together came as one word: each digit belongs to its own cell."""
    table = fill_grid(the_grid(lattice()), [word("1234", 138, 124)], 1)
    row = [cell for cell in table.cells if cell.row == 1]
    assert [cell.text for cell in row] == ["12", "34", ""]
    assert [cell.confidence < 1 for cell in row] == [True, True, False]


@pytest.mark.parametrize(("left", "row"), [(127, ["12345", "", ""]), (141, ["", "12345", ""])])
def test_a_number_that_runs_over_a_border_stays_whole(left: float, row: list[str]) -> None:
    """It is wider than its cell: the border goes through a digit, and most of it stands inside."""
    table = fill_grid(the_grid(lattice()), [word("12345", left, 124)], 1)
    assert [cell.text for cell in table.cells if cell.row == 1] == row


def test_a_number_that_runs_over_the_edge_of_the_table_loses_nothing() -> None:
    """Digits outside belong to the cell that they come from."""
    table = fill_grid(the_grid(lattice()), [word("12345678", 320, 124)], 1)
    assert [cell.text for cell in table.cells if cell.row == 1] == ["", "", "12345678"]


def test_lines_of_a_cell_become_one_text() -> None:
    """No break within Chinese, a blank between Western words, top to bottom for vertical type."""
    assert cell_text([word("政府信息", 0, 0), word("公开", 0, 14)]) == "政府信息公开"
    assert cell_text([word("annual", 0, 0), word("report", 50, 0)]) == "annual report"
    assert cell_text([word(c, 0, 14 * i) for i, c in enumerate("自然人")]) == "自然人"
    assert cell_text([word("2", 20, 1), word("第", 0, 0), word("章", 30, 0)]) == "第2章"
    assert cell_text([]) == ""


def test_a_word_is_inside_by_its_middle() -> None:
    """A few points over the border do not matter."""
    assert inside(word("甲", 40, 100), Box(45, 90, 80, 120))
    assert not inside(word("甲", 38, 100), Box(45, 90, 80, 120))
