"""Reads government reports: PDFs and scans in, every printed number out.

>>> from extractor import extract
>>> document = extract("report.pdf")  # doctest: +SKIP
>>> document.field("applications.new_received.total").value  # doctest: +SKIP
18
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractor.document import Document
    from extractor.errors import ExtractorError
    from extractor.options import Options
    from extractor.pipeline import extract

__version__ = "0.1.0"
__all__ = ["Document", "ExtractorError", "Options", "__version__", "extract"]

_HOMES = {
    "Document": "extractor.document",
    "ExtractorError": "extractor.errors",
    "Options": "extractor.options",
    "extract": "extractor.pipeline",
}


def __getattr__(name: str) -> object:
    # The pipeline imports engines for seconds: only who asks for it pays.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
