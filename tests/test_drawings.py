"""Edges of drawn lines and rectangles that are seen."""

from __future__ import annotations

from types import SimpleNamespace

from extractor.drawings import drawn_edges

YELLOW, GREY = (1.0, 1.0, 0.6), (0.9,)


def rect(x0: float, top: float, x1: float, bottom: float, color: object) -> dict[str, object]:
    """A fill without a stroke, as pdfplumber tells of it."""
    return {
        "x0": x0, "top": top, "x1": x1, "bottom": bottom,
        "fill": True, "stroke": False, "non_stroking_color": color,
    }  # fmt: skip


def edges(*rects: dict[str, object]) -> int:
    """How many edges are seen."""
    return len(drawn_edges(SimpleNamespace(lines=[], curves=[], rects=list(rects))))


def test_a_fill_inside_another_of_its_colour_is_not_seen() -> None:
    """Word processors shade the paragraph in a shaded cell once more."""
    assert edges(rect(0, 0, 100, 20, YELLOW), rect(5, 2, 95, 18, YELLOW)) == 4
    assert edges(rect(0, 0, 100, 20, YELLOW), rect(5, 2, 95, 18, GREY)) == 8


def test_fills_side_by_side_and_thin_ones_are_seen() -> None:
    """Shaded cells that touch show where a column ends; a thin fill is a ruling."""
    assert edges(rect(0, 0, 50, 20, YELLOW), rect(50, 0, 100, 20, YELLOW)) == 8
    assert edges(rect(0, 0, 100, 20, YELLOW), rect(0, 10, 100, 11, YELLOW)) == 5


def test_white_fills_are_not_seen() -> None:
    assert edges(rect(0, 0, 100, 20, (1.0, 1.0, 1.0))) == 0
