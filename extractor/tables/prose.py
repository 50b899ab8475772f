"""Which words of a page are running text, and so no part of a table."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from extractor.tables.runs import is_value, letter_size, text_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Word
    from extractor.tables.runs import Line, Run

JUSTIFIED = 1.0  # gap in letter heights that justified lines may have between words
WORDS = 5  # mean words a line from which stacked runs may be prose
CHARS = 30  # or characters a run, in scripts without blanks between words
LEAST = 12.0  # width in letter heights below which a column of lines is none of prose
FILLED = 0.8  # share of the width of the lines near it that a line fills
LONG = 6  # lines of even width from which a block is no column of labels, whatever stands beside
EVEN = 0.85  # mean of that share for such lines
LEVEL = 0.2  # letter heights by which the middles of texts on one line may differ
NEAR = 0.8  # the same where a label of two lines has its value in the middle
BESIDE = 0.5  # share of its lines with values beside them from which a block is of labels
MOST = 0.6  # share of its lines that do


def without_sideways(words: Sequence[Word]) -> list[Word]:
    """Words but for letters that lie on their side, as along the axis of a chart.

    They come one by one, each as wide as the type is high and as high as the letter is wide.
    """
    return [word for word in words if not _is_sideways(word)]


def _is_sideways(word: Word) -> bool:
    single = len(word.text) == 1 and word.text.isascii() and word.text.isalpha()
    return single and word.bbox.width > word.bbox.height


def without_prose(words: Sequence[Word], wide: float) -> list[Line]:
    """Lines of the words that are part of no paragraph; `wide` is the gap that parts runs."""
    lines = text_lines(words, max(wide, JUSTIFIED * letter_size(words)))
    prose = prose_runs(lines)
    found = {id(w) for line in lines for r in line.runs if id(r) in prose for w in r.words}
    return text_lines([w for w in words if id(w) not in found], wide)


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
    if max(run.box.width for run in block) < LEAST * block[0].box.height:
        return False
    wordy = sum(len(run.words) for run in block) >= WORDS * len(block)
    long = sum(len(run.text) for run in block) >= CHARS * len(block)
    fill = _filled(block)
    if not (wordy or long) or sum(share >= FILLED for share in fill) < MOST * len(fill):
        return False
    if len(block) >= LONG and fmean(fill) >= EVEN:
        return True
    # Labels of one line have their values level with them; the lines of a long block beside a
    # table do not, but for chance.
    reach = LEVEL if len(block) >= LONG else NEAR
    return sum(_has_value(run, lines, reach) for run in block) < BESIDE * len(block)


def _filled(block: Sequence[Run]) -> list[float]:
    """For each line but the last its width, as a share of that of the widest near it.

    Only near it: where a table or picture is let into a text, the lines beside it are shorter.
    """
    widths = [run.box.width for run in block]
    return [w / max(widths[max(i - 2, 0) : i + 3]) for i, w in enumerate(widths[:-1])]


def _has_value(run: Run, lines: Sequence[Line], reach: float) -> bool:
    """Whether a number stands beside a run, up to `reach` letter heights off its line."""
    y, size = run.box.center[1], run.box.height
    return any(
        other is not run and is_value(other.text) and abs(other.box.center[1] - y) < reach * size
        for line in lines
        if abs(line.box.center[1] - y) < 2 * size
        for other in line.runs
    )
