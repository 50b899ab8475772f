"""A header that is printed again starts a table again: below the first, or beside it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from extractor.tables.runs import is_value, line_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.tables.runs import Line, Run


def parted(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines of one table each."""
    return [part for block in _below(lines) for part in _beside(block)]


def _below(lines: Sequence[Line]) -> list[list[Line]]:
    """Parts that begin with the same label as the first line in columns, and more on its line."""
    first = next((i for i, line in enumerate(lines) if len(line.runs) >= 2), None)
    if first is None or is_value(label := lines[first].runs[0].text):
        return [list(lines)]
    again = [
        i
        for i in range(first + 1, len(lines))
        if lines[i].runs[0].text == label and _alike(lines[first], lines[i])
    ]
    starts = [0, *(_top(lines, i) for i in again)]
    return [list(lines[a:b]) for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]


def _alike(a: Line, b: Line) -> bool:
    """Whether two lines in columns are both of numbers, or both of words, but for the label."""
    kinds = [[is_value(run.text) for run in line.runs[1:]] for line in (a, b)]
    shares = [sum(kind) / len(kind) if kind else -1.0 for kind in kinds]
    return min(shares) >= 0 and abs(shares[0] - shares[1]) < 0.5


def _top(lines: Sequence[Line], i: int) -> int:
    """The first line of the header that line `i` is part of: lone headings over its columns."""
    while len(lines[i - 1].runs) == 1 and lines[i - 1].box.x0 > lines[i].runs[0].box.x1:
        i -= 1
    return i


def _beside(lines: Sequence[Line]) -> list[list[Line]]:
    """Parts side by side: the headings of the first line in columns repeat, and labels do."""
    head = next((line for line in lines if len(line.runs) >= 4), None)
    if head is None:
        return [list(lines)]
    period = _period([run.text for run in head.runs])
    starts = [run.box.x0 for run in head.runs[::period]]
    ends = [run.box.x1 for run in head.runs[period - 1 :: period]]
    if len(starts) < 2 or not _are_labels(lines, head, period):
        return [list(lines)]
    cuts = [(a + b) / 2 for a, b in zip(ends, starts[1:], strict=False)]
    stops = [float("-inf"), *cuts, float("inf")]
    return [_between(lines, a, b) for a, b in itertools.pairwise(stops)]


def _period(texts: Sequence[str]) -> int:
    """After how many texts they repeat, their number where they do not."""
    for period in range(2, len(texts) // 2 + 1):
        times, rest = divmod(len(texts), period)
        if rest == 0 and list(texts) == list(texts[:period]) * times:
            return period
    return len(texts)


def _are_labels(lines: Sequence[Line], head: Line, period: int) -> bool:
    """Whether under each repeated first heading there are labels, not values."""
    below = [run for line in lines if line.box.y0 > head.box.y1 for run in line.runs]
    return all(_wordy([r for r in below if _under(r, first)]) for first in head.runs[::period])


def _under(run: Run, heading: Run) -> bool:
    return run.box.x0 < heading.box.x1 and run.box.x1 > heading.box.x0


def _wordy(runs: Sequence[Run]) -> bool:
    return sum(not is_value(run.text) for run in runs) > 0.5 * len(runs)


def _between(lines: Sequence[Line], a: float, b: float) -> list[Line]:
    kept = [[run for run in line.runs if a < run.box.center[0] < b] for line in lines]
    return [line_of(runs) for runs in kept if runs]
