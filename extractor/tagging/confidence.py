"""`entity_confidence`: from what is known of a span to the probability that it is right.

Span and label are right with the logistic of the weighted log odds that the chain of `span_crf`
gives, and a constant for each label. The weights are fitted on documents that the networks have not
seen (models/ner/calibrate.py); a label that rules alone find has its constant only.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NamedTuple

from spacy.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from spacy.tokens import Doc

_SUREST = 1e-6  # no sum of evidence is surer: nothing is certain


class Weights(NamedTuple):
    """The constant of a label, and what the chain's log odds count for it."""

    constant: float
    odds: float = 0.0


@Language.factory("entity_confidence")
def make_entity_confidence(nlp: Language, name: str) -> EntityConfidence:  # noqa: ARG001 - spaCy's
    """The component without weights: the chain's own probability, 0.5 where there is none."""
    return EntityConfidence()


class EntityConfidence:
    """Sets `_.confidence` of every entity."""

    def __init__(self) -> None:
        self.weights: dict[str, Weights] = {}

    def __call__(self, doc: Doc) -> Doc:
        """Replace the chain's probabilities by calibrated ones."""
        for span in doc.ents:
            span._.confidence = self.probability(span.label_, span._.confidence)
        return doc

    def probability(self, label: str, chain: float | None) -> float:
        """The probability that a span is right; `chain` is None for what rules found."""
        weights = self.weights.get(label)
        if weights is None:
            return 0.5 if chain is None else chain
        odds = 0.0 if chain is None else log_odds(chain)
        total = weights.constant + weights.odds * odds
        return min(max(1 / (1 + math.exp(-total)), _SUREST), 1 - _SUREST)

    def to_disk(self, path: Path, exclude: Iterable[str] = ()) -> None:  # noqa: ARG002 - spaCy's
        """Write the weights, as spaCy asks."""
        table = {label: weights._asdict() for label, weights in self.weights.items()}
        path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")

    def from_disk(
        self,
        path: Path,
        exclude: Iterable[str] = (),  # noqa: ARG002 - spaCy's
    ) -> EntityConfidence:
        """Read the weights, as spaCy asks."""
        table = json.loads(path.read_text("utf-8"))
        self.weights = {label: Weights(**weights) for label, weights in table.items()}
        return self


def log_odds(probability: float) -> float:
    """The log odds, kept within what a fit can use."""
    clipped = min(max(probability, _SUREST), 1 - _SUREST)
    return math.log(clipped / (1 - clipped))
