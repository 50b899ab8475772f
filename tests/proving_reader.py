"""A stand-in for the pipeline that gives proofs: one word on the first page of any PDF or picture.

A file whose name starts with "bad" is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from extractor.document import Page, Quality
from extractor.errors import UnreadableError
from extractor.image import Warp
from extractor.proofs import Origin, PageProof
from tests.example_documents import example_document
from tests.typeset import word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extractor.document import Document
    from extractor.options import Options

READER = "tests.proving_reader:read"
TEXT = "政府信息公开"


def read(
    path: Path,
    options: Options,
    *,
    progress: Callable[[int, int], None] | None = None,
    on_page: Callable[[PageProof], None] | None = None,
) -> Document:
    """Gives the same for every file."""
    if path.name.startswith("bad"):
        raise UnreadableError("it is damaged; get it again", path=path)
    quality = Quality(None, 0.9, 0.4, 0.01, 0.0, 0.0)
    page = Page(1, 400.0, 600.0, 0, 0.0, "ocr", quality)
    origin = Origin(400.0, 600.0, Warp(400, 600), 72.0)
    if on_page is not None:
        picture = np.full((600, 400, 3), 255, np.uint8)
        on_page(PageProof(page, picture, 72.0, (word(TEXT, 60, 90),), origin))
    if progress is not None:
        progress(1, 1)
    return example_document(path.name, pages=1)
