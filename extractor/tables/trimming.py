"""Where a band of lines in columns begins and ends as a table: by rules, captions and notes."""

from __future__ import annotations

from statistics import mode
from typing import TYPE_CHECKING

from extractor.geometry import bounding
from extractor.tables.runs import is_outside, is_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.geometry import Segment
    from extractor.tables.runs import Line

REACH_PT = 15.0  # how far above and below a table's text its rules lie at most
WIDE = 0.8  # share of a stretch from which a rule reaches over it
LEVEL_PT = 1.5  # pieces of rules whose heights differ by less are one
BESIDE_PT = 3.0  # how far texts and rules may end outside the table
LEAD = 2.5  # letter heights that a header may stand off the rows below it
TIGHT = 0.3  # letter heights between the lines of one cell
LONG = 9  # words from which a line of one run is a sentence, not a heading


def is_no_row(line: Line) -> bool:
    """Whether a line cannot be part of a table: a caption, a note or a sentence."""
    return is_outside(line) or (len(line.runs) == 1 and len(line.runs[0].words) >= LONG)


def trimmed(band: Sequence[Line], rulings: Sequence[Segment]) -> Sequence[Line]:
    """The lines of the table in a band of lines, [] where none stands in columns."""
    data = [i for i, line in enumerate(band) if _is_data(line)]
    data = data or [i for i, line in enumerate(band) if len(line.runs) >= 2]
    if not data:
        return []
    # Labels are often left without rules.
    x0, x1 = min(band[i].runs[1].box.x0 for i in data), max(band[i].box.x1 for i in data)
    top, bottom = band[0].box.y0 - REACH_PT, band[-1].box.y1 + REACH_PT
    rules = [y for y in wide_rules(rulings, x0, x1) if top < y < bottom]
    return band[_start(band, data[0], rules) : _end(band, data[-1], rules) + 1]


def headings_over(lines: Sequence[Line], free: Sequence[Line]) -> list[Line]:
    """Lines over a table that begins with data: a header may have no rule above it.

    `free` are the page's lines without its prose.
    """
    if not _is_data(next(line for line in lines if len(line.runs) >= 2)):
        return []
    box = bounding(line.box for line in lines)
    found: list[Line] = []
    top = box.y0
    for line in reversed(free):
        if line.box.y1 > top + 1 or not _is_within(line, box.x0, box.x1):
            continue
        if top - line.box.y1 > LEAD * line.box.height or is_no_row(line):
            break
        found.insert(0, line)
        top = line.box.y0
    first = next((i for i, line in enumerate(found) if len(line.runs) >= 2), len(found))
    return found[first:]


def rows_below(lines: Sequence[Line], free: Sequence[Line]) -> list[Line]:
    """Rows of values under the last rule, as many as there are columns: not shaded any more."""
    box = bounding(line.box for line in lines)
    usual = mode(len(line.runs) for line in lines if len(line.runs) >= 2)
    found: list[Line] = []
    bottom = box.y1
    for line in free:
        if line.box.y0 < bottom - 1 or not _is_within(line, box.x0, box.x1):
            continue
        far = line.box.y0 - bottom > LEAD * line.box.height
        if far or len(line.runs) != usual or not _is_data(line) or is_no_row(line):
            break
        found.append(line)
        bottom = line.box.y1
    return found


def _is_within(line: Line, x0: float, x1: float) -> bool:
    return line.box.x0 >= x0 - BESIDE_PT and line.box.x1 <= x1 + BESIDE_PT


def _is_data(line: Line) -> bool:
    return any(is_value(run.text) for run in line.runs[1:])


def wide_rules(rulings: Sequence[Segment], x0: float, x1: float) -> list[float]:
    """Heights of the rules that reach over most of a stretch, their pieces counted together."""
    drawn: dict[int, float] = {}
    heights: dict[int, float] = {}
    for r in (r for r in rulings if r.horizontal):
        key = round(r.y0 / LEVEL_PT)
        length = max(0.0, min(r.x1, x1 + BESIDE_PT) - max(r.x0, x0 - BESIDE_PT))
        drawn[key] = drawn.get(key, 0.0) + length
        heights[key] = r.y0
    return sorted(heights[key] for key, length in drawn.items() if length >= WIDE * (x1 - x0))


def _start(band: Sequence[Line], first: int, rules: Sequence[float]) -> int:
    """The first line of the header: below the topmost rule over it, or below a caption.

    A single rule that has nothing between it and the data is the header's lower one.
    """
    y = band[first].box.center[1]
    above = [rule for rule in rules if rule < y]
    headed = any(rule < line.box.center[1] for rule in above for line in band[:first])
    if len(above) >= 2 or headed:
        return next(i for i, line in enumerate(band) if line.box.center[1] > above[0])
    start = first
    while start > 0 and not _is_caption(band[start - 1], band[first:]):
        start -= 1
    return start


def _is_caption(line: Line, body: Sequence[Line]) -> bool:
    """Whether a line over the header is a title: one run over the labels and beyond."""
    several = [b for b in body if len(b.runs) >= 2]
    labels = max(b.runs[0].box.x1 for b in several)
    return len(line.runs) == 1 and line.box.x0 < labels < line.box.x1


def _end(band: Sequence[Line], last: int, rules: Sequence[float]) -> int:
    """The last line: above the lowest rule, or the last with values and what its cells run on to.

    What looks like data below the last of many rules belongs to something else.
    """
    y = band[last].box.center[1]
    below = [rule for rule in rules if rule > y]
    if len(rules) >= 3 and rules[0] < y and _mostly_above(band, rules[-1]):
        below = [rules[-1]]
    if below:
        return max(i for i, line in enumerate(band) if line.box.center[1] < below[0])
    while last + 1 < len(band) and _runs_on(band[last], band[last + 1]):
        last += 1
    return last


def _mostly_above(band: Sequence[Line], rule: float) -> bool:
    data = [line for line in band if _is_data(line)]
    return sum(line.box.center[1] < rule for line in data) > 0.5 * len(data)


def _runs_on(above: Line, below: Line) -> bool:
    """Whether a line after the last one with values ends its cells."""
    gap = below.box.y0 - above.box.y1
    small = below.runs[0].text[:1].islower()
    return gap < 0 or (small and gap < TIGHT * below.box.height and not is_outside(below))
