"""`span_crf`: the trained component that finds entities around those that rules have found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from spacy.language import Language
from spacy.scorer import get_ner_prf

from extractor.tagging import crf
from extractor.tagging.chunker import Chunker, Read, Window
from extractor.tagging.hints import entity_hints
from extractor.tagging.units import context, hashed, span_at, units_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spacy.tokens import Doc, Span
    from spacy.training import Example
    from thinc.api import Model


@Language.factory("span_crf", assigns=["doc.ents"], default_score_weights={"ents_f": 1.0})
def make_span_crf(nlp: Language, name: str, model: Model[Any, Any], labels: list[str]) -> SpanCrf:
    """The component of a config; `labels` are found, all others are left to rules."""
    return SpanCrf(nlp.vocab, model, name, labels=labels)


class SpanCrf(Chunker):
    """Tags units sentence by sentence.

    A span's `_.confidence` is its exact probability by the chain.
    """

    def windows(self, doc: Doc) -> Read:
        """The sentences; no chunk may hold an entity that rules have found."""
        units = units_of(doc)
        hints = hashed(entity_hints(doc, units))
        features = np.concatenate((context(units.keys), hints[:, None]), axis=1)
        closed = np.array([label != "" for label in units.labels], dtype=bool)
        windows = [Window(a, features[a:b], closed[a:b]) for a, b in units.sentences()]
        return Read(units, windows)

    def wanted(self, example: Example) -> tuple[Read, list[list[crf.Chunk]]]:
        """The annotated spans of each sentence; one that no units fit is left out."""
        read = self.windows(example.predicted)
        chunks = [
            crf.Chunk(*where, self.labels.index(span.label_))
            for span in example.reference.ents
            if span.label_ in self.labels
            and (where := read.units.at(span.start_char, span.end_char))
        ]
        return read, [
            [c for c in chunks if w.start <= c.first and c.last < w.start + len(w.closed)]
            for w in read.windows
        ]

    def set_annotations(self, docs: Iterable[Doc], scores: Sequence[Read]) -> None:
        """Add the found spans to `doc.ents`."""
        for doc, read in zip(docs, scores, strict=True):
            found = (chunk for chunks in read.chunks for chunk in chunks)
            doc.ents = (*doc.ents, *(self._span(doc, read, chunk) for chunk in found))

    def _span(self, doc: Doc, read: Read, chunk: crf.Chunk) -> Span:
        label = self.labels[chunk.label]
        span = span_at(doc, read.units.printed(chunk.first, chunk.last), label)
        span._.confidence = chunk.probability
        return span

    def score(self, examples: Iterable[Example], **_: object) -> dict[str, Any]:
        """Precision, recall and F of exact spans."""
        return get_ner_prf(examples)
