"""Rulings from pixels: ink → fragments → chains that follow bent and broken lines.

Everything here works on one direction, across the page; vertical rulings are traced on the
transposed ink. A chain is a run of fragments on one smooth curve, gaps allowed.
"""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.uint8]

FRAGMENT_IN = 0.11  # shortest run of ink that may be part of a ruling, in inches
GAP_IN = 0.55  # longest stretch of a ruling that may be worn off
LONG_GAP_IN = 0.9  # the same for one that has run an inch already
THICKEST_IN = 0.06  # thicker bars are shading or pictures
PARTED_IN = 0.035  # the lines of a double ruling are no further apart
DOUBLE_IN = 0.25  # and longer than strokes of letters
SHORTEST_IN = 0.14  # a ruling is at least this long
END_IN = 0.03  # of a short ruling, where others meet it
SOLID = 0.38  # least share of a ruling that is there
DASH_IN = 0.03  # shortest piece of a badly worn ruling, if it stands alone
DASH_HIGH_IN = 0.045  # and as thick as rulings are at most
DASH_FLANKS = 0.25  # most ink along its sides: strokes of letters have more
DASH_GAP_IN = 0.9, 0.55  # longest stretch that may be worn off badly, across and down the page
DASH_SOLID = 0.2  # least share of a badly worn ruling that is there


@dataclass(frozen=True, slots=True)
class Fragment:
    """An unbroken piece of line: columns x0..x1, its height at both ends, all in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float
    thickness: float

    @property
    def length(self) -> float:
        """Extent across."""
        return self.x1 - self.x0

    def scaled(self, factor: float) -> Fragment:
        """The same on a page that is so many times as large."""
        return Fragment(*(factor * v for v in (self.x0, self.y0, self.x1, self.y1, self.thickness)))


@dataclass(frozen=True, slots=True)
class Chain:
    """Fragments of one ruling from left to right."""

    fragments: tuple[Fragment, ...]

    @property
    def x0(self) -> float:
        """Left end."""
        return self.fragments[0].x0

    @property
    def x1(self) -> float:
        """Right end."""
        return max(f.x1 for f in self.fragments)

    @property
    def extent(self) -> float:
        """From end to end, gaps included."""
        return self.x1 - self.x0

    @property
    def solidity(self) -> float:
        """Share of the extent that is inked."""
        return min(sum(f.length for f in self.fragments) / max(self.extent, 1.0), 1.0)

    @property
    def thickness(self) -> float:
        """Median thickness in pixels."""
        return statistics.median(f.thickness for f in self.fragments)

    def points(self) -> NDArray[np.float64]:
        """N × 2 ends of its fragments (x, y), left to right."""
        ends = [p for f in self.fragments for p in ((f.x0, f.y0), (f.x1, f.y1))]
        return np.array(sorted(ends), np.float64)


def trace(ink: Mask, dpi: float) -> list[Chain]:
    """Chains of rulings that run across the page, from the ink (1 on 0)."""
    ink = ink | _between_doubles(ink, dpi)
    fragments = find_fragments(_thin_runs(ink, dpi), dpi)
    return [part for c in link(fragments, dpi) for part in _rulings_in(c, ink, dpi)]


def trace_dashes(ink: Mask, dpi: float, gap_in: float) -> list[Chain]:
    """`trace` for a page that has lost about half of its rulings: what is left may be dashes.

    Up to `gap_in` inches may be missing between two of them.
    """
    ink = ink | _between_doubles(ink, dpi)
    fragments = find_fragments(_thin_runs(ink, dpi) | dashes(ink, dpi), dpi)
    clear = [f for f in fragments if flanks([f], ink, dpi) < DASH_FLANKS]
    chains = link(clear, dpi, (gap_in, gap_in))
    return [part for c in chains for part in _rulings_in(c, ink, dpi, DASH_SOLID)]


def dash_count(ink: Mask, dpi: float) -> int:
    """How many lone flat pieces of ink there are."""
    count, *_ = cv2.connectedComponentsWithStats(dashes(ink, dpi), connectivity=8)
    return int(count) - 1


def dashes(ink: Mask, dpi: float) -> Mask:
    """Lone flat pieces of ink: strokes of letters touch others."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    flat = (height <= dpi * DASH_HIGH_IN) & (width >= dpi * DASH_IN) & (width >= 1.5 * height)
    flat[0] = False
    return np.asarray(flat[labels], np.uint8)


