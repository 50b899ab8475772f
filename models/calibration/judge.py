"""Rows of evidence → confidences, verdicts and the certificate that comes with the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from extractor.certificate import Verdicts, merged
from extractor.certificate.drift import doubts_of
from extractor.certificate.verdicts import Verdict
from extractor.confidence import product
from extractor.confidence.evidence import FEATURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from extractor.confidence import Model
    from extractor.confidence.bands import Band
    from models.calibration.rows import Row

GENERATED = "generated reports with known truth that nothing was fitted on"


def confidence_of(row: Row, model: Model) -> float:
    """The confidence that a field of these features is given."""
    known = [
        model.answer({name: row.features[name] for name in FEATURES[question]}, question)
        for question in row.asked
    ]
    return product(known)


def judged(rows: Sequence[Row], model: Model) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Confidence of every row, and whether it is right."""
    confidence = np.array([confidence_of(row, model) for row in rows], np.float64)
    return confidence, np.array([row.right for row in rows], np.bool_)


def verdicts(rows: Sequence[Row], model: Model, models: Mapping[str, str]) -> Verdicts:
    """The rows as verdicts; `models` are those that read the documents."""
    found = [
        Verdict(
            document=row.document,
            band=cast("Band", row.band),
            confidence=confidence_of(row, model),
            right=row.right,
        )
        for row in rows
    ]
    fields: dict[str, list[tuple[Band, float]]] = {}
    for one in found:
        fields.setdefault(one.document, []).append((one.band, one.confidence))
    return Verdicts(
        source=GENERATED,
        model=model.version,
        models=dict(models),
        verdicts=merged(found),
        doubts=tuple(d for name, own in fields.items() for d in doubts_of(name, own)),
    )
