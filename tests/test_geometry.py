"""Boxes and segments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.geometry import Box, Segment, bounding

numbers = st.integers(-1000, 1000).map(float)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    numbers,
    numbers,
    *[st.integers(0, 500).map(float)] * 2,
)


def test_measures_of_a_box() -> None:
    """Width, height, area and middle."""
    box = Box(10, 20, 40, 30)
    assert (box.width, box.height, box.area, box.center) == (30, 10, 300, (25, 25))


def test_borders_belong_to_a_box() -> None:
    """A point on a corner is inside, one beside it is not."""
    box = Box(0, 0, 2, 1)
    assert box.contains(0, 0)
    assert box.contains(2, 1)
    assert not box.contains(2.001, 1)
    assert not box.contains(1, -0.001)


def test_boxes_that_only_touch_have_no_intersection() -> None:
    """A common border has no area."""
    assert Box(0, 0, 1, 1).intersection(Box(1, 0, 2, 1)) is None
    assert Box(0, 0, 2, 2).intersection(Box(1, 1, 3, 3)) == Box(1, 1, 2, 2)


def test_cover_is_a_share_of_the_own_area() -> None:
    """A quarter of the one is all of the other; an empty box is covered by nothing."""
    assert Box(0, 0, 2, 2).cover(Box(1, 1, 9, 9)) == 0.25
    assert Box(1, 1, 2, 2).cover(Box(0, 0, 9, 9)) == 1
    assert Box(1, 1, 1, 2).cover(Box(0, 0, 9, 9)) == 0


@given(boxes, boxes)
def test_intersection_is_the_same_both_ways_and_lies_in_both(a: Box, b: Box) -> None:
    """Whatever the boxes."""
    common = a.intersection(b)
    assert common == b.intersection(a)
    if common is not None:
        assert bounding([a, common]) == a
        assert bounding([b, common]) == b
        assert 0 < a.cover(b) <= 1


@given(boxes, numbers, numbers)
def test_moving_back_gives_the_same_box(box: Box, dx: float, dy: float) -> None:
    """A shift and its opposite cancel out."""
    assert box.moved(dx, dy).moved(-dx, -dy) == box


@given(boxes, st.integers(-600, 600))
def test_a_grown_box_keeps_its_middle_and_its_sides_in_order(box: Box, margin: int) -> None:
    """However much is taken off, no side passes the opposite one."""
    grown = box.grown(margin)
    assert grown.x0 <= grown.x1
    assert grown.y0 <= grown.y1
    assert grown.center == pytest.approx(box.center)


def test_scaled_and_rounded() -> None:
    """Pixels at 200 dpi to points, one decimal."""
    assert Box(100, 200, 333, 401).scaled(72 / 200).rounded() == Box(36.0, 72.0, 119.9, 144.4)


def test_bounding_box() -> None:
    """Around all boxes; there is none around nothing."""
    assert bounding([Box(1, 5, 2, 6), Box(0, 7, 1, 9)]) == Box(0, 5, 2, 9)
    with pytest.raises(ValueError, match="not enough values"):
        bounding([])


def test_a_segment_runs_across_or_down() -> None:
    """By its longer extent, whichever end comes first."""
    across, down = Segment(0, 5, 90, 6, 0.5), Segment(3, 80, 3, 10)
    assert (across.horizontal, across.length) == (True, 90)
    assert (down.horizontal, down.length) == (False, 70)
