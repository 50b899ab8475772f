"""The committed scans of every kind, read from end to end against their truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.accuracy import documents, measure
from extractor import extract

REPORTS = Path(__file__).parent.parent / "fixtures" / "reports"
SCANS = [pair for pair in documents(REPORTS, REPORTS) if ".digital." not in pair[0].name]
# Shares of cells and of metadata, and wrong characters in the prose.
WORN = (0.93, 0.9, 0.05)
CLEAR = (1.0, 0.9, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "truth"), SCANS, ids=[path.name for path, _ in SCANS])
def test_a_committed_scan_is_read(path: Path, truth: Path) -> None:
    """Every cell in its state with its number; a few of a worn copy may be lost."""
    score = measure(path, truth, None)
    cells, metadata, errors = WORN if score.level == "copy200" else CLEAR
    assert score.cells_right >= cells * score.cells, score.wrong
    assert score.metadata_right >= metadata * score.metadata, score.wrong
    assert score.cer <= errors


@pytest.mark.slow
def test_cells_under_seals_are_told() -> None:
    """Their numbers are read; a warning sends people to compare them with the page."""
    document = extract(REPORTS / "grove-2021.stamp200.pdf")
    pages = [w.page for w in document.warnings if w.code == "cells_covered"]
    covered = {f.page for f in document.fields if (f.evidence.hidden or 0) > 0.05}
    assert pages
    assert covered <= set(pages)
