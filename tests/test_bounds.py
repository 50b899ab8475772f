"""Bounds on error rates: values from the literature, and that they behave as bounds do."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.certificate.bounds import CLUMP, clopper_pearson, clumped_bound, clumping
from extractor.certificate.trial import lowest


@pytest.mark.parametrize(
    ("errors", "count", "confidence", "bound"),
    [
        (0, 10, 0.95, 0.2589),  # 1 - 0.05 ** (1 / 10)
        (1, 10, 0.95, 0.3942),
        (0, 10, 0.975, 0.3085),
        (2, 20, 0.975, 0.3170),
        (5, 100, 0.975, 0.1128),
        (5, 100, 0.2, 0.0393),
        (10, 10, 0.95, 1.0),
        (0, 0, 0.95, 1.0),
    ],
)
def test_clopper_and_pearson(errors: int, count: int, confidence: float, bound: float) -> None:
    """Against published values (Clopper & Pearson 1934 and later tables)."""
    assert clopper_pearson(errors, count, confidence) == pytest.approx(bound, abs=1e-4)


def test_rule_of_three() -> None:
    """None of n: about 3 / n at 95 %."""
    assert clopper_pearson(0, 30_000, 0.95) == pytest.approx(-math.log(0.05) / 30_000, rel=1e-3)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 5000), st.floats(0.5, 0.999))
def test_more_errors_or_less_data_or_more_confidence_is_a_higher_bound(
    errors: int, more: int, confidence: float
) -> None:
    """And it is above the rate that was seen."""
    count = errors + more
    bound = clopper_pearson(errors, count, confidence)
    assert bound > errors / count
    assert clopper_pearson(errors + 1, count, confidence) >= bound
    assert clopper_pearson(errors, count + 100, confidence) <= bound
    assert clopper_pearson(errors, count, confidence + (1 - confidence) / 2) >= bound
    assert lowest(errors, count, 1.0, confidence) <= errors / count


def test_it_is_exceeded_as_rarely_as_it_says() -> None:
    """At a true rate of 1 %, 5 % of 2,000 samples (and a bit for luck) have a lower bound."""
    rng = Random(3)
    bounds = {k: clopper_pearson(k, 400, 0.95) for k in range(40)}
    below = sum(bounds[sum(rng.random() < 0.01 for _ in range(400))] < 0.01 for _ in range(2000))
    assert below <= 0.06 * 2000


def test_clumping() -> None:
    """Errors of one document count together, and three at least."""
    assert clumping([]) == clumping([0, 0]) == clumping([1] * 98) == CLUMP == 3.0
    assert clumping([10] * 20) == 10.0
    assert clumping([10, 1, 1]) == pytest.approx(102 / 12)


def test_clumped_errors_give_a_higher_bound() -> None:
    """The same counts are worth less where they come together."""
    assert clumped_bound(10, 10_000, 1.0, 0.95) < clumped_bound(10, 10_000, 5.0, 0.95)
