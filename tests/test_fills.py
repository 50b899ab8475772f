"""Light print on filled cells, on sheets drawn here."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from extractor.image import flattened
from extractor.image.fills import fills
from tests.drawn_pages import Drawing, blank

DPI = 150
FILL = 120
HEADER = ((1.0, 1.0), (5.0, 1.6))  # corners in inches


def sheet_with_header(print_tone: int, fill: int = FILL) -> Drawing:
    """A table with a filled header of one line of bold print, and a line of dark print below."""
    sheet = blank(DPI)
    (left, top), (right, bottom) = HEADER
    corners = [(sheet.px(x), sheet.px(y)) for x, y in HEADER]
    cv2.rectangle(sheet.gray, corners[0], corners[1], (fill,), -1)
    for x in (left, 3.0, right):
        sheet.line(x, top, x, bottom + 0.6)
    place = (sheet.px(1.2), sheet.px(1.4))
    cv2.putText(sheet.gray, "2023  4815", place, 0, 0.8, (print_tone,), 3, cv2.LINE_AA)
    sheet.text("1024", 1.2, 1.9)
    return sheet


def printed(gray: np.ndarray, sheet: Drawing) -> np.ndarray:
    """Where the header's print is dark, without the rulings."""
    area = np.s_[sheet.px(1.1) : sheet.px(1.5), sheet.px(1.1) : sheet.px(2.9)]
    return gray[area] < 100


def test_light_print_becomes_what_dark_print_is() -> None:
    """White on a fill gives the same ink as black on paper at the same place."""
    light, dark = sheet_with_header(250), sheet_with_header(20, fill=250)
    found, wanted = printed(flattened(light.gray), light), printed(flattened(dark.gray), dark)
    assert wanted.sum() > 200
    overlap = (found & wanted).sum() / (found | wanted).sum()
    assert overlap > 0.85


def test_what_is_beside_a_fill_stays_as_it_is() -> None:
    """Dark print below the header is the same with and without one."""
    below = np.s_[int(1.7 * DPI) : int(2.0 * DPI), int(1.1 * DPI) : int(2.9 * DPI)]
    light, dark = sheet_with_header(250), sheet_with_header(20, fill=250)
    assert np.array_equal(flattened(light.gray)[below], flattened(dark.gray)[below])


def test_the_given_picture_is_not_changed() -> None:
    sheet = sheet_with_header(250)
    before = sheet.gray.copy()
    flattened(sheet.gray)
    assert np.array_equal(sheet.gray, before)


def test_coloured_fills_are_no_seals() -> None:
    """White on blue is kept although a seal of that colour would be lifted off."""
    sheet = sheet_with_header(250)
    image = sheet.color()
    image[sheet.gray == FILL] = (220, 110, 30)
    found = printed(flattened(image), sheet)
    wanted = printed(flattened(sheet.gray), sheet)
    assert (found & wanted).sum() / (found | wanted).sum() > 0.8


@pytest.mark.parametrize("tone", [20, FILL])
def test_dark_print_on_a_fill_and_bare_fills_need_nothing(tone: int) -> None:
    assert fills(sheet_with_header(tone).gray) == []


def test_white_cells_between_fills_stay_white() -> None:
    """A frame of filled cells around white ones does not make ink of the white ones."""
    sheet = sheet_with_header(250)
    for corner, other in (((1.0, 1.6), (1.6, 3.0)), ((4.4, 1.6), (5.0, 3.0)), ((1, 3), (5, 3.4))):
        ends = [(sheet.px(x), sheet.px(y)) for x, y in (corner, other)]
        cv2.rectangle(sheet.gray, ends[0], ends[1], (FILL,), -1)
    flat = flattened(sheet.gray)
    assert (flat[sheet.px(2.3) : sheet.px(2.8), sheet.px(1.8) : sheet.px(4.2)] > 200).all()


def test_pictures_and_dark_desks_are_no_fills() -> None:
    """What is not even, or runs off the page, is left alone."""
    sheet = blank(DPI)
    noise = np.random.default_rng(1).integers(40, 255, (150, 300), dtype=np.uint8)
    sheet.gray[200:350, 200:500] = cv2.GaussianBlur(noise, (0, 0), 6) // 2 + noise // 3
    sheet.gray[:, :60] = 90
    sheet.gray[100:104, 20:40] = 250
    assert fills(sheet.gray) == []
