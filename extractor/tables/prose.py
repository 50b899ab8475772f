"""Which words of a page are running text, and so no part of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.geometry import bounding
from extractor.tables.runs import is_value, line_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.tables.runs import Line, Run

WORDS = 5  # mean words a line from which stacked runs may be prose
CHARS = 30  # or characters a run, in scripts without blanks between words
LEAST = 12.0  # width in letter heights below which a column of lines is none of prose
FILLED = 0.8  # share of the paragraph's width that its lines fill
MOST = 0.6  # share of its lines that do


def without_prose(lines: Sequence[Line]) -> list[Line]:
    """The lines without the runs that are part of a paragraph."""
    prose = prose_runs(lines)
    kept = [[run for run in line.runs if id(run) not in prose] for line in lines]
    return [line_of(runs) for runs in kept if runs]


def prose_runs(lines: Sequence[Line]) -> set[int]:
    """The `id` of each run that is part of a paragraph: three lines or more that fill its width."""
    found: set[int] = set()
    for block in _blocks(lines):
        if _is_prose(block, lines):
            found.update(id(run) for run in block)
    return found


def _blocks(lines: Sequence[Line]) -> list[list[Run]]:
    """Runs right below each other with a common left edge, an indent or two aside."""
    blocks: list[list[Run]] = []
    open_blocks: list[list[Run]] = []
    for line in lines:
        for run in line.runs:
            over = [b for b in open_blocks if _follows(b[-1], run)]
            if over:
                over[-1].append(run)
            else:
                blocks.append([run])
                open_blocks.append(blocks[-1])
        open_blocks = [b for b in open_blocks if line.box.y0 - b[-1].box.y1 < 2 * line.box.height]
    return blocks


def _follows(above: Run, below: Run) -> bool:
    size = max(above.box.height, below.box.height)
    gap = below.box.y0 - above.box.y1
    return (
        -0.5 * size < gap < 0.8 * size
        and above.box.center[1] < below.box.center[1]
        and abs(above.box.x0 - below.box.x0) < 3.0 * size
        and abs(above.box.height - below.box.height) < 0.3 * size
    )


def _is_prose(block: Sequence[Run], lines: Sequence[Line]) -> bool:
    if len(block) < 3:
        return False
    box = bounding(run.box for run in block)
    if box.width < LEAST * block[0].box.height:
        return False
    wordy = sum(len(run.words) for run in block) >= WORDS * len(block)
    long = sum(len(run.text) for run in block) >= CHARS * len(block)
    full = sum(run.box.width >= FILLED * box.width for run in block[:-1])
    if not (wordy or long) or full < MOST * (len(block) - 1):
        return False
    beside = sum(_has_value(run, lines) for run in block)
    return beside < 0.5 * len(block)


def _has_value(run: Run, lines: Sequence[Line]) -> bool:
    """Whether a number stands at the height of a run, on its line or half a line off."""
    y, size = run.box.center[1], run.box.height
    return any(
        abs(line.box.center[1] - y) < 0.8 * size
        and any(other is not run and is_value(other.text) for other in line.runs)
        for line in lines
    )
