"""Undoing skew, perspective and curl by the rulings."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.image import flatten_page, flattened
from extractor.image.cleaning import ink
from extractor.image.rectify import Field, fit_field
from extractor.image.textlines import text_lines
from extractor.image.tracing import Chain, Fragment
from extractor.tables.grid import find_grids
from tests.drawn_pages import COLUMNS_IN, LEFT_IN, ROWS_IN, TOP_IN, blank, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tests.drawn_pages import Gray

    Plane = NDArray[np.float64]
    Bend = Callable[[Plane, Plane], tuple[Plane, Plane]]

DPI = 200.0
SIZE = (1200, 1000)
LEVEL = Field(SIZE, (0.0,) * 10, (0.0,) * 10)

# What cameras and curled sheets do: how many pixels off the flat point (x, y), in -1..1, is seen.
BENDS: dict[str, Bend] = {
    "curl": lambda x, y: (0 * x, 9 * x**2),
    "curl and tilt": lambda x, y: (4 * y, 7 * x**2 - 5 * x),
    "perspective": lambda x, y: (10 * x * y, 8 * y * x),
    "wave": lambda x, y: (2 * y**2, 6 * x**3 - 4 * x),
    "spine": lambda x, y: (0 * x, 60 * x**2 - 30 * x**3),
}


def unit(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Pixels to -1..1 over the longer side."""
    half = max(SIZE) / 2
    return (x - SIZE[0] / 2) / half, (y - SIZE[1] / 2) / half


def seen(points: Plane, bend: Bend) -> Plane:
    """N × 2 flat points → where they are seen."""
    dx, dy = bend(*unit(points[:, 0], points[:, 1]))
    return points + np.stack([dx, dy], axis=1)


def bent_picture(gray: Gray, bend: Bend) -> Gray:
    """The sheet as it is seen."""
    ys, xs = np.mgrid[0 : gray.shape[0], 0 : gray.shape[1]].astype(np.float64)
    source_x, source_y = xs.copy(), ys.copy()
    for _ in range(6):  # the inverse of `seen`
        dx, dy = bend(*unit(source_x, source_y))
        source_x, source_y = xs - dx, ys - dy
    maps = source_x.astype(np.float32), source_y.astype(np.float32)
    picture = cv2.remap(gray, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, np.uint8)


def ruling(start: tuple[float, float], end: tuple[float, float], bend: Bend, turn: bool) -> Chain:
    """A ruling as traced, in twelve fragments; `turn` gives one traced on the transposed page."""
    places = np.linspace(start, end, 13)
    points = seen(places, bend)
    if turn:
        points = points[:, ::-1]
    return Chain(
        tuple(
            Fragment(float(a[0]), float(a[1]), float(b[0]), float(b[1]), 2.0)
            for a, b in pairwise(points)
        )
    )


def chains(bend: Bend) -> tuple[list[Chain], list[Chain]]:
    """Rulings of a table over most of the page, across and down."""
    across = [ruling((100, y), (1100, y), bend, False) for y in range(150, 900, 100)]
    down = [ruling((x, 150), (x, 850), bend, True) for x in range(100, 1150, 200)]
    return across, down


@pytest.mark.parametrize("name", BENDS)
def test_bent_rulings_come_back_straight(name: str) -> None:
    """Every ruling within a pixel and a half of a straight line along its axis."""
    across, down = chains(BENDS[name])
    field = fit_field(across, down, SIZE, DPI)
    assert field is not None
    for chain in across:
        assert np.ptp(field.flat(chain.points())[:, 1]) < 1.5
    for chain in down:
        assert np.ptp(field.flat(chain.points()[:, ::-1])[:, 0]) < 1.5


@pytest.mark.parametrize("name", BENDS)
def test_a_bent_table_is_found_where_it_was_drawn(name: str) -> None:
    """The picture of a curled sheet gives the whole grid; rows and columns keep their sizes."""
    picture = bent_picture(report(DPI).gray, BENDS[name])
    flat = flatten_page(flattened(picture), DPI)
    (grid,) = find_grids(flat.rulings, flat.wear)
    assert len(grid.spans) == 24
    for found, drawn in ((grid.ys, ROWS_IN), (grid.xs, COLUMNS_IN)):
        sizes = np.diff(found) / 72 * DPI
        assert sizes == pytest.approx(np.diff(drawn) * DPI, abs=3)
    assert grid.box.x0 == pytest.approx(72 * LEFT_IN, abs=4)
    assert grid.box.y0 == pytest.approx(72 * TOP_IN, abs=4)


