"""The stand-in reader as the service's workers use it: with a picture and words a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np

from service.jobs.leavings import PICTURES, WORDS
from tests import fake_reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extractor.document import Document
    from extractor.options import Options

READER = "tests.fake_service_reader:read"


def read(
    path: Path, options: Options, *, progress: Callable[[int, int], None] | None = None
) -> Document:
    """Reads as `tests.fake_reader` does; leaves white pages."""
    document = fake_reader.read(path, options, progress=progress)
    sizes = []
    for page in document.document.pages:
        height, width = round(page.height), round(page.width)
        picture = np.full((height, width, 3), 255, np.uint8)
        cv2.imwrite(str(path.parent / f"{page.number}.webp"), picture)
        size = {"dpi": 72.0, "width_px": width, "height_px": height}
        sizes.append({"page": page.number, **size})
    (path.parent / PICTURES).write_text(json.dumps(sizes), encoding="utf-8")
    (path.parent / WORDS).write_bytes(b"[]")
    return document
