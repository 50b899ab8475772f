"""The shared samples with truth, where they are there: documents that this project did not make."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rapidfuzz.distance import Levenshtein

from extractor import extract

if TYPE_CHECKING:
    from extractor import Document

SAMPLES = Path(__file__).parent.parent.parent / "shared" / "samples"
PROSE = ("一", "五", "六")

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is not there"),
]


def names(level: str) -> list[str]:
    """Samples of a level; one that is skipped stands for them where there are none."""
    found = sorted(path.name.split(".")[0] for path in SAMPLES.glob(f"reports/*.{level}.pdf"))
    return found or ["none"]


def read(name: str, level: str) -> Document:
    return extract(SAMPLES / "reports" / f"{name}.{level}.pdf")


def truth_of(name: str) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((SAMPLES / "truth" / f"{name}.json").read_text())
    return truth


def number(text: object) -> float | None:
    """The first number of what is printed, None where nothing is."""
    plain = unicodedata.normalize("NFKC", str(text)).replace(",", "")
    found = re.search(r"-?\d+(\.\d+)?", plain)
    return float(found.group()) if found else None


def plain(value: object) -> str:
    """What must agree of a text: no white space, no punctuation, one width."""
    return re.sub(r"[\s.,，。/]", "", unicodedata.normalize("NFKC", str(value))).lower()


def wrong_cells(document: Document, truth: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Cells whose number differs: id, printed, read."""
    read_ = {f.id: (f.text, "" if f.value is None else f.value) for f in document.fields}
    return [
        (k, text, read_.get(k, (None,))[0])
        for k, text in truth["cells"].items()
        if k not in read_ or number(read_[k][1]) != number(text)
    ]


def wrong_metadata(document: Document, truth: dict[str, Any]) -> list[tuple[str, str, str]]:
    values = {f.id: f.value for f in document.fields}
    wrong = []
    for key, value in truth["report"].items():
        accepted = {plain(v) for v in (value, *truth.get("aliases", {}).get(key, ()))}
        found = values.get(f"report.{key}")
        if value is not None and plain(found) not in accepted:
            wrong.append((key, str(value), str(found)))
    return wrong


def prose_errors(document: Document, truth: dict[str, Any]) -> float:
    """Share of wrong characters in the paragraphs of the prose sections."""
    printed = plain("".join(p for k in PROSE for p in truth["prose"].get(k, ())))
    found = plain("".join(p for s in document.sections if s.number in PROSE for p in s.paragraphs))
    return Levenshtein.distance(printed, found) / max(len(printed), 1)


@pytest.mark.parametrize("name", names("digital"))
def test_digital_samples_are_read_without_a_fault(name: str) -> None:
    """All cells and all metadata, prose within 2 characters in 1000."""
    document, truth = read(name, "digital"), truth_of(name)
    assert wrong_cells(document, truth) == []
    assert wrong_metadata(document, truth) == []
    assert prose_errors(document, truth) <= 0.002
    assert {page.source for page in document.document.pages} <= {"text_layer", "blank"}


@pytest.mark.slow
@pytest.mark.parametrize("name", names("office200")[:1])
def test_an_office_scan_is_read_without_a_fault(name: str) -> None:
    """All cells, metadata but one, prose within 15 characters in 1000."""
    document, truth = read(name, "office200"), truth_of(name)
    assert wrong_cells(document, truth) == []
    assert len(wrong_metadata(document, truth)) <= 1
    assert prose_errors(document, truth) <= 0.015
