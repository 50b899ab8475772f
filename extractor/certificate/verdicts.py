"""Verdicts on fields that were read: how confident the program was, and whether it was right."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from extractor.certificate.bounds import clumped_bound, clumping
from extractor.confidence.bands import Band

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAST = 0.9  # a field of a lower confidence is looked at whatever the others are
# Shares of fields that a person looks at, from which a threshold is tried: fixed before any verdict
# is seen, the safest first.
REVIEWED = (0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01, 0.005, 0.0)


class Verdict(BaseModel):
    """Fields of one document and band that were read with the same confidence, right or wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    document: str
    band: Band
    confidence: float
    right: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Accepted:
    """What happens above a threshold: fields accepted, how many are wrong, and the bound on it."""

    threshold: float
    fields: int
    errors: int
    clumping: float
    bound: float


def accepted(verdicts: Iterable[Verdict], threshold: float, confidence: float) -> Accepted:
    """The fields at or above a threshold; the bound holds with a probability of `confidence`."""
    count, wrong = 0, defaultdict[str, int](int)
    for one in verdicts:
        if one.confidence >= threshold:
            count += one.count
            wrong[one.document] += 0 if one.right else one.count
    errors, clump = sum(wrong.values()), clumping(wrong.values())
    bound = clumped_bound(errors, count, clump, confidence) if count else 1.0
    return Accepted(threshold, count, errors, clump, bound)


def safest_low(
    verdicts: Sequence[Verdict], target: float, confidence: float
) -> tuple[Accepted | None, Accepted]:
    """The lowest threshold above which at most a share `target` is wrong; and the last one tried.

    Thresholds are tried in a fixed order, by the share of fields that a person would look at, and
    the first that fails ends the search: then the one before holds with a probability of
    `confidence`, however many are tried; None where the first one fails. Source: fixed sequence
    testing, Angelopoulos et al. 2021, "Learn then test: calibrating predictive algorithms to
    achieve risk control".
    """
    best: Accepted | None = None
    for threshold in _candidates(verdicts):
        found = accepted(verdicts, threshold, confidence)
        if found.bound > target:
            return best, found
        best = found
    assert best is not None
    return best, best


def _candidates(verdicts: Sequence[Verdict]) -> list[float]:
    """The confidence below which each of REVIEWED lies, LEAST at least, the highest first."""
    ordered = sorted(verdicts, key=lambda one: one.confidence)
    total = sum(one.count for one in ordered)
    found = []
    for share in REVIEWED:
        below, left = 0.0, share * total
        for one in ordered:
            below = one.confidence
            left -= one.count
            if left < 0:
                break
        found.append(max(below, LEAST))
    return list(dict.fromkeys(found))
