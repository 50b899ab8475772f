"""Picture of a page → flat page: upright, straight, clean, with its rulings as straight segments.

The picture is resampled once: turn, skew, perspective and curl are composed into one map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.geometry import Segment
from extractor.image.cleaning import ink, specks, streaks
from extractor.image.crossing import crossing, long_clear, wear_of
from extractor.image.masks import grown, long_runs
from extractor.image.rectify import Field, depth, fit_field, fit_lines, tells
from extractor.image.seals import covered, without_black_seals
from extractor.image.skew import level_matrix, skew_of
from extractor.image.strikes import strikes
from extractor.image.textlines import LONGEST_STROKE_IN, slope_of, text_lines
from extractor.image.tracing import DASH_GAP_IN, dash_count, dashes, trace, trace_dashes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from extractor.geometry import Box
    from extractor.image.tracing import Chain

    Image = NDArray[np.uint8]
    Gray = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

READABLE = 0.7  # degrees up to which two inches of a line can be read as they stand
LEVEL = 0.04  # degrees; a skew below this is left alone
TWISTED = 0.5  # degrees by which a curled page looks skewed more than its lines are in the mean
DEEP_IN = 0.07  # rulings that bend more are traced again when they are flatter
DASHED = 0.35  # share of the long rulings that is lost, from which dashes are taken for them
MANY_DASHES = 60  # on a page without long rulings, from which it may have a dashed table
SLANTED_IN = 0.06  # that a ruling may be off its own place at most; pen strokes are slanted more
PAPER = (255.0,)
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class FlatPage:
    """A page ready to be read.

    gray: H × W, paper at 255, specks and streaks painted out; ink: H × W, 1 on 0; rulings: straight
    and axis-parallel, in points; wear: share of the rulings' length that is worn off, 0 to 1; skew:
    degrees clockwise that were undone; rotation: degrees clockwise that the picture was turned;
    dirt: H × W, 1 where specks were, some of which may be the last of a worn stroke; None if none.
    sealed: H × W, 1 where a seal, stamp or streak lies over the page; None if none. field: what
    undid the rest of how the page was bent, after turn and skew; None if nothing.
    """

    gray: Gray
    ink: Mask
    rulings: tuple[Segment, ...]
    wear: float
    rotation: int
    skew: float
    dpi: float
    dirt: Mask | None
    sealed: Mask | None = None
    field: Field | None = None

    @property
    def specked(self) -> bool:
        """Whether there were specks, so that small marks that are left may be more of them."""
        return self.dirt is not None

    @property
    def scale(self) -> float:
        """Points a pixel."""
        return 72.0 / self.dpi

    def area(self, box: Box) -> tuple[slice, slice]:
        """The rows and columns of pixels of a box in points, as far as they are on the page."""
        x0, y0, x1, y1 = (max(round(v / self.scale), 0) for v in box)
        return np.s_[y0:y1, x0:x1]


def turned(image: Image, rotation: int) -> Image:
    """The image turned clockwise by 0, 90, 180 or 270 degrees."""
    return image if rotation == 0 else np.asarray(cv2.rotate(image, _TURNS[rotation]), np.uint8)


def flatten_page(gray: Gray, dpi: float, rotation: int = 0, sealed: Mask | None = None) -> FlatPage:
    """Straightens an evenly lit page (see `flattened`) that was turned upright by `rotation`.

    Black seals are lifted off; where coloured ones were is told by `sealed`.
    """
    mask = ink(gray, dpi)
    gray, seals = without_black_seals(gray, mask, dpi)
    if seals:
        mask, black = ink(gray, dpi), covered(gray.shape, seals)
        sealed = black if sealed is None else sealed | black
    mask, dirt = _cleaned(mask, dpi)
    shape = _shape(mask, dpi)
    skew, field = shape.skew, shape.field
    if skew or field is not None:
        # Streaks run down the sheet of the scan: they are painted out before it is turned.
        dirt, sealed = (
            None if m is None else _resampled_mask(m, skew, field) for m in (dirt, sealed)
        )
        gray = _resampled(_painted(gray, mask, dpi), skew, field)
        mask, _ = _cleaned(ink(gray, dpi), dpi)
    segments = (
        *_segments(shape.across, shape.last, dpi, True),
        *_segments(shape.down, shape.last, dpi, False),
    )
    # Rulings across: one down the page may run on into the next table, and its gap is no wear.
    wear = wear_of(shape.across)
    segments, struck = strikes(mask, segments, dpi)
    if struck is not None:
        mask = mask & (1 - struck)
        sealed = struck if sealed is None else sealed | struck
    gray = _painted(gray, mask, dpi)
    return FlatPage(gray, mask, segments, wear, rotation, skew, dpi, dirt, sealed, field)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a page lies: degrees of skew, the field that undoes the rest, and its rulings.

    Where the field has two parts, the rulings are those of the page after the first, and `last` is
    the second; else `last` is the field.
    """

    skew: float
    field: Field | None
    across: Sequence[Chain] = ()
    down: Sequence[Chain] = ()
    last: Field | None = None