def test_the_flattened_picture_has_straight_rulings() -> None:
    """Where the grid says that a ruling is, there is ink all along."""
    flat = flatten_page(flattened(bent_picture(report(DPI).gray, BENDS["curl and tilt"])), DPI)
    (grid,) = find_grids(flat.rulings, flat.wear)
    x0, x1 = (round(v / flat.scale) for v in (grid.xs[0], grid.xs[-1]))
    for y in grid.ys:
        row = round(y / flat.scale)
        assert flat.ink[row - 2 : row + 3, x0 + 3 : x1 - 3].max(axis=0).mean() > 0.98


def test_a_page_of_prose_is_straightened_by_its_lines() -> None:
    """They are bent by half an inch; on the flat page all are level."""
    sheet = blank(DPI)
    sheet.prose(lines=14)
    bent = flattened(bent_picture(sheet.gray, BENDS["spine"]))
    crooked = [np.ptp(c.points()[:, 1]) for c in text_lines(ink(bent, DPI), DPI)]
    assert np.median(crooked) > 20
    flat = flatten_page(bent, DPI)
    lines = text_lines(flat.ink, DPI)
    assert len(lines) >= 12
    assert np.median([np.ptp(c.points()[:, 1]) for c in lines]) < 6


def test_straight_rulings_are_left_alone() -> None:
    """Resampling would only blur."""
    assert fit_field(*chains(lambda x, y: (0 * x, 0.5 * x**2)), SIZE, DPI) is None


def test_too_few_rulings_say_nothing() -> None:
    """One row and one column, or pieces shorter than an inch."""
    across, down = chains(BENDS["curl"])
    assert fit_field(across[:1], down, SIZE, DPI) is None
    assert fit_field(across, down[:1], SIZE, DPI) is None
    assert fit_field([], [], SIZE, DPI) is None
    short = [Chain(chain.fragments[:2]) for chain in across]
    assert fit_field(short, down, SIZE, DPI) is None


def test_a_line_that_is_no_ruling_does_not_bend_the_page() -> None:
    """A slanted stroke among the rulings is left out of the fit."""
    across, down = chains(BENDS["curl"])
    stray = ruling((100, 480), (1100, 560), BENDS["curl"], False)
    field = fit_field([*across, stray], down, SIZE, DPI)
    assert field is not None
    assert max(np.ptp(field.flat(chain.points())[:, 1]) for chain in across) < 1.5


coefficients = st.lists(st.floats(-12, 12), min_size=10, max_size=10).map(tuple)


@settings(deadline=None)
@given(coefficients, coefficients)
def test_bent_is_the_inverse_of_flat(dx: tuple[float, ...], dy: tuple[float, ...]) -> None:
    """For any smooth field of up to a few dozen pixels, in one part or two."""
    field = Field(SIZE, dx, dy, then=Field(SIZE, dy, dx))
    points = np.array([[x, y] for x in range(100, 1200, 200) for y in range(100, 1000, 200)], float)
    assert np.abs(field.flat(field.bent(points)) - points).max() < 0.1


def test_maps_lead_from_the_flat_sheet_to_the_page() -> None:
    """One place a pixel, of the page's size; a level field leads to itself."""
    map_x, map_y = LEVEL.maps()
    assert map_x.shape == map_y.shape == (SIZE[1], SIZE[0])
    assert (map_x[500, 700], map_y[500, 700]) == pytest.approx((700, 500), abs=0.01)
    field = Field(SIZE, (3.0, *(0,) * 9), (0, 0, 8.0, *(0,) * 7), then=replace(LEVEL, dy=LEVEL.dx))
    map_x, map_y = field.maps()
    place = field.bent(np.array([[700.0, 500.0]]))[0]
    assert (map_x[500, 700], map_y[500, 700]) == pytest.approx(tuple(place), abs=0.05)