def _between_doubles(ink: Mask, dpi: float) -> Mask:
    """The paper between the two lines of double rulings, so that each counts as one line."""
    longer = np.ones((1, int(dpi * DOUBLE_IN)), np.uint8)
    lines = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, longer), np.uint8)
    across = np.ones((int(dpi * PARTED_IN) | 1, 1), np.uint8)
    return np.asarray(cv2.morphologyEx(lines, cv2.MORPH_CLOSE, across), np.uint8)


def _rulings_in(chain: Chain, ink: Mask, dpi: float, solid: float = SOLID) -> list[Chain]:
    """The chain where it is a ruling, else its parts that are, on both sides of its widest gap."""
    if _is_ruling(chain, ink, dpi, solid):
        return [chain]
    pieces = chain.fragments
    gaps = [b.x0 - a.x1 for a, b in itertools.pairwise(pieces)]
    if not gaps or max(gaps) < dpi * 0.05:
        return []
    cut = gaps.index(max(gaps)) + 1
    return [
        *_rulings_in(Chain(pieces[:cut]), ink, dpi, solid),
        *_rulings_in(Chain(pieces[cut:]), ink, dpi, solid),
    ]


def find_fragments(runs: Mask, dpi: float) -> list[Fragment]:
    """Runs of ink (1 on 0) → pieces of line, split about every half inch to follow a bend."""
    # Steps of a slanted line touch at their corners only: one pixel of height joins them.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    fragments = []
    for label in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[label])
        thickness = area / width
        if thickness > dpi * THICKEST_IN:
            continue
        patch = labels[y : y + height, x : x + width] == label
        fragments.extend(pieces(patch, x, y, dpi))
    return fragments


def _thin_runs(ink: Mask, dpi: float) -> Mask:
    """Runs of ink with paper above and below: strokes of letters have other strokes close by."""
    kernel = np.ones((1, max(int(dpi * FRAGMENT_IN), 9)), np.uint8)
    runs = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel), np.uint8)
    lone = np.zeros_like(ink)
    for reach in (max(int(dpi * 0.025), 3), max(int(dpi * 0.05), 6)):
        clear = runs.copy()
        clear[reach:] &= 1 - ink[:-reach]
        clear[:-reach] &= 1 - ink[reach:]
        lone |= clear
    # Crossings and touching letters leave small holes, which are closed along the line.
    hole = np.ones((1, max(int(dpi * 0.06), 5)), np.uint8)
    closed = np.asarray(cv2.morphologyEx(lone, cv2.MORPH_CLOSE, hole), np.uint8) & runs
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel), np.uint8)


def pieces(patch: NDArray[np.bool_], x: int, y: int, dpi: float) -> list[Fragment]:
    """A component cut about every half inch, so that a bent line is followed."""
    height, width = patch.shape
    count = max(round(width / (dpi * 0.5)), 1)
    rows = np.arange(height, dtype=np.float64)
    inked = patch.sum(axis=0)
    middle = (rows[:, None] * patch).sum(axis=0) / np.maximum(inked, 1)
    stops = np.linspace(0, width, count + 1).astype(int)
    found = []
    for a, b in itertools.pairwise(stops):
        columns = np.arange(a, b)[inked[a:b] > 0]
        if len(columns) < 3:
            continue
        ends = _line_fit(columns, middle[columns], (a, b - 1))
        found.append(Fragment(x + a, y + ends[0], x + b, y + ends[1], float(inked[columns].mean())))
    return found


def _line_fit(
    xs: NDArray[np.int_], ys: NDArray[np.float64], at: tuple[int, int]
) -> tuple[float, float]:
    """Least-squares line through (xs, ys), evaluated at two places."""
    mean_x, mean_y = xs.mean(), ys.mean()
    spread = float(((xs - mean_x) ** 2).sum())
    slope = float(((xs - mean_x) * (ys - mean_y)).sum()) / spread if spread else 0.0
    return mean_y + slope * (at[0] - mean_x), mean_y + slope * (at[1] - mean_x)


