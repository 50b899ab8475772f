"""Corrections to tables and sections: contents move, cells span, headings change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.document import Document, Section, Table
from extractor.errors import CorrectionError
from extractor.fields import fill_fields
from extractor.restructure import EDIT, Edit, restructured
from extractor.tables.edits import Region, shifted, slots, spanned
from tests.example_documents import example_document
from tests.printed_tables import applications, grid
from tests.test_fields_of_tables import NEW, SEVEN

TABLE = grid(
    [
        ["项目", "<", "数"],
        ["一", "甲", "1"],
        ["^", "乙", "2"],
        ["二", "<", ""],
    ]
)


def texts(table: Table) -> list[list[str]]:
    """What stands in each slot; of merged cells in the first."""
    found = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        found[cell.row][cell.column] = cell.text
    return found


def tiles(table: Table) -> bool:
    """Whether the cells take each slot once."""
    taken = sorted(slot for cell in table.cells for slot in slots(cell))
    return taken == sorted(Region(0, 0, table.rows, table.columns))


def test_contents_go_down_with_their_places() -> None:
    """Labels stay; what was empty comes up."""
    down = shifted(TABLE, Region(1, 2, 2, 1), 1)
    assert [row[2] for row in texts(down)] == ["数", "", "1", "2"]
    moved = next(cell for cell in down.cells if (cell.row, cell.column) == (2, 2))
    assert moved.bbox == next(c.bbox for c in TABLE.cells if (c.row, c.column) == (1, 2))
    assert shifted(down, Region(2, 2, 2, 1), -1) == TABLE


@pytest.mark.parametrize(
    ("region", "by", "why"),
    [
        (Region(1, 2, 1, 1), 1, "not empty"),
        (Region(1, 2, 2, 1), 2, "rows"),
        (Region(1, 0, 2, 2), 1, "span several"),
        (Region(0, 2, 1, 1), -1, "rows"),
        (Region(1, 3, 1, 1), 1, "columns"),
    ],
)
def test_contents_that_cannot_move_stay(region: Region, by: int, why: str) -> None:
    """With what is in the way."""
    with pytest.raises(CorrectionError, match=why):
        shifted(TABLE, region, by)


def test_a_cell_spans_what_it_is_told() -> None:
    """It takes the texts of what it swallows; what it gives up is empty."""
    wide = spanned(TABLE, Region(1, 1, 2, 2))
    assert tiles(wide)
    assert texts(wide)[1][1] == "甲\n1\n乙\n2"
    parted = spanned(TABLE, Region(0, 0, 1, 1))
    assert tiles(parted)
    assert texts(parted)[0] == ["项目", "", "数"]
    second = next(cell for cell in parted.cells if (cell.row, cell.column) == (0, 1))
    assert second.bbox == (40.0, 0.0, 80.0, 20.0)


@pytest.mark.parametrize(
    ("region", "why"),
    [
        (Region(0, 1, 1, 2), "first row and column"),
        (Region(1, 1, 3, 1), "cut through"),
        (Region(0, 0, 9, 1), "4 rows"),
    ],
)
def test_a_span_that_cuts_other_cells_is_refused(region: Region, why: str) -> None:
    """With what to do."""
    with pytest.raises(CorrectionError, match=why):
        spanned(TABLE, region)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """Any region, most of them in the table."""
    return Region(
        *(draw(st.integers(0, 3)) for _ in range(2)), *(draw(st.integers(1, 4)) for _ in range(2))
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(regions(), st.integers(-3, 3), st.booleans()), max_size=6))
def test_whatever_is_done_the_cells_tile_the_table(steps: list[tuple[Region, int, bool]]) -> None:
    """And no text is lost."""
    table = TABLE
    for region, by, is_span in steps:
        try:
            table = spanned(table, region) if is_span else shifted(table, region, by)
        except CorrectionError:
            continue
    assert tiles(table)
    words = sorted(word for row in texts(table) for word in "\n".join(row).split())
    assert words == sorted(["项目", "数", "一", "甲", "1", "乙", "2", "二"])


def report(*tables: Table) -> Document:
    """A result of the 2021 form with those tables."""
    fields = fill_fields(NEW, tables, {1: "ocr"})
    seen = tuple(replace(field, review="accepted", confidence=0.999) for field in fields)
    return replace(example_document(fields=seen), tables=tables, checks=(), entities=())


def edit(**values: object) -> Edit:
    """An edit as it comes over the line."""
    return EDIT.validate_python(values)


def test_fields_follow_their_table() -> None:
    """Numbers that stand a row too low come to the fields of the row above; the rest stays."""
    rows = applications()
    rows[-1][3:] = [""] * 7  # the last row was lost, and the ones before came one row too low
    rows[6:] = [[*row[:3], *above[3:]] for row, above in zip(rows[6:], rows[5:-1], strict=True)]
    rows[5][3:] = [""] * 7
    right = report(grid(applications()))
    found = restructured(
        report(grid(rows)),
        [edit(op="shift", table="t", row=6, column=3, rows=len(rows) - 6, columns=7, by=-1)],
        NEW,
    )
    last = [f"applications.carried_out.{column}" for column in SEVEN]
    for field in right.fields:
        own = found.field(field.id)
        if field.id.startswith("applications."):
            assert own.value == (None if field.id in last else field.value), field.id
    assert found.field("applications.new_received.total").review == "accepted"
    assert found.field("applications.granted.total").review == "needs_review"


def test_an_edit_of_no_table_is_refused() -> None:
    """Neither is one of a section that is not there."""
    with pytest.raises(CorrectionError, match="no table t9"):
        restructured(
            example_document(),
            [edit(op="span", table="t9", row=0, column=0, rows=1, columns=1)],
            None,
        )
    with pytest.raises(CorrectionError, match="1 sections"):
        restructured(example_document(), [edit(op="join", section=3)], None)


PROSE = replace(
    example_document(),
    sections=(
        Section("一", "总体情况", 1, 1, ("头。", "公开102条。", "二、其他", "尾。")),
        Section("三", "情况", 1, 1, ("末。",)),
    ),
    entities=(replace(example_document().entities[0], start=5, end=9),),
)


def named(document: Document) -> str:
    """The text at the place of the only entity."""
    (entity,) = document.entities
    section = next(s for s in document.sections if s.number == entity.section)
    return "\n".join(section.paragraphs)[entity.start : entity.end]


def test_what_is_named_moves_with_its_paragraph() -> None:
    """Through headings that are added, taken away and renamed."""
    assert named(PROSE) == "102条"
    cut = edit(op="part", section=0, paragraph=0, number="〇", heading="头", level=1)
    found = restructured(PROSE, [cut], None)
    assert [s.heading for s in found.sections] == ["总体情况", "头", "情况"]
    assert found.entities[0].section == "〇"
    assert named(found) == "102条"
    back = restructured(found, [edit(op="join", section=1)], None)
    assert back.sections[0].paragraphs == ("头", *PROSE.sections[0].paragraphs[1:])
    assert named(back) == "102条"
    renamed = edit(op="rename", section=0, number="二", heading="概况", level=1)
    assert restructured(PROSE, [renamed], None).entities[0].section == "二"
