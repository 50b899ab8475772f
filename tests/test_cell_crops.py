"""What is text in a scanned cell, and what is a speck or the rest of a ruling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from extractor.tables.crops import mark_of, without_residue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

DPI = 120.0
TOP, BOTTOM, LEFT = 15, 26, 60  # of the number in the cell, in pixels


def cell_with(*marks: tuple[int, int, int, int]) -> Mask:
    """A cell with 25 in it, and filled boxes (x, y, width, height) beside it."""
    cell = np.zeros((40, 180), np.uint8)
    cv2.putText(cell, "25", (LEFT, BOTTOM), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (1.0,), 1)
    for x, y, width, height in marks:
        cell[y : y + height, x : x + width] = 1
    return cell


def kept(mark: tuple[int, int, int, int]) -> bool:
    """Whether a mark beside the number counts as text."""
    x, y, width, height = mark
    left = without_residue(cell_with(mark), DPI)[y : y + height, x : x + width]
    assert left.all() or not left.any()
    return bool(left.any())


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ((LEFT - 6, 20, 4, 2), True),  # a minus at half the height
        ((LEFT - 4, 14, 3, 3), False),  # specks before and above
        ((LEFT - 6, 28, 4, 2), False),
        ((LEFT + 9, 25, 2, 2), True),  # a point between the digits
        ((LEFT + 40, 20, 3, 2), False),  # far from the number
        ((40, 1, 100, 2), False),  # rests of the ruling above and at the side
        ((1, 5, 2, 30), False),
    ],
)
def test_small_marks_beside_a_number(mark: tuple[int, int, int, int], text: bool) -> None:
    """A sign stands where signs stand; the rest is dirt."""
    assert kept(mark) == text


@pytest.mark.parametrize(
    ("start", "end", "mark"),
    [((10, 30), (30, 30), "—"), ((14, 34), (24, 14), "/"), ((20, 12), (20, 32), "")],
)
def test_lone_strokes(start: tuple[int, int], end: tuple[int, int], mark: str) -> None:
    """Flat, slanting, upright: a dash, a slash, perhaps a 1."""
    cell = np.zeros((44, 44), np.uint8)
    cv2.line(cell, start, end, (1.0,), 2)
    assert mark_of(cell, DPI) == mark
