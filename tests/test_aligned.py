"""Tables without a full grid of rulings: how their columns, rows and headers are told."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.geometry import Box
from extractor.tables.finding import find_aligned, find_tables
from extractor.tables.tiling import Block, table_of, tiled
from tests.typed_pages import grid_of, rule, typed, upright, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Word
    from extractor.geometry import Segment


def grids(words: Sequence[Word], rulings: Sequence[Segment] = ()) -> list[list[list[str]]]:
    """The tables of a page as grids of texts."""
    return [grid_of(table) for table, _ in find_tables(words, rulings, 1)]


def test_columns_and_rows_follow_the_text() -> None:
    """Labels to the left, numbers to the right, a heading over each: no ruling is needed."""
    page = """
        Region          2019     2020
        North          1,204    1,311
        South            980      991
        West coast     2,115    2,240
    """
    assert grids(typed(page)) == [
        [
            ["Region", "2019", "2020"],
            ["North", "1,204", "1,311"],
            ["South", "980", "991"],
            ["West coast", "2,115", "2,240"],
        ]
    ]


def test_a_heading_spans_what_its_rule_spans() -> None:
    page = """
                          Income
        Region       Total      Tax
        North        1,204    1,311
        South          980      991
    """
    rules = [rule(0, 0, 32), rule(1, 13, 32), rule(2, 0, 32), rule(4, 0, 32)]
    assert grids(typed(page), rules) == [
        [
            ["Region", "Income", "Income"],
            ["Region", "Total", "Tax"],
            ["North", "1,204", "1,311"],
            ["South", "980", "991"],
        ]
    ]


def test_a_heading_spans_the_columns_it_is_centred_over() -> None:
    page = """
                             Income                     Expenses
        Region         Total         Tax          Total          Tax
        North          1,204       1,311          1,204        1,311
        South            980         991            980          991
    """
    table = grids(typed(page), [rule(0, 0, 61), rule(2, 0, 61), rule(4, 0, 61)])[0]
    assert table[0] == ["Region", "Income", "Income", "Expenses", "Expenses"]
    assert table[1] == ["Region", "Total", "Tax", "Total", "Tax"]


def test_headings_of_several_lines_are_one_cell_each() -> None:
    page = """
                      Number of    Share of
        Region       households      income
        North             1,204        13.1
        South               980        12.2
    """
    table = grids(typed(page), [rule(0, 0, 36), rule(2, 0, 36), rule(4, 0, 36)])[0]
    assert table[0] == ["Region", "Number of households", "Share of income"]


def test_a_label_that_runs_on_is_one_row_and_a_heading_is_its_own() -> None:
    page = """
        Item                       2019     2020
        By kind of ownership
        Public schools and        1,204    1,311
        colleges
        Private schools             980      991
        Homes of the elderly        115      240
    """
    labels = [row[0] for row in grids(typed(page))[0]]
    assert labels == [
        "Item",
        "By kind of ownership",
        "Public schools and colleges",
        "Private schools",
        "Homes of the elderly",
    ]


def test_the_value_of_a_label_of_two_lines_may_stand_in_its_middle() -> None:
    """The value's line overlaps both lines of the label."""
    words = []
    for row, (first, second, value) in enumerate(
        [("Income of", "households", "17.2"), ("Gini index", "of income", "0.46")] * 2
    ):
        y = 100 + 40.0 * row
        words += [*typed(first, top=y), *typed(second, top=y + 11)]
        words += [word(value, 200, y + 6), word(value, 260, y + 6)]
    words += typed("Measure                         1999        2007", top=80)
    table = grids(words)[0]
    assert table[1] == ["Income of households", "17.2", "17.2"]
    assert [row[0] for row in table[2:]] == [
        "Gini index of income",
        "Income of households",
        "Gini index of income",
    ]


def test_rules_of_one_width_part_rows_of_text() -> None:
    """Texts of several lines between rules: each strip is a row, no number is needed."""
    page = """
        Item              Description
        Tuition           The cost of taking a course, which
                          varies from school to school.
        Room and board    The cost of lodging and food; it
                          varies, too.
    """
    rules = [rule(0), rule(1), rule(3), rule(5)]
    assert grids(typed(page), rules) == [
        [
            ["Item", "Description"],
            ["Tuition", "The cost of taking a course, which varies from school to school."],
            ["Room and board", "The cost of lodging and food; it varies, too."],
        ]
    ]


def test_titles_and_notes_are_left_out() -> None:
    page = """
        Table 3. Schools by region, 2019 and 2020

        Region          2019     2020
        North          1,204    1,311
        South            980      991
        West           2,115    2,240
        Source: National statistics.
    """
    table = grids(typed(page))[0]
    assert table[0] == ["Region", "2019", "2020"]
    assert table[-1] == ["West", "2,115", "2,240"]


def test_leaders_and_currency_signs_are_no_columns() -> None:
    page = """
        Region              2019          2020
        North  ........  $ 1,204       $ 1,311
        South  ........  $   980       $   991
        West   ........  $ 2,115       $ 2,240
    """
    assert grids(typed(page))[0][1] == ["North", "$ 1,204", "$ 1,311"]


