"""Tables that a page break has cut."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from extractor.document import Cell, Table
from extractor.geometry import Box
from extractor.tables.stitch import Part, stitch

if TYPE_CHECKING:
    from collections.abc import Sequence

XS = (50.0, 150.0, 250.0, 350.0)

# A row of cells: a text, or (text, row span, column span); None where a cell above reaches down.
Slot = str | tuple[str, int, int] | None


def part(
    rows: Sequence[Sequence[Slot]],
    page: int,
    *,
    xs: Sequence[float] = XS,
    first: bool = True,
    last: bool = True,
) -> Part:
    """A table typed by hand. Slots that a span covers are left out to its right, None below it."""
    cells = []
    for r, row in enumerate(rows):
        c = 0
        for slot in row:
            text, height, width = (slot or "", 1, 1) if not isinstance(slot, tuple) else slot
            if slot is not None:
                box = Box(xs[c], 100 + 20 * r, xs[c + width], 100 + 20 * (r + height))
                cells.append(Cell(r, c, height, width, text, 1.0, page, box))
            c += width
    table = Table("", "", (page,), len(rows), len(xs) - 1, tuple(cells))
    assert_tiled(table)
    return Part(table, tuple(xs), first, last)


def assert_tiled(table: Table) -> None:
    """Each slot of rows × columns belongs to exactly one cell."""
    slots = [
        (row, column)
        for cell in table.cells
        for row, column in product(
            range(cell.row, cell.row + cell.row_span),
            range(cell.column, cell.column + cell.column_span),
        )
    ]
    assert sorted(slots) == list(product(range(table.rows), range(table.columns)))


def joined(*parts: Part) -> Table:
    """The one table that the parts are."""
    (table,) = stitch(parts)
    assert_tiled(table)
    return table


def texts(table: Table) -> list[list[str]]:
    """Texts by row, cells from the left."""
    return [
        [c.text for c in sorted(table.cells, key=lambda c: c.column) if c.row == row]
        for row in range(table.rows)
    ]


def place(table: Table, text: str) -> tuple[int, int, int, int]:
    (cell,) = (c for c in table.cells if c.text == text)
    return cell.row, cell.column, cell.row_span, cell.column_span


HEADER = ("信息内容", "本年制发件数", "本年废止件数")


def test_a_table_on_one_page_stays_as_it_is() -> None:
    """Nothing to do, nothing changed."""
    whole = part([HEADER, ("规章", "0", "1")], 1)
    assert stitch([whole]) == (whole.table,)
    assert stitch([]) == ()


def test_a_header_on_one_page_and_its_row_on_the_next() -> None:
    """The data goes below the header, each cell keeps its page."""
    table = joined(part([HEADER], 1), part([("规章", "0", "12")], 2))
    assert texts(table) == [list(HEADER), ["规章", "0", "12"]]
    assert (table.pages, [c.page for c in table.cells]) == ((1, 2), [1, 1, 1, 2, 2, 2])


def test_three_pages() -> None:
    """A table may go on and on."""
    parts = [part([(f"第{i}行", str(i), "")], i) for i in (1, 2, 3)]
    table = joined(*parts)
    assert (table.pages, table.rows) == ((1, 2, 3), 3)


def test_a_repeated_header_is_dropped() -> None:
    """Word repeats header rows; the data rows of both pages follow each other."""
    upper = part([HEADER, ("规章", "0", "1")], 1)
    lower = part([("信息 内容", *HEADER[1:]), ("行政许可", "5", "6")], 2)
    assert texts(joined(upper, lower)) == [list(HEADER), ["规章", "0", "1"], ["行政许可", "5", "6"]]


def test_equal_rows_of_numbers_are_no_header() -> None:
    """Two rows of zeros are two rows."""
    table = joined(part([("0", "0", "0")], 1), part([("0", "0", "0"), ("1", "", "")], 2))
    assert table.rows == 3


def test_a_repeated_header_of_two_rows_with_merged_cells() -> None:
    """All of it goes, or nothing."""
    header: list[list[Slot]] = [[("项目", 2, 1), ("数量", 1, 2)], [None, "收到", "办结"]]
    upper = part([*header, ["甲类", "1", "2"]], 1)
    lower = part([*header, ["乙类", "3", "4"]], 2)
    assert texts(joined(upper, lower)) == [
        ["项目", "数量"], ["收到", "办结"], ["甲类", "1", "2"], ["乙类", "3", "4"],
    ]  # fmt: skip


def test_a_merged_label_is_cut() -> None:
    """The label stands on the first page, its cell goes on empty on the second."""
    upper = part([[("三、办理结果", 2, 1), "（一）公开", "1"], [None, "（二）部分", "2"]], 1)
    lower = part([[("", 2, 1), "（三）不予", "3"], [None, "（四）无法", "4"]], 2)
    table = joined(upper, lower)
    assert place(table, "三、办理结果") == (0, 0, 4, 1)
    assert [c.text for c in table.cells if c.column == 2] == ["1", "2", "3", "4"]


def test_a_merged_label_is_cut_within_its_words() -> None:
    """Both pieces hold a part of the text; the text is joined, the place is the first piece's."""
    upper = part([[("三、本年度", 2, 1), "（一）公开", "1"], [None, "（二）部分", "2"]], 1)
    lower = part([["办理结果", "（三）不予", "3"]], 2)
    table = joined(upper, lower)
    assert place(table, "三、本年度办理结果") == (0, 0, 3, 1)
    assert next(c for c in table.cells if c.row_span == 3).page == 1


