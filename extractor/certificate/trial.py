"""A certificate tried on live data: on fields that were drawn by lot and seen by a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from extractor.certificate.bounds import clopper_pearson, clumped_bound
from extractor.certificate.verdicts import accepted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.certificate import Certificate, Verdicts
    from extractor.certificate.verdicts import Verdict

Outcome = Literal["holds", "not refuted", "broken", "not certified"]


@dataclass(frozen=True, slots=True)
class BandTrial:
    """What the drawn fields of a band show of the share of wrong fields among the accepted.

    low, high: the bounds of that share, each with the certificate's confidence. The certificate
    holds where `high` is no more than its target; it is broken where `low` is more.
    """

    band: str
    threshold: float | None
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
        """Whether nothing speaks against it: not expired, no drift, no band broken."""
        broken = any(one.verdict == "broken" for one in self.bands)
        return self.expired is None and not self.drifted and not broken

    def told(self) -> dict[str, Any]:
        """As JSON objects."""
        return {"holds": self.holds, **asdict(self)}


def try_certificate(certificate: Certificate, live: Verdicts) -> Trial:
    """Compares a certificate with verdicts on fields that were drawn by lot."""
    bands = tuple(
        _of_band(certificate, band, [v for v in live.verdicts if v.band == band])
        for band in certificate.bands
    )
    expired = certificate.expired(live.model, live.models)
    drifted = {str(band): why for band, why in certificate.drifted(live.verdicts).items()}
    reasons = (
        *([f"The certificate has expired: {expired}."] if expired else []),
        *(f"{band} pages have changed: {why}." for band, why in drifted.items()),
        *(_sentence(one, certificate.target) for one in bands if one.verdict != "holds"),
    )
    return Trial(certificate.target, certificate.confidence, bands, expired, drifted, reasons)


def _of_band(certificate: Certificate, band: Any, verdicts: Sequence[Verdict]) -> BandTrial:  # noqa: ANN401
    threshold = certificate.threshold(band)
    if threshold is None:
        return BandTrial(band, None, 0, 0, 0.0, 1.0, "not certified")
    seen = accepted(verdicts, threshold, certificate.confidence)
    low = lowest(seen.errors, seen.fields, seen.clumping, certificate.confidence)
    high = (
        clumped_bound(seen.errors, seen.fields, seen.clumping, certificate.confidence)
        if seen.fields else 1.0
    )  # fmt: skip
    verdict: Outcome = "not refuted"
    if high <= certificate.target:
        verdict = "holds"
    elif low > certificate.target:
        verdict = "broken"
    return BandTrial(
        band, threshold, seen.fields, seen.errors, round(low, 6), round(high, 6), verdict
    )


def lowest(errors: int, count: int, clump: float, confidence: float) -> float:
    """The lower bound on an error rate, clumped as the upper one: what is right, counted wrong."""
    wrong, cases = int(errors / clump), int(count / clump)
    if wrong == 0:
        return 0.0
    return 1 - clopper_pearson(cases - wrong, cases, confidence)


def _sentence(one: BandTrial, target: float) -> str:
    if one.verdict == "not certified":
        return f"Nothing is certified for {one.band} pages."
    if one.verdict == "broken":
        return (
            f"{one.band} pages: {one.errors} of {one.fields} drawn fields are wrong, more than "
            f"{target:.2%} can explain: look at more fields, and make a new certificate."
        )
    return (
        f"{one.band} pages: {one.errors} of {one.fields} drawn fields are wrong; that does not "
        "refute the certificate, more of them would confirm it."
    )
