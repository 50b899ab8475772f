"""Rulings from pixels: ink → fragments → chains that follow bent and broken lines.

Everything here works on one direction, across the page; vertical rulings are traced on the
transposed ink. A chain is a run of fragments on one smooth curve, gaps allowed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
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
SHORTEST_IN = 0.14  # a ruling is at least this long
WIDEST_IN = 1.8  # a table has at least two rulings this wide
HELD = 0.4  # least share of its crossings at which a ruling is inked beside the other line
HELD_CLEAR = 0.15  # the same for one that has hardly any ink along its flanks
REACH_IN = 0.35  # a worn ruling may end this far from the one it meets
WORN = 0.15  # from this share of lost ruling a ruling need not be inked at any crossing
SOLID = 0.38  # least share of a ruling that is there


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
        return float(np.median([f.thickness for f in self.fragments]))

    def points(self) -> NDArray[np.float64]:
        """N × 2 ends of its fragments (x, y), left to right."""
        ends = [p for f in self.fragments for p in ((f.x0, f.y0), (f.x1, f.y1))]
        return np.array(sorted(ends), np.float64)


def trace(ink: Mask, dpi: float) -> list[Chain]:
    """Chains of rulings that run across the page, from the ink (1 on 0)."""
    fragments = find_fragments(ink, dpi)
    return [part for c in link(fragments, dpi) for part in _rulings_in(c, ink, dpi)]


def _rulings_in(chain: Chain, ink: Mask, dpi: float) -> list[Chain]:
    """The chain where it is a ruling, else what is one of its parts on both sides of its widest gap."""
    if _is_ruling(chain, ink, dpi):
        return [chain]
    pieces = chain.fragments
    gaps = [b.x0 - a.x1 for a, b in itertools.pairwise(pieces)]
    if not gaps or max(gaps) < dpi * 0.05:
        return []
    cut = gaps.index(max(gaps)) + 1
    return [
        *_rulings_in(Chain(pieces[:cut]), ink, dpi),
        *_rulings_in(Chain(pieces[cut:]), ink, dpi),
    ]


def find_fragments(ink: Mask, dpi: float) -> list[Fragment]:
    """Pieces of line: runs of ink of FRAGMENT_IN and more, split where a band of them bends."""
    runs = _thin_runs(ink, dpi)
    # Steps of a slanted line touch at their corners only: one pixel of height joins them.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    fragments = []
    for label in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[label])
        thickness = area / width
        if thickness > dpi * THICKEST_IN:
            continue
        patch = labels[y : y + height, x : x + width] == label
        fragments.extend(_pieces(patch, x, y, dpi))
    return fragments


def _thin_runs(ink: Mask, dpi: float) -> Mask:
    """Runs of ink with paper above and below: strokes of letters have other strokes close by."""
    kernel = np.ones((1, max(int(dpi * FRAGMENT_IN), 9)), np.uint8)
    runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel)
    lone = np.zeros_like(ink)
    for reach in (max(int(dpi * 0.025), 3), max(int(dpi * 0.05), 6)):
        clear = runs.copy()
        clear[reach:] &= 1 - ink[:-reach]
        clear[:-reach] &= 1 - ink[reach:]
        lone |= clear
    # Crossings and touching letters leave small holes, which are closed along the line.
    hole = np.ones((1, max(int(dpi * 0.06), 5)), np.uint8)
    closed = cv2.morphologyEx(lone, cv2.MORPH_CLOSE, hole) & runs
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel), np.uint8)


def _pieces(patch: NDArray[np.bool_], x: int, y: int, dpi: float) -> list[Fragment]:
    """A component cut about every half inch, so that a bent line is followed."""
    height, width = patch.shape
    count = max(int(round(width / (dpi * 0.5))), 1)
    rows = np.arange(height, dtype=np.float64)
    inked = patch.sum(axis=0)
    middle = (rows[:, None] * patch).sum(axis=0) / np.maximum(inked, 1)
    stops = np.linspace(0, width, count + 1).astype(int)
    pieces = []
    for a, b in zip(stops, stops[1:], strict=False):
        columns = np.arange(a, b)[inked[a:b] > 0]
        if len(columns) < 3:
            continue
        ends = _line_fit(columns, middle[columns], (a, b - 1))
        pieces.append(Fragment(x + a, y + ends[0], x + b, y + ends[1], float(inked[columns].mean())))
    return pieces


def _line_fit(
    xs: NDArray[np.int_], ys: NDArray[np.float64], at: tuple[int, int]
) -> tuple[float, float]:
    """Least-squares line through (xs, ys), evaluated at two places."""
    mean_x, mean_y = xs.mean(), ys.mean()
    spread = float(((xs - mean_x) ** 2).sum())
    slope = float(((xs - mean_x) * (ys - mean_y)).sum()) / spread if spread else 0.0
    return mean_y + slope * (at[0] - mean_x), mean_y + slope * (at[1] - mean_x)


def link(fragments: Sequence[Fragment], dpi: float) -> list[Chain]:
    """Fragments → chains: each joins the chain whose end, drawn on, meets it best."""
    band = dpi * 0.1  # ends are looked up by height: no ruling climbs more than this over a gap
    chains: list[list[Fragment]] = []
    ends: dict[int, list[int]] = {}
    for fragment in sorted(fragments, key=lambda f: f.x0):
        level = int(fragment.y0 / band)
        near = [i for key in (level - 1, level, level + 1) for i in ends.get(key, ())]
        miss, index = min(((_miss(chains[i], fragment, dpi), i) for i in near), default=(np.inf, -1))
        if miss == np.inf:
            index = len(chains)
            chains.append([])
        else:
            ends[int(chains[index][-1].y1 / band)].remove(index)
        chains[index].append(fragment)
        ends.setdefault(int(fragment.y1 / band), []).append(index)
    return [Chain(tuple(chain)) for chain in chains]


def _miss(chain: Sequence[Fragment], fragment: Fragment, dpi: float) -> float:
    """How far a fragment lies off the end of a chain drawn on, inf where they do not belong."""
    last = chain[-1]
    gap = fragment.x0 - last.x1
    long = last.x1 - chain[0].x0 >= dpi
    if not -dpi * 0.04 <= gap <= dpi * (LONG_GAP_IN if long else GAP_IN):
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


def _is_ruling(chain: Chain, ink: Mask, dpi: float) -> bool:
    if chain.extent < dpi * SHORTEST_IN or chain.solidity < SOLID:
        return False
    longest = max(f.length for f in chain.fragments)
    if chain.extent < dpi * 0.3:  # the side of one low cell: whole and clear, or a stroke
        return longest >= 0.85 * chain.extent and _flanks(chain.fragments, ink, dpi) < 0.12
    if chain.extent < dpi * 0.5 and longest < 0.55 * chain.extent:
        return False
    return _flanks(chain.fragments, ink, dpi) < 0.3


def _flanks(fragments: Sequence[Fragment], ink: Mask, dpi: float) -> float:
    """Share of the line with ink close above or below: strokes of letters have it, rulings do not."""
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


def crossing(
    across: Sequence[Chain], down: Sequence[Chain], ink: Mask, dpi: float
) -> tuple[list[Chain], list[Chain]]:
    """The chains that make tables: each meets two of the other direction and is attached to them.

    `down` were traced on the transposed ink. Underlines, streaks, edges of the paper and strokes of
    letters fall away: a table has two rulings of WIDEST_IN or more, and its rulings run from one
    crossing to the next, while a stroke in a cell keeps off the border.
    """
    meets, inside = _meetings(across, down, dpi * REACH_IN)
    attached = _attached(across, down, meets, ink, dpi)
    held_rows, held_columns = _least_held(across, ink, dpi), _least_held(down, ink.T, dpi)
    rows, columns = np.ones(len(across), bool), np.ones(len(down), bool)
    # A long clear line across is a ruling on its own word; down the page, columns of "0" look so too.
    long = np.array([c.extent >= dpi * WIDEST_IN for c in across], bool)
    clear = np.array([_flanks(c.fragments, ink, dpi) < 0.12 for c in across], bool)
    solid = np.array([c.solidity >= 0.5 for c in across], bool)
    held_rows[long & solid & (held_rows < HELD)] = 0.0
    rows &= long | clear
    if wear_of([c for c, is_long in zip(across, long, strict=True) if is_long]) > WORN:
        solid = np.array([c.solidity >= 0.5 for c in down], bool)
        held_columns[solid & (held_columns < HELD)] = 0.0
        columns &= np.array([c.extent >= dpi * 0.22 for c in down], bool)
    while True:
        live = meets & rows[:, None] & columns
        held = attached & live[:, :, None]
        crossed = inside & live[:, :, None]
        kept = (
            (live.sum(axis=1) >= 2)
            & (held[:, :, 0].sum(axis=1) >= held_rows * crossed[:, :, 0].sum(axis=1)),
            (live.sum(axis=0) >= 2)
            & (held[:, :, 1].sum(axis=0) >= held_columns * crossed[:, :, 1].sum(axis=0)),
        )
        kept = kept[0] & rows, kept[1] & columns
        if (kept[0] == rows).all() and (kept[1] == columns).all():
            break
        rows, columns = kept
    rows |= _in_line(across, rows, ink, dpi)
    live = meets & rows[:, None] & columns
    for group in _groups(live):
        if (long & group[0]).sum() < 2:
            rows, columns = rows & ~group[0], columns & ~group[1]
    live = meets & rows[:, None] & columns
    return (
        [
            _trimmed(c, [_meeting(c.points(), down[j].points())[0] for j in np.flatnonzero(live[i])],
                     ink, dpi)
            for i, c in enumerate(across) if rows[i]
        ],
        [
            _trimmed(c, [_meeting(across[i].points(), c.points())[1] for i in np.flatnonzero(live[:, j])],
                     ink.T, dpi)
            for j, c in enumerate(down) if columns[j]
        ],
    )


def _in_line(
    chains: Sequence[Chain], kept: NDArray[np.bool_], ink: Mask, dpi: float
) -> NDArray[np.bool_]:
    """Clear chains that go on in line with a kept one, over a gap that was too wide to link."""
    found = np.zeros(len(chains), bool)
    ends = [(c.points()[0], c.points()[-1]) for c, keep in zip(chains, kept, strict=True) if keep]
    for i, chain in enumerate(chains):
        if kept[i] or chain.extent < dpi * 0.45 or _flanks(chain.fragments, ink, dpi) >= 0.06:
            continue
        start, end = chain.points()[0], chain.points()[-1]
        found[i] = any(
            (0 <= first[0] - end[0] <= dpi * 1.6 and abs(first[1] - end[1]) <= dpi * 0.02)
            or (0 <= start[0] - last[0] <= dpi * 1.6 and abs(start[1] - last[1]) <= dpi * 0.02)
            for first, last in ends
        )
    return found


def wear_of(chains: Sequence[Chain]) -> float:
    """Share of the chains' length that is worn off, 0 to 1."""
    extent = sum(chain.extent for chain in chains)
    return 1 - sum(c.solidity * c.extent for c in chains) / extent if extent else 0.0


