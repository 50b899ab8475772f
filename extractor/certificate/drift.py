"""Whether the documents at hand are like those that a certificate was made with.

The statistic of a document is the mean doubt of its fields in a band: the share that its own
confidence expects to be wrong. It needs no truth, so it can be watched on every archive.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from extractor.confidence.bands import Band

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.certificate.verdicts import Verdict

# Share of a document that is expected to be wrong from which no threshold means anything: of those
# the model was fitted on, only such documents have more than three errors among sure fields.
HOPELESS = 0.1
DRAWS = 2000
SLACK = 0.001  # mean doubt that makes no difference
RARE = 0.005  # of batches as good as those of the certificate would lie above the range
SEED = 1934


class Doubt(BaseModel):
    """The statistic of a document in a band, over all its fields there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    document: str
    band: Band
    doubt: float


def doubts_of(document: str, fields: Iterable[tuple[Band, float]]) -> tuple[Doubt, ...]:
    """The statistic by band, from the band and the confidence of every field."""
    by_band: dict[Band, list[float]] = {}
    for band, confidence in fields:
        by_band.setdefault(band, []).append(1 - confidence)
    return tuple(
        Doubt(document=document, band=band, doubt=round(sum(own) / len(own), 5))
        for band, own in by_band.items()
    )


def covered(verdicts: Iterable[Verdict], doubts: Iterable[Doubt]) -> list[Verdict]:
    """The verdicts of documents that are read well enough for a threshold to mean anything.

    Where more than HOPELESS of a document is expected to be wrong its errors come in masses, and
    no number of good documents says anything about them.
    """
    fit = {(one.document, one.band) for one in doubts if one.doubt <= HOPELESS}
    return [one for one in verdicts if (one.document, one.band) in fit]


def highest(known: Sequence[float], documents: int) -> float:
    """The highest mean that so many documents like the known ones have, but for RARE batches.

    By drawing batches with replacement (Efron 1979, the bootstrap) from a fixed seed. A single
    document may be as doubtful as any that is known.
    """
    if documents == 1:
        return max(known)
    rng = Random(SEED)  # noqa: S311  a statistic, no secret
    means = sorted(sum(rng.choices(known, k=documents)) / documents for _ in range(DRAWS))
    return means[int((1 - RARE) * DRAWS)]


def drifted(known: Sequence[float], seen: Sequence[float]) -> str | None:
    """How far the documents at hand are outside the range, in a sentence; None where they are not.

    Only more doubt counts: documents that read better than the certificate's are safe.
    """
    if not seen:
        return None
    mean, most = sum(seen) / len(seen), highest(known, len(seen)) + SLACK
    if mean <= most:
        return None
    some = "the document reads" if len(seen) == 1 else f"these {len(seen)} documents read"
    return (
        f"{some} worse than those of the certificate: {mean:.2%} of the fields are expected to be "
        f"wrong, {most:.2%} at most were"
    )
