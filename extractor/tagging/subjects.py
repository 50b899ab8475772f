"""`subject_crf`: the trained component that finds what a COUNT, MONEY or PERCENT counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from spacy.language import Language

from extractor.normalize import unspaced
from extractor.tagging import crf
from extractor.tagging.chunker import Chunker, Read, Window
from extractor.tagging.hints import place_in, subject_hints
from extractor.tagging.units import context, hashed, units_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spacy.tokens import Doc, Span
    from spacy.training import Example
    from thinc.api import Model

    from extractor.tagging.units import Hashes, Units

MEASURED = ("COUNT", "MONEY", "PERCENT")
_LEFT, _RIGHT = 40, 14  # units looked at on each side of a quantity, within its sentence
_FAR_LEFT, _FAR_RIGHT = -24, 12  # distances beyond are told as this one
_LEAD = re.compile("(?:共计?|合计|总计|累计|约|[等达、，：:])+$")
_PLACES = hashed(f"at{i}" for i in range(_FAR_LEFT, _FAR_RIGHT + 1))


@Language.factory("subject_crf", default_score_weights={"subjects": 1.0})
def make_subject_crf(nlp: Language, name: str, model: Model[Any, Any]) -> SubjectCrf:
    """The component of a config."""
    return SubjectCrf(nlp.vocab, model, name, labels=["SUBJECT"])


class SubjectCrf(Chunker):
    """Looks around every quantity in `doc.ents` for the words it counts: `_.subject`."""

    def windows(self, doc: Doc) -> Read:
        """A window a quantity, in the order of `doc.ents`; of entities only titles are subjects."""
        units = units_of(doc)
        found = _measured(doc, units)
        spans, at = [span for span, _ in found], [i for _, i in found]
        hints = subject_hints(units, spans, at, doc.ents)
        features = context(units.keys)
        closed = np.array([label not in ("", "DOC_TITLE") for label in units.labels], dtype=bool)
        sentences = {i: (a, b) for a, b in units.sentences() for i in range(a, b)}
        windows = []
        for i, hint in zip(at, hints, strict=True):
            a, b = max(sentences[i][0], i - _LEFT), min(sentences[i][1], i + _RIGHT)
            told = np.stack((_distances(a, b, i), _hinted(a, b, hint)), axis=1)
            windows.append(Window(a, np.concatenate((features[a:b], told), axis=1), closed[a:b]))
        return Read(units, windows)

    def wanted(self, example: Example) -> tuple[Read, list[list[crf.Chunk]]]:
        """The annotated subject of each quantity, the nearest where it is printed twice."""
        read = self.windows(example.reference)
        chunks = []
        for window, (span, i) in zip(
            read.windows, _measured(example.reference, read.units), strict=True
        ):
            subject = span._.subject
            where = read.units.nearest(subject, i, window.start) if subject else None
            inside = where is not None and where[1] < window.start + len(window.closed)
            chunks.append([crf.Chunk(*where, 0)] if where is not None and inside else [])
        return read, chunks

    def set_annotations(self, docs: Iterable[Doc], scores: Sequence[Read]) -> None:
        """Set `_.subject` of the quantities, as printed without its white space."""
        for doc, read in zip(docs, scores, strict=True):
            text = read.units.source.whole
            for (span, _), chunks in zip(_measured(doc, read.units), read.chunks, strict=True):
                best = max(chunks, key=lambda c: c.probability, default=None)
                if best is not None:
                    start, end = read.units.printed(best.first, best.last)
                    span._.subject = _bare(unspaced(text[start:end]))

    def score(self, examples: Iterable[Example], **_: object) -> dict[str, Any]:
        """The share of right subjects among the quantities found."""
        right = asked = 0
        for example in examples:
            wanted = {(s.start_char, s.end_char): s._.subject for s in example.reference.ents}
            for span in example.predicted.ents:
                where = span.start_char, span.end_char
                if span.label_ in MEASURED and where in wanted:
                    asked += 1
                    right += span._.subject == wanted[where]
        return {"subjects": right / asked if asked else None}


def _bare(subject: str) -> str:
    """Without the words that lead from a noun to its number and never belong to it."""
    return _LEAD.sub("", subject) or subject


def _measured(doc: Doc, units: Units) -> list[tuple[Span, int]]:
    """The quantities, each with its unit's number."""
    return [
        (span, at[0])
        for span in doc.ents
        if span.label_ in MEASURED and (at := units.at(span.start_char, span.end_char))
    ]


def _distances(start: int, end: int, at: int) -> Hashes:
    """How far each unit of a window stands from the quantity."""
    away = np.clip(np.arange(start, end) - at, _FAR_LEFT, _FAR_RIGHT)
    return np.take(_PLACES, away - _FAR_LEFT)


def _hinted(start: int, end: int, hint: tuple[int, int] | None) -> Hashes:
    """Where the rules read the subject in a window; told apart where they read none."""
    hints = ["" if hint else "none"] * (end - start)
    if hint is not None and start <= hint[0] and hint[1] < end:
        place_in(hints, "subject", hint[0] - start, hint[1] - start)
    return hashed(hints)
