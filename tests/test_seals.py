"""Seals and stamps: found and lifted off, and what they hide is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from extractor.image import flatten_page, flattened
from extractor.image.cleaning import ink
from extractor.image.seals import coloured_seals, covered, without_black_seals, without_seals
from extractor.tables.crops import hidden_share
from extractor.tables.grid import find_grids
from tests.drawn_pages import COLUMNS_IN, ROWS_IN, Drawing, bilevel, blank, report

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]
    Image = NDArray[np.uint8]

DPI = 200


def sealed(sheet: Drawing, color: tuple[int, int, int]) -> Image:
    """A round seal of 1.4 inches over the table, its lines as translucent as stamp ink."""
    page = sheet.color()
    stamp = np.full_like(page, 255)
    middle = (sheet.px(3.3), sheet.px(2.5))
    cv2.circle(stamp, middle, sheet.px(0.7), color, max(sheet.px(0.04), 2), cv2.LINE_AA)
    cv2.circle(stamp, middle, sheet.px(0.2), color, -1, cv2.LINE_AA)
    return np.asarray(cv2.multiply(page, stamp, scale=1 / 255), np.uint8)


@pytest.mark.parametrize("dpi", [100, 200, 300])
@pytest.mark.parametrize("color", [(40, 40, 230), (230, 60, 40)])
def test_a_seal_is_lifted_off_and_black_ink_stays(dpi: int, color: tuple[int, int, int]) -> None:
    """Red and blue ones (BGR): what lies under the seal reads as without it."""
    sheet = report(dpi)
    page = sealed(sheet, color)
    gray = without_seals(page, coloured_seals(page))
    only_seal = (sealed(blank(dpi), color)[:, :, 1] < 150) & (sheet.gray > 240)
    assert only_seal.sum() > 0.1 * dpi**2
    assert np.percentile(gray[only_seal], 5) > 190
    assert np.percentile(gray[sheet.gray < 30], 95) < 60
    assert np.mean(ink(flattened(sealed(sheet, color)), dpi) != ink(sheet.gray, dpi)) < 0.004


def test_coloured_text_stays() -> None:
    """A red heading and blue handwriting are small in one direction: they are no seals."""
    page = blank(200).color()
    for text, y, color in (
        ("Annual report 2023", 200, (30, 30, 220)),
        ("1136", 400, (200, 60, 30)),
    ):
        cv2.putText(page, text, (100, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, color, 2)
    plain = np.asarray(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), np.uint8)
    assert np.array_equal(without_seals(page, coloured_seals(page)), plain)


def test_grey_pictures_have_no_seals() -> None:
    """Nothing to do."""
    page = report(100).gray
    assert without_seals(page, coloured_seals(page)) is page


def stamped(sheet: Drawing, tone: int) -> Gray:
    """A round seal of 1.6 inches with a star's worth of solid ink, of grey `tone`, on the table."""
    seal = np.full_like(sheet.gray, 255)
    middle = (sheet.px(3.3), sheet.px(2.5))
    cv2.circle(seal, middle, sheet.px(0.8), (float(tone),), sheet.px(0.04), cv2.LINE_AA)
    cv2.circle(seal, middle, sheet.px(0.2), (float(tone),), -1, cv2.LINE_AA)
    return np.asarray(cv2.multiply(sheet.gray, seal, scale=1 / 255), np.uint8)


def test_a_grey_seal_is_lifted_off_what_it_lies_over() -> None:
    """A scan without colour: the seal is paler than print, which stays."""
    sheet = report(DPI)
    page = stamped(sheet, 120)
    lifted, (seal,) = without_black_seals(page, ink(page, DPI), DPI)
    alone = (stamped(blank(DPI), 120) < 200) & (sheet.gray > 240)
    assert np.percentile(lifted[alone], 3) > 200
    assert np.percentile(lifted[sheet.gray < 30], 95) < 60
    assert covered(page.shape, [seal])[alone].mean() > 0.95


def test_a_black_seal_loses_its_rim_and_hides_what_is_within() -> None:
    """On a copy of one bit nothing tells the letters of a seal from those it was pressed on."""
    sheet = report(DPI)
    page = bilevel(stamped(sheet, 60))
    lifted, (seal,) = without_black_seals(page, ink(page, DPI), DPI)
    rim = (bilevel(stamped(blank(DPI), 60)) < 128) & (sheet.gray > 240)
    assert (lifted[rim] == 255).mean() > 0.97
    rows, columns = np.ogrid[: page.shape[0], : page.shape[1]]
    within = np.hypot(columns - sheet.px(3.3), rows - sheet.px(2.5)) < sheet.px(0.75)
    assert covered(page.shape, [seal])[within].all()
    outside = np.hypot(columns - sheet.px(3.3), rows - sheet.px(2.5)) > sheet.px(0.87)
    assert np.array_equal(lifted[outside], page[outside])


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_a_page_without_a_seal_is_left_as_it_is(dpi: int) -> None:
    """Rounded letters and zeros are no rims."""
    page = report(dpi).gray
    lifted, seals = without_black_seals(page, ink(page, dpi), dpi)
    assert lifted is page
    assert seals == ()


def test_a_table_under_a_black_seal_keeps_its_grid_and_tells_what_is_hidden() -> None:
    sheet = report(DPI)
    flat = flatten_page(bilevel(stamped(sheet, 60)), DPI)
    (grid,) = find_grids(flat.rulings, flat.wear)
    assert (len(grid.ys), len(grid.xs)) == (len(ROWS_IN), len(COLUMNS_IN))
    shares = {(s.row, s.column): hidden_share(flat, grid.box_of(s)) for s in grid.spans}
    assert shares[2, 2] > 0.7
    assert shares[5, 0] == 0
    assert hidden_share(flatten_page(sheet.gray, DPI), grid.box) == 0