def _shape(mask: Mask, dpi: float) -> _Shape:
    size = (mask.shape[1], mask.shape[0])
    skew = skew_of(mask)
    skew = 0.0 if abs(skew) < LEVEL else skew
    level = _rotated_mask(mask, skew)
    across, down = _rulings(level, dpi)
    if not across:
        return _shape_of_text(mask, skew, dpi)
    if tells(across, down, dpi):
        field = fit_field(across, down, size, dpi)
    else:  # a small table: text says how the page is bent
        field = fit_lines([*across, *text_lines(level, dpi)], size, dpi)
    if field is None or depth(across, field) < DEEP_IN * dpi:
        return _Shape(skew, field, across, down, field)
    again = _traced_again(level, skew, field, dpi)
    return again if again.across else _Shape(skew, field, across, down, field)


def _traced_again(level: Mask, skew: float, field: Field, dpi: float) -> _Shape:
    """Rulings that bend much are only followed where they bend least: flattened, once more."""
    across, down = _rulings(_resampled_mask(level, 0.0, field), dpi)
    last = fit_field(across, down, (level.shape[1], level.shape[0]), dpi)
    return _Shape(skew, replace(field, then=last), across, down, last)


def _shape_of_text(mask: Mask, skew: float, dpi: float) -> _Shape:
    """The shape of a page that has no rulings, by its lines of text."""
    # A curled page looks skewed by the longest straight stretch of its lines.
    mean = slope_of(text_lines(mask, dpi))
    skew = mean if mean is not None and abs(mean - skew) > TWISTED else skew
    level = _rotated_mask(mask, skew)
    field = fit_lines(text_lines(level, dpi), (mask.shape[1], mask.shape[0]), dpi)
    return _Shape(skew, None) if field is None else _traced_again(level, skew, field, dpi)


def text_samples(gray: Gray, dpi: float, count: int = 6) -> Iterator[list[Image]]:
    """Crops of what looks like lines of text: first set across the page, then set down the page.

    To tell which way is up: the first list is upright or upside down, the second lies on its side.
    """
    mask = ink(gray, dpi)
    skew = skew_of(mask)
    if abs(skew) > READABLE:
        gray = _resampled(gray, skew, None)
        mask = ink(gray, dpi)
    yield _line_crops(gray, mask, dpi, count)
    down = _line_crops(np.ascontiguousarray(gray.T), np.ascontiguousarray(mask.T), dpi, count)
    # The transposed crops are mirrored: transposing them back gives lines that run down the page.
    yield [np.ascontiguousarray(crop.transpose(1, 0, 2)) for crop in down]


