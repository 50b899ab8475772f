"""Blank cells told from worn strokes by where the table's strokes lie."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.tables.places import HALF_IN, probabilities, usual_stroke, window

DPI = 200
SIDE = 2 * int(HALF_IN * DPI) + 1


def slash(share: float, seed: int) -> np.ndarray:
    """A slash in the middle of a window, `share` of its pixels left."""
    generator = np.random.default_rng(seed)
    patch = np.zeros((SIDE, SIDE), np.uint8)
    for k in range(-12, 13):
        if generator.random() < share:
            patch[SIDE // 2 - k, SIDE // 2 + k // 2] = 1
    return patch


def speck(seed: int) -> np.ndarray:
    """A speck of nine pixels anywhere in a window."""
    y, x = np.random.default_rng(seed).integers(2, SIDE - 4, 2)
    patch = np.zeros((SIDE, SIDE), np.uint8)
    patch[y : y + 3, x : x + 3] = 1
    return patch


@pytest.fixture
def clear() -> list[np.ndarray]:
    return [slash(0.9, seed) for seed in range(10)]


def test_what_is_left_of_a_stroke_is_one(clear: list[np.ndarray]) -> None:
    """A fifth of its pixels, all at their place, in a table with blanks and specks."""
    usual = usual_stroke(clear, ["/"] * 10)
    assert usual is not None
    assert usual.mark == "/"
    worn = [slash(0.2, seed) for seed in range(20, 30)]
    bare = [speck(seed) for seed in range(30)]
    told = probabilities(usual, [*worn, *bare], DPI)
    assert (told[:10] > 0.5).all()
    assert np.median(told[:10]) > 0.9
    assert np.median(told[10:]) < 0.1


def test_cells_without_ink_stay_blank_and_less_sure_the_more_strokes_there_are(
    clear: list[np.ndarray],
) -> None:
    """Where all other cells hold a stroke, one without ink may have lost its own."""
    usual = usual_stroke(clear, ["/"] * 10)
    assert usual is not None
    empty = np.zeros((SIDE, SIDE), np.uint8)
    among_blanks = probabilities(usual, [empty] * 50, DPI)[0]
    among_strokes = probabilities(usual, [*(slash(0.3, k) for k in range(49)), empty], DPI)[-1]
    assert among_blanks < 0.05 < among_strokes < 0.9


def test_no_usual_stroke_from_few_or_from_many_places(clear: list[np.ndarray]) -> None:
    assert usual_stroke(clear[:3], ["/"] * 3) is None
    moved = [np.roll(patch, 9 * k, axis=1) for k, patch in enumerate(clear[:5])]
    assert usual_stroke(moved, ["/"] * 5) is None
    assert usual_stroke([], []) is None


@pytest.mark.parametrize("shape", [(11, 200), (200, 11), (SIDE, SIDE), (20, 20), (300, 301)])
def test_windows_are_centred(shape: tuple[int, int]) -> None:
    """The middle of the cell is the middle of the window, whatever the cell's size."""
    patch = np.zeros(shape, np.uint8)
    patch[shape[0] // 2, shape[1] // 2] = 1
    found = window(patch, DPI)
    assert found.shape == (SIDE, SIDE)
    assert found[SIDE // 2, SIDE // 2] == 1
    assert found.sum() == 1
