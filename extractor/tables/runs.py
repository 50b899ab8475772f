"""Words → lines of text → runs: the stretches of a line that no wide gap parts."""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from extractor.geometry import Box, bounding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.document import Word

WIDE = 0.55  # gap in letter heights from which two words stand in different runs
INTERLOCKED = 0.3  # letter heights by which two lines overlap that are one
ENOUGH = 8  # gaps from which their usual width can be told
SPACES = 1.65  # and in usual word gaps: typewriter faces have wide ones
_TITLE = re.compile(r"(table|exhibit|figure|chart|表|图)\s*[\dA-Z]", re.IGNORECASE)
_NOTE = re.compile(
    r"(notes?|sources?|abbreviations?|注|资料来源|来源|备注)\s*[:：.]", re.IGNORECASE
)
_MARK = re.compile(r"^(n\.?/?a\.?|\(?x\)?|[^\w\s]{1,6})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """Words that follow each other on one line without a wide gap."""

    words: tuple[Word, ...]
    box: Box

    @property
    def text(self) -> str:
        """The words with blanks between."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text across a region, its runs from left to right."""

    runs: tuple[Run, ...]
    box: Box

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, from left to right."""
        return tuple(word for run in self.runs for word in run.words)


def run_of(words: Sequence[Word]) -> Run:
    """A run of these words."""
    return Run(tuple(words), bounding(word.bbox for word in words))


def line_of(runs: Sequence[Run]) -> Line:
    """A line of these runs."""
    return Line(tuple(runs), bounding(run.box for run in runs))


def text_lines(words: Iterable[Word], wide: float) -> list[Line]:
    """Lines from top to bottom; `wide` is the gap in points that parts runs.

    Texts beside each other that overlap in height are on one line: the value of a label of two
    lines stands in the middle of its height.
    """
    lines: list[Line] = []
    for row in word_rows(words):
        line = line_of([run_of(run) for run in _parted(row, wide)])
        if lines and _interlock(lines[-1], line):
            runs = sorted((*lines[-1].runs, *line.runs), key=lambda r: r.box.x0)
            lines[-1] = line_of(runs)
        else:
            lines.append(line)
    return lines


def _interlock(above: Line, below: Line) -> bool:
    least = min(run.box.height for line in (above, below) for run in line.runs)
    if max(r.box.y1 for r in above.runs) - below.box.y0 < INTERLOCKED * least:
        return False
    return not any(
        a.box.x0 < b.box.x1 and b.box.x0 < a.box.x1 for a in above.runs for b in below.runs
    )


def word_rows(words: Iterable[Word]) -> list[list[Word]]:
    """Words by height; a raised note mark stays on the line of the taller word."""
    rows: list[list[Word]] = []
    tallest: Word | None = None
    for word in sorted(words, key=lambda w: w.bbox.y0 + w.bbox.y1):
        if tallest is not None and _level(tallest.bbox, word.bbox):
            rows[-1].append(word)
            tallest = max(tallest, word, key=lambda w: w.bbox.height)
        else:
            rows.append([word])
            tallest = word
    return [sorted(row, key=lambda w: w.bbox.x0) for row in rows]


def _level(a: Box, b: Box) -> bool:
    return abs(a.center[1] - b.center[1]) < 0.5 * max(a.height, b.height)


def letter_size(words: Iterable[Word]) -> float:
    """The usual height of a letter in points, 10 where there are no words."""
    return median([word.bbox.height for word in words] or [10.0])


def word_gap(rows: Sequence[Sequence[Word]], usual: float = 0.25) -> float:
    """The usual gap between words in letter heights, `usual` where there are too few.

    A low quantile is taken: in a table most gaps part columns.
    """
    size = letter_size(word for row in rows for word in row)
    gaps = sorted(
        b.bbox.x0 - a.bbox.x1
        for row in rows
        for a, b in itertools.pairwise(row)
        if 0.1 * size < b.bbox.x0 - a.bbox.x1 < 0.8 * size
    )
    return gaps[len(gaps) // 4] / size if len(gaps) >= ENOUGH else usual


def wide_gap(gap: float) -> float:
    """From which gap on words stand in different runs, by the usual one, both in letter heights."""
    return max(WIDE, SPACES * gap)


def _parted(row: Sequence[Word], gap: float) -> list[list[Word]]:
    parts: list[list[Word]] = []
    end = 0.0
    for word in row:
        if parts and word.bbox.x0 - end < gap:
            parts[-1].append(word)
        else:
            parts.append([word])
            end = word.bbox.x1
        end = max(end, word.bbox.x1)
    return parts


@functools.lru_cache(maxsize=8192)
def is_value(text: str) -> bool:
    """Whether a cell holds a number, an amount, a range or a mark for a missing one."""
    text = text.strip()
    digits = sum(char.isdigit() for char in text)
    letters = sum(char.isalpha() for char in text)
    if digits:
        return letters <= max(1, digits // 3)
    return bool(_MARK.match(text)) and bool(text)


def is_outside(line: Line) -> bool:
    """Whether a line is a table's title or a note to it, by how it begins."""
    text = " ".join(run.text for run in line.runs)
    return bool(_TITLE.match(text) or _NOTE.match(text))
