"""The corpus as spaCy examples: the registered reader that the training configuration names."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from spacy.training import Example
from spacy.util import registry

import extractor.tagging.pipeline  # noqa: F401 - registers the components of the configuration
from extractor.normalize import unspaced
from extractor.tagging.units import span_at
from models.ner import augment
from models.ner.markup import Passage, Written, read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from spacy.language import Language
    from spacy.tokens import Doc

APART = 12  # every twelfth document is kept apart: confidence is fitted on it, no weight


@registry.readers("models.ner.Corpus.v1")  # type: ignore[untyped-decorator]
def corpus_reader(folder: str, seed: int, apart: bool) -> Callable[[Language], Iterator[Example]]:
    """Examples of the folder's documents: those kept apart as written, the others as a stream.

    Each time through, which spaCy asks for with `max_epochs = -1`, the documents come in another
    order and are varied anew.
    """
    rng = random.Random(seed)  # noqa: S311 - the same documents on every machine

    def read(nlp: Language) -> Iterator[Example]:
        found = list(documents(Path(folder), apart=apart))
        if not apart:
            rng.shuffle(found)
        for document in found:
            yield from examples(nlp, document if apart else augment.varied(document, rng))

    return read


def documents(folder: Path, *, apart: bool) -> Sequence[Written]:
    """The documents to train on, or those kept apart."""
    written = read_all(sorted(folder.glob("*.txt")))
    return [d for i, d in enumerate(written) if (i % APART == APART // 2) == apart]


def examples(nlp: Language, document: Written) -> Iterator[Example]:
    """An example a section; the title is known to each, as in use."""
    preamble = document.sections.get("preamble", Passage("", ()))
    title = preamble.text.partition("\n")[0]
    for passage in document.sections.values():
        predicted, reference = nlp.make_doc(passage.text), annotated(nlp, passage)
        for doc in (predicted, reference):
            doc.user_data["title"] = title
        yield Example(predicted, reference)


def annotated(nlp: Language, passage: Passage) -> Doc:
    """The passage with its entities and their subjects."""
    doc = nlp.make_doc(passage.text)
    ents = []
    for tagged in passage.spans:
        span = span_at(doc, (tagged.start, tagged.end), tagged.label)
        span._.subject = unspaced(tagged.subject) if tagged.subject else None
        ents.append(span)
    doc.ents = tuple(ents)
    return doc
