"""The second reader of born-digital tables: when it is asked, and what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extractor import second_reader
from extractor.document import Check, Field, Severity
from extractor.geometry import Box
from extractor.second_reader import read_cells, second_opinion
from fixtures import bad
from tests.example_documents import example_field

if TYPE_CHECKING:
    from collections.abc import Sequence

PATH = Path("report.pdf")
DIGITAL = Path(__file__).parent.parent / "fixtures" / "reports" / "tide-enforcement.digital.pdf"


def printed(field_id: str, value: int) -> Field:
    """A field of a text layer on page 1, at (10, 20)."""
    return replace(example_field(field_id, field_id, value), source="text_layer")


def check(*fields: str, passed: bool = False, severity: Severity = "error") -> Check:
    return Check("sum", passed, severity, "1 + 1 = 3", "it does not add up", fields)


def verdicts(
    fields: Sequence[Field], *checks: Check, pages: Sequence[int] = (1,)
) -> list[bool | None]:
    heights = dict.fromkeys(pages, 842.0)
    asked = second_opinion(PATH, None, fields, checks, heights)
    assert [replace(f, evidence=g.evidence) for f, g in zip(asked, fields, strict=True)] == [
        *fields
    ]
    return [f.evidence.second_reader for f in asked]


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Box, str]]:
    """What the second reader finds on every page; a test fills it."""
    found: list[tuple[Box, str]] = []
    monkeypatch.setattr(second_reader, "read_cells", lambda *args: found)
    return found


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reader is slow: it must not be asked."""

    def refuse(*args: object) -> None:
        raise AssertionError("the second reader was asked")

    monkeypatch.setattr(second_reader, "read_cells", refuse)


def test_agreement_and_disagreement_are_evidence(cells: list[tuple[Box, str]]) -> None:
    """For each field of a broken relation, by the cell at its place; line breaks do not count."""
    here, there = printed("a", 16), replace(printed("b", 18), bbox=Box(100, 20, 150, 30))
    cells += [(Box(0, 0, 70, 40), " 1\n6\n"), (Box(70, 0, 200, 40), "13")]
    assert verdicts([here, there, printed("c", 1)], check("a", "b")) == [True, False, None]


def test_no_cell_at_the_place_is_no_evidence(cells: list[tuple[Box, str]]) -> None:
    """A reader that is silent says nothing."""
    cells.append((Box(300, 300, 400, 400), "16"))
    assert verdicts([printed("a", 16)], check("a")) == [None]


@pytest.mark.usefixtures("unasked")
@pytest.mark.parametrize(
    ("fields", "checks", "pages"),
    [
        ([printed("a", 1)], [check("a", passed=True)], [1]),
        ([printed("a", 1)], [check("a", severity="warning")], [1]),
        ([printed("a", 1)], [check("b")], [1]),
        ([printed("a", 1)], [check("a")], [2]),
        ([replace(printed("a", 1), source="ocr")], [check("a")], [1]),
        ([], [], []),
    ],
)
def test_it_is_asked_only_where_there_is_doubt(
    fields: list[Field], checks: list[Check], pages: list[int]
) -> None:
    """Not for relations that hold, mere warnings, other fields, other pages, or scans."""
    assert verdicts(fields, *checks, pages=pages) == [None] * len(fields)


def test_cells_come_with_their_places_from_the_top() -> None:
    """camelot itself, on a sample report: boxes inside the page, the heading row above the data."""
    found = read_cells(DIGITAL, None, 1, 841.9)
    assert len(found) > 40
    assert all(-1 <= box.y0 < box.y1 <= 843 for box, _ in found)
    heading = next(box for box, text in found if "执法类别" in text)
    label = next(box for box, text in found if "行政强制" in text)
    assert heading.y1 <= label.y0 + 1
    assert heading.x0 == pytest.approx(label.x0)


def test_a_page_that_it_cannot_read_is_no_fault(tmp_path: Path) -> None:
    """Damaged files, pages that are not there, files that are gone."""
    path = tmp_path / "bad.pdf"
    path.write_bytes(bad.truncated_pdf())
    assert read_cells(path, None, 1, 842) == []
    assert read_cells(tmp_path / "gone.pdf", None, 1, 842) == []
    assert read_cells(DIGITAL, None, 99, 842) == []


def test_a_lack_of_memory_is_not_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says nothing about the page."""

    def fail(*args: object, **kwargs: object) -> None:
        raise MemoryError

    monkeypatch.setattr("camelot.io.read_pdf", fail)
    with pytest.raises(MemoryError):
        read_cells(DIGITAL, None, 1, 842)
