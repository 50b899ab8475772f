"""Whether the documents at hand are like those that a certificate was made with.

The statistic of a document is the mean doubt of its fields in a band: the share that its own
confidence expects to be wrong. It needs no truth, so it can be watched on every archive.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.certificate.verdicts import Verdict

HOPELESS = 0.1  # share of a document that is expected to be wrong
DRAWS = 2000
RARE = 0.005  # of batches as good as those of the certificate would lie above the range
SEED = 1934


def doubts_by_document(verdicts: Iterable[Verdict]) -> dict[str, float]:
    """The statistic of every document."""
    sums: dict[str, list[float]] = {}
    for one in verdicts:
        own = sums.setdefault(one.document, [0.0, 0.0])
        own[0] += (1 - one.confidence) * one.count
        own[1] += one.count
    return {document: round(doubt / count, 5) for document, (doubt, count) in sums.items()}


def covered(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts of documents that are read well enough for a threshold to mean anything.

    Where more than HOPELESS of a document is expected to be wrong its errors come in masses, and
    no number of good documents says anything about them.
    """
    known = doubts_by_document(verdicts)
    return [one for one in verdicts if known[one.document] <= HOPELESS]


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
    mean, most = sum(seen) / len(seen), highest(known, len(seen))
    if mean <= most:
        return None
    some = "the document reads" if len(seen) == 1 else f"these {len(seen)} documents read"
    return f"{some} worse than those of the certificate (mean doubt {mean:.4f} over {most:.4f})"
