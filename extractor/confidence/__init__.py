"""From evidence to a probability that a field is right.

`evidence` says what the evidence of a field comes to, `model` makes a probability of it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.confidence.evidence import asked, seen
from extractor.confidence.model import Model, Settled, load_model
from extractor.document import Certainty

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extractor.confidence.evidence import Question, Seen
    from extractor.document import Check, Field, Page, Review

__all__ = [
    "SEEN_BY_A_PERSON",
    "Model",
    "Settled",
    "certainty",
    "load_model",
    "product",
    "with_confidence",
]

SEEN_BY_A_PERSON: tuple[Review, ...] = ("confirmed", "corrected")
SUREST = 0.9999  # nothing is certain, not by rounding either
# Which part of the certainty a question is about.
PARTS: Mapping[Question, str] = {
    "place": "place", "state": "state", "reading": "reading", "text": "reading", "absent": "state",
}  # fmt: skip


def with_confidence(
    fields: Sequence[Field], pages: Sequence[Page], checks: Sequence[Check]
) -> tuple[Field, ...]:
    """The fields with a confidence from their evidence, and the parts that it is made of.

    Fields that a person has confirmed or corrected keep theirs.
    """
    model = load_model()
    return tuple(
        one.field if one.field.review in SEEN_BY_A_PERSON else _judged(one, model)
        for one in seen(fields, pages, checks)
    )


def _judged(one: Seen, model: Model) -> Field:
    parts = certainty(one, model)
    return replace(one.field, confidence=confidence(parts), certainty=parts)


def certainty(one: Seen, model: Model) -> Certainty:
    """The probability of each question that the field raises."""
    found = {PARTS[q]: model.probability(one, q) for q in asked(one.field)}
    return Certainty(**{part: round(p, 5) for part, p in found.items()})


def confidence(parts: Certainty) -> float:
    """The probability that all is right: each part is given that those before are."""
    return product(p for p in (parts.place, parts.state, parts.reading) if p is not None)


def product(parts: Iterable[float]) -> float:
    """The confidence of parts, with the digits that are told."""
    return min(round(math.prod(round(p, 5) for p in parts), 4), SUREST)
