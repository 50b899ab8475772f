"""A certificate tried on live data: on fields that were drawn by lot and seen by a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from extractor.certificate.bounds import clopper_pearson
from extractor.certificate.verdicts import accepted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.certificate import Certificate, Verdicts
    from extractor.certificate.verdicts import Verdict
    from extractor.confidence.bands import Band

Outcome = Literal["holds", "not refuted", "not checked", "broken"]


@dataclass(frozen=True, slots=True)
class BandTrial:
    """What the drawn fields of a band show of the share of wrong fields among the accepted.

    low, high: the bounds of that share, each with the certificate's confidence. The certificate
    holds where `high` is no more than its target; it is broken where `low` is more.
    """

    band: str
    threshold: float
    fields: int
    errors: int
    low: float
    high: float
    verdict: Outcome


@dataclass(frozen=True, slots=True)
class Trial:
    """The trial of a certificate; `reasons` say what speaks against it, or what is lacking."""

    target: float
    confidence: float
    bands: tuple[BandTrial, ...]
    expired: str | None
    drifted: dict[str, str]
    reasons: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether it certifies something and nothing speaks against it: expiry, drift, errors."""
        broken = any(one.verdict == "broken" for one in self.bands)
        return bool(self.bands) and self.expired is None and not self.drifted and not broken

    def told(self) -> dict[str, Any]:
        """As JSON objects."""
        return {"holds": self.holds, **asdict(self)}


def try_certificate(certificate: Certificate, live: Verdicts) -> Trial:
    """Compares a certificate with verdicts on fields that were drawn by lot."""
    certified = [band for band in certificate.bands if certificate.threshold(band) is not None]
    # The bands share the probability of a false alarm, as they share that of a false promise.
    each = 1 - (1 - certificate.confidence) / max(len(certified), 1)
    bands = tuple(_of_band(certificate, band, live.of_band(band), each) for band in certified)
    expired = certificate.expired(live.model, live.models)
    drifted = {str(band): why for band, why in certificate.drifted(live.doubts).items()}
    decided = sum(one.count for one in live.verdicts)
    reasons = (
        *([f"The certificate has expired: {expired}."] if expired else []),
        *(f"{band} pages have changed: {why}." for band, why in drifted.items()),
        *(_sentence(one, certificate.target) for one in bands if one.verdict != "holds"),
        *_lacking(certificate, live),
        f"{decided} fields are decided; the lot fell on {live.drawn}.",
    )
    return Trial(certificate.target, certificate.confidence, bands, expired, drifted, reasons)


def _lacking(certificate: Certificate, live: Verdicts) -> Iterator[str]:
    """What the trial cannot say."""
    if live.verdicts and live.digest == certificate.verdicts:
        yield "These are the verdicts that the certificate was made of: they prove nothing anew."
    for band in sorted({one.band for one in live.doubts}):
        if certificate.threshold(band) is None:
            yield f"Nothing is certified for {band} pages."


def _of_band(
    certificate: Certificate, band: Band, verdicts: Sequence[Verdict], confidence: float
) -> BandTrial:
    threshold = certificate.threshold(band)
    assert threshold is not None
    seen = accepted(verdicts, threshold, confidence)
    low = lowest(seen.errors, seen.fields, seen.clumping, confidence)
    verdict: Outcome = "not refuted" if seen.fields else "not checked"
    if seen.bound <= certificate.target:
        verdict = "holds"
    elif low > certificate.target:
        verdict = "broken"
    return BandTrial(
        band, threshold, seen.fields, seen.errors, round(low, 6), round(seen.bound, 6), verdict
    )


def lowest(errors: int, count: int, clump: float, confidence: float) -> float:
    """The lower bound on an error rate, clumped as the upper one: what is right, counted wrong."""
    wrong, cases = int(errors / clump), int(count / clump)
    if wrong == 0:
        return 0.0
    return 1 - clopper_pearson(cases - wrong, cases, confidence)


def _sentence(one: BandTrial, target: float) -> str:
    counts = f"{one.band} pages: {one.errors} of {one.fields} drawn fields are wrong"
    if one.verdict == "broken":
        return (
            f"{counts}, more than {target:.2%} can explain: look at more fields, and make a new "
            "certificate."
        )
    if one.fields == 0:
        return f"{one.band} pages: no drawn field is decided yet, so nothing is shown."
    if one.errors:
        return f"{counts}: so few fields may be chance, look at more of them."
    return f"{counts}: nothing speaks against the certificate, more of them would confirm it."
