"""How high an error rate may be, given how many errors were seen: bounds that hold for few data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Errors of documents are taken to come by so many at least. Of the documents that the model was
# fitted on, those with errors above any threshold have 1.4 to 1.8 in that sense, and three at most.
CLUMP = 3.0
PRECISION = 1e-9


def clopper_pearson(errors: int, count: int, confidence: float) -> float:
    """The upper confidence bound on an error rate: `errors` of `count` independent cases.

    The rate at which so few errors have a probability of 1 - `confidence` (one-sided). Source:
    Clopper & Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
    the binomial". 1 where nothing was counted.
    """
    if errors >= count:
        return 1.0
    low, high = 0.0, 1.0
    while high - low > PRECISION:
        middle = (low + high) / 2
        if _at_most(errors, count, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(errors: int, count: int, rate: float) -> float:
    """The probability of that many errors or fewer."""
    if rate <= 0:
        return 1.0
    right, wrong = math.log1p(-rate), math.log(rate)
    whole = math.lgamma(count + 1)
    terms = (
        whole - math.lgamma(k + 1) - math.lgamma(count - k + 1) + k * wrong + (count - k) * right
        for k in range(errors + 1)
    )
    return min(math.fsum(math.exp(term) for term in terms), 1.0)


def clumping(errors_by_document: Iterable[int]) -> float:
    """By how much the variance of the number of errors is larger than if they came one by one.

    Errors of one document come together (a row that is shifted, a page that is blurred). If wrong
    documents come at random and have w wrong fields, the variance is E[w²] / E[w] times that of
    single errors (compound Poisson distribution). CLUMP at least: few errors show little of it.
    """
    errors = [w for w in errors_by_document if w]
    return max(sum(w * w for w in errors) / sum(errors), CLUMP) if errors else CLUMP


def clumped_bound(errors: int, count: int, clump: float, confidence: float) -> float:
    """Clopper and Pearson's bound for as many cases as clumped ones are worth; 1 for none.

    Both counts are divided by the clumping, as for a survey of clusters: Korn & Graubard 1998,
    "Confidence intervals for proportions with small expected number of positive counts estimated
    from survey data". Rounded to the safe side.
    """
    return clopper_pearson(math.ceil(errors / clump), math.floor(count / clump), confidence)