def _trimmed(chain: Chain, stops: Sequence[float], ink: Mask, dpi: float) -> Chain:
    """The chain without strokes of letters that follow beyond its crossings, which are at `stops`."""
    low, high = min(stops) - dpi * 0.06, max(stops) + dpi * 0.06
    kept = [
        f
        for f in chain.fragments
        if (f.x1 >= low and f.x0 <= high) or _flanks([f], ink, dpi) < 0.1
    ]
    return Chain(tuple(kept)) if kept else chain


def _least_held(chains: Sequence[Chain], ink: Mask, dpi: float) -> NDArray[np.float64]:
    return np.array([HELD_CLEAR if _flanks(c.fragments, ink, dpi) < 0.06 else HELD for c in chains], float)


def _groups(meets: NDArray[np.bool_]) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Connected sets of rows and columns of the meeting matrix."""
    groups = []
    left = meets.any(axis=1)
    while left.any():
        rows = np.zeros(len(left), bool)
        rows[np.argmax(left)] = True
        while True:
            columns = meets[rows].any(axis=0)
            grown = meets[:, columns].any(axis=1)
            if (grown == rows).all():
                break
            rows = grown
        groups.append((rows, columns))
        left &= ~rows
    return groups


def _meetings(
    across: Sequence[Chain], down: Sequence[Chain], reach: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which chains meet, len(across) × len(down), and whether that lies within the row, the column."""
    meets = np.zeros((len(across), len(down)), bool)
    inside = np.zeros((len(across), len(down), 2), bool)
    rows, columns = [c.points() for c in across], [c.points() for c in down]
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            x, y = _meeting(row, column)
            meets[i, j] = (
                row[0, 0] - reach <= x <= row[-1, 0] + reach
                and column[0, 0] - reach <= y <= column[-1, 0] + reach
            )
            inside[i, j] = (row[0, 0] - 2 <= x <= row[-1, 0] + 2,
                            column[0, 0] - 2 <= y <= column[-1, 0] + 2)  # fmt: skip
    return meets, inside


