"""Line crops → batches for a recogniser of the PP-OCR family (input N × 3 × 48 × W)."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
# sizes that fill about BATCH_WIDTH pixels or a half, a quarter … of that.
WIDTHS = (64, 96, 128, 192, 256, 320, 448, 640, 896, 1280, 1792, 2560, LONGEST)
BATCH_WIDTH = 2048


def is_flat(crop: Image) -> bool:
    """Whether a crop has no pixels or no contrast, so that nothing can be read in it."""
    return crop.size == 0 or int(crop.max()) - int(crop.min()) < FLAT


def scaled_width(crop: Image) -> int:
    """Width in pixels of the crop when it is scaled to HEIGHT."""
    height, width = int(crop.shape[0]), int(crop.shape[1])
    return min(LONGEST, max(STRIDE, -(-HEIGHT * width // height)))


def batches(widths: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Pairs of batch width and the indices of the crops in it, narrow crops first.

    `widths` are those of `scaled_width`. Each crop goes into the smallest width of the ladder that
    holds it, so padding is bounded by the ladder's steps.
    """
    groups: dict[int, list[int]] = {width: [] for width in WIDTHS}
    for index, width in enumerate(widths):
        groups[next(step for step in WIDTHS if step >= width)].append(index)
    for width, group in groups.items():
        size = 1 << max(0, (BATCH_WIDTH // width).bit_length() - 1)
        while group:
            while size > len(group):
                size //= 2
            yield width, group[:size]
            group = group[size:]  # noqa: PLW2901


def batch_of(crops: Sequence[Image], width: int) -> Batch:
    """Crops scaled to HEIGHT, -1 (black) to 1 (white), padded at the right with 0 as trained."""
    import cv2

    filled = np.zeros((len(crops), 3, HEIGHT, width), dtype=np.float32)
    for row, crop in zip(filled, crops, strict=True):
        own = min(width, scaled_width(crop))
        resized = cv2.resize(crop, (own, HEIGHT))
        row[:, :, :own] = resized.transpose(2, 0, 1) / np.float32(127.5) - np.float32(1)
    return filled
