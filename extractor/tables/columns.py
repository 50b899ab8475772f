"""The columns of a table without a full grid, and its lines cut where they end."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.tables.gutters import Strip, find_gutters, is_number
from extractor.tables.runs import line_of, run_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Word
    from extractor.geometry import Segment
    from extractor.tables.runs import Line, Run

OVER_PT = 2.0  # text may reach this far over a column's edge
HELD = 0.5  # share of a column's text width from which a text reaches into it
TALL = 0.5  # share of the body's height from which an upright ruling borders a column
APART = 1.25  # usual word gaps from which a gap may part two cells
MARKS = frozenset("$€£¥%*†‡§#•·▪●■–-")  # signs that fill no cell
BEFORE = frozenset("$€£¥•·▪●■")  # those that stand before what they belong to
_NOTE = re.compile(r"\(?[\da-z]{1,2}\)|[a-z]")  # a note mark beside a number


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns by what they hold: `edges` are the stretches of text, `stops` the borders."""

    edges: tuple[tuple[float, float], ...]
    stops: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.edges)

    def of(self, x0: float, x1: float) -> tuple[int, int]:
        """First and last column that a stretch of text stands in."""
        strips = list(itertools.pairwise(self.stops))
        shares = [max(0.0, min(x1, b) - max(x0, a)) for a, b in strips]
        best = max(range(len(shares)), key=lambda i: shares[i])
        held = [
            i
            for i, share in enumerate(shares)
            if i == best or (share > OVER_PT and self._is_held(i, x0, x1))
        ]
        return held[0], held[-1]

    def _is_held(self, i: int, x0: float, x1: float) -> bool:
        a, b = self.edges[i]
        return min(x1, b) - max(x0, a) > HELD * (b - a)

    def within(self, x0: float, x1: float) -> list[int]:
        """The columns whose text lies between two places, for the most part."""
        return [i for i in range(len(self)) if self._is_held(i, x0 - OVER_PT, x1 + OVER_PT)]

    def centre(self, first: int, last: int) -> float:
        """The middle of what stands in a range of columns."""
        return (self.edges[first][0] + self.edges[last][1]) / 2


def find_columns(
    head: Sequence[Line], body: Sequence[Line], uprights: Sequence[Segment], wide: float
) -> Columns:
    """Columns by the strips that are free in the body, and by upright rulings.

    The header's lines decide only where the body has less than two lines in columns. `wide` is
    the gap in points that parts runs.
    """
    lines = list(body)
    if sum(len(line.runs) >= 2 for line in lines) < 2:
        lines = [*head, *body]
    gutters = [_clear(gutter, head) for gutter in find_gutters(lines, wide)]
    x0 = min(line.box.x0 for line in (*head, *body))
    x1 = max(line.box.x1 for line in (*head, *body))
    inner = [stop for stop in _with_uprights(gutters, uprights, lines) if x0 < stop < x1]
    return _without_marks([x0 - 1.0, *inner, x1 + 1.0], lines, head)


def _clear(gutter: Strip, head: Sequence[Line]) -> Strip:
    """The strip without what headers reach into it from either side."""
    boxes = [run.box for line in head for run in line.runs]
    x0 = max([b.x1 for b in boxes if b.x0 < gutter.x0 < b.x1 < gutter.x1], default=gutter.x0)
    x1 = min([b.x0 for b in boxes if gutter.x0 < b.x0 < gutter.x1 < b.x1], default=gutter.x1)
    return Strip(x0, x1) if x0 < x1 else gutter


