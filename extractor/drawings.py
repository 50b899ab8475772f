"""Drawn lines and rectangles of a PDF page → the edges that are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

RULING_PT = 3.0  # a filled rectangle that is thinner is a ruling
CLOSE_PT = 0.5  # how far a rectangle may reach out of one that it lies in
LARGER = 1.02  # how much larger that one is at least


def drawn_edges(page: Any) -> list[tuple[float, float, float, float, float]]:
    """Edges of drawn lines and rectangles (x0, top, x1, bottom, thickness), level or upright."""
    found = []
    for line in (*page.lines, *page.curves):
        width, height = abs(line["x1"] - line["x0"]), abs(line["bottom"] - line["top"])
        if min(width, height) <= 1.0 < max(width, height):
            thickness = float(line.get("linewidth") or 0)
            found.append((line["x0"], line["top"], line["x1"], line["bottom"], thickness))
    for rect in _seen(page.rects):
        found.extend(_rect_edges(rect))
    return found


def _seen(rects: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rectangles but for fills inside a larger fill of their colour: nothing of them is seen.

    Word processors shade a paragraph, and the cell around it once more.
    """
    fills: dict[str, list[dict[str, Any]]] = {}
    others = []
    for rect in rects:
        if rect.get("fill") and not rect.get("stroke") and not _is_ruling(rect):
            fills.setdefault(str(rect.get("non_stroking_color")), []).append(rect)
        else:
            others.append(rect)
    return [*others, *(rect for group in fills.values() for rect in _outer(group))]


def _is_ruling(rect: dict[str, Any]) -> bool:
    return bool(min(rect["x1"] - rect["x0"], rect["bottom"] - rect["top"]) <= RULING_PT)


def _outer(rects: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fills of one colour but for those that lie inside another."""
    import numpy as np

    if len(rects) < 2:
        return list(rects)
    boxes = np.array([(r["x0"], r["top"], r["x1"], r["bottom"]) for r in rects])
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    for rect, box, area in zip(rects, boxes, areas, strict=True):
        starts = (boxes[:, :2] <= box[:2] + CLOSE_PT).all(axis=1)
        ends = (boxes[:, 2:] >= box[2:] - CLOSE_PT).all(axis=1)
        if not (starts & ends & (areas > area * LARGER)).any():
            kept.append(rect)
    return kept


def _rect_edges(rect: dict[str, Any]) -> list[tuple[float, float, float, float, float]]:
    x0, y0, x1, y1 = rect["x0"], rect["top"], rect["x1"], rect["bottom"]
    width, height = x1 - x0, y1 - y0
    if _is_ruling(rect):
        if max(width, height) <= RULING_PT:
            return []
        middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
        if width >= height:
            return [(x0, middle_y, x1, middle_y, height)]
        return [(middle_x, y0, middle_x, y1, width)]
    if not rect.get("stroke") and _paper(rect.get("non_stroking_color")):
        return []
    sides = [(x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)]
    return [(*side, 0.0) for side in sides]


def _paper(color: Any) -> bool:
    """Whether a fill colour is white, and so leaves no visible edge."""
    if color is None:
        return False
    values = color if isinstance(color, tuple | list) else (color,)
    if not all(isinstance(v, int | float) for v in values):
        return False
    return all(v == 0 for v in values) if len(values) == 4 else all(v >= 0.99 for v in values)
