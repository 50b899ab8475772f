"""Batches of line crops."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.ocr import crops


def test_width_keeps_the_ratio_within_bounds() -> None:
    assert crops.scaled_width(np.zeros((24, 100, 3), np.uint8)) == 200
    assert crops.scaled_width(np.zeros((5000, 1, 3), np.uint8)) == crops.STRIDE
    assert crops.scaled_width(np.zeros((1, 5000, 3), np.uint8)) == crops.LONGEST


@settings(deadline=None)
@given(
    st.lists(st.integers(crops.STRIDE, crops.LONGEST), max_size=80),
    st.sampled_from([0, 320]),
)
def test_every_crop_is_in_one_batch_that_holds_it(widths: list[int], narrowest: int) -> None:
    plans = list(crops.batches(widths, narrowest))
    assert sorted(i for plan in plans for i in plan.members) == list(range(len(widths)))
    for plan in plans:
        assert len(plan.members) <= plan.size
        assert plan.width in crops.WIDTHS
        assert plan.width >= narrowest
        assert all(widths[i] <= plan.width for i in plan.members)
        assert plan.size * plan.width <= max(plan.width, crops.BATCH_WIDTH)


def test_few_rows_of_a_batch_stay_empty() -> None:
    (plan,) = crops.batches([40] * 30)
    assert (plan.width, plan.size, len(plan.members)) == (64, 32, 30)


def test_batch_is_padded_with_grey_at_the_right() -> None:
    plan = crops.BatchPlan(64, 2, (0,))
    batch = crops.batch_of([np.full((48, 40, 3), 255, np.uint8)], plan)
    assert batch.shape == (2, 3, 48, 64)
    assert (batch[0, :, :, :40] == 1).all()
    assert (batch[0, :, :, 40:] == 0).all()
    assert (batch[1] == 0).all()


def test_crop_without_contrast_or_pixels_is_flat() -> None:
    assert crops.is_flat(np.zeros((0, 5, 3), np.uint8))
    assert crops.is_flat(np.full((20, 20, 3), 250, np.uint8))
    assert not crops.is_flat(np.eye(20, dtype=np.uint8)[:, :, None].repeat(3, axis=2) * 255)
