"""Corrections of a person to the sections of a report: a heading, one too many, one that lacks.

What is named in the prose moves with its paragraphs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.document import Section
from extractor.errors import CorrectionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.document import Document, Entity


@dataclass(frozen=True, slots=True)
class Head:
    """What a section is called: see extractor.document.Section."""

    number: str | None
    heading: str
    level: int


def renamed(document: Document, index: int, head: Head) -> Document:
    """Another number, heading or level of a section. Raises CorrectionError."""
    section = _section(document, index)
    named = replace(section, number=head.number, heading=head.heading, level=head.level)
    return _with(document, index, [section], [named])


def joined(document: Document, index: int) -> Document:
    """A section put to the end of the one before: its heading was a paragraph.

    Raises CorrectionError where there is none.
    """
    section = _section(document, index)
    if index == 0:
        raise CorrectionError("there is no section before the first")
    before = document.sections[index - 1]
    heading = (section.heading,) if section.heading else ()
    one = replace(before, paragraphs=(*before.paragraphs, *heading, *section.paragraphs))
    return _with(document, index - 1, [before, section], [one])


def parted(document: Document, index: int, paragraph: int, head: Head) -> Document:
    """A section cut at a paragraph that is a heading. Raises CorrectionError."""
    section = _section(document, index)
    if not 0 <= paragraph < len(section.paragraphs):
        raise CorrectionError(f"the section has {len(section.paragraphs)} paragraphs")
    above = replace(section, paragraphs=section.paragraphs[:paragraph])
    below = Section(
        head.number, head.heading, head.level, section.page, section.paragraphs[paragraph + 1 :]
    )
    return _with(document, index, [section], [above, below])


def _section(document: Document, index: int) -> Section:
    if not 0 <= index < len(document.sections):
        raise CorrectionError(f"the report has {len(document.sections)} sections")
    return document.sections[index]


def _with(
    document: Document, start: int, old: Sequence[Section], new: Sequence[Section]
) -> Document:
    sections = (*document.sections[:start], *new, *document.sections[start + len(old) :])
    places = dict(_places(new))
    entities = tuple(_moved(entity, old, places) for entity in document.entities)
    return replace(document, sections=sections, entities=entities)


def _places(sections: Sequence[Section]) -> Iterator[tuple[str, tuple[str | None, int]]]:
    """Where each paragraph of some sections begins: the number of its section, and the offset."""
    for section in sections:
        start = 0
        for paragraph in section.paragraphs:
            yield paragraph, (section.number, start)
            start += len(paragraph) + 1


def _moved(
    entity: Entity, old: Sequence[Section], places: dict[str, tuple[str | None, int]]
) -> Entity:
    """An entity at the place that its paragraph has now; those of other sections stay."""
    for section in old:
        text = "\n".join(section.paragraphs)
        if entity.section != section.number or text[entity.start : entity.end] != entity.text:
            continue
        paragraph, start = _paragraph_at(section, entity.start)
        if paragraph in places:
            number, begin = places[paragraph]
            offset = begin - start
            return replace(
                entity, section=number, start=entity.start + offset, end=entity.end + offset
            )
    return entity


def _paragraph_at(section: Section, offset: int) -> tuple[str, int]:
    """The paragraph of a section that has an offset, and where it begins."""
    start = 0
    for paragraph in section.paragraphs:
        if offset <= start + len(paragraph):
            return paragraph, start
        start += len(paragraph) + 1
    raise CorrectionError("the section has no such place")
