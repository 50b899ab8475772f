"""The components of the pipeline, registered with spaCy: rules where they are exact, else trained.

`exact_rules` finds document titles and numbers and percentages. `span_crf` reads the text around
them and finds organs, dates, counts and amounts; `subject_crf` finds what is counted.
`entity_values` gives each its canonical value, `entity_confidence` how likely it is to be right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from extractor.tagging import confidence, ner, network, subjects  # noqa: F401 - registers them
from extractor.tagging.compact import compact_of
from extractor.tagging.figures import find_percent
from extractor.tagging.titles import find_numbers, find_titles
from extractor.tagging.units import span_at
from extractor.tagging.values import set_values

if TYPE_CHECKING:
    from collections.abc import Iterable

LABELS = ("AGENCY", "DATE", "COUNT", "MONEY", "PERCENT", "DOC_NUMBER", "DOC_TITLE")

for _name in ("normalized", "subject", "confidence"):
    if not Span.has_extension(_name):
        Span.set_extension(_name, default=None)


@Language.component("exact_rules", assigns=["doc.ents"])
def exact_rules(doc: Doc) -> Doc:
    """Set DOC_TITLE, DOC_NUMBER and PERCENT; of those that overlap the longest stays."""
    text = compact_of(doc).text
    found = (
        ("DOC_TITLE", find_titles(text)),
        ("DOC_NUMBER", find_numbers(text)),
        ("PERCENT", find_percent(text)),
    )
    doc.ents = filter_spans(_spans(doc, found))
    return doc


def _spans(doc: Doc, found: Iterable[tuple[str, Iterable[tuple[int, int]]]]) -> list[Span]:
    source = compact_of(doc)
    return [
        span_at(doc, source.printed(*where), label) for label, ranges in found for where in ranges
    ]


Language.component("entity_values", func=set_values)