def _with_uprights(
    gutters: Sequence[Strip], uprights: Sequence[Segment], lines: Sequence[Line]
) -> list[float]:
    """The middles of the strips; a drawn border takes the place of the strip it stands in."""
    top, bottom = lines[0].box.y0, lines[-1].box.y1
    lengths: dict[int, float] = {}
    for ruling in uprights:
        length = max(0.0, min(ruling.y1, bottom) - max(ruling.y0, top))
        lengths[round(ruling.x0)] = lengths.get(round(ruling.x0), 0.0) + length
    drawn: list[float] = []
    for x, length in sorted(lengths.items()):
        if length > TALL * (bottom - top) and (not drawn or x - drawn[-1] > 2 * OVER_PT):
            drawn.append(float(x))
    free = [g.middle for g in gutters if not any(g.x0 - 1 <= x <= g.x1 + 1 for x in drawn)]
    return sorted([*free, *drawn])


def _without_marks(stops: list[float], lines: Sequence[Line], head: Sequence[Line]) -> Columns:
    """Columns but for blank ones, and for those of signs only: they belong to what is beside."""
    dropped: set[int] = set()
    for i, (a, b) in enumerate(itertools.pairwise(stops)):
        texts = [w.text for line in lines for w in line.words if a <= w.bbox.center[0] <= b]
        headed = any(a < run.box.center[0] < b for line in head for run in line.runs)
        side = _side(texts, headed=headed) if len(stops) > 3 or not texts else None
        if side is not None:
            dropped.add(min(max(i + side, 1), len(stops) - 2) if texts else max(i, 1))
    kept = [s for i, s in enumerate(stops) if i not in dropped or i in (0, len(stops) - 1)]
    return Columns(tuple(_edge(lines, a, b) for a, b in itertools.pairwise(kept)), tuple(kept))


def _side(texts: Sequence[str], *, headed: bool) -> int | None:
    """Which border of a column of such texts falls: 0 the left, 1 the right, None neither."""
    if not texts:
        return None if headed else 0
    if all(set(text) <= MARKS for text in texts):
        return int(all(set(text) <= BEFORE for text in texts))
    return 0 if not headed and all(_NOTE.fullmatch(text) for text in texts) else None


def _edge(lines: Sequence[Line], a: float, b: float) -> tuple[float, float]:
    """From where to where text stands between two borders."""
    boxes = [
        word.bbox
        for line in lines
        if len(line.runs) > 1
        for word in line.words
        if a <= word.bbox.center[0] <= b
    ]
    return (min(x.x0 for x in boxes), max(x.x1 for x in boxes)) if boxes else (a, b)


def cut_lines(
    lines: Sequence[Line], columns: Columns, uprights: Sequence[Segment], usual: float
) -> list[Line]:
    """The lines' runs, parted where a border of columns falls into a gap that stands out.

    `usual` is the usual word gap in points. Headings may stand as close as words do: where a line
    has a wide gap, one that is a little wide in the line above it parts, too.
    """
    following = [*lines[1:], None] if lines else []
    return [
        line_of(
            [
                part
                for run in line.runs
                for part in _parts(run, line, below, columns, uprights, usual)
            ]
        )
        for line, below in zip(lines, following, strict=True)
    ]


def _parts(
    run: Run,
    line: Line,
    below: Line | None,
    columns: Columns,
    uprights: Sequence[Segment],
    usual: float,
) -> list[Run]:
    drawn = [u.x0 for u in uprights if u.y0 < line.box.center[1] < u.y1]
    strips = [(a.box.x1, b.box.x0) for a, b in itertools.pairwise(below.runs)] if below else []
    parts, start = [], 0
    for i, (a, b) in enumerate(itertools.pairwise(run.words), 1):
        x0, x1 = a.bbox.x1, b.bbox.x0
        apart = x1 - x0 > APART * usual or (is_number(a.text) and is_number(b.text))
        fits = _holds(a, b, columns.stops[1:-1]) or any(x1 > s0 and x0 < s1 for s0, s1 in strips)
        if (fits and apart) or _holds(a, b, drawn):
            parts.append(run_of(run.words[start:i]))
            start = i
    return [*parts, run_of(run.words[start:])]


def _holds(a: Word, b: Word, places: Sequence[float]) -> bool:
    """Whether one of the places lies between two words."""
    return any(a.bbox.x1 - 1 <= x <= b.bbox.x0 + 1 for x in places)
