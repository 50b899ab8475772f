"""The model card: what the model of confidence is, on what it was fitted, and how good it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from extractor.confidence.bands import BANDS
from extractor.confidence.evidence import FEATURES, QUESTIONS
from models.calibration.judge import judged
from models.calibration.measures import measured
from models.calibration.plots import plot_reliability, plot_risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from extractor.certificate import Certificate
    from extractor.confidence import Model
    from models.calibration.rows import Row

ASKED = {
    "place": "Was it read from the right cell?",
    "state": "Given that: is printed, blank or not applicable right?",
    "reading": "Given both: is the value right?",
    "text": "Is a piece of metadata right?",
    "absent": "Is it right that nothing is printed there?",
}


def write_card(
    out: Path, model: Model, fitted: Sequence[Row], held_out: Sequence[Row], issued: Certificate
) -> None:
    """README.md with tables and plots of the documents that nothing was fitted on."""
    confidence, right = judged(held_out, model)
    plot_reliability(out / "reliability.png", held_out, confidence, right)
    plot_risk(out / "risk-coverage.png", held_out, confidence, right)
    lines = [
        *_head(model, fitted, held_out),
        *_table("All", held_out, confidence, right, lambda _: "all"),
        *_table("Scan quality", held_out, confidence, right, lambda row: row.band),
        *_table("Kind of field", held_out, confidence, right, lambda row: row.kind),
        *_table("Kind of scan", held_out, confidence, right, lambda row: row.scan),
        *_certified(issued),
        *_weights(model),
    ]
    (out / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _head(model: Model, fitted: Sequence[Row], held_out: Sequence[Row]) -> Iterator[str]:
    counts = [
        f"{len(rows):,} fields of {len({row.document for row in rows})} documents, "
        f"{sum(not row.right for row in rows):,} of them wrong"
        for rows in (fitted, held_out)
    ]
    yield f"""# Model of confidence {model.version}

What a field's confidence says: of all fields given 0.998, 998 in 1,000 are right, that is read
from their own cell, in their own state (printed, blank, not applicable, missing), to the last
digit.

For each question that a field raises there is one logistic regression over named features of the
recorded evidence (`extractor/confidence/evidence.py`); the confidence is the product. What is
known to speak for a field cannot count against it: the signs are fixed. A feature that is unknown
has a weight of its own, so unknown is neither good nor bad. Weights are those of least penalised
log loss, the penalty chosen by cross-validation over documents.

`python -m models.calibration` makes everything in this folder anew from fixed seeds: it prints
and spoils reports, reads them, compares with the truth and fits. `--fit` takes the evidence that
is here.

## Data

Generated reports (`fixtures/`) on four forms, each printed and as two scans of ten kinds and six
kinds of single damage, at severities from 0.2 to 2 (1 is as met in practice); a fifth has a sum
that is wrong in print. Whether a cell is the right one is read off the print, laid over the scan
by their labels. Confirmed reviews are added by `--reviews` (`models/reviews.py`).

- fitted on: {counts[0]}
- all that follows: {counts[1]}; other reports from other seeds, used for nothing else

The set is worse than an archive: half of it is worn. Rates of errors say nothing about yours; the
confidence says which fields they are in.

![Share of right fields over confidence, by scan quality](reliability.png)

![Share of wrong fields over the share that is accepted unseen](risk-coverage.png)

Expected calibration error over 15 bins, Brier score, area under the ROC curve, and the share of
fields, least confident first, that must be looked at until 0.1 % of all are wrong."""


def _table(
    title: str,
    rows: Sequence[Row],
    confidence: NDArray[np.float64],
    right: NDArray[np.bool_],
    group: Callable[[Row], str],
) -> Iterator[str]:
    yield ""
    yield f"| {title} | fields | wrong | ECE | Brier | AUROC | to look at |"
    yield "|---|---|---|---|---|---|---|"
    keys = np.array([group(row) for row in rows])
    names = sorted(set(keys), key=lambda name: (BANDS.index(name) if name in BANDS else 0, name))
    for name in names:
        one = measured(confidence[keys == name], right[keys == name])
        auroc = "all right" if one.auroc is None else f"{one.auroc:.4f}"
        yield (
            f"| {name} | {one.fields:,} | {one.wrong:,} | {one.ece:.4f} | {one.brier:.5f} "
            f"| {auroc} | {one.load:.1%} |"
        )


def _certified(issued: Certificate) -> Iterator[str]:
    yield f"""
## The certificate that comes with the program

At most {issued.target:.1%} of the fields at or above the threshold are wrong, in all bands
together with a probability of {issued.confidence:.0%}. {issued.assumption} {issued.method}.

| Scan quality | threshold | accepted | wrong among them | at most | looked at |
|---|---|---|---|---|---|"""
    for band, own in issued.bands.items():
        threshold = "none" if own.threshold is None else f"{own.threshold:.4f}"
        yield (
            f"| {band} | {threshold} | {own.accepted:,} | {own.errors} | {own.bound:.2%} "
            f"| {own.reviewed:.1%} |"
        )


def _weights(model: Model) -> Iterator[str]:
    yield f"""
## Weights

What a unit of a feature adds to the log-odds of a yes. When another cell of its row is known to be
in its place, {model.settled.row:.1%} of the doubt about a cell's place is left; of its column
{model.settled.column:.1%}."""
    for question in QUESTIONS:
        own = model.questions[question]
        yield f"\n### {ASKED[question]}\n"
        yield f"Intercept {own.intercept:+.2f}; {own.most:.5f} at most.\n"
        yield "| feature | weight | where unknown | what it is |"
        yield "|---|---|---|---|"
        for name, feature in FEATURES[question].items():
            weight, unknown = own.weights[name]
            yield f"| {name} | {weight:+.2f} | {unknown:+.2f} | {feature.says} |"
