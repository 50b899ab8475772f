"""Certificates: above which confidence nobody looks, and what that is worth.

`verdicts` finds the threshold, `bounds` says how sure it is, `drift` when it no longer applies.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extractor.certificate.bounds import CLUMP
from extractor.certificate.drift import HOPELESS, Doubt, covered, drifted
from extractor.certificate.verdicts import Verdict, safest_low
from extractor.confidence.bands import BANDS, Band
from extractor.errors import OptionsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.certificate.verdicts import Accepted

Kind = TypeVar("Kind", bound=BaseModel)
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
FORMAT: Literal[1] = 1
PROMISE = 0.002, 0.95  # target and confidence of the certificate that comes with the program
LEAST_DOCUMENTS = 20  # of a band: what fails together cannot be seen in fewer
TOLD = 41  # documents whose drift statistic stands for all
PROGRAM = "extractor"  # its version counts among the models: code changes confidences too
METHOD = (
    "Clopper-Pearson bound on the share of wrong fields among the accepted ones, counts divided by "
    "how errors clump in documents; thresholds tried in a fixed order, the safest first; the error "
    "probability is shared evenly by the bands"
)
ASSUMPTION = (
    "The documents to be read are drawn like those of the certificate: the same kinds of report, "
    "print and scan. Documents do not fail together; of one document about three accepted fields "
    "may, not dozens. Documents of which more than a tenth is expected to be wrong are not covered."
)
SHIPPED = Path(__file__).parents[2] / "models" / "calibration" / "certificate.json"
VERDICTS = SHIPPED.with_name("held-out.json")  # of generated documents that nothing was fitted on


class Verdicts(BaseModel):
    """Verdicts, and the models that they are about.

    model: version of the model of confidence; models: SHA-256 of the models that read the
    documents; doubts: the drift statistic of every document, over all its fields; drawn: how many
    fields of the documents the lot fell on, whether they were decided or not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    model: str
    models: dict[str, str]
    verdicts: tuple[Verdict, ...]
    doubts: tuple[Doubt, ...]
    drawn: int = 0

    @property
    def digest(self) -> str:
        """What tells these verdicts from others."""
        told = sorted(one.model_dump_json() for one in self.verdicts)
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]

    def of_band(self, band: Band) -> list[Verdict]:
        """The verdicts of one band that a threshold can be about (see `drift.covered`)."""
        return covered((one for one in self.verdicts if one.band == band), self.doubts)


class Certified(BaseModel):
    """What is certified for one band; `threshold` is None where nothing can be.

    fields: all that were at hand; documents: those it was made with, without the ones left out
    because too much of them is expected to be wrong; accepted, errors, bound: at the threshold (at
    the safest one that was tried, where none is certified); doubts: the drift statistic of the
    documents, in even steps from the least to the greatest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    threshold: Share | None
    fields: Count
    documents: Count
    left_out: Count
    accepted: Count
    errors: Count
    clumping: float
    bound: Share
    doubts: Annotated[tuple[Share, ...], Field(min_length=1)]

    def lacking(self, target: float, confidence: float) -> str:
        """What it would take to certify this band, in a sentence."""
        if self.documents < LEAST_DOCUMENTS:
            return f"{self.documents} documents are too few: review {LEAST_DOCUMENTS} or more"
        enough = math.ceil(CLUMP * math.log(1 - confidence) / math.log1p(-target))
        if self.errors:
            return f"{self.errors} of {self.accepted} sure fields are wrong: raise --target"
        return (
            f"{self.accepted} sure fields without an error show {self.bound:.2%}: review {enough} "
            "of them, or raise --target"
        )

    @property
    def reviewed(self) -> float:
        """The share of fields that a person looks at."""
        return 1 - self.accepted / self.fields if self.threshold is not None else 1.0


class Certificate(BaseModel):
    """Which thresholds are safe, for which models and documents, and how that is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal[1] = FORMAT
    issued_on: date
    target: Share
    confidence: Share
    source: str
    model: str
    models: dict[str, str]
    verdicts: str  # digest of those that it was made of
    method: str = METHOD
    assumption: str = ASSUMPTION
    bands: dict[Band, Certified]

    def threshold(self, band: Band) -> float | None:
        """The threshold of a band, None where nothing is certified."""
        own = self.bands.get(band)
        return None if own is None else own.threshold

    def expired(self, model: str, models: Mapping[str, str]) -> str | None:
        """Why it is no longer valid for these models, in a sentence; None where it is."""
        if model != self.model:
            return f"it was made for version {self.model} of the model of confidence, not {model}"
        changed = sorted(name for name, digest in models.items() if self.models.get(name) != digest)
        return f"it was made with another {', '.join(changed)}" if changed else None

    def drifted(self, doubts: Sequence[Doubt]) -> dict[Band, str]:
        """The certified bands in which documents are worse than its own, and how much."""
        found = {band: _worse(own, [one.doubt for one in doubts if one.band == band])
                 for band, own in self.bands.items() if own.threshold is not None}  # fmt: skip
        return {band: why for band, why in found.items() if why is not None}


