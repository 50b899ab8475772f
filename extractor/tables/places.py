"""Blank cells told from those whose stroke is nearly worn off, by where a table's strokes lie.

The clear strokes of a table ("/" or "—") show where in its cells they are printed. What is left of
a worn one lies on the same pixels; specks lie anywhere. A cell is blank or holds a stroke by Bayes'
rule: how many of the stroke's pixels are inked, against how many specks would ink by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

HALF_IN = 0.16  # of the window around the middle of a cell, half its side
ENOUGH = 4  # clear strokes that show where a table's strokes lie
OFTEN = 0.25  # share of the clear strokes that have a pixel of the usual stroke
APART_IN = 0.06  # where there are no strokes, to count specks
ROUNDS = 5  # of expectation-maximisation for the share of cells with a stroke


@dataclass(frozen=True, slots=True)
class UsualStroke:
    """Where a table's strokes lie: pixels of a window around the middle of a cell, and their mark.

    `clear` is how many strokes showed it.
    """

    mark: str
    pixels: NDArray[np.bool_]
    clear: int


def window(patch: Mask, dpi: float) -> Mask:
    """The ink around the middle of a cell; what lies outside the cell is paper."""
    half = int(HALF_IN * dpi)
    centred = np.zeros((2 * half + 1, 2 * half + 1), np.uint8)
    top, left = half - patch.shape[0] // 2, half - patch.shape[1] // 2
    own = patch[max(-top, 0) :, max(-left, 0) :]
    y, x = max(top, 0), max(left, 0)
    part = own[: centred.shape[0] - y, : centred.shape[1] - x]
    centred[y : y + part.shape[0], x : x + part.shape[1]] = part
    return centred


def usual_stroke(windows: Sequence[Mask], marks: Sequence[str]) -> UsualStroke | None:
    """The table's stroke, from the windows of its clear ones; None where they show no one place."""
    names = {mark: list(marks).count(mark) for mark in marks}
    mark = max(names, key=lambda name: names[name], default="")
    own = [w for w, m in zip(windows, marks, strict=True) if m == mark]
    if len(own) < ENOUGH:
        return None
    pixels = np.mean(own, axis=0) > OFTEN
    # A stroke is some pixels long: fewer are what strokes at various places have in common.
    return UsualStroke(mark, pixels, len(own)) if pixels.sum() >= max(pixels.shape) // 6 else None


def probabilities(usual: UsualStroke, windows: Sequence[Mask], dpi: float) -> NDArray[np.float64]:
    """For each window the probability that it holds what is left of the usual stroke."""
    if not windows:
        return np.zeros(0)
    inked = np.stack([(w > 0) for w in windows])
    counts = (inked & usual.pixels).sum(axis=(1, 2))
    ratios = (1 / (usual.pixels.sum() + 1)) / _by_chance(usual.pixels, inked, counts, dpi)
    share = usual.clear / (usual.clear + len(windows))
    posterior = np.zeros(len(windows))
    for _ in range(ROUNDS):
        odds = ratios * share / (1 - share)
        posterior = odds / (1 + odds)
        share = (usual.clear + posterior.sum()) / (usual.clear + len(windows) + 1)
    return np.asarray(posterior, np.float64)


def _by_chance(
    pixels: NDArray[np.bool_], inked: NDArray[np.bool_], counts: NDArray[np.int_], dpi: float
) -> NDArray[np.float64]:
    """How often as many pixels or more are inked where no stroke is: beside the stroke's place."""
    step = int(APART_IN * dpi)
    beside = [
        np.roll(pixels, (dy, dx), axis=(0, 1)) for dy in (-step, 0, step) for dx in (-step, 0, step)
    ]
    free = [p for p in beside if (p & pixels).sum() <= 0.1 * pixels.sum()]
    seen = np.concatenate([(inked & p).sum(axis=(1, 2)) for p in free])
    more = (seen[None, :] >= counts[:, None]).sum(axis=1) + 0.5
    none = (seen == 0).sum() + 0.5
    return np.where(counts == 0, none, more) / (len(seen) + 1)
