"""What every OCR engine gives: text regions of an image, and the reading of line crops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]  # height × width × 3, BGR
    Quad = NDArray[np.float32]  # 4 × 2 pixels (x, y), clockwise from the top left


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of one line crop.

    `probabilities` and `positions` have one entry a character: how sure it is (0 to 1), and its
    centre along the crop as a share of the crop's width. Both are empty where the text is.
    `runners_up` are whole-line readings that are next in probability, most probable first, with
    their probability. `agreed` says whether two readers read the same, None where one was asked.
    """

    text: str
    probabilities: tuple[float, ...] = ()
    positions: tuple[float, ...] = ()
    runners_up: tuple[tuple[str, float], ...] = ()
    agreed: bool | None = None

    @property
    def confidence(self) -> float:
        """Probability of the least certain character; 0 for an empty reading."""
        return min(self.probabilities, default=0.0)


class Engine(Protocol):
    """An OCR engine, loaded once and used for all pages. Images are uint8 BGR arrays."""

    name: str

    @property
    def models(self) -> Mapping[str, str]:
        """SHA-256 of each model file, by its name."""
        ...

    def detect(self, image: Image) -> list[Quad]:
        """Quadrilaterals around the lines of text, in pixels; an empty list for a blank image."""
        ...

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        """One reading a crop, in order; crops are upright lines of text of any size.

        With an `alphabet` only its characters are read; an engine that cannot restrict its output
        reads freely. A crop without text gives an empty reading.
        """
        ...