def _meeting(row: NDArray[np.float64], column: NDArray[np.float64]) -> tuple[float, float]:
    """Where two chains cross, given their points; ends are drawn on level."""
    x, y = float(column[0, 1]), float(row[0, 1])
    for _ in range(2):
        y = float(np.interp(x, row[:, 0], row[:, 1]))
        x = float(np.interp(y, column[:, 0], column[:, 1]))
    return x, y


def _attached(
    across: Sequence[Chain], down: Sequence[Chain], meets: NDArray[np.bool_], ink: Mask, dpi: float
) -> NDArray[np.bool_]:
    """For each meeting whether the row (0) and the column (1) are inked right beside the other."""
    attached = np.zeros((*meets.shape, 2), bool)
    rows, columns = [c.points() for c in across], [c.points() for c in down]
    flipped = np.ascontiguousarray(ink.T)
    for i, j in np.argwhere(meets):
        x, y = _meeting(rows[i], columns[j])
        attached[i, j, 0] = _inked_beside(ink, x, y, down[j].thickness, dpi)
        attached[i, j, 1] = _inked_beside(flipped, y, x, across[i].thickness, dpi)
    return attached


def _inked_beside(ink: Mask, x: float, y: float, thickness: float, dpi: float) -> bool:
    """Whether a line across has ink just left or right of (x, y), past a crossing line."""
    near = int(round(thickness / 2 + dpi * 0.01))
    span = max(int(dpi * 0.02), 3)
    row, column = int(round(y)), int(round(x))
    band = ink[max(row - 2, 0) : row + 3]
    if band.size == 0:
        return False
    hit = band.max(axis=0)
    right = hit[max(column + near, 0) : column + near + span]
    left = hit[max(column - near - span + 1, 0) : max(column - near + 1, 0)]
    return bool(max(right.mean() if right.size else 0, left.mean() if left.size else 0) >= 0.5)
