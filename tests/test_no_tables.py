"""What stands in rows and columns and is no table; and what rulings draw that is none."""

from __future__ import annotations

from extractor.geometry import Segment
from extractor.tables.finding import find_tables
from extractor.tables.grid import Grid, Span
from extractor.tables.whole import is_drawing
from tests.typed_pages import grid_of, rule, typed, upright, word

PROSE = """
    policy for the states and      the number of households
    regions which are members      that were counted in 2019
    of the fund rose by 13.1 %     was 1,204 in the north and
    between 2009 and the year      980 in the south, so that
    2019, as the report of the     the sum was 2,184 for both
    member states has shown.       regions taken together.
"""
TABLE = """
    Region          2019     2020
    North          1,204    1,311
    South            980      991
    West           2,115    2,240
"""


def test_two_columns_of_prose_are_no_table() -> None:
    assert find_tables(typed(PROSE), [], 1) == []


def test_prose_beside_a_table_is_no_column_of_it() -> None:
    text = """
        policy for the states and
        regions which are members
        of the fund rose by much
        between 2009 and the year
        2019, as the report of the
        member states has shown to
        all who had asked for that
    """
    beside = typed(TABLE, left=250, top=106)
    (table, _), *more = find_tables([*typed(text), *beside], [], 1)
    assert not more
    assert grid_of(table)[0] == ["Region", "2019", "2020"]


def test_a_list_is_no_table() -> None:
    page = """
        1.   Calculate the distance of each trip.
        2.   Set the limit of speed to 40 miles.
        3.   Continue until the end is reached.
        4.   Stop.
    """
    assert find_tables(typed(page), [], 1) == []


def test_contents_are_no_table() -> None:
    page = """
        Preface                                   3
        Schools and colleges                     14
        Expenses of the regions                  27
        Notes on the method                      41
        Index                                    60
    """
    assert find_tables(typed(page), [], 1) == []


def test_the_axes_of_a_chart_are_no_table() -> None:
    page = """
        54,000                          0.50
        53,000                          0.48
        52,000                          0.46
        51,000                          0.44
             1997   2001   2005   2009
    """
    assert find_tables(typed(page), [], 1) == []


def test_letters_on_their_side_are_not_read() -> None:
    """Each is a word of its own, wider than high."""
    column = [word(char, 30, 100 + 6 * i) for i, char in enumerate("Households")]
    side = [w.__class__(w.text, w.bbox._replace(x1=40, y1=w.bbox.y0 + 5)) for w in column]
    (table, _), *_ = find_tables([*side, *typed(TABLE)], [], 1)
    assert table.columns == 3


def test_a_grid_with_open_and_blank_cells_is_a_drawing() -> None:
    """Bars and lines of a chart cross; the cells between are not closed."""
    spans = tuple(Span(row, column, 1, 1, 0.8) for row in range(2) for column in range(2))
    grid = Grid((100.0, 120.0, 140.0), (50.0, 90.0, 130.0), spans)
    assert is_drawing(grid, typed("2001"))
    assert not is_drawing(grid, typed("2001    2003\n\n2005    2007"))
    whole = Grid(grid.ys, grid.xs, tuple(Span(s.row, s.column, 1, 1, 1.0) for s in spans))
    assert not is_drawing(whole, typed("2001"))


def test_a_frame_around_the_page_is_no_table() -> None:
    frame = [
        Segment(20, 60, 500, 60),
        Segment(20, 700, 500, 700),
        Segment(20, 60, 20, 700),
        Segment(480, 60, 480, 700),
        Segment(500, 60, 500, 700),
    ]
    uprights = [upright(x, 0, 4) for x in (-1, 12, 21, 30)]
    rules = [rule(y, -1, 30) for y in range(5)]
    found = find_tables(typed(TABLE), [*frame, *uprights, *rules], 1)
    assert [(table.rows, table.columns, grid.ruled) for table, grid in found] == [(4, 3, True)]


def test_strips_between_borders_and_shades_are_no_columns() -> None:
    """Each cell is drawn twice, the inner border 4 points inside the outer one."""
    outer = [upright(x, 0, 4) for x in (-1.6, 12, 21, 31)]
    inner = [upright(x, 0, 4) for x in (-0.6, 13, 22, 30)]
    rules = [rule(y, -1.6, 31) for y in range(5)]
    (table, _), *_ = find_tables(typed(TABLE), [*outer, *inner, *rules], 1)
    assert (table.rows, table.columns) == (4, 3)


def test_shaded_rows_are_bands_of_one_table() -> None:
    words = typed(TABLE)
    rulings = []
    for line in (0, 2):
        rulings += [rule(y, -1, 30) for y in (line, line + 1)]
        rulings += [upright(x, line, line + 1) for x in (-1, 12, 21, 30)]
    (table, _), *more = find_tables(words, rulings, 1)
    assert not more
    assert grid_of(table)[1:3] == [["North", "1,204", "1,311"], ["South", "980", "991"]]


def test_titles_and_notes_in_a_frame_are_no_rows() -> None:
    page = """
        Table 3 Schools by region
        Region          2019     2020
        North          1,204    1,311
        The numbers of both years are those of the reports that all states had sent.
    """
    rules = [rule(y, -1, 80) for y in range(5)]
    sides = [upright(x, 0, 4) for x in (-1, 80)]
    inner = [upright(x, 1, 3) for x in (12, 21)]
    (table, _), *_ = find_tables(typed(page), [*rules, *sides, *inner], 1)
    assert grid_of(table) == [["Region", "2019", "2020"], ["North", "1,204", "1,311"]]


def test_a_blank_form_stays_and_blank_boxes_do_not() -> None:
    form = [*(rule(y, 0, 30) for y in range(4)), *(upright(x, 0, 3) for x in (0, 10, 30))]
    boxes = [*(rule(y, 40, 44) for y in range(4)), *(upright(x, 0, 3) for x in (40, 44))]
    words = typed("A key", top=400)
    found = find_tables(words, [*form, *boxes], 1)
    assert [(table.rows, table.columns) for table, _ in found] == [(3, 2)]
