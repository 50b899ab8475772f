"""How good a confidence is: calibration, discrimination, and what reviewing by it costs.

All functions take confidences and whether each was right, as arrays of the same length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

BINS = 15


@dataclass(frozen=True, slots=True)
class Measures:
    """Of some fields; auroc is None where all are right (or wrong).

    ece: expected calibration error, 15 bins of equal width (Guo et al. 2017, "On calibration of
    modern neural networks"); brier: mean squared error (Brier 1950); auroc: area under the ROC
    curve; load: the share of fields, least confident first, that must be looked at until at most
    one in a thousand of all is wrong.
    """

    fields: int
    wrong: int
    ece: float
    brier: float
    auroc: float | None
    load: float


def measured(confidence: Floats, right: Flags) -> Measures:
    """The measures of at least one field."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    wrong = int((~right).sum())
    return Measures(
        fields=len(right),
        wrong=wrong,
        ece=calibration_error(confidence, right),
        brier=float(brier_score_loss(right, confidence, pos_label=True)),
        auroc=float(roc_auc_score(right, confidence)) if 0 < wrong < len(right) else None,
        load=review_load(confidence, right, 0.001),
    )


def calibration_error(confidence: Floats, right: Flags) -> float:
    """The mean distance of confidence and share of right ones, over bins, by their size."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, confidence - right, BINS)
    return float(np.abs(gaps).sum() / len(right))


def review_load(confidence: Floats, right: Flags, target: float) -> float:
    """The share that must be looked at, least confident first; ties are looked at together."""
    shares, risks = risk_coverage(confidence, right)
    enough = np.flatnonzero(risks <= target)
    return float(1 - shares[enough[-1]]) if len(enough) else 1.0


def risk_coverage(confidence: Floats, right: Flags) -> tuple[Floats, Floats]:
    """The share accepted at each threshold, and the wrong ones among them as a share of all.

    From none accepted to all (El-Yaniv & Wiener 2010, "On the foundations of noise-free selective
    classification").
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = np.concatenate([[0], np.cumsum(~right[order])])
    ends = np.flatnonzero(np.diff(confidence[order], append=-1.0)) + 1
    kept = np.concatenate([[0], ends])
    return kept / len(right), wrong[kept] / len(right)


def reliability(confidence: Floats, right: Flags, bins: int = 10) -> tuple[Floats, Floats, Floats]:
    """Mean confidence, share of right ones and number of fields, in bins of 1 - confidence.

    The bins are even on a logarithmic scale: nearly all fields are nearly certain.
    """
    doubt = np.clip(1 - confidence, 1e-5, 1.0)
    edges = np.logspace(-5, 0, bins + 1)
    place = np.clip(np.digitize(doubt, edges) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins).astype(np.float64)
    used = count > 0
    mean = np.bincount(place, confidence, bins)[used] / count[used]
    share = np.bincount(place, right, bins)[used] / count[used]
    return mean, share, count[used]