def test_a_header_printed_again_starts_a_table() -> None:
    page = """
        Age        Total     Share
        0-9        1,204      13.1
        10-19        980      12.2
        20-29        815      11.0

        Age        Women     Share
        0-9          604       6.1
        10-19        480       6.2
        20-29        415       5.0
    """
    found = grids(typed(page))
    assert [table[0] for table in found] == [["Age", "Total", "Share"], ["Age", "Women", "Share"]]


def test_a_folded_table_is_one_beside_the_other() -> None:
    page = """
        State         Total    State         Total
        Alabama       1,204    Montana         604
        Alaska          980    Nebraska        480
        Arizona         815    Nevada          415
    """
    found = grids(typed(page))
    assert [table[1][0] for table in found] == ["Alabama", "Montana"]


def test_rows_that_a_grid_leaves_unruled_are_parted() -> None:
    page = """
        Region          2019     2020
        North          1,204    1,311
        South            980      991
        West           2,115    2,240
    """
    uprights = [upright(x, 0, 4) for x in (-1, 12, 21, 30)]
    rules = [rule(y, -1, 30) for y in (0, 1, 4)]
    table = grids(typed(page), [*uprights, *rules])[0]
    assert table[2] == ["South", "980", "991"]


def test_labels_beside_a_grid_belong_to_it() -> None:
    page = """
        Region          2019     2020
        North          1,204    1,311
        South            980      991
        West           2,115    2,240
    """
    uprights = [upright(x, 0, 4) for x in (12, 21, 30)]
    rules = [rule(y, 12, 30) for y in range(5)]
    table = grids(typed(page), [*uprights, *rules])[0]
    assert [row[0] for row in table] == ["Region", "North", "South", "West"]


def test_a_whole_grid_stays_as_the_rulings_say() -> None:
    """Texts that look like columns inside a ruled cell do not part it."""
    page = """
        Region          2019 and     2020
        North              1,204    1,311
    """
    uprights = [upright(x, 0, 2) for x in (-1, 12, 36)]
    rules = [rule(y, -1, 36) for y in range(3)]
    assert grids(typed(page), [*uprights, *rules]) == [
        [["Region", "2019 and 2020"], ["North", "1,204 1,311"]]
    ]


def test_words_of_the_page_are_never_lost() -> None:
    """What stands over two cells of a header goes to one of them."""
    page = """
        Region      2019 and more 2020
        North          1,204    1,311
        South            980      991
        West           2,115    2,240
    """
    words = typed(page)
    (table, _), *_ = find_tables(words, [], 1)
    text = " ".join(cell.text for cell in table.cells)
    assert sorted(text.split()) == sorted(w.text for w in words)


blocks = st.builds(
    lambda r, c, h, w: Block(r, min(r + h, 5), c, min(c + w, 4), (word(f"{r}.{c}", 50, 100),)),
    st.integers(0, 5),
    st.integers(0, 4),
    st.integers(0, 2),
    st.integers(0, 2),
)


@given(st.lists(blocks, max_size=12))
def test_blocks_tile_the_grid_and_keep_their_words(given_blocks: list[Block]) -> None:
    done = tiled(given_blocks, 6, 5)
    assert sorted(slot for b in done for slot in b.slots()) == list(product(range(6), range(5)))
    assert sum(len(b.words) for b in done) == len(given_blocks)
    table, grid = table_of(
        given_blocks, 6, (0.0, 10.0, 20.0, 30.0, 40.0, 50.0), Box(0, 90, 50, 200), 1
    )
    assert list(grid.ys) == sorted(grid.ys)
    assert not grid.ruled
    assert len(table.cells) == len(grid.spans)


texts = st.sampled_from(["North", "1,204", "13.1 %", "Total income", "a", "–", "of", "$", "2019"])
places = st.tuples(st.sampled_from([0, 2, 14, 15, 24, 28, 30, 42]), st.integers(0, 9))
strokes = st.builds(
    lambda line, a, b, level: (
        rule(line, min(a, b), max(a, b) + 1) if level else upright(a, 0, line)
    ),
    st.integers(1, 15),
    st.integers(0, 60),
    st.integers(0, 60),
    st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(places, texts, min_size=12, max_size=60), st.lists(strokes, max_size=8))
def test_cells_tile_whatever_stands_on_a_page(
    page: dict[tuple[int, int], str], rulings: list[Segment]
) -> None:
    words = [
        w for (x, y), text in page.items() for w in typed(text, left=50 + 5 * x, top=100 + 14 * y)
    ]
    for table, grid in find_tables(words, rulings, 1):
        slots = [
            (row, column)
            for cell in table.cells
            for row in range(cell.row, cell.row + cell.row_span)
            for column in range(cell.column, cell.column + cell.column_span)
        ]
        assert sorted(slots) == list(product(range(table.rows), range(table.columns)))
        assert len(grid.ys) == table.rows + 1
        assert len(grid.xs) == table.columns + 1


def test_words_of_a_scan_give_their_cells_their_certainty() -> None:
    page = """
        Region          2019     2020
        North          1,204    1,311
        South            980      991
        West           2,115    2,240
    """
    words = [replace(w, confidence=0.7 if w.text == "980" else 0.99) for w in typed(page)]
    (table, grid), *_ = find_aligned(words, [], 1)
    assert {cell.text: cell.confidence for cell in table.cells}["980"] == 0.7
    assert not grid.ruled
