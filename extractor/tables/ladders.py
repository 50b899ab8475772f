"""Level rules of one width below each other: tables that are ruled across only."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from extractor.geometry import Box
from extractor.tables.rules import joined_rules
from extractor.tables.runs import is_outside, text_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Word
    from extractor.geometry import Segment
    from extractor.tables.runs import Line

ALIGNED_PT = 4.0  # ends of two rules of one table differ by no more
GAP_PT = 12.0  # a rule may be broken between columns for so long
SHORTEST_PT = 60.0  # shorter rules underline words
SHORT = 0.6  # share of a table's width that the heading of a group of rows takes at most
HEADER = 8  # lines that a header has at most


def find_ladders(
    words: Sequence[Word], rulings: Sequence[Segment], wide: float
) -> list[list[Line]]:
    """Lines in columns between three rules or more of one width, by table, widest rules first.

    Rules of two tables may have one width: a strip with nothing in columns lies between tables.
    `wide` is the gap in points that parts runs.
    """
    found: list[list[Line]] = []
    free = list(words)
    for ladder in _ladders(joined_rules(rulings, GAP_PT)):
        inside = [_strip(a, b, free, wide) for a, b in itertools.pairwise(ladder)]
        for strips in _tables(inside, ladder[0].length):
            found.append([line for strip in strips for line in strip])
            taken = {id(w) for line in found[-1] for w in line.words}
            free = [w for w in free if id(w) not in taken]
    return found


def _ladders(rules: Sequence[Segment]) -> list[list[Segment]]:
    ladders: list[list[Segment]] = []
    for rule in rules:
        if rule.length < SHORTEST_PT:
            continue
        for ladder in ladders:
            last = ladder[-1]
            if abs(last.x0 - rule.x0) <= ALIGNED_PT and abs(last.x1 - rule.x1) <= ALIGNED_PT:
                ladder.append(rule)
                break
        else:
            ladders.append([rule])
    whole = [ladder for ladder in ladders if len(ladder) >= 3]
    return sorted(whole, key=lambda ladder: -ladder[0].length)


def _strip(above: Segment, below: Segment, words: Sequence[Word], wide: float) -> list[Line]:
    """The lines between two rules."""
    box = Box(min(above.x0, below.x0), above.y0, max(above.x1, below.x1), below.y0)
    around = box._replace(x0=box.x0 - ALIGNED_PT, x1=box.x1 + ALIGNED_PT)
    return text_lines([w for w in words if around.contains(*w.bbox.center)], wide)


def _tables(strips: Sequence[list[Line]], width: float) -> list[list[list[Line]]]:
    """Strips that follow each other and belong to one table; the first is a header, so not long."""
    groups: list[list[list[Line]]] = [[]]
    for lines in strips:
        begun = bool(groups[-1])
        follows = _has_columns(lines) or _is_heading(lines, width)
        if (begun and follows) or (_has_columns(lines) and len(lines) <= HEADER):
            groups[-1].append(lines)
        elif lines:
            groups.append([])
    whole = [_without_headings(group) for group in groups]
    return [group for group in whole if len(group) >= 2]


def _has_columns(lines: Sequence[Line]) -> bool:
    return any(len(line.runs) >= 2 for line in lines) and not any(map(is_outside, lines))


def _is_heading(lines: Sequence[Line], width: float) -> bool:
    """Whether a strip holds a short text only, the heading of a group of rows."""
    return len(lines) == 1 and lines[0].box.width < SHORT * width and not is_outside(lines[0])


def _without_headings(group: list[list[Line]]) -> list[list[Line]]:
    """A group without the headings at its end, which are notes."""
    while group and not _has_columns(group[-1]):
        group = group[:-1]
    return group
