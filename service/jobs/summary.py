"""What of a result is kept in the database, for lists and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from extractor.certificate.drift import doubts_of
from extractor.confidence.bands import band_of_field

if TYPE_CHECKING:
    from extractor.confidence.bands import Band
    from extractor.document import Document, Kind


def summary_of(document: Document) -> dict[str, Any]:
    """The values by the names of service.repository.runs.SUMMARY."""
    return {
        "form": document.document.template,
        "agency": _first(document, "agency"),
        "year": _first(document, "year"),
        "needs_review": sum(field.review == "needs_review" for field in document.fields),
        "broken": sum(not check.passed for check in document.checks),
        "warnings": len(document.warnings),
        "fields": len(document.fields),
        "doubts": _doubts(document),
    }


def _doubts(document: Document) -> dict[str, float]:
    """How doubtful the document is, by quality of its pages: what drift is told by."""
    if document.review is None:
        return {}
    numbers = (page.number for page in document.document.pages)
    bands = {n: cast("Band", b) for n, b in zip(numbers, document.review.bands, strict=True)}
    every = [(band_of_field(field, bands), field.confidence) for field in document.fields]
    return {str(one.band): one.doubt for one in doubts_of(document.document.sha256, every)}


def _first(document: Document, kind: Kind) -> object:
    """The first value of a kind: metadata comes first in a result."""
    values = (field.value for field in document.fields if field.kind == kind)
    return next((value for value in values if value is not None), None)