def _line_crops(gray: Gray, mask: Mask, dpi: float, count: int) -> list[Image]:
    """The longest runs of letters, cut to two inches."""
    thin = max(int(dpi * 0.03), 2)
    ruled = long_runs(mask, int(dpi * LONGEST_STROKE_IN))
    dashed = dashes(mask, dpi) | dashes(np.ascontiguousarray(mask.T), dpi).T
    letters = mask & (1 - grown(ruled | dashed))
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, int(dpi * 0.12)), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((thin, thin), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    lines = [
        (int(w), int(x), int(y), int(h))
        for x, y, w, h, _ in stats[1:]
        if dpi * 0.07 <= h <= dpi * 0.4 and w >= 3.5 * h
    ]
    crops = []
    for w, x, y, h in sorted(lines, reverse=True)[:count]:
        pad = max(h // 6, 2)
        width = min(w, int(dpi * 2))
        crop = gray[max(y - pad, 0) : y + h + pad, max(x - pad, 0) : x + width + pad]
        crops.append(np.asarray(cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR), np.uint8))
    return crops


def _cleaned(mask: Mask, dpi: float) -> tuple[Mask, Mask | None]:
    """The ink without streaks and specks, and the specks."""
    mask = mask & (1 - streaks(mask, dpi))
    found = specks(mask, dpi)
    return (mask & (1 - found), found) if found.any() else (mask, None)


def _rulings(mask: Mask, dpi: float) -> tuple[list[Chain], list[Chain]]:
    flipped = np.ascontiguousarray(mask.T)
    across, down = trace(mask, dpi), trace(flipped, dpi)
    rulings = long_clear(across, mask, dpi)
    dashed = len(rulings) < 2 and dash_count(mask, dpi) >= MANY_DASHES
    if dashed or wear_of(rulings) > DASHED:
        across, down = (
            trace_dashes(way, dpi, gap)
            for way, gap in zip((mask, flipped), DASH_GAP_IN, strict=True)
        )
    return crossing(across, down, mask, dpi)


def _rotated_mask(mask: Mask, skew: float) -> Mask:
    if not skew:
        return mask
    matrix = level_matrix(mask.shape, skew)
    turned_mask = cv2.warpAffine(mask * 255, matrix, mask.shape[::-1], flags=cv2.INTER_LINEAR)
    return (turned_mask > 110).astype(np.uint8)


def _resampled(gray: Gray, skew: float, field: Field | None) -> Gray:
    """The page with skew and bend undone in one go."""
    matrix = level_matrix(gray.shape, skew)
    if field is None:
        if not skew:
            return gray
        size = gray.shape[::-1]
        result = cv2.warpAffine(gray, matrix, size, flags=cv2.INTER_CUBIC, borderValue=PAPER)
        return np.asarray(result, np.uint8)
    map_x, map_y = field.maps()
    back = cv2.invertAffineTransform(matrix)
    source_x = back[0, 0] * map_x + back[0, 1] * map_y + back[0, 2]
    source_y = back[1, 0] * map_x + back[1, 1] * map_y + back[1, 2]
    maps = np.asarray(source_x, np.float32), np.asarray(source_y, np.float32)
    result = cv2.remap(gray, *maps, cv2.INTER_CUBIC, borderValue=PAPER)
    return np.asarray(result, np.uint8)


def _resampled_mask(mask: Mask, skew: float, field: Field | None) -> Mask:
    return (_resampled(255 * (1 - mask), skew, field) < 128).astype(np.uint8)


def _segments(
    chains: Sequence[Chain], field: Field | None, dpi: float, horizontal: bool
) -> list[Segment]:
    """Each fragment as a straight segment at its chain's own place, in points."""
    scale = 72.0 / dpi
    segments = []
    for chain in chains:
        points = chain.points() if horizontal else chain.points()[:, ::-1]
        flat = (points if field is None else field.flat(points)) * scale
        along, across = (0, 1) if horizontal else (1, 0)
        at = float(np.median(flat[:, across]))
        if np.ptp(flat[:, across]) > SLANTED_IN * 72:
            continue
        for fragment in range(0, len(flat) - 1, 2):
            a, b = flat[fragment], flat[fragment + 1]
            ends = (float(a[along]), at, float(b[along]), at)
            if not horizontal:
                ends = (ends[1], ends[0], ends[3], ends[2])
            thickness = chain.fragments[fragment // 2].thickness * scale
            segments.append(Segment(*ends, thickness))
    return segments


def _painted(gray: Gray, kept: Mask, dpi: float) -> Gray:
    """The page with the ink that was cleaned away painted over with paper."""
    gone = ink(gray, dpi) & (1 - kept)
    if not gone.any():
        return gray
    halo = grown(gone) & (1 - grown(kept))
    clean = gray.copy()
    clean[(halo | gone) > 0] = 255
    return clean
