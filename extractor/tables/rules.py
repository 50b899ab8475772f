"""Level rulings of a region: pieces of one line put together, and which of them cross it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.geometry import Segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.geometry import Box

LEVEL_PT = 1.5  # rules whose heights differ by less are one line
FULL = 0.85  # share of a region's width from which a rule crosses it
EDGE = 0.05  # share of its width by which such a rule may end short of either side


def joined_rules(rulings: Sequence[Segment], gap: float) -> list[Segment]:
    """Level rulings from top to bottom, pieces of one line put together over gaps in points."""
    rules: list[Segment] = []
    for group in _at_one_height([r for r in rulings if r.horizontal]):
        y = group[0].y0
        for rule in sorted(group, key=lambda r: r.x0):
            last = rules[-1] if rules else None
            if last is not None and last.y0 == y and rule.x0 <= last.x1 + gap:
                rules[-1] = last._replace(x1=max(last.x1, rule.x1))
            else:
                rules.append(Segment(rule.x0, y, rule.x1, y))
    return rules


def crossing_rules(rules: Sequence[Segment], box: Box) -> list[Segment]:
    """Rules from side to side of a box, pieces at one height counted together."""
    edge = EDGE * box.width
    found = []
    for group in _at_one_height(rules):
        x0, x1 = min(r.x0 for r in group), max(r.x1 for r in group)
        drawn = sum(min(r.x1, box.x1) - max(r.x0, box.x0) for r in group)
        if drawn >= FULL * box.width and x0 <= box.x0 + edge and x1 >= box.x1 - edge:
            found.append(Segment(x0, group[0].y0, x1, group[0].y0))
    return found


def _at_one_height(level: Sequence[Segment]) -> list[list[Segment]]:
    groups: list[list[Segment]] = []
    for rule in sorted(level, key=lambda r: (r.y0, r.x0)):
        if groups and rule.y0 - groups[-1][0].y0 < LEVEL_PT:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    return groups
