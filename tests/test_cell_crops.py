"""What is text in a scanned cell, and what is a speck or the rest of a ruling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from extractor.geometry import Box
from extractor.image import flatten_page
from extractor.tables.crops import cell_lines, without_residue
from extractor.tables.strokes import slash_in, stroke_in
from tests.drawn_pages import blank

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
    ("start", "end", "slash"),
    [((10, 30), (30, 30), False), ((14, 34), (24, 14), True), ((20, 12), (20, 32), False)],
)
def test_lone_strokes(start: tuple[int, int], end: tuple[int, int], slash: bool) -> None:
    """Flat, slanting, upright: only one is a slash."""
    cell = np.zeros((44, 44), np.uint8)
    cv2.line(cell, start, end, (1.0,), 2)
    assert slash_in(cell, DPI) == slash


@pytest.mark.parametrize(
    ("bits", "mark"),
    [
        ([(30, 19, 14, 2)], "—"),
        ([(30, 19, 4, 2), (36, 20, 3, 1), (41, 19, 4, 2)], "—"),  # worn to bits
        ([(30, 19, 14, 2), (5, 8, 2, 2)], "—"),  # a speck
        ([(40, 14, 1, 3), (38, 18, 1, 3), (36, 23, 1, 3)], "/"),
        ([(30, 19, 14, 2), (30, 10, 3, 11)], None),  # part of a figure
        ([(30, 38, 14, 2)], None),  # the rest of a ruling
        ([(36, 14, 2, 12)], None),  # a 1
        ([(30, 19, 2, 2), (46, 20, 2, 2)], None),  # two specks
        ([], None),
    ],
)
def test_a_stroke_stands_alone_in_the_middle(
    bits: list[tuple[int, int, int, int]], mark: str | None
) -> None:
    """However little ink is left of it."""
    cell = np.zeros((40, 76), np.uint8)
    for x, y, width, height in bits:
        cell[y : y + height, x : x + width] = 1
    found = stroke_in(cell, DPI)
    assert (found and found[0]) == mark


@pytest.mark.parametrize("note", ["", "1", "12"])
def test_the_number_of_a_note_is_no_digit(note: str) -> None:
    """A small raised number behind another is left out of its crop."""
    sheet = blank(200)
    sheet.text("1024", 1.0, 1.0)
    number = int(np.flatnonzero((sheet.gray < 128).any(axis=0))[-1])
    sheet.text(note, (number + 6) / 200, 0.94, 0.06)
    flat = flatten_page(sheet.gray, 200)
    (line,) = cell_lines(flat, flat.ink, Box(60, 55, 130, 85), 22)
    _, _, stats, _ = cv2.connectedComponentsWithStats(flat.ink)
    digits = stats[1:][stats[1:, cv2.CC_STAT_HEIGHT] > 20]
    assert line.box.x1 * 200 / 72 == pytest.approx((digits[:, 0] + digits[:, 2]).max(), abs=1)


def test_a_percent_sign_stays() -> None:
    """Its first ring is small and raised too, but more follows it down to the line."""
    sheet = blank(200)
    sheet.text("45%", 1.0, 1.0)
    flat = flatten_page(sheet.gray, 200)
    (line,) = cell_lines(flat, flat.ink, Box(60, 55, 130, 85), 22)
    inked = np.flatnonzero((flat.ink > 0).any(axis=0))
    assert abs(line.box.x1 * 200 / 72 - inked[-1]) <= 2
