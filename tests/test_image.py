"""Pictures of pages made fit to read, on sheets drawn here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from extractor.image import flatten_page, flattened, text_samples, turned
from extractor.image.cleaning import ink, specks, streaks
from extractor.image.skew import skew_of
from extractor.ocr.engine import Reading
from extractor.scanning import find_rotation
from extractor.tables.grid import find_grids
from tests.drawn_pages import (
    COLUMNS_IN,
    LEFT_IN,
    ROWS_IN,
    TOP_IN,
    Drawing,
    bilevel,
    blank,
    report,
    tilted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.ocr.engine import Image, Quad
    from tests.drawn_pages import Gray

ANGLES = (-8.0, -3.3, -1.0, -0.3, 0.0, 0.3, 1.0, 3.3, 8.0)


class UprightReader:
    """An engine that is sure of a line with most of its ink in the lower half.

    The sheets of these tests have heavy underlines, so that the way up can be seen.
    """

    name = "upright"
    models: dict[str, str] = {}  # noqa: RUF012  the protocol asks for a mapping

    def detect(self, image: Image) -> list[Quad]:
        """Nothing."""
        return []

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        """Ten characters, sure where the crop is level and upright."""
        return [Reading("0123456789", (self._sure(crop),) * 10) for crop in crops]

    def _sure(self, crop: Image) -> float:
        height, width = crop.shape[:2]
        if width < 1.5 * height:
            return 0.2
        dark = (crop[:, :, 0] < 128).sum(axis=1)
        return 0.95 if dark[height // 2 :].sum() > 1.5 * dark[: height // 2].sum() else 0.3


def table_pt(grid_places: Sequence[float], inches: Sequence[float], start: float) -> float:
    """Largest distance in points between found and drawn rulings."""
    drawn = [72 * (start + v) for v in inches]
    return max(abs(a - b) for a, b in zip(grid_places, drawn, strict=True))


@pytest.mark.parametrize("dpi", [100, 200, 300])
@pytest.mark.parametrize("one_bit", [False, True])
def test_skew_is_found_to_a_tenth_of_a_degree(dpi: int, one_bit: bool) -> None:
    """From 0.3 to 8 degrees either way, grey and bilevel."""
    page = report(dpi).gray
    for angle in ANGLES:
        sheet = tilted(page, angle)
        mask = ink(bilevel(sheet) if one_bit else sheet, dpi)
        assert skew_of(mask) == pytest.approx(angle, abs=0.1001), angle


def test_a_page_without_ink_has_no_skew() -> None:
    """A blank page, and one with a few specks."""
    assert skew_of(np.zeros((400, 300), np.uint8)) == 0
    few = np.zeros((400, 300), np.uint8)
    few[10:13, 10:13] = 1
    assert skew_of(few) == 0


@pytest.mark.parametrize("dpi", [100, 200, 300])
@pytest.mark.parametrize("one_bit", [False, True])
def test_a_crooked_page_comes_out_level_with_its_grid(dpi: int, one_bit: bool) -> None:
    """Every cell of the table is found, its rulings where they were drawn, the skew is told."""
    sheet = tilted(report(dpi).gray, -2.2)
    flat = flatten_page(flattened(bilevel(sheet) if one_bit else sheet), dpi)
    assert flat.skew == pytest.approx(-2.2, abs=0.1)
    (grid,) = find_grids(flat.rulings, flat.wear)
    assert len(grid.spans) == 24
    assert table_pt(grid.xs, COLUMNS_IN, LEFT_IN) < 1.5
    assert table_pt(grid.ys, ROWS_IN, TOP_IN) < 1.5
    assert flat.wear < 0.02


def test_a_level_page_is_not_resampled() -> None:
    """Nothing is gained by turning it a hundredth of a degree."""
    page = bilevel(report(200).gray)
    flat = flatten_page(page, 200)
    assert (flat.skew, flat.rotation) == (0.0, 0)
    assert np.array_equal(flat.gray, page)


def underlined(dpi: int) -> Drawing:
    """A sheet whose lines show which way is up."""
    sheet = blank(dpi)
    for i in range(8):
        y = 0.5 + 0.5 * i
        sheet.text("2023 1136 48 7730 0 16 21 95 1136", 0.6, y)
        for k in range(14):  # in pieces: an unbroken line would be a ruling
            sheet.line(0.6 + 0.3 * k, y + 0.01, 0.84 + 0.3 * k, y + 0.01, points=3)
    return sheet


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("angle", [0.0, 2.0])
def test_the_way_up_is_found_by_reading(rotation: int, angle: float) -> None:
    """Turned by a quarter or a half, crooked or not: what turns it back is found."""
    upright = tilted(underlined(200).gray, angle)
    lying = turned(upright, (360 - rotation) % 360)
    assert find_rotation(flattened(lying), 200, UprightReader()) == rotation


def test_a_page_without_lines_is_left_as_it_is() -> None:
    """Nothing to read, nothing to turn."""
    assert list(text_samples(blank(200).gray, 200)) == [[], []]
    assert find_rotation(blank(200).gray, 200, UprightReader()) == 0


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turning_is_clockwise(rotation: int) -> None:
    """The top left corner goes where a clock's hand takes it."""
    page = np.full((20, 40, 3), 255, np.uint8)
    page[0, 0] = 0
    corner = {0: (0, 0), 90: (0, -1), 180: (-1, -1), 270: (-1, 0)}[rotation]
    assert not turned(page, rotation)[corner].any()


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_uneven_light_is_flattened(dpi: int) -> None:
    """From full light to less than half of it: paper is white again, ink dark, everywhere."""
    page = report(dpi).gray
    light = (
        np.linspace(1.0, 0.45, page.shape[1])[None, :]
        * np.linspace(1.0, 0.9, page.shape[0])[:, None]
    )
    shaded = (page * light).astype(np.uint8)
    flat = flattened(np.asarray(cv2.cvtColor(shaded, cv2.COLOR_GRAY2BGR), np.uint8))
    assert np.percentile(flat[page > 245], 2) > 225
    assert np.percentile(flat[page < 30], 90) < 110
    assert np.mean(ink(flat, dpi) != (page < 140)) < 0.01


