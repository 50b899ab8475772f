"""Level rules of one width below each other: tables that are ruled across only."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from extractor.geometry import Box, Segment
from extractor.tables.runs import is_outside, text_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Word
    from extractor.tables.runs import Line

ALIGNED_PT = 4.0  # ends of two rules of one table differ by no more
GAP_PT = 12.0  # a rule may be broken between columns for so long
SHORTEST_PT = 60.0  # shorter rules underline words
HEADER = 8  # lines that a header has at most


def joined_rules(rulings: Sequence[Segment], gap: float) -> list[Segment]:
    """Level rulings from top to bottom, pieces of one line put together over gaps."""
    rules: list[Segment] = []
    level = sorted((r for r in rulings if r.horizontal), key=lambda r: (r.y0, r.x0))
    for group in _at_one_height(level):
        for rule in sorted(group, key=lambda r: r.x0):
            last = rules[-1] if rules else None
            if last is not None and last.y0 == group[0].y0 and rule.x0 <= last.x1 + gap:
                rules[-1] = last._replace(x1=max(last.x1, rule.x1))
            else:
                rules.append(Segment(rule.x0, group[0].y0, rule.x1, group[0].y0))
    return rules


def _at_one_height(level: Sequence[Segment]) -> list[list[Segment]]:
    groups: list[list[Segment]] = []
    for rule in level:
        if groups and rule.y0 - groups[-1][0].y0 < 1.5:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    return groups


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
        for strips in _tables([_strip(a, b, free, wide) for a, b in itertools.pairwise(ladder)]):
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


def _tables(strips: Sequence[list[Line]]) -> list[list[list[Line]]]:
    """Strips that follow each other, each with columns; the first is a header, so not long."""
    groups: list[list[list[Line]]] = [[]]
    for lines in strips:
        inside = any(len(line.runs) >= 2 for line in lines) and not any(map(is_outside, lines))
        if inside and (groups[-1] or len(lines) <= HEADER):
            groups[-1].append(lines)
        elif lines:
            groups.append([])
    return [group for group in groups if len(group) >= 2]
