"""Reading line crops with a CTC recogniser of the PP-OCR family, whatever runs the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.ocr import crops as line_crops
from extractor.ocr.ctc import Symbols, decode
from extractor.ocr.engine import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from extractor.ocr.engine import Image

# The recogniser was trained on lines padded to 320 pixels. Short crops are read in batches that are
# narrower, for speed; those that come out less sure than this are read again as it was trained, and
# the surer reading stands.
SURE = 0.8
TRAINED_WIDTH = 320


def _certainty(reading: Reading) -> float:
    return reading.confidence


@dataclass(frozen=True, slots=True)
class LineReader:
    """A recogniser: `run` maps batches (N × 3 × 48 × W) to posteriors (N × W/8 × symbols)."""

    run: Callable[[line_crops.Batch], NDArray[np.float32]]
    symbols: Symbols

    def read(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        """One reading a crop, in order; crops without pixels or contrast are empty readings."""
        readings = [Reading("")] * len(crops)
        inked = [index for index, crop in enumerate(crops) if not line_crops.is_flat(crop)]
        self._fill(readings, crops, inked, alphabet, narrowest=0)
        doubtful = [
            index
            for index in inked
            if readings[index].confidence < SURE
            and line_crops.scaled_width(crops[index]) < TRAINED_WIDTH
        ]
        again = list(readings)
        self._fill(again, crops, doubtful, alphabet, narrowest=TRAINED_WIDTH)
        return [max(pair, key=_certainty) for pair in zip(readings, again, strict=True)]

    def _fill(
        self,
        readings: list[Reading],
        crops: Sequence[Image],
        wanted: Sequence[int],
        alphabet: str | None,
        narrowest: int,
    ) -> None:
        widths = [line_crops.scaled_width(crops[index]) for index in wanted]
        for batch in line_crops.batches(widths, narrowest):
            members = [wanted[i] for i in batch.members]
            images = line_crops.batch_of([crops[i] for i in members], batch)
            # zip stops at the members: rows that only fill the batch have no crop.
            for i, index, posteriors in zip(batch.members, members, self.run(images), strict=False):
                frames = widths[i] / line_crops.STRIDE
                readings[index] = decode(posteriors, self.symbols, alphabet, width=frames)
