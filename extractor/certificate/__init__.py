"""Certificates: above which confidence nobody looks, and what that is worth.

`verdicts` finds the threshold, `bounds` says how sure it is, `drift` when it no longer applies.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date  # noqa: TC003  pydantic reads the annotations
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from extractor.certificate.drift import covered, doubts_by_document, drifted
from extractor.certificate.verdicts import Verdict, safest_low
from extractor.confidence.bands import BANDS, Band
from extractor.errors import OptionsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.certificate.verdicts import Accepted

Kind = TypeVar("Kind", bound=BaseModel)
FORMAT = 1
METHOD = (
    "Clopper-Pearson bound on the share of wrong fields among the accepted ones, counts divided by "
    "how errors clump in documents; thresholds tried in a fixed order; the error probability is "
    "shared evenly by the bands"
)
ASSUMPTION = (
    "The documents to be read are drawn like those of the certificate: the same kinds of report, "
    "print and scan. Fields of one document may fail together, documents do not. Documents of "
    "which more than a tenth is expected to be wrong are not covered."
)
SHIPPED = Path(__file__).parents[2] / "models" / "calibration" / "certificate.json"
VERDICTS = SHIPPED.with_name("held-out.json")  # of generated documents that nothing was fitted on


class Verdicts(BaseModel):
    """Verdicts, and the models that they are about."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    model: str  # version of the model of confidence
    models: dict[str, str]  # SHA-256 of the models that read the documents
    verdicts: tuple[Verdict, ...]


class Certified(BaseModel):
    """What is certified for one band; `threshold` is None where nothing can be.

    fields: all that were at hand; documents: those it was made with, without the ones left out
    because too much of them is expected to be wrong; accepted, errors, bound: at the threshold (at
    the safest one that was tried, where none is certified); doubts: the drift statistic of every
    document.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    threshold: float | None
    fields: int
    documents: int
    left_out: int
    accepted: int
    errors: int
    clumping: float
    bound: float
    doubts: tuple[float, ...]

    @property
    def reviewed(self) -> float:
        """The share of fields that a person looks at."""
        return 1 - self.accepted / self.fields if self.threshold is not None else 1.0


class Certificate(BaseModel):
    """Which thresholds are safe, for which models and documents, and how that is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: int = FORMAT
    issued_on: date
    target: float
    confidence: float
    source: str
    model: str
    models: dict[str, str]
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

    def drifted(self, verdicts: Sequence[Verdict]) -> dict[Band, str]:
        """The bands in which documents are worse than those it was made with, and how much."""
        found = {band: drifted(own.doubts, sorted(_doubts(_of_band(verdicts, band))))
                 for band, own in self.bands.items()}  # fmt: skip
        return {band: why for band, why in found.items() if why is not None}


def issue(known: Verdicts, target: float, confidence: float, today: date) -> Certificate:
    """The certificate for an error rate of `target` among accepted fields in every band.

    All its bounds hold together with a probability of `confidence`. Raises OptionsError for a
    target or a confidence outside 0 to 1, or where there is no verdict.
    """
    for name, value in (("target", target), ("confidence", confidence)):
        if not 0 < value < 1:
            raise OptionsError(f"{name} is {value}: choose more than 0 and less than 1")
    every = {band: _of_band(known.verdicts, band) for band in BANDS}
    by_band = {band: own for band, own in every.items() if covered(own)}
    if not by_band:
        raise OptionsError("there is no verdict to make a certificate of: review some fields first")
    each = 1 - (1 - confidence) / len(by_band)
    bands = {band: _certified(own, target, each) for band, own in by_band.items()}
    return Certificate(
        issued_on=today, target=target, confidence=confidence, source=known.source,
        model=known.model, models=known.models, bands=bands,
    )  # fmt: skip


def _doubts(verdicts: Sequence[Verdict]) -> tuple[float, ...]:
    return tuple(sorted(doubts_by_document(verdicts).values()))


def _of_band(verdicts: Sequence[Verdict], band: Band) -> list[Verdict]:
    return [one for one in verdicts if one.band == band]


def _certified(verdicts: Sequence[Verdict], target: float, confidence: float) -> Certified:
    fit = covered(verdicts)
    best, last = safest_low(fit, target, confidence)
    shown: Accepted = best or last
    return Certified(
        threshold=None if best is None else best.threshold,
        fields=sum(one.count for one in verdicts),
        documents=len({one.document for one in fit}),
        left_out=len({one.document for one in verdicts} - {one.document for one in fit}),
        accepted=shown.fields,
        errors=shown.errors,
        clumping=round(shown.clumping, 2),
        bound=round(shown.bound, 6),
        doubts=_doubts(fit),
    )


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
