"""From evidence to a probability that a field is right, and to what a person must look at.

A first version, set by hand and not yet calibrated: the probability that reading, grid and labels
are all right, its odds scaled by what the arithmetic and a second reader say. It never falls when a
piece of evidence gets better, and an unknown piece changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Evidence, Field, Review
    from extractor.options import Options
    from extractor.reading import Suspicion

CLEAR = 0.99  # a label or border without any doubt
CAP = 0.9999  # nothing is certain
_FLOOR = 0.01
_MISSING = 0.2  # that a row or column which was not found is not printed
_TEXT_LAYER = 0.9995  # a character of a trusted text layer
_HIDDEN = 0.3  # that what lies over a field has changed its reading, if all of it is covered
_UNKNOWN = 0.9  # a field without any evidence of its reading or label

# Factors on the odds of being right.
_HELD = 4.0  # a relation held, for each of at most two
_MOST_HELD = 2
_BROKEN = 0.25  # a relation broke, for each of at most two: one operand of several is wrong
_MOST_BROKEN = 2
_AGREED = 5.0  # a second reader read the same
_DISAGREED = 0.1


def with_confidence(
    fields: Sequence[Field], options: Options, suspicions: Sequence[Suspicion] = ()
) -> tuple[Field, ...]:
    """The fields with a confidence from their evidence, and whether a person must see them.

    Where a suspicion tells why a relation is broken, only its suspects are held responsible. Fields
    that a person has confirmed or corrected keep both.
    """
    told = {suspicion.relation: suspicion for suspicion in suspicions}
    return tuple(
        field
        if field.review in ("confirmed", "corrected")
        else _judged(field, [told[c] for c in field.checks if c in told], options.review_below)
        for field in fields
    )


def _judged(field: Field, told: Sequence[Suspicion], review_below: float) -> Field:
    shares = [(one.misread, dict(one.suspects).get(field.id)) for one in told]
    blame = [(misread, share) for misread, share in shares if share is not None]
    answers_for = field.evidence.relations_broken - (len(shares) - len(blame))
    own = replace(field, evidence=replace(field.evidence, relations_broken=max(answers_for, 0)))
    confidence = round(probability(own, blame), 4)
    return replace(field, confidence=confidence, review=_review(own, confidence, review_below))


def probability(field: Field, blame: Sequence[tuple[float, float]] = ()) -> float:
    """The probability that value and state are what the paper says, from 0.01 to 0.9999.

    `blame` is for each broken relation whose reason is told: that it is misread, and that this
    field is at fault.
    """
    if field.state == "missing":
        return _MISSING
    evidence = field.evidence
    if evidence.arithmetic is not None:
        right = evidence.arithmetic * _placed(evidence)
    else:
        right = _by_counts(field, evidence.relations_broken - len(blame))
        right *= 1 - max((misread * share for misread, share in blame), default=0.0)
    odds = right / (1 - right) * _opinion(evidence)
    seen = 1 - _HIDDEN * min(evidence.hidden or 0.0, 1.0)
    return min(max(seen * odds / (1 + odds), _FLOOR), CAP)


def _placed(evidence: Evidence) -> float:
    """The probability that grid and labels are right: relations that hold speak for them."""
    shares = [p for p in (evidence.structure, evidence.label) if p is not None]
    right = min(max(math.prod(shares), 1e-6), CAP)
    odds = right / (1 - right) * _HELD ** min(evidence.relations_held, _MOST_HELD)
    return float(odds / (1 + odds))


def _by_counts(field: Field, broken: int) -> float:
    """Reading, grid and labels as if they failed independently, and how many relations hold.

    `broken` are those of which nobody could tell why.
    """
    right = _read(field.evidence, text_layer=field.source == "text_layer")
    held = min(field.evidence.relations_held, _MOST_HELD)
    odds = right / (1 - right) * _HELD**held * _BROKEN ** min(broken, _MOST_BROKEN)
    return float(odds / (1 + odds))


def _read(evidence: Evidence, *, text_layer: bool) -> float:
    """The probability from reading, grid and label alone, as if they failed independently."""
    start = _TEXT_LAYER if text_layer else 1.0
    known = [p for p in (evidence.reading, evidence.structure, evidence.label) if p is not None]
    if not known and not text_layer:
        start = _UNKNOWN
    for share in known:
        start *= min(max(share, 0.0), 1.0)
    return min(max(start, 1e-6), CAP)


def _opinion(evidence: Evidence) -> float:
    """What a second reader does to the odds."""
    if evidence.second_reader is None:
        return 1.0
    return _AGREED if evidence.second_reader else _DISAGREED


def _review(field: Field, confidence: float, review_below: float) -> Review:
    """A broken relation calls for a person, unless two readers of a text layer agree on the value.

    There the paper itself is wrong, and its checks say so. The second reader says nothing about
    which row and column a cell belongs to: labels and borders must be beyond doubt.
    """
    evidence = field.evidence
    placed = min(evidence.label or 0.0, evidence.structure or 0.0) >= CLEAR
    settled = placed and field.source == "text_layer" and evidence.second_reader is True
    if confidence < review_below or (field.evidence.relations_broken and not settled):
        return "needs_review"
    return "accepted"