def test_a_label_printed_on_the_second_page_only() -> None:
    """Centred in the whole cell, the words may all fall behind the break."""
    upper = part([[("", 1, 1), "（一）公开", "1"]], 1)
    lower = part([[("办理结果", 2, 1), "（二）部分", "2"], [None, "（三）不予", "3"]], 2)
    table = joined(upper, lower)
    assert place(table, "办理结果") == (0, 0, 3, 1)
    assert next(c for c in table.cells if c.text == "办理结果").page == 2


def test_a_new_label_is_a_cell_of_its_own() -> None:
    """A numbered label behind the break starts something new."""
    upper = part([[("（一）公开", 2, 1), "甲", "1"], [None, "乙", "2"]], 1)
    lower = part([[("（二）不予", 2, 1), "丙", "3"], [None, "丁", "4"]], 2)
    table = joined(upper, lower)
    assert place(table, "（一）公开") == (0, 0, 2, 1)
    assert place(table, "（二）不予") == (2, 0, 2, 1)


def test_a_row_is_cut_between_its_lines() -> None:
    """The label goes on behind the break, the values stand on one side only: one row."""
    upper = part([("1.属于国家", "3", "0")], 1)
    lower = part([("秘密", "", ""), ("2.其他", "1", "0")], 2)
    table = joined(upper, lower)
    assert texts(table) == [["1.属于国家秘密", "3", "0"], ["2.其他", "1", "0"]]


def test_a_row_is_cut_and_its_values_are_behind_the_break() -> None:
    """The values take their own page and place."""
    table = joined(part([("1.属于国家", "", "")], 1), part([("秘密", "3", "0")], 2))
    assert texts(table) == [["1.属于国家秘密", "3", "0"]]
    assert [c.page for c in table.cells] == [1, 2, 2]


def test_a_cut_row_with_room_below_its_values() -> None:
    """The blank rest of its cells, parted by the end of a shade, is no row of its own."""
    upper = part([("甲", "1", "2"), (("1.属于国家", 2, 1), "3", "0"), (None, "", "")], 1)
    table = joined(upper, part([("秘密", "", ""), ("2.其他", "1", "0")], 2))
    assert texts(table) == [["甲", "1", "2"], ["1.属于国家秘密", "3", "0"], ["2.其他", "1", "0"]]


def test_a_blank_row_under_a_heading_of_several_stays() -> None:
    """Where the label has two rows of its own the second is a row, blank or not."""
    upper = part([(("甲", 2, 1), "乙", "3"), (None, "丙", "")], 1)
    table = joined(upper, part([("丁", "戊", "5")], 2))
    assert table.rows == 3


def test_rows_that_end_and_begin_at_the_break_stay_two() -> None:
    """Both have values, or the second has a number of its own."""
    both = joined(part([("甲类", "3", "0")], 1), part([("乙类", "1", "2")], 2))
    assert both.rows == 2
    blank = joined(part([("（一）甲类", "", "")], 1), part([("（二）乙类", "1", "2")], 2))
    assert texts(blank) == [["（一）甲类", "", ""], ["（二）乙类", "1", "2"]]


def test_two_known_labels_are_two_rows_where_only_one_has_values() -> None:
    """A printed blank next to the break says nothing about where the row ends."""
    labels = {"行政处罚", "行政强制"}
    for upper, lower in (("", "7"), ("7", "")):
        parts = part([("行政处罚", upper, "")], 1), part([("行政强制", lower, "")], 2)
        (table,) = stitch(parts, labels)
        assert texts(table) == [["行政处罚", upper, ""], ["行政强制", lower, ""]]


def test_a_blank_column_stays() -> None:
    """It is blank on purpose."""
    table = joined(part([("甲", "", "1"), ("乙", "", "2")], 1), part([("丙", "", "3")], 2))
    assert table.columns == 3
    assert [c.text for c in table.cells if c.column == 1] == ["", "", ""]


def test_columns_of_both_parts_are_united() -> None:
    """A header with fewer borders than the data below it spans several columns then."""
    upper = part([("项目", "数量")], 1, xs=(50, 150, 350))
    lower = part([("甲", "1", "2")], 2, xs=(51, 149, 251, 351))
    table = joined(upper, lower)
    assert table.columns == 3
    assert place(table, "数量") == (0, 1, 1, 2)
    assert place(table, "2") == (1, 2, 1, 1)


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (part([HEADER], 1), part([HEADER], 2, xs=(50, 150, 250, 420))),  # another width
        (part([HEADER], 1), part([HEADER], 2, xs=(90, 150, 250, 350))),
        (part([HEADER], 1), part([HEADER], 3)),  # a page lies between
        (part([HEADER], 1), part([HEADER], 1)),  # the same page
        (part([HEADER], 1, last=False), part([HEADER], 2)),  # text below the first
        (part([HEADER], 1), part([HEADER], 2, first=False)),  # text above the second
    ],
)
def test_tables_that_are_two(upper: Part, lower: Part) -> None:
    """Another width, another page, text between them."""
    assert stitch([upper, lower]) == (upper.table, lower.table)


def test_only_neighbours_are_joined() -> None:
    """A table in the middle of a page ends what came before it."""
    one = part([HEADER], 1)
    two = part([("甲", "1", "2")], 2, last=False)
    three = part([("乙", "3", "4")], 2, first=False)
    tables = stitch([one, two, three])
    assert [table.rows for table in tables] == [2, 1]
