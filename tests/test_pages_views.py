"""What pages show of a result, as plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from extractor.document import Alternative, Cell, Entity, InForce, Normalized, ReviewPlan, Suspect
from extractor.template import load_templates
from service.pages.addresses import START, own_path
from service.pages.rendering import percent_text
from service.pages.views.checks import check_views
from service.pages.views.document import doubtful_first, result_view, trust_of
from service.pages.views.fields import field_views
from service.pages.views.overlay import page_views
from service.pages.views.printed import printed_tables
from service.pages.views.prose import labels_of, parts_of, pieces
from service.pages.views.rows import DocumentRow, row_of
from service.rows import Document as Row
from tests.example_documents import BOX, example_document, example_field

PLAN = ReviewPlan(
    "1-a", ("clean", "worn"), {"clean": 0.9, "worn": 0.99}, None, 0.001, 2.0, ("b",), 0.1, ("a",)
)
IN_FORCE = InForce("2026-11-22", "reports", 0.002, 0.95, {"clean": 0.001})


# --- fields ---------------------------------------------------------------------------------------


def test_a_field_as_people_look_at_it() -> None:
    """What is printed, its other readings, its broken relations, where it stands."""
    views = {view.id: view for view in field_views(example_document())}
    total = views["applications.new_received.total"]
    assert (total.path, total.text, total.value, total.unit) == (
        ("本年新收", "总计"),
        "18",
        "",
        "件",
    )
    assert [(one.text, one.probability) for one in total.alternatives] == [("16", 0.39)]
    assert total.broken == ("applications.sum.new_received",)
    assert (total.is_doubtful, total.group, total.label) == (
        True,
        "applications",
        "本年新收 / 总计",
    )
    assert (total.anchor, total.box) == (f"field-{total.id}", f"box-{total.id}")


def test_a_value_is_shown_where_it_is_written_in_another_way() -> None:
    """2023年1月20日 is 2023-01-20; 16 is 16."""
    same = example_field("a.b.c", "a", 16)
    other = replace(same, id="a.b.d", text="2023年1月20日", value="2023-01-20")
    spaced = replace(same, id="a.b.e", text=" 16\n")
    found = field_views(example_document(fields=(same, other, spaced)))
    assert [view.value for view in found] == ["", "2023-01-20", ""]


def test_readings_that_nobody_would_choose_are_left_out() -> None:
    """A blank reading is "", "/" is what is printed."""
    others = (Alternative(None, 0.2, ""), Alternative(None, 0.1, "/"), Alternative(3, 0.0004))
    field = example_field("a.b.c", "a", 16, alternatives=others)
    (view,) = field_views(example_document(fields=(field,)))
    assert [other.text for other in view.alternatives] == ["", "/"]


def test_a_field_without_a_place_has_no_box() -> None:
    """It was not found."""
    field = replace(example_field("a.b.c", "a", None, state="missing"), page=None, bbox=None)
    (view,) = field_views(example_document(fields=(field,)))
    assert (view.box, view.page) == (None, None)


def test_what_to_look_at_first() -> None:
    """The best looks of the plan, then the others in their order; accepted ones not at all."""
    fields = tuple(
        example_field(name, name, 1, review="accepted" if name == "d" else "needs_review")
        for name in "acbd"
    )
    document = replace(example_document(fields=fields), review=PLAN)
    views = field_views(document)
    assert [view.id for view in doubtful_first(views, PLAN)] == ["b", "a", "c"]
    assert [view.id for view in doubtful_first(views, None)] == ["a", "c", "b"]
    assert [(v.id, v.look, v.lot) for v in views if v.look or v.lot] == [
        ("a", False, True), ("b", True, False)
    ]  # fmt: skip


# --- the certificate ------------------------------------------------------------------------------


def test_a_certificate_for_some_pages_only_is_not_in_force_for_the_rest() -> None:
    """The qualities without a bound are named."""
    trust = trust_of(replace(PLAN, certificate=IN_FORCE))
    assert trust is not None
    assert (trust.target, trust.bands, trust.without) == (0.002, ("clean",), ("worn",))
    assert not trust.is_certified
    assert trust.least == 0.99


def test_a_certificate_for_all_pages_is_in_force() -> None:
    """And nothing is said of thresholds."""
    plan = replace(PLAN, bands=("clean", "clean"), certificate=IN_FORCE)
    trust = trust_of(plan)
    assert trust is not None
    assert trust.is_certified
    assert trust.least is None


@pytest.mark.parametrize("certificate", [None, replace(IN_FORCE, bounds={"digital": 0.001})])
def test_no_certificate(certificate: InForce | None) -> None:
    """None at all, or none for these pages: the highest threshold says what is marked."""
    trust = trust_of(replace(PLAN, certificate=certificate))
    assert trust is not None
    assert (trust.target, trust.without, trust.least) == (None, ("clean", "worn"), 0.99)
    assert trust_of(None) is None


# --- tables, text, relations ----------------------------------------------------------------------


def test_a_table_as_printed() -> None:
    """Cells at the place where they begin; those that are hard to read are marked."""
    document = example_document()
    doubtful = replace(document.tables[0].cells[1], confidence=0.4)
    cells = (document.tables[0].cells[2], document.tables[0].cells[0], doubtful)
    table = replace(document.tables[0], cells=cells)
    (shown,) = printed_tables(replace(document, tables=(table,)))
    rows = [[(c.text, c.row_span, c.column_span) for c in row] for row in shown.rows]
    assert rows == [[("项目", 1, 2)], [("=1+1", 1, 1), ("", 1, 1)]]
    assert shown.doubtful == 1
    assert [cell.is_doubtful for cell in shown.rows[1]] == [True, False]
    assert shown.rows[1][0].box == "box-t1-1-0"


def entity(start: int, end: int, text: str = "", section: str | None = "一") -> Entity:
    return Entity(
        "COUNT", text or "x" * (end - start), start, end, section, Normalized(102, "条"), None, 0.9,
        1, BOX,
    )  # fmt: skip


def test_the_text_is_cut_at_its_entities() -> None:
    """Pieces put together are the paragraph again."""
    (part,) = parts_of(example_document())
    (paragraph,) = part.paragraphs
    assert [(piece.text, piece.mark is not None) for piece in paragraph] == [
        ("公开", False), ("102条", True), ("。", False)
    ]  # fmt: skip
    mark = paragraph[1].mark
    assert mark is not None
    assert (mark.meaning, mark.subject, mark.anchor, mark.box) == (
        "102 条", "信息", "entity-0", "box-entity-0"
    )  # fmt: skip
    assert labels_of(example_document()) == (("COUNT", 1),)


@pytest.mark.parametrize(
    ("spans", "marked"),
    [
        ([(2, 4), (3, 6)], ["cd"]),  # one that overlaps is left out
        ([(3, 6), (2, 4)], ["cd"]),
        ([(0, 3), (0, 2)], ["abc"]),  # the longer one stands
        ([(5, 9)], []),  # it goes on beyond the paragraph
        ([(0, 7)], ["abcdefg"]),
        ([], []),
    ],
)
def test_entities_never_overlap(spans: list[tuple[int, int]], marked: list[str]) -> None:
    """Whatever a tagger gives."""
    found = list(pieces("abcdefg", 0, [(n, entity(*span)) for n, span in enumerate(spans)]))
    assert "".join(piece.text for piece in found) == "abcdefg"
    assert [piece.text for piece in found if piece.mark is not None] == marked


def test_entities_count_from_the_beginning_of_their_section() -> None:
    """Paragraphs are joined by a line break; sections without a number are told by their text."""
    document = example_document()
    section = replace(document.sections[0], paragraphs=("甲乙", "丙102条"))
    other = replace(section, number=None, paragraphs=("戊己庚辛壬癸子丑",))
    own = entity(4, 8, "102条")
    lost = entity(4, 8, "102条", None)
    first, second = parts_of(replace(document, sections=(section, other), entities=(own, lost)))
    assert [piece.text for piece in first.paragraphs[1]] == ["丙", "102条"]
    assert [piece.text for piece in second.paragraphs[0]] == ["戊己庚辛壬癸子丑"]


def test_broken_relations_come_first() -> None:
    """With the labels and texts of the fields that take part, and the odds of both faults."""
    document = example_document()
    suspects = (Suspect("applications.new_received.total", 0.95), Suspect("gone", 0.01))
    broken = replace(document.checks[0], misread=0.25, suspects=suspects)
    views = check_views(replace(document, checks=(document.checks[1], broken)))
    assert [view.passed for view in views] == [False, True]
    assert (views[0].misread, views[0].misprinted) == (0.25, 0.75)
    assert views[1].misprinted is None
    assert [(s.label, s.text, s.probability) for s in views[0].suspects] == [
        ("本年新收 / 总计", "18", 0.95), ("gone", "", 0.01)
    ]  # fmt: skip
    assert views[0].anchor == "check-applications.sum.new_received"


def test_boxes_lie_on_their_pages() -> None:
    """In points, rounded; a page without a picture keeps its boxes."""
    first, second = page_views(example_document(), {1})
    assert (first.has_picture, second.has_picture) == (True, False)
    assert second.fields == second.cells == second.entities == ()
    box = next(b for b in first.fields if b.id == "box-applications.new_received.total")
    assert (box.x, box.y, box.width, box.height) == (10.0, 20.0, 50.0, 12.5)
    assert box.is_doubtful
    assert box.target == "field-applications.new_received.total"
    assert [b.target for b in first.cells] == ["of-box-t1-0-0", "of-box-t1-1-0", "of-box-t1-1-1"]
    assert [(b.target, b.label) for b in first.entities] == [("entity-0", "COUNT")]


def test_the_whole_result() -> None:
    """Counts of what there is."""
    template = next(t for t in load_templates() if t.id == "gov-disclosure-annual/2021")
    view = result_view(example_document(), template, {1, 2})
    assert (view.fields, len(view.doubtful), view.broken) == (7, 1, 1)
    assert [group.title for group in view.groups][:2] == [
        "", "三、收到和处理政府信息公开申请情况"
    ]  # fmt: skip
    assert view.trust is None


def test_a_cell_that_is_hard_to_read_but_empty_is_marked_too() -> None:
    """Ink may be there that was not read."""
    cell = Cell(0, 0, 1, 1, "", 0.2, 1, BOX)
    table = replace(example_document().tables[0], rows=1, columns=1, cells=(cell,))
    (shown,) = printed_tables(replace(example_document(), tables=(table,)))
    assert shown.doubtful == 1


# --- rows of the archive --------------------------------------------------------------------------


def row(**columns: object) -> DocumentRow:
    given: dict[str, object] = {
        "id": "d", "project_id": "p", "sha256": "0", "name": "a/b/c.pdf", "size": 1, "kind": "pdf",
        "run_id": "r", "state": "done", "pages_done": 0, "uploaded_at": datetime.now(UTC),
    }  # fmt: skip
    return row_of(Row(**{**given, **columns}))


def test_a_document_as_a_row() -> None:
    """Its folder apart; what it is called depends on what is known of it."""
    found = row(agency="临江县人民政府", year=2022)
    assert (found.folder, found.file) == ("a/b", "c.pdf")
    assert found.title == "临江县人民政府 2022"
    assert row(agency="临江县人民政府").title == "临江县人民政府"
    assert row(year=2022).title == "c.pdf"
    assert row(name="c.pdf").folder == ""


def test_numbers_of_a_document_without_fields_say_nothing() -> None:
    """Nothing to review would be wrong: nothing was looked for."""
    formless = row(needs_review=0, broken=0, fields=0)
    assert (formless.needs_review, formless.broken, formless.is_formless) == (None, None, True)
    known = row(needs_review=0, broken=0, fields=9, form="f")
    assert (known.needs_review, known.broken, known.is_formless) == (0, 0, False)
    assert not row(state="queued").is_formless


@pytest.mark.parametrize(
    ("columns", "is_open"),
    [
        ({"state": "queued"}, True), ({"state": "reading"}, True), ({"state": "done"}, False),
        ({"state": "failed"}, False), ({"state": "done", "next_id": "n"}, True),
    ],
)  # fmt: skip
def test_rows_that_change_by_themselves(columns: dict[str, object], is_open: bool) -> None:
    """Until the document is read, or read again."""
    assert row(**columns).is_open == is_open


def test_a_locked_document_asks_for_its_password() -> None:
    """Other failures do not."""
    assert row(state="failed", error_code="encrypted").is_locked
    assert not row(state="failed", error_code="unreadable").is_locked


# --- numbers and addresses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100%"), (0.99999, "99.9%"), (0.9991, "99.9%"), (0.61, "61.0%"), (0.29, "29.0%"),
        (0.001, "0.1%"), (0.0004, "<0.1%"), (0.0, "0.0%"), (None, ""),
    ],
)  # fmt: skip
def test_only_what_is_certain_is_a_hundred_percent(share: float | None, text: str) -> None:
    """Shares are cut, not rounded up."""
    assert percent_text(share) == text


@pytest.mark.parametrize(
    "address", ["/archive", "/archive?q=%E4%B8%B4&sort=name", "/documents/1#field-a.b"]
)
def test_addresses_of_this_site_are_gone_to(address: str) -> None:
    """As they are."""
    assert own_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None, "", "archive", "//example.org", "///example.org", "https://example.org", "/\\example",
        "\\\\example.org", "javascript:alert(1)", "/a\nb", "/a\x00", "https:example.org",
        " /archive", "/\t/example.org", "http:///x",
    ],
)  # fmt: skip
def test_no_other_address_is_gone_to(address: str | None) -> None:
    """A link to us must not lead elsewhere."""
    assert own_path(address) == START
