"""No document is lost, done twice or stuck, whatever is killed when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.killing import survive
from tests.serving import BACKENDS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_kills_lose_nothing(backend: str, tmp_path: Path) -> None:
    """Six kills of servers, workers and readers under uploads; benchmarks.killing has more."""
    report = survive(backend, tmp_path, rounds=6, seed=7)
    assert sum(report.kills.values()) == 6
    assert report.uploaded > 20
    assert report.holds, report
