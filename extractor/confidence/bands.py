"""Bands of scan quality: thresholds are certified for each on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from extractor.tables.grid import WORN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.document import Field, Quality

Band = Literal["digital", "clean", "worn"]
BANDS: tuple[Band, ...] = get_args(Band)  # the best first


def band_of(quality: Quality | None) -> Band:
    """The band of a page by its pixels; `digital` where its text layer was read.

    Copies are worn: rulings have gaps, or specks stand between the print.
    """
    if quality is None:
        return "digital"
    return "worn" if quality.wear >= WORN or quality.specks > 0 else "clean"


def band_of_field(field: Field, bands: Mapping[int, Band]) -> Band:
    """The band of a field's page, by page number; of one that was not found that of the worst."""
    if field.page is not None:
        return bands[field.page]
    return max(bands.values(), key=BANDS.index)
