"""How a page was made upright, level and flat: undone for points, done again to other pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.image.flat import turned
from extractor.image.rectify import maps_of
from extractor.image.skew import level_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from extractor.image.rectify import Field

    Image = NDArray[np.uint8]
    Points = NDArray[np.float64]

PAPER = (255.0, 255.0, 255.0)
BLOCK = 48  # pixels between the places at which a map is computed: a bend is smooth
COARSEST = 0.5  # factor below which strokes would fall between the pixels that are looked at
FINE = 0.8  # factor up to which the mean of four pixels is as sharp as what cubic curves give


@dataclass(frozen=True, slots=True)
class Warp:
    """What was done to a picture of `width` × `height` pixels, in this order.

    rotation: degrees clockwise that it was turned, 0, 90, 180 or 270; skew: degrees clockwise that
    were undone; field: what undid the rest, None if nothing.
    """

    width: float
    height: float
    rotation: int = 0
    skew: float = 0.0
    field: Field | None = None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the flat page in pixels."""
        on_side = self.rotation in (90, 270)
        return (self.height, self.width) if on_side else (self.width, self.height)

    @property
    def straight(self) -> bool:
        """Whether the page was at most turned."""
        return not self.skew and self.field is None

    def before(self, points: Points) -> Points:
        """N × 2 points of the flat page → where they were in the picture.

        In pixels from the upper left corner, so that (0.5, 0.5) is the middle of the first one.
        """
        return self._unturned(self._bent(points))

    def _bent(self, points: Points) -> Points:
        if self.straight:
            return points
        points = points - 0.5  # the field and the matrix count from the middle of the first pixel
        if self.field is not None:
            points = self.field.bent(points)
        width, height = self.size
        back = cv2.invertAffineTransform(level_matrix((height, width), self.skew))
        return np.asarray(points @ back[:, :2].T + back[:, 2] + 0.5, np.float64)

    def _unturned(self, points: Points) -> Points:
        x, y = points[:, 0], points[:, 1]
        if self.rotation == 90:
            return np.stack([y, self.height - x], axis=1)
        if self.rotation == 180:
            return np.stack([self.width - x, self.height - y], axis=1)
        if self.rotation == 270:
            return np.stack([self.width - y, x], axis=1)
        return points

    def applied(self, image: Image, factor: float) -> Image:
        """The picture (H × W × 3 BGR, of this size) made flat, and smaller by `factor` up to 1.

        It is resampled once.
        """
        width, height = (max(round(v * factor), 1) for v in self.size)
        if self.straight:
            before = (height, width) if self.rotation in (90, 270) else (width, height)
            return turned(_shrunk(image, *before), self.rotation)
        if factor < COARSEST:
            image = _shrunk(image, *(max(round(v * factor), 1) for v in image.shape[1::-1]))
        scales = image.shape[1] / self.width, image.shape[0] / self.height

        def source(points: Points) -> Points:
            return np.asarray(self.before((points + 0.5) / factor) * scales - 0.5, np.float64)

        maps = maps_of((width, height), source, BLOCK)
        mode = cv2.INTER_LINEAR if scales[0] * FINE >= factor else cv2.INTER_CUBIC
        return np.asarray(cv2.remap(image, *maps, mode, borderValue=PAPER), np.uint8)


def _shrunk(image: Image, width: int, height: int) -> Image:
    if image.shape[1::-1] == (width, height):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
