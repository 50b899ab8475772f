"""What runs in the child process that reads: the extractor, and pictures and words beside it.

The file lies in a folder of its own, where the pictures of its pages and its words are left.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from extractor.pipeline import extract
from extractor.proofs import encoded, words_of
from extractor.searchable import words_to_json
from service.jobs.leavings import PICTURES, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extractor.document import Document
    from extractor.options import Options
    from extractor.proofs import PageProof


def read(
    path: Path, options: Options, *, progress: Callable[[int, int], None] | None = None
) -> Document:
    """Reads a document; leaves its pictures and words in its folder."""
    leavings = Leavings(path.parent)
    document = extract(path, options, progress=progress, on_page=leavings.keep)
    leavings.close()
    return document


class Leavings:
    """What is left in a folder: N.webp for page N, and lists of pictures and words."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pictures: list[dict[str, Any]] = []
        self._words: list[Any] = []

    def keep(self, proof: PageProof) -> None:
        """Called for each page as it was read."""
        height, width = proof.picture.shape[:2]
        (self.folder / f"{proof.number}.webp").write_bytes(encoded(proof.picture))
        size = {"dpi": proof.dpi, "width_px": width, "height_px": height}
        self._pictures.append({"page": proof.number, **size})
        self._words.append(words_of(proof))

    def close(self) -> None:
        """Called at the end."""
        (self.folder / PICTURES).write_text(json.dumps(self._pictures), encoding="utf-8")
        (self.folder / WORDS).write_bytes(words_to_json(self._words))