def test_faded_ink_is_made_dark() -> None:
    """Thresholds mean the same on a page printed with the last toner."""
    page = report(200).gray
    faded = (255 - (255 - page.astype(float)) * 0.5).astype(np.uint8)
    assert flattened(faded)[page < 30].max() < 100


def test_a_blank_or_tiny_page_is_no_trouble() -> None:
    """White, black, and smaller than any filter."""
    for gray in (np.full((300, 200), 255, np.uint8), np.zeros((300, 200), np.uint8)):
        assert flattened(gray).shape == (300, 200)
        assert flatten_page(flattened(gray), 200).rulings == ()
    assert flattened(np.full((3, 5, 3), 200, np.uint8)).shape == (3, 5)
    for shape in ((1, 1), (2, 500), (500, 2)):
        assert flatten_page(np.full(shape, 255, np.uint8), 200).gray.shape == shape


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_specks_go_and_decimal_points_stay(dpi: int) -> None:
    """Dirt stands alone; a point or comma stands by its digits."""
    sheet = blank(dpi)
    sheet.text("7730.28", 1.0, 1.0)
    clean = ink(sheet.gray, dpi)
    dirty = clean.copy()
    side = max(round(dpi * 0.015), 1)
    places = ((0.5, 0.4), (3.0, 2.0), (2.6, 1.2), (0.6, 1.0), (1.0, 3.0), (4.0, 3.5), (5.0, 1.0))
    for x, y in places:
        dirty[sheet.px(y) : sheet.px(y) + side, sheet.px(x) : sheet.px(x) + side] = 1
    assert np.array_equal(dirty & (1 - specks(dirty, dpi)), clean)
    count, *_ = cv2.connectedComponents(clean)
    assert count - 1 == len("7730.28")


def test_points_of_wide_set_print_are_no_specks() -> None:
    """Two marks alone on an inch-high sheet are specks; on a page they are what was printed."""
    marks = np.zeros((2300, 1600), np.uint8)
    marks[400:404, 700:704] = marks[420:424, 700:704] = 1
    assert not specks(marks, 200).any()
    assert np.array_equal(specks(marks[300:500, 600:800], 200), marks[300:500, 600:800])


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_streaks_go_and_borders_stay(dpi: int) -> None:
    """A hairline down the sheet to its edge is dirt on the glass; a table's border ends before."""
    sheet = report(dpi)
    border = sheet.px(LEFT_IN + COLUMNS_IN[1])
    row = sheet.px(TOP_IN + ROWS_IN[1] + 0.1)
    dirty = sheet.gray.copy()
    streak = sheet.px(5.5)
    dirty[:, streak : streak + max(dpi // 200, 1)] = 30
    mask = ink(dirty, dpi)
    found = streaks(mask, dpi)
    assert found[:, streak].mean() > 0.95
    assert found[row, border - 3 : border + 4].sum() == 0
    assert mask[row, border - 3 : border + 4].any()
    flat = flatten_page(dirty, dpi)
    assert flat.gray[sheet.px(0.2) : sheet.px(4.8), streak].min() > 200
    (grid,) = find_grids(flat.rulings, flat.wear)
    assert len(grid.spans) == 24


def test_a_streak_through_a_table_leaves_its_cells() -> None:
    """It runs on to the edge of the sheet: no column is divided by it."""
    sheet = report(200)
    sheet.gray[:, sheet.px(LEFT_IN + 0.7)] = 30
    flat = flatten_page(sheet.gray, 200)
    (grid,) = find_grids(flat.rulings, flat.wear)
    assert len(grid.xs) == len(COLUMNS_IN)


def noisy(gray: Gray) -> Gray:
    """Grain as of a cheap scanner."""
    grain = np.random.default_rng(7).normal(0, 6, gray.shape)
    return np.clip(gray + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("dpi", [100, 200])
def test_grain_makes_no_rulings(dpi: int) -> None:
    """The table is found, and nothing else."""
    flat = flatten_page(flattened(noisy(tilted(report(dpi).gray, 1.0))), dpi)
    (grid,) = find_grids(flat.rulings, flat.wear)
    assert len(grid.spans) == 24
