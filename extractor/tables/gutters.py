"""Lines of a table's body → columns: the upright strips that no line's text crosses."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from statistics import median, mode
from typing import TYPE_CHECKING

from extractor.tables.runs import is_value, letter_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.tables.runs import Line

STRAY = 0.1  # share of lines whose text may run over a strip: long labels, remarks
NARROW = 0.7  # of a wide gap: gaps may be this narrow where many lines have one
VALUES = 0.4  # gap in letter heights from which two numbers stand in two columns
SLIM = 0.15  # least width in letter heights of a strip that is left between all lines
MOST = 0.6  # share of lines in a column from which runs side by side are columns of their own
_NUMBER = re.compile(r"[^\w\s]*\d[\d.,]*\d.*|[^(]*\d")


@dataclass(frozen=True, slots=True)
class Strip:
    """An upright strip without text, in points."""

    x0: float
    x1: float

    @property
    def middle(self) -> float:
        """Where a ruling would be drawn."""
        return (self.x0 + self.x1) / 2


Stretches = list[tuple[float, float]]


def find_gutters(lines: Sequence[Line], wide: float) -> list[Strip]:
    """Strips between the columns of these lines, from left to right.

    Lines of one run do not vote: headings of groups run over columns. `wide` is the gap in points
    that parts runs.
    """
    voting = [line for line in lines if len(line.runs) >= 2]
    if not voting:
        return []
    size = letter_size(word for line in voting for word in line.words)
    least = wide * (NARROW if len(voting) >= 6 else 1.0)
    covers = [_stretches(line, least, VALUES * size) for line in voting]
    best = _strips(covers, SLIM * size)
    for _ in range(int(STRAY * len(covers))):
        fewer = _without_stray(covers, best, SLIM * size)
        if fewer is None:
            break
        covers, best = fewer
    return _with_slanted(lines, best)


def _stretches(line: Line, least: float, values: float) -> Stretches:
    """Where a line has text, gaps narrower than `least`, between numbers than `values`, closed."""
    words = line.words
    merged = [(words[0].bbox.x0, words[0].bbox.x1)]
    for last, word in itertools.pairwise(words):
        gap = word.bbox.x0 - merged[-1][1]
        numbers = is_number(last.text) and is_number(word.text)
        if gap < (values if numbers else least):
            merged[-1] = (merged[-1][0], max(merged[-1][1], word.bbox.x1))
        else:
            merged.append((word.bbox.x0, word.bbox.x1))
    return merged


def is_number(text: str) -> bool:
    """Whether a word is a number that may fill a cell alone; a note mark like (1) is none."""
    return bool(_NUMBER.fullmatch(text)) and is_value(text)


def _with_slanted(lines: Sequence[Line], strips: list[Strip]) -> list[Strip]:
    """Adds borders between columns whose texts overlap: side by side in most lines that have any.

    Numbers centred in their columns may reach over each other's, a line at a time they do not.
    """
    stops = [float("-inf"), *(s.middle for s in strips), float("inf")]
    found = list(strips)
    for a, b in itertools.pairwise(stops):
        held = [[r for r in line.runs if a < r.box.center[0] < b] for line in lines]
        held = [runs for runs in held if runs]
        if len(held) < 3:
            continue
        count = mode(len(runs) for runs in held)
        same = [runs for runs in held if len(runs) == count]
        if count >= 2 and len(same) >= MOST * len(held):
            for k in range(count - 1):
                gaps = [(runs[k].box.x1, runs[k + 1].box.x0) for runs in same]
                found.append(Strip(median(g[0] for g in gaps), median(g[1] for g in gaps)))
    return sorted(found, key=lambda s: s.middle)


def _strips(covers: Sequence[Stretches], least: float) -> list[Strip]:
    """Gaps of the united stretches that are wide enough."""
    strips = []
    end: float | None = None
    for start, stop in sorted(s for cover in covers for s in cover):
        if end is not None and start - end >= least:
            strips.append(Strip(end, start))
        end = stop if end is None else max(end, stop)
    return strips


def _without_stray(
    covers: Sequence[Stretches], best: list[Strip], least: float
) -> tuple[list[Stretches], list[Strip]] | None:
    """Leaves out the line without which there are more strips; None where there is no such line."""
    found = None
    for i in _alone(covers, least):
        rest = [*covers[:i], *covers[i + 1 :]]
        strips = _strips(rest, least)
        if len(strips) > len(best):
            found, best = rest, strips
    return None if found is None else (found, best)


def _alone(covers: Sequence[Stretches], least: float) -> list[int]:
    """The lines that alone have text somewhere, over `least` points."""
    events = sorted(
        (x, step, i)
        for i, cover in enumerate(covers)
        for start, stop in cover
        for x, step in ((start, 1), (stop, -1))
    )
    found: set[int] = set()
    count = total = 0  # of the lines with text here, and the sum of their numbers
    for (x, step, i), (following, _, _) in itertools.pairwise(events):
        count, total = count + step, total + step * i
        if count == 1 and following - x >= least:
            found.add(total)
    return sorted(found)
