"""How much a cell in its own place says about the others of its row and of its column."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from extractor.confidence import Settled
from extractor.looks import column_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.calibration.rows import Row

UNSEEN = 1.0  # pairs that count as wrong before any is seen


def settled(rows: Sequence[Row]) -> Settled:
    """The shares, measured on scans; at most 1: a look never makes others less sure."""
    placed = [row for row in rows if "place" in row.answers and row.band != "digital"]
    wrong = [row for row in placed if not row.answers["place"]]
    usual = len(wrong) / max(len(placed), 1)
    if not usual:
        return Settled(1.0, 1.0)
    shares = (_given_another(placed, line) / usual for line in (_row_of, column_of))
    row, column = (round(min(share, 1.0), 4) for share in shares)
    return Settled(row, column)


def _given_another(placed: Sequence[Row], line: Callable[[str], str]) -> float:
    """The share of cells out of place among those of a line with another cell in its own place."""
    lines: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row in placed:
        lines[row.document, line(row.field)].append(row.answers["place"])
    pairs = wrong = 0
    for places in lines.values():
        right = sum(places)
        pairs += right * (len(places) - 1)
        wrong += right * (len(places) - right)
    return (wrong + UNSEEN) / max(pairs + UNSEEN, 1)


def _row_of(field_id: str) -> str:
    return field_id.rpartition(".")[0]
