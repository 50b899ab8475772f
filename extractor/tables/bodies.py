"""The body of a table without a full grid: which lines of text are one row."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from extractor.tables.runs import INTERLOCKED, is_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.geometry import Segment
    from extractor.tables.columns import Columns
    from extractor.tables.runs import Line


TIGHT = 0.85  # of the usual distance of rows: lines closer than this are one cell's


@dataclass(frozen=True, slots=True)
class _Kind:
    """What stands on a line: text in the first column, values in others, text in others."""

    stub: bool
    values: bool
    texts: bool

    @property
    def label(self) -> bool:
        return self.stub and not self.values and not self.texts


def body_rows(
    lines: Sequence[Line], columns: Columns, rules: Sequence[Segment]
) -> list[list[Line]]:
    """Lines from top to bottom → rows of one or more lines; `rules` cross the region."""
    kinds = [_kind(line, columns) for line in lines]
    pitch, limit = _pitch(lines, kinds), _limit(lines, columns)
    starts = [True] * len(lines)
    ruled = _ruled_rows(lines, kinds, rules)
    for i in range(1, len(lines)):
        if _rule_between(lines[i - 1], lines[i], rules):
            continue
        starts[i] = not ruled and not _continues(lines, kinds, i, pitch, limit)
    rows: list[list[Line]] = []
    for line, start in zip(lines, starts, strict=True):
        if start:
            rows.append([line])
        else:
            rows[-1].append(line)
    return rows


def _kind(line: Line, columns: Columns) -> _Kind:
    stub = values = texts = False
    for run in line.runs:
        first, _ = columns.of(run.box.x0, run.box.x1)
        if first == 0:
            stub = True
        elif is_value(run.text):
            values = True
        else:
            texts = True
    return _Kind(stub, values, texts)


def _rule_between(above: Line, below: Line, rules: Sequence[Segment]) -> bool:
    return any(above.box.center[1] < r.y0 < below.box.center[1] for r in rules)


def _ruled_rows(lines: Sequence[Line], kinds: Sequence[_Kind], rules: Sequence[Segment]) -> bool:
    """Whether rules part all rows: no two lines with values stand between the same rules."""
    strips: list[list[int]] = [[]]
    for i, line in enumerate(lines):
        if i and _rule_between(lines[i - 1], line, rules):
            strips.append([])
        strips[-1].append(i)
    if len(strips) < 3:
        return False
    return all(sum(kinds[i].stub and (kinds[i].values) for i in strip) <= 1 for strip in strips)


def _continues(
    lines: Sequence[Line], kinds: Sequence[_Kind], i: int, pitch: float, limit: float
) -> bool:
    """Whether line `i` belongs to the row of the line before."""
    above, line = lines[i - 1], lines[i]
    a, b = kinds[i - 1], kinds[i]
    if line.box.y0 - above.box.y1 > 0.8 * line.box.height:
        return False
    if above.box.y1 - line.box.y0 > INTERLOCKED * min(r.box.height for r in line.runs):
        return True  # two rows never overlap
    if b.stub and not a.stub:
        # A label of several lines, its values in the middle.
        return b.label and (a.values or a.texts) and _between_labels(lines, kinds, i)
    if not b.stub:
        return (a.label and not _apart(lines, i)) or (b.texts and not b.values)
    heads_row = i + 1 < len(lines) and not kinds[i + 1].stub
    if b.label and not heads_row and line.box.y0 - above.box.y0 < TIGHT * pitch:
        return line.box.x0 >= above.box.x0 - 0.1 * line.box.height
    if b.label or a.label:
        return _broken(above, line, limit)
    return b.texts and not b.values and line.runs[0].text[:1].islower()


def _limit(lines: Sequence[Line], columns: Columns) -> float:
    """How far labels reach: the right end of the longest that stays in its column."""
    first = [line.runs[0].box for line in lines]
    return max((b.x1 for b in first if columns.of(b.x0, b.x1) == (0, 0)), default=columns.stops[1])


def _pitch(lines: Sequence[Line], kinds: Sequence[_Kind]) -> float:
    """The usual distance of two rows with values, 0 where no two follow each other."""
    steps = [
        lines[i].box.y0 - lines[i - 1].box.y0
        for i in range(1, len(lines))
        if kinds[i].stub and kinds[i].values and kinds[i - 1].stub and kinds[i - 1].values
    ]
    return median(steps) if steps else 0.0


def _between_labels(lines: Sequence[Line], kinds: Sequence[_Kind], i: int) -> bool:
    return i >= 2 and kinds[i - 2].label and not _apart(lines, i - 1)


def _apart(lines: Sequence[Line], i: int) -> bool:
    """Whether a line is set off from the one above by more than a line's usual lead."""
    return lines[i].box.y0 - lines[i - 1].box.y1 > 0.3 * lines[i].box.height


def _broken(above: Line, below: Line, limit: float) -> bool:
    """Whether a label runs on: its next word had no room on the line above, or starts small."""
    last, first = above.runs[0], below.runs[0]
    if last.text.endswith(":"):
        return False
    text = first.text.lstrip("(")
    full = last.box.x1 + 0.3 * last.box.height + first.words[0].bbox.width > limit
    if last.text.endswith(("-", "–", "/", ",", " and", " or", " of", " the", " in", " for")):
        return full
    return full and (text[:1].islower() or first.text[:1] == "(")
