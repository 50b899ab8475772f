"""The shared samples with truth, where they are there: documents that this project did not make."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import tables
from benchmarks.accuracy import Score, measure
from benchmarks.misreads import load_report
from extractor import extract
from extractor.checks import run_checks

SAMPLES = Path(__file__).parent.parent.parent / "shared" / "samples"
SCANS = ("office200", "skew200", "sideways200", "photo200", "low120", "copy200")
WORN = {"copy200"}  # more than half of the rulings are gone: a cell in 50 may be lost

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is not there"),
]


def names(*levels: str) -> list[str]:
    """`<id>.<level>` of the samples; one that is skipped stands for them where there are none."""
    found = [path.stem for level in levels for path in SAMPLES.glob(f"reports/*.{level}.pdf")]
    return sorted(found) or ["none"]


def read(name: str) -> Score:
    truth = SAMPLES / "truth" / f"{name.split('.')[0]}.json"
    return measure(SAMPLES / "reports" / f"{name}.pdf", truth, None)


@pytest.mark.parametrize("name", names("digital"))
def test_digital_samples_are_read_without_a_fault(name: str) -> None:
    """All cells and all metadata, prose within 2 characters in 1000."""
    score = read(name)
    assert score.wrong == ()
    assert score.cer <= 0.002


@pytest.mark.parametrize(
    "name",
    [*names("digital"), *(pytest.param(n, marks=pytest.mark.slow) for n in names(*SCANS))],
)
def test_what_the_paper_gets_wrong_is_told_and_stays(name: str) -> None:
    """The relations that its own numbers break, rather printed wrong, and no value is changed."""
    printed = load_report(SAMPLES / "truth" / f"{name.split('.')[0]}.json")
    wrong = {c.id for c in run_checks(printed.template, printed.fields, (), ()) if not c.passed}
    read_ = extract(SAMPLES / "reports" / f"{name}.pdf")
    told = {c.id: c for c in read_.checks if not c.passed and c.severity == "error"}
    assert told.keys() == wrong
    for check in told.values():
        assert check.misread is not None
        assert check.misread < 0.1
        assert check.suspects
    values = {field.id: (field.value, field.state) for field in read_.fields}
    assert all(values[field.id] == (field.value, field.state) for field in printed.fields)


@pytest.mark.slow
def test_confidence_on_scans_can_be_trusted() -> None:
    """Calibration error at most 0.005, and at most 3 % of the fields are marked."""
    confidences, marked = [], 0
    for name in names(*SCANS):
        fields = extract(SAMPLES / "reports" / f"{name}.pdf").fields
        cells = [field for field in fields if not field.id.startswith("report.")]
        confidences += [field.confidence for field in cells]
        marked += sum(field.review == "needs_review" for field in cells)
    # All cells of the samples are right: what is missing to 1 is error.
    assert 1 - sum(confidences) / len(confidences) <= 0.005
    assert marked <= 0.03 * len(confidences)


@pytest.mark.slow
@pytest.mark.parametrize("name", names(*SCANS))
def test_scanned_samples_are_read(name: str) -> None:
    """All cells of all but the worn ones, metadata but one, prose within 15 characters in 1000."""
    score = read(name)
    worn = score.level in WORN
    assert score.cells_right >= (0.98 if worn else 1) * score.cells, score.wrong
    assert score.metadata_right >= score.metadata - 1, score.wrong
    assert score.cer <= (0.03 if worn else 0.015)


@pytest.mark.slow
def test_generic_tables_are_found_and_read() -> None:
    """Born-digital tables of no known form, the mean of documents by the competition's measure."""
    folder = SAMPLES / "tables" / "icdar2013"
    scores = [tables.measure(pdf) for pdf in sorted(folder.glob("*.pdf"))]
    assert sum(score.f1 for score in scores) / len(scores) >= 0.99
    assert min(score.f1 for score in scores) >= 0.9


@pytest.mark.slow
def test_a_picture_without_a_table_gives_none() -> None:
    assert extract(SAMPLES / "tables" / "no_table.jpg").tables == ()
