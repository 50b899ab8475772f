"""The grid of a form: labels that span, rows and columns in their places."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.template import load_templates
from service.pages.views.fields import FieldView, field_views
from service.pages.views.grids import Heading, grid_of, groups_of, spans
from tests.example_documents import example_document, example_field

TEMPLATES = {template.id: template for template in load_templates()}
ANNUAL = TEMPLATES["gov-disclosure-annual/2021"]


def fields(*names: str) -> tuple[FieldView, ...]:
    made = tuple(example_field(name, " / ".join(name.split(".")[1:]), 1) for name in names)
    return field_views(example_document(fields=made))


def test_labels_over_several_columns() -> None:
    """An outer label stands once; a short path goes down to the end."""
    paths = [("甲", "一"), ("甲", "二", "a"), ("甲", "二", "b"), ("乙",)]
    found = [(s.text, s.level, s.start, s.length, s.depth) for s in spans(paths, 3)]
    assert found == [
        ("甲", 0, 0, 3, 1), ("一", 1, 0, 1, 2), ("二", 1, 1, 2, 1), ("a", 2, 1, 1, 1),
        ("b", 2, 2, 1, 1), ("乙", 0, 3, 1, 3),
    ]  # fmt: skip


def test_labels_that_return_are_not_joined() -> None:
    """Only neighbours share a label."""
    paths = [("甲", "一"), ("乙", "二"), ("甲", "三")]
    assert [s.text for s in spans(paths, 2) if s.level == 0] == ["甲", "乙", "甲"]


def test_a_label_and_one_below_it() -> None:
    """（六）其他处理 is a row of its own, and the head of others, in two forms of the report."""
    paths = [("三", "六"), ("三", "六", "1")]
    found = [(s.text, s.start, s.length, s.depth) for s in spans(paths, 3)]
    assert found == [("三", 0, 2, 1), ("六", 0, 1, 2), ("六", 1, 1, 1), ("1", 1, 1, 1)]


paths_of_forms = st.lists(
    st.lists(st.sampled_from("甲乙丙"), min_size=1, max_size=4).map(tuple), min_size=1, max_size=8
)


@given(paths_of_forms)
@settings(deadline=None)
def test_the_labels_tile_their_place(paths: list[tuple[str, ...]]) -> None:
    """Every slot of leaves × levels belongs to one label."""
    depth = max(map(len, paths))
    slots = [
        (leaf, level)
        for span in spans(paths, depth)
        for leaf in range(span.start, span.start + span.length)
        for level in range(span.level, span.level + span.depth)
    ]
    assert sorted(slots) == [(leaf, level) for leaf in range(len(paths)) for level in range(depth)]


@given(paths_of_forms, paths_of_forms)
@settings(deadline=None)
def test_a_grid_is_a_table_without_gaps(
    columns: list[tuple[str, ...]], rows: list[tuple[str, ...]]
) -> None:
    """Its rows are as wide as its head, spans counted."""
    grid = grid_of(columns, [(path, [None] * len(columns)) for path in rows])
    head = [0] * len(grid.head)
    for level, labels in enumerate(grid.head):
        for label in labels:
            for below in range(level, level + label.row_span):
                head[below] += label.column_span
    assert set(head) == {len(columns)}
    beside = [0] * len(grid.rows)
    for index, row in enumerate(grid.rows):
        for label in row.headings:
            for below in range(index, index + label.row_span):
                beside[below] += label.column_span
    assert set(beside) == {grid.stub}


def test_the_official_grid_of_applications() -> None:
    """Columns under two outer labels, rows under 三、本年度办理结果."""
    names = [field_id for field_id, form, *_ in ANNUAL.cells() if form.id == "applications"]
    names = [name for name in names if not name.startswith("applications.other.no")]
    (group,) = groups_of(fields(*names), ANNUAL)
    (grid,) = group.grids
    assert group.title == "三、收到和处理政府信息公开申请情况"
    assert [[label.text for label in row] for row in grid.head] == [
        ["申请人情况"],
        ["自然人", "法人或其他组织", "总计"],
        ["商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"],
    ]
    assert grid.head[0][0] == Heading("申请人情况", 1, 7)
    assert grid.head[1][0] == Heading("自然人", 2, 1)
    assert grid.stub == 3
    assert grid.rows[0].headings == (Heading("一、本年新收政府信息公开申请数量", 1, 3),)
    first = grid.rows[2].headings
    assert [label.text for label in first] == ["三、本年度办理结果", "（一）予以公开"]
    assert all(cell is not None for row in grid.rows for cell in row.cells)


def test_each_block_of_a_table_has_a_grid_of_its_own() -> None:
    """二、主动公开政府信息情况 has four, with columns of their own."""
    names = [field_id for field_id, form, *_ in ANNUAL.cells() if form.id == "disclosure"]
    (group,) = groups_of(fields(*names), ANNUAL)
    assert [len(grid.rows) for grid in group.grids] == [2, 1, 2, 1]
    assert group.doubtful == 0


def test_a_form_that_is_not_known_has_the_labels_of_its_fields() -> None:
    """Fields of tables have two labels or more; metadata has no grid."""
    made = (*fields("t.a.x", "t.a.y", "t.b.x"), *fields("report.title"))
    table, metadata = groups_of(made, None)
    (grid,) = table.grids
    assert [[label.text for label in row] for row in grid.head] == [["x", "y"]]
    assert [[h.text for h in row.headings] for row in grid.rows] == [["a"], ["b"]]
    assert [[cell.id if cell else None for cell in row.cells] for row in grid.rows] == [
        ["t.a.x", "t.a.y"], ["t.b.x", None]
    ]  # fmt: skip
    assert metadata.grids == ()
    assert (table.title, metadata.title) == ("t", "")


def test_rows_that_are_not_printed_are_left_out() -> None:
    """Of a part that is printed in several ways only one way has fields."""
    (group,) = groups_of(fields("applications.other.total", "applications.total.total"), ANNUAL)
    (grid,) = group.grids
    assert len(grid.rows) == 2
    assert [row.headings[-1].text for row in grid.rows] == ["（六）其他处理", "（七）总计"]
