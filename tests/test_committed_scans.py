"""The committed scans of every kind, read from end to end against their truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.accuracy import documents, measure

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
