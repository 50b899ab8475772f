"""Labels and headers that wear has cut, joined or spoiled: order tells, and never against them."""

from __future__ import annotations

from dataclasses import replace

from extractor.columns import HeadCell, Header, values
from extractor.document import Cell
from extractor.geometry import Box
from tests.printed_tables import applications, grid
from tests.test_fields_of_tables import NEW, read, row


def test_label_that_a_border_cuts_in_two() -> None:
    """A border that is none parts a label; its pieces together are the label."""
    rows = applications()
    rows[24] = [*rows[24][:1], rows[24][1][:3], rows[24][1][3:], *rows[24][3:]]
    rows[25] = ["四、结转下", "<", "年度继续办理", *rows[25][3:]]
    whole = read(NEW, grid(applications()))
    assert row(read(NEW, grid(rows)), "carried_out") == row(whole, "carried_out")


def test_row_of_strokes_whose_label_is_read_badly() -> None:
    """Order places a row of "/" too, where OCR was not sure of a label that is like no other."""
    rows = applications()
    rows[19] = ["^", "^", "乙以么什口", *["/"] * 7]
    table = grid(rows)
    unsure = tuple(replace(c, confidence=0.3) if c.text == "乙以么什口" else c for c in table.cells)
    name = "applications.not_processed.duplicate.total"
    assert read(NEW, replace(table, cells=unsure))[name].state == "not_applicable"
    assert read(NEW, table)[name].state == "missing"


def test_header_of_which_a_part_is_lost() -> None:
    """Two header cells that ran together on the page before are told apart by order."""
    rows = applications()
    head = [[*r[:5], *r[6:]] for r in rows[:3]]
    head[2][4] = "商业企业科研机构"
    edges = [0.0, 40, 80, 120, 160, 240, 280, 320, 360, 400]
    fields = read(NEW, grid(head, 1, edges=edges), grid(rows[3:], 2))
    assert row(fields, "new_received") == list(range(101, 108))


def test_foreign_header_is_not_completed() -> None:
    """A column that can be read and is none of the form's keeps order from filling in others."""
    rows = applications()
    rows[2] = ["外籍人员数量" if text == "法律服务机构" else text for text in rows[2]]
    assert row(read(NEW, grid(rows)), "new_received")[4] is None


def test_header_over_two_columns_takes_the_one_that_is_printed() -> None:
    """Blank and number under one header: it is the number's; over two numbers it is neither's."""
    cell = Cell(0, 1, 1, 2, "总计", 0.9, 1, Box(40, 0, 120, 20))
    header = Header(0, (HeadCell("total", cell, 0.9),))

    def line(*texts: str) -> list[Cell]:
        places = [Box(40.0 * i, 20, 40.0 * (i + 1), 40) for i in range(3)]
        return [
            Cell(1, i, 1, 1, text, 0.9, 1, place)
            for i, (text, place) in enumerate(zip(("甲", *texts), places, strict=True))
        ]

    for texts in (("", "136"), ("136", "")):
        assert [v.cell.text for v in values(header, line(*texts), 0)] == ["136"]
    assert [v.cell.text for v in values(header, line("", ""), 0)] == [""]
    assert not values(header, line("1", "36"), 0)
