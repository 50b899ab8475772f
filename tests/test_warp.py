"""The way from a flat page back to the picture that it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.image import Warp, flatten_page, flattened, turned
from extractor.tables.grid import find_grids
from tests.drawn_pages import LEFT_IN, TOP_IN, report, tilted
from tests.test_rectify import BENDS, bent_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from extractor.image import FlatPage

    Image = NDArray[np.uint8]

DPI = 200.0
ROTATIONS = (0, 90, 180, 270)


def dotted(x: int, y: int) -> Image:
    """White paper, 60 × 40, with one black pixel."""
    image = np.full((40, 60, 3), 255, np.uint8)
    image[y, x] = 0
    return image


def color(gray: Image) -> Image:
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8)


def shifts(a: Image, b: Image, tile: int = 150) -> NDArray[np.float64]:
    """By how many pixels tiles of two pictures are off each other."""
    found = []
    window = np.asarray(cv2.createHanningWindow((tile, tile), cv2.CV_32F), np.float32)
    for y in range(0, a.shape[0] - tile, tile):
        for x in range(0, a.shape[1] - tile, tile):
            one, two = (np.asarray(v[y : y + tile, x : x + tile], np.float32) for v in (a, b))
            if (two < 128).mean() > 0.02:
                found.append(cv2.phaseCorrelate(one, two, window)[0])
    return np.abs(found)


@given(st.sampled_from(ROTATIONS), st.integers(0, 59), st.integers(0, 39))
@settings(deadline=None)
def test_a_turn_is_undone(rotation: int, x: int, y: int) -> None:
    """A pixel of the turned picture is found where it was."""
    warp = Warp(60, 40, rotation)
    flat = warp.applied(dotted(x, y), 1.0)
    assert flat.shape[1::-1] == warp.size
    ys, xs = np.nonzero(flat[:, :, 0] == 0)
    before = warp.before(np.array([[xs[0] + 0.5, ys[0] + 0.5]]))
    np.testing.assert_allclose(before, [[x + 0.5, y + 0.5]])


def page_of(picture: Image, rotation: int) -> tuple[FlatPage, Warp]:
    """The flat page of a grey picture that is turned upright by `rotation`, and its warp."""
    flat = flatten_page(turned(flattened(picture), rotation), DPI, rotation)
    return flat, Warp(picture.shape[1], picture.shape[0], rotation, flat.skew, flat.field)


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("degrees", [-2.3, 0.8])
def test_a_place_on_a_skewed_page_is_found_in_its_picture(rotation: int, degrees: float) -> None:
    """The corner of the table goes back to where the tilted sheet has it."""
    sheet = report(DPI)
    skewed = tilted(sheet.gray, degrees)
    flat, warp = page_of(turned(skewed, (360 - rotation) % 360), rotation)
    x0, y0, *_ = find_grids(flat.rulings, flat.wear)[0].box.scaled(1 / flat.scale)
    height, width = sheet.gray.shape
    tilt = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    corner = tilt @ (sheet.px(LEFT_IN), sheet.px(TOP_IN), 1.0)
    on_sheet = Warp(width, height, (360 - rotation) % 360).before(warp.before(np.array([[x0, y0]])))
    np.testing.assert_allclose(on_sheet[0], corner, atol=1.5)


@pytest.mark.parametrize("bend", BENDS)
def test_a_bent_picture_is_flattened_as_its_page_was(bend: str) -> None:
    """The colours lie where the flat page has its ink, to a third of a pixel."""
    picture = bent_picture(report(DPI).gray, BENDS[bend])
    flat, warp = page_of(picture, 0)
    assert flat.field is not None
    found = warp.applied(color(picture), 1.0)
    assert found.shape == (*flat.gray.shape, 3)
    assert np.percentile(shifts(found[:, :, 1], flat.gray), 90) < 0.34


@pytest.mark.parametrize("factor", [0.75, 0.4])
@pytest.mark.parametrize("degrees", [0.0, 2.0])
def test_a_smaller_picture_lies_on_the_page_too(factor: float, degrees: float) -> None:
    """Whatever the resolution, a pixel is its place in points times dpi / 72."""
    picture = tilted(report(DPI).gray, degrees)
    flat, warp = page_of(picture, 0)
    small = warp.applied(color(picture), factor)
    height, width = small.shape[:2]
    assert (width, height) == tuple(round(v * factor) for v in warp.size)
    page = cv2.resize(flat.gray, (width, height), interpolation=cv2.INTER_AREA)
    assert np.percentile(shifts(small[:, :, 1], np.asarray(page, np.uint8)), 90) < 0.34


def test_what_was_beyond_the_picture_is_paper() -> None:
    """A levelled page has white corners."""
    dark = np.full((300, 400, 3), 90, np.uint8)
    flat = Warp(400, 300, 0, 5.0).applied(dark, 1.0)
    assert flat[0, 0].tolist() == [255, 255, 255]
    assert flat[150, 200].tolist() == [90, 90, 90]