def link(
    fragments: Sequence[Fragment],
    dpi: float,
    gaps: tuple[float, float] = (GAP_IN, LONG_GAP_IN),
) -> list[Chain]:
    """Fragments → chains: each joins the chain whose end, drawn on, meets it best.

    `gaps`: inches that may be worn off, and the same in chains that have run an inch already.
    """
    band = dpi * 0.1  # ends are looked up by height: no ruling climbs more than this over a gap
    chains: list[list[Fragment]] = []
    ends: dict[int, list[int]] = {}
    for fragment in sorted(fragments, key=lambda f: f.x0):
        level = int(fragment.y0 / band)
        near = [i for key in (level - 1, level, level + 1) for i in ends.get(key, ())]
        miss, index = min(
            ((_miss(chains[i], fragment, dpi, gaps), i) for i in near), default=(np.inf, -1)
        )
        if miss == np.inf:
            index = len(chains)
            chains.append([])
        else:
            ends[int(chains[index][-1].y1 / band)].remove(index)
        chains[index].append(fragment)
        ends.setdefault(int(fragment.y1 / band), []).append(index)
    return [Chain(tuple(chain)) for chain in chains]


def _miss(
    chain: Sequence[Fragment], fragment: Fragment, dpi: float, gaps: tuple[float, float]
) -> float:
    """How far a fragment lies off the end of a chain drawn on, inf where they do not belong."""
    last = chain[-1]
    gap = fragment.x0 - last.x1
    long = last.x1 - chain[0].x0 >= dpi
    if not -dpi * 0.04 <= gap <= dpi * gaps[int(long)]:
        return float(np.inf)
    slope = _slope(chain, dpi)
    off = abs(last.y1 + slope * gap - fragment.y0)
    limit = dpi * 0.014 + 0.012 * max(gap, 0.0)
    return off + 0.02 * max(gap, 0.0) if off <= limit else float(np.inf)


def _slope(chain: Sequence[Fragment], dpi: float) -> float:
    """Slope of the chain's last inch."""
    end = chain[-1]
    start = end
    for fragment in reversed(chain):
        start = fragment
        if end.x1 - fragment.x0 >= dpi:
            break
    run = end.x1 - start.x0
    return (end.y1 - start.y0) / run if run >= dpi * 0.25 else 0.0


def _is_ruling(chain: Chain, ink: Mask, dpi: float, solid: float) -> bool:
    if chain.extent < dpi * SHORTEST_IN or chain.solidity < solid:
        return False
    longest = max(f.length for f in chain.fragments)
    if chain.extent < dpi * 0.3:  # the side of one low cell: whole and clear, or a stroke
        return longest >= 0.85 * chain.extent and flanks(_within_ends(chain, dpi), ink, dpi) < 0.12
    if chain.extent < dpi * 0.5 and longest < 0.55 * chain.extent:
        return False
    return flanks(chain.fragments, ink, dpi) < 0.3


def _within_ends(chain: Chain, dpi: float) -> list[Fragment]:
    """Its fragments but for the ends, where it meets rulings that run across."""
    low, high = chain.x0 + dpi * END_IN, chain.x1 - dpi * END_IN
    return [
        replace(f, x0=max(f.x0, low), x1=min(f.x1, high))
        for f in chain.fragments
        if f.x0 < high and f.x1 > low
    ]


def flanks(fragments: Sequence[Fragment], ink: Mask, dpi: float) -> float:
    """Share of the line with ink close above or below: strokes of letters have it."""
    height = ink.shape[0]
    counted = inked = 0
    for fragment in fragments:
        xs = np.arange(int(fragment.x0), min(int(fragment.x1), ink.shape[1]))
        if len(xs) < 2:
            continue
        ys = np.interp(xs, (fragment.x0, fragment.x1), (fragment.y0, fragment.y1))
        reach = fragment.thickness / 2 + max(dpi * 0.012, 2)
        hit = np.zeros(len(xs), np.uint8)
        for side in (-reach, reach):
            rows = np.clip(np.round(ys + side).astype(int), 0, height - 1)
            hit = np.maximum(hit, ink[rows, xs])
        counted += len(xs)
        inked += int(hit.sum())
    return inked / counted if counted else 1.0
