"""What reviewers decided, put into a result: values, relations, marks; the paper's sums stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.checks import run_checks
from extractor.confidence import SUREST
from extractor.corrections import Typed, corrected, typed
from extractor.decisions import Decision
from extractor.document import Check, Document, Kind, ReviewPlan, Suspect
from extractor.errors import CorrectionError
from tests.example_documents import example_document, example_field
from tests.test_fields_of_tables import NEW, SEVEN

ROW = "applications.new_received"
PLAN = ReviewPlan("m", ("digital", "digital"), {"digital": 0.98}, None, 0.001, 0.1, (), 0.0, ())


def sums(*values: int, odds: float | None = None) -> Document:
    """A result with one row, whose numbers are to add up to the last, as it was read."""
    fields = tuple(
        example_field(f"{ROW}.{name}", f"本年新收 / {name}", value)
        for name, value in zip(SEVEN, values, strict=True)
    )
    document = replace(example_document(fields=fields), review=PLAN)
    checks = run_checks(NEW, fields, (), ())
    told = tuple(
        check if check.passed or odds is None else replace(check, misread=odds, suspects=tuple(
            Suspect(one, round(1 / len(check.fields), 4)) for one in check.fields))
        for check in checks
    )  # fmt: skip
    return replace(document, checks=told, entities=(), sections=())


def decision(field: str, value: int | None = None, **more: object) -> Decision:
    """A value that was corrected; without one the field is confirmed."""
    kind = "confirmed" if value is None else "corrected"
    values = {"sha256": "x", "field": field, "decision": kind, "state": "printed", "value": value}
    return Decision.model_validate(values | more)


def decided(document: Document, *decisions: Decision) -> Document:
    """The result with them in it."""
    return corrected(document, {one.field: one for one in decisions}, NEW)


def check_of(document: Document) -> Check:
    """The check of the row."""
    return next(check for check in document.checks if check.id == "applications.row.new_received")


def test_a_corrected_digit_makes_the_relation_hold() -> None:
    """And those that were suspected of it need no look any more."""
    read = sums(1, 2, 3, 4, 5, 6, 27, odds=0.9)
    assert not check_of(read).passed
    found = decided(read, decision(f"{ROW}.total", 21))
    total = found.field(f"{ROW}.total")
    assert (total.value, total.text, total.source) == (21, "21", "reviewer")
    assert (total.review, total.confidence) == ("corrected", SUREST)
    assert check_of(found).passed
    assert {field.review for field in found.fields} == {"accepted", "corrected"}


def test_a_correction_may_break_a_relation() -> None:
    """The paper is what it is: it is told, and nothing else is changed."""
    found = decided(sums(1, 2, 3, 4, 5, 6, 21), decision(f"{ROW}.total", 27))
    assert not check_of(found).passed
    assert check_of(found).misread is None
    assert found.field(f"{ROW}.total").value == 27
    assert {f.review for f in found.fields} == {"corrected", "needs_review"}


def test_a_relation_all_of_which_people_saw_is_misprinted() -> None:
    """Nobody has to look at it again."""
    read = sums(1, 2, 3, 4, 5, 6, 27, odds=0.9)
    found = decided(read, *(decision(f"{ROW}.{name}") for name in SEVEN))
    assert check_of(found).misread == 0.0
    assert {field.review for field in found.fields} == {"confirmed"}


def test_those_that_were_seen_are_less_suspect() -> None:
    """What is left of the odds falls to the others, and to the printer."""
    read = sums(1, 2, 3, 4, 5, 6, 27, odds=0.8)
    found = check_of(decided(read, *(decision(f"{ROW}.{name}") for name in SEVEN[:6])))
    assert found.misread == pytest.approx(0.8 / 7 / (0.8 / 7 + 0.2), abs=1e-3)
    assert found.suspects[0].field == f"{ROW}.total"
    assert sum(one.probability for one in found.suspects) == pytest.approx(1.0, abs=1e-3)


def test_what_nobody_decided_stays_as_it_was_read() -> None:
    """Decisions of fields that are not there do nothing."""
    read = sums(1, 2, 3, 4, 5, 6, 21)
    assert decided(read) == read
    assert decided(read, decision("nothing.of.it", 3)) == read


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("count", "１,234", Typed("printed", 1234, "１,234")),
        ("count", " 0 ", Typed("printed", 0, "0")),
        ("count", "", Typed("blank", None, "")),
        ("count", "/", Typed("not_applicable", None, "/")),
        ("money", "3.50", Typed("printed", 3.5, "3.50")),
        ("text", "某县", Typed("printed", "某县", "某县")),
    ],
)
def test_a_typed_text_is_read_as_the_paper_is(kind: Kind, text: str, expected: Typed) -> None:
    """Also where nothing is printed."""
    assert typed(example_field("disclosure.x.y", "x", 1, kind=kind), text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("date", "2022年1月5日", Typed("printed", "2022-01-05", "2022年1月5日")),
        ("year", "2021", Typed("printed", 2021, "2021")),
        ("agency", "某县人民政府", Typed("printed", "某县人民政府", "某县人民政府")),
        ("phone", "", Typed("missing", None, "")),
    ],
)
def test_metadata_is_typed_as_it_is_printed(kind: Kind, text: str, expected: Typed) -> None:
    """What is not printed is missing."""
    assert typed(example_field("report.x", "x", "1", kind=kind), text) == expected


@pytest.mark.parametrize(
    ("field", "kind", "text"),
    [
        ("applications.x.y", "count", "1O"),
        ("applications.x.y", "count", "1.5"),
        ("report.x", "date", "31. Februar"),
        ("report.x", "year", "21"),
        ("report.x", "email", "nobody"),
    ],
)
def test_what_cannot_stand_in_a_field_is_refused(field: str, kind: Kind, text: str) -> None:
    """With what can."""
    with pytest.raises(CorrectionError, match=r"type|like|is|are"):
        typed(example_field(field, "x", 1, kind=kind), text)
