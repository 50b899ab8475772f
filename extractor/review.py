"""What a person must look at: fields below the threshold, suspects, and the fewest looks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from extractor import __version__
from extractor.certificate import PROGRAM, SHIPPED, load_certificate
from extractor.certificate.drift import doubts_of
from extractor.confidence import SEEN_BY_A_PERSON, load_model
from extractor.confidence.bands import band_of, band_of_field
from extractor.document import InForce, Notice, ReviewPlan
from extractor.looks import fewest_looks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.certificate import Certificate
    from extractor.confidence.bands import Band
    from extractor.document import Check, Document, Field, Page, Review
    from extractor.options import Options
    from extractor.reading import Story

CLEAR = 0.99  # a label or border without any doubt
UNCERTIFIED = 0.98  # fields of a lower confidence are marked where no threshold is certified
TARGET = 0.001  # share of wrong fields that a document may be expected to have after its looks


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The fields with their review, the plan, and what a reader must know about it."""

    fields: tuple[Field, ...]
    plan: ReviewPlan
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A document as far as it is read: its SHA-256, the models that read it, and what they gave."""

    sha256: str
    models: Mapping[str, str]
    pages: Sequence[Page]
    fields: Sequence[Field]
    checks: Sequence[Check]
    stories: Sequence[Story]


def review(read: Read, options: Options) -> Reviewed:
    """Marks the fields that need review and plans the looks."""
    bands = {page.number: band_of(page.quality) for page in read.pages}
    certificate, notices = _in_force(read, bands, options)
    thresholds = _thresholds(certificate, set(bands.values()), options)
    broken = _answerable(read.checks)
    fields = tuple(
        _marked(field, thresholds[band_of_field(field, bands)], broken=field.id in broken)
        for field in read.fields
    )
    plan = _plan(replace(read, fields=fields), bands, options)
    fields = tuple(_looked_at(field, plan.looks) for field in fields)
    in_force = None if certificate is None else _shown(certificate, thresholds)
    plan = replace(
        plan, certificate=in_force, thresholds={str(b): t for b, t in thresholds.items()}
    )
    return Reviewed(fields, plan, notices)


def marked_again(document: Document) -> tuple[Field, ...]:
    """The fields marked anew after some were corrected, by the thresholds of the document's plan.

    Suspects of a relation that holds now need no look any more.
    """
    plan = document.review
    if plan is None:
        return document.fields
    numbers = (page.number for page in document.document.pages)
    bands = {n: cast("Band", b) for n, b in zip(numbers, plan.bands, strict=True)}
    broken = _answerable(document.checks)
    marked = (
        _marked(field, _threshold(plan, band_of_field(field, bands)), broken=field.id in broken)
        for field in document.fields
    )
    return tuple(_looked_at(field, plan.looks) for field in marked)


def _threshold(plan: ReviewPlan, band: Band) -> float:
    return plan.thresholds.get(band, UNCERTIFIED)


def _plan(read: Read, bands: Mapping[int, Band], options: Options) -> ReviewPlan:
    """The plan without thresholds: the fewest looks, and the fields drawn by lot."""
    model = load_model()
    looks = fewest_looks(read.fields, read.stories, model.settled, TARGET)
    return ReviewPlan(
        model=model.version,
        bands=tuple(bands[page.number] for page in read.pages),
        thresholds={},
        certificate=None,
        target=TARGET,
        expected_wrong=looks.wrong,
        looks=looks.fields,
        expected_left=looks.left,
        drawn=drawn(read.sha256, read.fields, options.drawn_share),
    )


def _in_force(
    read: Read, bands: Mapping[int, Band], options: Options
) -> tuple[Certificate | None, tuple[Notice, ...]]:
    """The certificate that applies, and a notice where the one at hand does not."""
    if options.review_below is not None:
        return None, ()
    certificate = load_certificate(options.certificate or SHIPPED)
    why = certificate.expired(load_model().version, {**read.models, PROGRAM: __version__})
    if why is not None:
        return None, (Notice("certificate_expired", None, f"no threshold is certified: {why}"),)
    every = [(band_of_field(f, bands), f.confidence) for f in read.fields]
    worse = certificate.drifted(doubts_of(read.sha256, every))
    notices = (
        Notice("certificate_drift", None, f"no threshold is certified for {band} pages: {why}")
        for band, why in worse.items()
    )
    return _without(certificate, set(worse)), tuple(notices)


def _without(certificate: Certificate, bands: set[Band]) -> Certificate:
    kept = {band: own for band, own in certificate.bands.items() if band not in bands}
    return certificate.model_copy(update={"bands": kept})


def _thresholds(
    certificate: Certificate | None, bands: set[Band], options: Options
) -> dict[Band, float]:
    """The threshold of each band: what the user says, what is certified, or neither."""
    if options.review_below is not None:
        return dict.fromkeys(bands, options.review_below)
    found = {band: certificate.threshold(band) if certificate else None for band in bands}
    return {band: UNCERTIFIED if own is None else own for band, own in found.items()}


def _shown(certificate: Certificate, thresholds: Mapping[Band, float]) -> InForce:
    return InForce(
        certificate.issued_on.isoformat(),
        certificate.source,
        certificate.target,
        certificate.confidence,
        {
            band: own.bound
            for band, own in certificate.bands.items()
            if band in thresholds and own.threshold is not None
        },
    )


def _answerable(checks: Sequence[Check]) -> frozenset[str]:
    """The fields that may be at fault for broken relations: the suspects, where they are told."""
    return frozenset(
        field_id
        for check in checks
        if not check.passed and check.severity == "error"
        for field_id in [one.field for one in check.suspects] or check.fields
    )


def _marked(field: Field, threshold: float, *, broken: bool) -> Field:
    if field.review in SEEN_BY_A_PERSON:
        return field
    return replace(field, review=_review(field, threshold, broken=broken))


def _looked_at(field: Field, looks: Sequence[str]) -> Field:
    """One of the fewest looks is marked whatever its own confidence is."""
    if field.review == "accepted" and field.id in looks:
        return replace(field, review="needs_review")
    return field


def _review(field: Field, threshold: float, *, broken: bool) -> Review:
    """A broken relation calls for a person, unless two readers of a text layer agree on the value.

    There the paper itself is wrong, and its checks say so. The second reader says nothing about
    which row and column a cell belongs to: labels and borders must be beyond doubt.
    """
    evidence = field.evidence
    placed = min(evidence.row or 0.0, evidence.column or 0.0, evidence.structure or 0.0) >= CLEAR
    settled = placed and field.source == "text_layer" and evidence.second_reader is True
    if field.confidence < threshold or (broken and not settled):
        return "needs_review"
    return "accepted"


def drawn(sha256: str, fields: Sequence[Field], share: float) -> tuple[str, ...]:
    """The fields that the lot falls on: each with a probability of `share`, the same every time.

    The lot is a hash of document and field, so that nobody chooses and nothing is stored.
    """
    return tuple(field.id for field in fields if _lot(f"{sha256}/{field.id}") < share)


def _lot(name: str) -> float:
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
