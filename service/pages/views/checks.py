"""Relations that were tried, the broken ones first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.pages.views.fields import anchor_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.document import Check, Document


@dataclass(frozen=True, slots=True)
class Party:
    """A field that takes part; `probability` that it is at fault, where that is known."""

    anchor: str
    label: str
    text: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class CheckView:
    """A relation. Of a broken one `misread` is the probability that a number was misread."""

    id: str
    passed: bool
    is_error: bool
    expression: str
    message: str
    misread: float | None
    suspects: tuple[Party, ...]
    fields: tuple[Party, ...]

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return f"check-{self.id}"

    @property
    def misprinted(self) -> float | None:
        """The probability that the paper itself is wrong."""
        return None if self.misread is None else 1 - self.misread


def check_views(document: Document) -> tuple[CheckView, ...]:
    """All relations: broken ones before those that hold, errors before warnings."""
    texts = {field.id: (field.label, field.text) for field in document.fields}
    views = (_view(check, texts) for check in document.checks)
    return tuple(sorted(views, key=lambda view: (view.passed, not view.is_error)))


def _view(check: Check, texts: Mapping[str, tuple[str, str]]) -> CheckView:
    def party(field_id: str, probability: float | None = None) -> Party:
        label, text = texts.get(field_id, (field_id, ""))
        return Party(anchor_of(field_id), label, text, probability)

    return CheckView(
        id=check.id,
        passed=check.passed,
        is_error=check.severity == "error",
        expression=check.expression,
        message=check.message,
        misread=check.misread,
        suspects=tuple(party(s.field, s.probability) for s in check.suspects),
        fields=tuple(map(party, check.fields)),
    )
