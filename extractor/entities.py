"""Named things of the prose: a spaCy pipeline over the preamble and the sections a template names.

A trained pipeline is taken where `models/ner` holds one, else the rules of `extractor.tagging`.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.document import Entity
from extractor.geometry import Box, bounding
from extractor.template import TAGGED_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from spacy.language import Language
    from spacy.tokens import Span

    from extractor.layout import Paragraph, Prose, ProseSection

TRAINED = Path(__file__).parent.parent / "models" / "ner"


@functools.cache
def load_pipeline(folder: Path = TRAINED) -> Language:
    """The trained pipeline in the folder (or the newest below it), the rules where there is none.

    spaCy is imported here: it takes longer than `--help` may. Raises OSError for a broken model.
    """
    import spacy

    from extractor.tagging.pipeline import rule_pipeline, with_meaning

    trained = [path.parent for path in folder.glob("**/config.cfg")]
    trained = [path for path in trained if (path / "meta.json").is_file()]
    newest = max(trained, key=_version, default=None)
    return rule_pipeline() if newest is None else with_meaning(spacy.load(newest))


def _version(folder: Path) -> tuple[tuple[int, str], ...]:
    """What orders versions by number: v9 before v10, 1.9.0 before 1.10.0."""
    parts = re.findall(r"\d+|\D+", folder.as_posix())
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)


def tag(prose: Prose, sections: Collection[str] = TAGGED_SECTIONS) -> tuple[Entity, ...]:
    """The entities of the preamble and of the sections with these numbers, in order of the text.

    Offsets count characters of the section's paragraphs joined by a newline; page and box are those
    of the first page a span stands on. Month-days take their year from the text before them, the
    title first.
    """
    nlp = load_pipeline()
    year = _year_of(prose.title, nlp)
    found: list[Entity] = []
    for section in _tagged_sections(prose.sections, sections):
        doc = nlp.make_doc("\n".join(p.text for p in section.paragraphs))
        doc.user_data.update(title=prose.title, year=year)
        doc = nlp(doc)
        year = doc.user_data.get("year")
        places = _places(section.paragraphs)
        found.extend(_entity(span, section.number, places) for span in doc.ents)
    return tuple(found)


def _year_of(title: str, nlp: Language) -> str | None:
    """The year the title names, as the first context of dates."""
    year = nlp(title).user_data.get("year") if title else None
    return year if isinstance(year, str) else None


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


def _entity(span: Span, section: str | None, places: Sequence[tuple[int, Box] | None]) -> Entity:
    """The entity of a tagged span of a section."""
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
        confidence=span._.confidence,
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


def _first_page(places: Sequence[tuple[int, Box] | None]) -> tuple[int | None, Box | None]:
    """The first page of a span and the box around its characters there."""
    known = [place for place in places if place is not None]
    if not known:
        return None, None
    page = known[0][0]
    return page, bounding(box for number, box in known if number == page).rounded()