def _worse(own: Certified, doubts: Sequence[float]) -> str | None:
    if len(doubts) == 1 and doubts[0] > HOPELESS:
        return f"{doubts[0]:.0%} of the document is expected to be wrong"
    return drifted(own.doubts, sorted(doubts))


def issue(known: Verdicts, target: float, confidence: float, today: date) -> Certificate:
    """The certificate for an error rate of `target` among accepted fields in every band.

    All its bounds hold together with a probability of `confidence`. Raises OptionsError for a
    target outside 0 to 1, a confidence outside 0.5 to 1, or where there is no verdict.
    """
    for name, value, least in (("target", target, 0.0), ("confidence", confidence, 0.5)):
        if not least < value < 1:
            raise OptionsError(f"{name} is {value}: choose more than {least:g} and less than 1")
    bands = [band for band in BANDS if known.of_band(band)]
    if not bands:
        raise OptionsError("there is no verdict to make a certificate of: review some fields first")
    each = 1 - (1 - confidence) / len(bands)
    return Certificate(
        issued_on=today, target=target, confidence=confidence, source=known.source,
        model=known.model, models=known.models, verdicts=known.digest,
        bands={band: _certified(known, band, target, each) for band in bands},
    )  # fmt: skip


def _certified(known: Verdicts, band: Band, target: float, confidence: float) -> Certified:
    fit = known.of_band(band)
    every = {one.document for one in known.verdicts if one.band == band}
    kept = {one.document for one in fit}
    best, last = safest_low(fit, target, confidence)
    shown: Accepted = best or last
    if len(kept) < LEAST_DOCUMENTS:
        best = None
    return Certified(
        threshold=None if best is None else best.threshold,
        fields=sum(one.count for one in known.verdicts if one.band == band),
        documents=len(kept),
        left_out=len(every - kept),
        accepted=shown.fields,
        errors=shown.errors,
        clumping=round(shown.clumping, 2),
        bound=round(shown.bound, 6),
        doubts=_spread(
            [one.doubt for one in known.doubts if one.band == band and one.document in kept]
        ),
    )


def _spread(doubts: Sequence[float]) -> tuple[float, ...]:
    """The drift statistic in even steps from the least to the greatest, TOLD of them at most."""
    ordered = sorted(doubts)
    steps = min(len(ordered), TOLD)
    return tuple(ordered[round(i * (len(ordered) - 1) / max(steps - 1, 1))] for i in range(steps))


def merged(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts with one entry for all that are alike."""
    counts: dict[Verdict, int] = defaultdict(int)
    for one in verdicts:
        counts[one.model_copy(update={"count": 1})] += one.count
    return tuple(one.model_copy(update={"count": count}) for one, count in counts.items())


def load_certificate(path: Path) -> Certificate:
    """A certificate from its file; raises OptionsError where it is none."""
    return _load(path, Certificate)


def load_verdicts(path: Path = VERDICTS) -> Verdicts:
    """Verdicts from their file; raises OptionsError where it holds none."""
    return _load(path, Verdicts)


def write_model(model: BaseModel, path: Path, *, indent: int | None = 1) -> None:
    """Writes a certificate or verdicts as JSON; raises OptionsError where that fails."""
    text = model.model_dump_json(indent=indent, exclude_defaults=indent is None)
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OptionsError(error.strerror or str(error), path=path) from None


def _load(path: Path, kind: type[Kind]) -> Kind:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise OptionsError(error.strerror or str(error), path=path) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        what = f"it is no {kind.__name__.lower()} file: {place}: {first['msg'].lower()}"
        raise OptionsError(what, path=path) from None
