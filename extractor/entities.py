"""Named things of the prose: a spaCy pipeline over the preamble and the sections a template names.

The pipeline is the trained one of `models/ner`; its components are those of `extractor.tagging`.
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.document import Entity
from extractor.geometry import Box, bounding
from extractor.ocr.models import sha256_of
from extractor.template import TAGGED_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from spacy.language import Language
    from spacy.tokens import Doc, Span
    from threadpoolctl import ThreadpoolController

    from extractor.layout import Paragraph, Prose, ProseSection

_SURROGATES = re.compile("[\ud800-\udfff]")
TRAINED = Path(__file__).parent.parent / "models" / "ner" / "trained"


@functools.cache
def load_pipeline(folder: Path = TRAINED) -> Language:
    """The trained pipeline in the folder.

    spaCy is imported here: it takes longer than `--help` may. Raises OSError where there is none.
    """
    import spacy

    import extractor.tagging.pipeline  # noqa: F401 - registers the components it names

    return spacy.load(folder)


def tagger_version(folder: Path = TRAINED) -> str:
    """SHA-256 of all that makes the pipeline in the folder what it is."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256("".join(map(sha256_of, files)).encode()).hexdigest()


def tag(prose: Prose, sections: Collection[str] = TAGGED_SECTIONS) -> tuple[Entity, ...]:
    """The entities of the preamble and of the sections with these numbers, in order of the text.

    Offsets count characters of the section's paragraphs joined by a newline; page and box are those
    of the first page a span stands on. Month-days take their year from the text before them, the
    title first.
    """
    wanted = list(_tagged_sections(prose.sections, sections))
    texts = ["\n".join(p.text for p in section.paragraphs) for section in wanted]
    found: list[Entity] = []
    for section, doc in zip(wanted, read_texts(prose.title, texts), strict=True):
        places, readings = _places(section.paragraphs), _readings(section.paragraphs)
        found.extend(_entity(span, section.number, places, readings) for span in doc.ents)
    return tuple(found)


def read_texts(
    title: str, texts: Sequence[str], *, year: str | None = None, nlp: Language | None = None
) -> list[Doc]:
    """The texts of one report through the pipeline, in one batch.

    The title vouches for the places it names, and dates that lack a year take it from those before
    them, the title's first; `year` is known before.
    """
    from extractor.tagging.values import Dates

    nlp, dates = nlp or load_pipeline(), Dates(year)
    # half of a surrogate pair, from a broken text layer, is no character
    docs = [nlp.make_doc(_SURROGATES.sub("\ufffd", text)) for text in (title, *texts)]
    for doc in docs:
        doc.user_data.update(title=title, dates=dates)
    # the matrices are small: more threads than one only wait for each other
    with _threads().limit(limits=1, user_api="blas"):
        return list(nlp.pipe(docs))[1:]


@functools.cache
def _threads() -> ThreadpoolController:
    """The thread pools of the process; looked for once, behind the import of numpy."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _tagged_sections(
    sections: Sequence[ProseSection], numbers: Collection[str]
) -> Iterator[ProseSection]:
    """The sections to tag; one of a lower level counts with the numbered one above it."""
    wanted = True
    for section in sections:
        if section.level <= 1:
            wanted = section.number is None or section.number in numbers
        if wanted and section.paragraphs:
            yield section


def _entity(
    span: Span,
    section: str | None,
    places: Sequence[tuple[int, Box] | None],
    readings: Sequence[float],
) -> Entity:
    """The entity of a tagged span of a section; no surer than its least certain character."""
    start, end = span.start_char, span.end_char
    page, bbox = _first_page(places[start:end])
    return Entity(
        label=span.label_,
        text=span.text,
        start=start,
        end=end,
        section=section,
        normalized=span._.normalized,
        subject=span._.subject,
        confidence=round(span._.confidence * min(readings[start:end]), 4),
        page=page,
        bbox=bbox,
    )


def _places(paragraphs: Sequence[Paragraph]) -> list[tuple[int, Box] | None]:
    """The place of every character of the joined text; a newline has none."""
    places: list[tuple[int, Box] | None] = []
    for paragraph in paragraphs:
        if places or paragraph is not paragraphs[0]:
            places.append(None)
        places.extend(paragraph.places)
    return places


def _readings(paragraphs: Sequence[Paragraph]) -> list[float]:
    """How sure every character of the joined text was read; a text layer's is as printed."""
    readings: list[float] = []
    for paragraph in paragraphs:
        if readings or paragraph is not paragraphs[0]:
            readings.append(1.0)
        known = paragraph.confidences or (None,) * len(paragraph.text)
        readings.extend(1.0 if one is None else one for one in known)
    return readings


def _first_page(places: Sequence[tuple[int, Box] | None]) -> tuple[int | None, Box | None]:
    """The first page of a span and the box around its characters there."""
    known = [place for place in places if place is not None]
    if not known:
        return None, None
    page = known[0][0]
    return page, bounding(box for number, box in known if number == page).rounded()
