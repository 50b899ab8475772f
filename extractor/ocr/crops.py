"""Line crops → batches for a recogniser of the PP-OCR family (input N × 3 × 48 × W)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from extractor.ocr.engine import Image

    Batch = NDArray[np.float32]

HEIGHT = 48
STRIDE = 8  # pixels a frame
LONGEST = 3200  # pixels; a longer line is squeezed
FLAT = 8  # grey levels; a crop whose pixels differ by less holds no text

# Runtimes prepare each new input shape, so batches come in few shapes: widths from this ladder, and
# power-of-two sizes of at most about BATCH_WIDTH pixels in all.
WIDTHS = (64, 96, 128, 192, 256, 320, 448, 640, 896, 1280, 1792, 2560, LONGEST)
BATCH_WIDTH = 2048


class BatchPlan(NamedTuple):
    """Which crops are read together: `size` rows of `width` pixels, the first of them `members`."""

    width: int
    size: int
    members: tuple[int, ...]


def is_flat(crop: Image) -> bool:
    """Whether a crop has no pixels or no contrast, so that nothing can be read in it."""
    return crop.size == 0 or int(crop.max()) - int(crop.min()) < FLAT


def scaled_width(crop: Image) -> int:
    """Width in pixels of the crop when it is scaled to HEIGHT."""
    height, width = int(crop.shape[0]), int(crop.shape[1])
    return min(LONGEST, max(STRIDE, -(-HEIGHT * width // height)))


def batches(
    widths: Sequence[int], narrowest: int = 0, ladder: Sequence[int] = WIDTHS
) -> Iterator[BatchPlan]:
    """Plans that hold each crop once, narrow crops first; members are indices into `widths`.

    `widths` are those of `scaled_width`. Each crop goes into the smallest width of the ladder that
    holds it and is at least `narrowest`, so padding is bounded by the ladder's steps.
    """
    groups: dict[int, list[int]] = {width: [] for width in ladder}
    for index, width in enumerate(widths):
        groups[next(step for step in ladder if step >= max(width, narrowest))].append(index)
    for width, group in groups.items():
        yield from _split(width, group)


def _split(width: int, group: Sequence[int]) -> Iterator[BatchPlan]:
    size = 1 << max(0, (BATCH_WIDTH // width).bit_length() - 1)
    start = 0
    while start < len(group):
        # A few empty rows cost less than several smaller batches.
        while 4 * (len(group) - start) < 3 * size:
            size //= 2
        yield BatchPlan(width, size, tuple(group[start : start + size]))
        start += size


def batch_of(crops: Sequence[Image], plan: BatchPlan) -> Batch:
    """Crops scaled to HEIGHT, -1 (black) to 1 (white), padded at the right with 0 as trained."""
    import cv2

    filled = np.zeros((plan.size, 3, HEIGHT, plan.width), dtype=np.float32)
    for row, crop in zip(filled, crops, strict=False):
        own = min(plan.width, scaled_width(crop))
        resized = cv2.resize(crop, (own, HEIGHT))
        row[:, :, :own] = resized.transpose(2, 0, 1) / np.float32(127.5) - np.float32(1)
    return filled
