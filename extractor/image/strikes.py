"""Streaks and pen strokes straight through text: they look like rulings, but letters cross them.

The rulings of a table keep clear of its text. A line that many strokes of letters run through from
one side to the other is none: it is taken off the page, and the strokes are left whole.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.geometry import Segment

    Mask = NDArray[np.uint8]
    Flags = NDArray[np.bool_]

ALIKE_PT = 2.0  # segments closer than this are of one line
LEAST = 4  # strokes that run through a line
AN_INCH = 0.4  # so many for each inch of it
BEYOND_IN = 0.3  # that a streak runs on past where most lines end, on both sides
WIDE_IN = 1.5  # of a line that tells where they end
FEWEST = 4  # of these
STROKE_IN = 0.07  # widest stroke of a letter; wider is another ruling or a picture
BESIDE_IN = 0.04  # from a ruling that crosses, where its own ink is
DEEP_IN = 0.02  # that a stroke goes on at least, on both sides


def strikes(
    ink: Mask, rulings: Sequence[Segment], dpi: float
) -> tuple[tuple[Segment, ...], Mask | None]:
    """The rulings that no text runs through, and 1 where the others lie; None if there are none.

    Strokes that run through them are left out of that mask.
    """
    across = [r for r in rulings if r.horizontal]
    down = [_flipped(r) for r in rulings if not r.horizontal]
    kept_across, struck_across = _parted(ink, across, down, dpi)
    flipped = np.ascontiguousarray(ink.T)
    kept_down, struck_down = _parted(flipped, down, across, dpi)
    lines = struck_across | struck_down.T
    kept = (*kept_across, *(_flipped(r) for r in kept_down))
    return kept, lines if lines.any() else None


def _flipped(r: Segment) -> Segment:
    return r._replace(x0=r.y0, y0=r.x0, x1=r.y1, y1=r.x1)


def _parted(
    ink: Mask, lines: Sequence[Segment], others: Sequence[Segment], dpi: float
) -> tuple[list[Segment], Mask]:
    """The segments across that are rulings, and a mask of those that are not.

    `others` run down, with x and y exchanged.
    """
    every = _in_line(lines)
    found = [_through(ink, line, others, dpi) for line in every]
    crossed = [
        _is_crossed(line, through, dpi) for line, (_, through) in zip(every, found, strict=True)
    ]
    kept: list[Segment] = []
    struck = np.zeros_like(ink)
    for line, (rows, through), is_crossed in zip(every, found, crossed, strict=True):
        # Where there is one streak others may run between the lines of text.
        if not is_crossed and not (any(crossed) and _runs_on(line, every)):
            kept.extend(line)
            continue
        for segment in line:
            x0, x1 = (round(v * dpi / 72) for v in (segment.x0, segment.x1))
            struck[rows, max(x0 - 1, 0) : x1 + 2] = ~through[max(x0 - 1, 0) : x1 + 2]
    return kept, struck & ink


def _is_crossed(line: Sequence[Segment], through: Flags, dpi: float) -> bool:
    least = max(LEAST, AN_INCH * sum(r.length for r in line) / 72)
    return len(_runs(through, STROKE_IN * dpi)) >= least


def _runs_on(line: Sequence[Segment], lines: Sequence[Sequence[Segment]]) -> bool:
    """Whether a line runs on past where most lines of the page end, on both sides."""
    ends = np.array([(min(r.x0 for r in one), max(r.x1 for r in one)) for one in lines])
    long = ends[ends[:, 1] - ends[:, 0] >= WIDE_IN * 72]
    if len(long) < FEWEST:
        return False
    left, right = np.median(long, axis=0)
    own = min(r.x0 for r in line), max(r.x1 for r in line)
    return bool(own[0] < left - BEYOND_IN * 72 and own[1] > right + BEYOND_IN * 72)


def _in_line(segments: Sequence[Segment]) -> list[list[Segment]]:
    """The segments of each line."""
    lines: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda r: r.y0):
        if lines and segment.y0 - lines[-1][-1].y0 < ALIKE_PT:
            lines[-1].append(segment)
        else:
            lines.append([segment])
    return lines


def _through(
    ink: Mask, line: Sequence[Segment], others: Sequence[Segment], dpi: float
) -> tuple[slice, Flags]:
    """The rows of pixels of a line, and in which columns ink runs through it from side to side."""
    scale = dpi / 72
    y = float(np.median([r.y0 for r in line])) * scale
    half = float(np.median([r.thickness for r in line])) * scale / 2 + 1.5
    top, bottom = max(round(y - half), 0), min(round(y + half) + 1, len(ink))
    deep = max(round(DEEP_IN * dpi), 2)
    sides = ink[max(top - deep, 0) : top], ink[bottom : bottom + deep]
    if not all(len(side) == deep for side in sides):
        return slice(top, bottom), np.zeros(ink.shape[1], bool)
    above, below = (np.asarray(side.all(axis=0), bool) for side in sides)
    through = _wider(above) & _wider(below)
    for x0, x1 in itertools.chain.from_iterable(_spans(r, y, scale, dpi) for r in others):
        through[max(x0, 0) : x1] = False
    on = np.zeros(ink.shape[1], bool)
    for r in line:
        on[max(round(r.x0 * scale), 0) : round(r.x1 * scale)] = True
    return slice(top, bottom), through & on


def _spans(other: Segment, y: float, scale: float, dpi: float) -> list[tuple[int, int]]:
    """Where a ruling down the page (x and y exchanged) crosses a line at `y`, with its own ink."""
    low, high = sorted((other.x0 * scale, other.x1 * scale))
    if not low - dpi * BESIDE_IN <= y <= high + dpi * BESIDE_IN:
        return []
    x, beside = other.y0 * scale, BESIDE_IN * dpi
    return [(round(x - beside), round(x + beside) + 1)]


def _wider(flags: Flags) -> Flags:
    """With a pixel more on both sides: strokes slant."""
    wide = flags.copy()
    wide[1:] |= flags[:-1]
    wide[:-1] |= flags[1:]
    return wide


def _runs(flags: Flags, widest: float) -> list[int]:
    """Lengths of the runs that are no wider than a stroke."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [int(b - a) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a <= widest]
