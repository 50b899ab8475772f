"""Fit the confidence of entities: `python -m models.ner.calibrate TRAINED OUT`.

TRAINED is what `spacy train` wrote; OUT gets the same pipeline with weights in `entity_confidence`.
They are fitted on the documents of the corpus that no network has seen, as written and worn: right
or wrong against the log odds of the chain and a constant a label (logistic regression; Platt 1999).
Labels that rules alone find get the share of right ones, by Laplace's rule.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import spacy

import extractor.tagging.pipeline  # noqa: F401 - registers the components
from extractor.tagging.confidence import EntityConfidence, Weights, log_odds
from models.ner import augment, reader
from models.ner.markup import Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spacy.language import Language
    from spacy.training import Example

CORPUS = Path(__file__).parent / "corpus"
WEAR = 0.01  # share of characters misread in the worn copies
STRENGTH = 1.0  # inverse weight of the penalty on large weights


class Row(NamedTuple):
    """A span found: what is known of it, and whether it is right."""

    label: str
    chain: float | None
    right: bool


def rows(nlp: Language, documents: Iterable[Written]) -> Iterator[Row]:
    """The spans found in the documents; the pipeline's confidence has to be without weights."""
    for document in documents:
        for example in reader.examples(nlp, document):
            yield from _rows(nlp, example)


def _rows(nlp: Language, example: Example) -> Iterator[Row]:
    wanted = {(s.start_char, s.end_char, s.label_) for s in example.reference.ents}
    with nlp.select_pipes(disable="entity_confidence"):
        doc = nlp(example.predicted)
    for span in doc.ents:
        right = (span.start_char, span.end_char, span.label_) in wanted
        yield Row(span.label_, span._.confidence, right)


def fit(found: Sequence[Row]) -> dict[str, Weights]:
    """The weights by label; that of the odds is shared by all trained labels."""
    labels = sorted({row.label for row in found})
    trained = sorted({row.label for row in found if row.chain is not None})
    odds, constants = _logistic([r for r in found if r.chain is not None], trained)
    weights = {
        label: Weights(round(constant, 4), round(odds, 4))
        for label, constant in zip(trained, constants, strict=True)
    }
    for label in set(labels) - set(trained):
        right = [row.right for row in found if row.label == label]
        share = (sum(right) + 1) / (len(right) + 2)
        weights[label] = Weights(round(log_odds(share), 4))
    return weights


def _logistic(found: Sequence[Row], labels: Sequence[str]) -> tuple[float, list[float]]:
    from sklearn.linear_model import LogisticRegression

    table = [
        [log_odds(row.chain or 0.0), *(row.label == label for label in labels)] for row in found
    ]
    model = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=1000)
    model.fit(np.array(table, dtype=float), [row.right for row in found])
    odds, *constants = (float(weight) for weight in model.coef_[0])
    return odds, constants


def _worn(documents: Iterable[Written]) -> Iterator[Written]:
    rng = random.Random(20261122)  # noqa: S311 - the same wear on every machine
    for document in documents:
        sections = {k: augment.worn(p, rng, WEAR) for k, p in document.sections.items()}
        yield Written(document.id, sections)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m models.ner.calibrate", description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    nlp = spacy.load(options.trained)
    apart = list(reader.documents(CORPUS, apart=True))
    weights = fit(list(rows(nlp, [*apart, *_worn(apart)])))
    confidence = nlp.get_pipe("entity_confidence")
    assert isinstance(confidence, EntityConfidence)
    confidence.weights = weights
    nlp.to_disk(options.out)


if __name__ == "__main__":
    main()
