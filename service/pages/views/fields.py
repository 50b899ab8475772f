"""The fields of a result as people look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from extractor.document import Alternative, Document, Field

SEPARATOR = " / "  # between the parts of a label
LEAST_ALTERNATIVE = 0.001  # less probable readings are not shown


@dataclass(frozen=True, slots=True)
class Reading:
    """Another reading of a field; "" is a blank."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field. `text` is as printed; `value` only where it is written in another way.

    `broken` are the ids of its relations that do not hold. `look`: one of the fewest looks, `lot`:
    drawn by lot.
    """

    id: str
    path: tuple[str, ...]
    kind: str
    text: str
    value: str
    unit: str | None
    state: str
    confidence: float
    review: str
    alternatives: tuple[Reading, ...]
    checks: tuple[str, ...]
    broken: tuple[str, ...]
    page: int | None
    source: str | None
    look: bool
    lot: bool

    @property
    def anchor(self) -> str:
        """The id of its row on the page."""
        return anchor_of(self.id)

    @property
    def box(self) -> str | None:
        """The id of its box on the picture of its page, None where it has no place."""
        return f"box-{self.id}" if self.page is not None else None

    @property
    def is_doubtful(self) -> bool:
        """Whether somebody should look at it."""
        return self.review == "needs_review"

    @property
    def label(self) -> str:
        """Its whole label."""
        return SEPARATOR.join(self.path)

    @property
    def group(self) -> str:
        """The table it belongs to; "report" for metadata."""
        return self.id.partition(".")[0]


def anchor_of(field_id: str) -> str:
    """The id of a field's row on the page."""
    return f"field-{field_id}"


def field_views(document: Document) -> tuple[FieldView, ...]:
    """All fields, in the order of the form."""
    broken = {check.id for check in document.checks if not check.passed}
    looks = frozenset(document.review.looks if document.review else ())
    lots = frozenset(document.review.drawn if document.review else ())
    return tuple(_view(field, broken, looks, lots) for field in document.fields)


def _view(
    field: Field, broken: Collection[str], looks: Collection[str], lots: Collection[str]
) -> FieldView:
    value = "" if field.value is None else str(field.value)
    return FieldView(
        id=field.id,
        path=tuple(field.label.split(SEPARATOR)),
        kind=field.kind,
        text=field.text,
        value=value if value != field.text.strip() else "",
        unit=field.unit,
        state=field.state,
        confidence=field.confidence,
        review=field.review,
        alternatives=tuple(map(_reading, _likely(field))),
        checks=field.checks,
        broken=tuple(check for check in field.checks if check in broken),
        page=field.page if field.bbox is not None else None,
        source=field.source,
        look=field.id in looks,
        lot=field.id in lots,
    )


def _likely(field: Field) -> list[Alternative]:
    return [one for one in field.alternatives if one.confidence >= LEAST_ALTERNATIVE]


def _reading(other: Alternative) -> Reading:
    text = other.text if other.text is not None else ""
    return Reading(str(other.value) if other.value is not None else text, other.confidence)
