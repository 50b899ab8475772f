"""A page's picture: cleaned, turned upright, and flattened by its own rulings."""

from extractor.image.cleaning import flattened
from extractor.image.flat import FlatPage, flatten_page, text_samples, turned
from extractor.image.quality import measured
from extractor.image.seals import coloured_seals, covered
from extractor.image.warp import Warp

__all__ = [
    "FlatPage",
    "Warp",
    "coloured_seals",
    "covered",
    "flatten_page",
    "flattened",
    "measured",
    "text_samples",
    "turned",
]
