"""The text of a report with what is named in it marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.document import Document, Entity, Section


@dataclass(frozen=True, slots=True)
class Mark:
    """An entity of the text; `meaning` is its canonical value with what is counted."""

    label: str
    meaning: str
    approximate: bool
    subject: str | None
    confidence: float
    page: int | None
    number: int

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return f"entity-{self.number}"

    @property
    def box(self) -> str | None:
        """The id of its box on the picture of its page."""
        return f"box-entity-{self.number}" if self.page is not None else None


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `mark` is None where nothing is named in it."""

    text: str
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A section: its number and heading as printed, its paragraphs in pieces."""

    number: str | None
    heading: str
    level: int
    page: int
    paragraphs: tuple[tuple[Piece, ...], ...]


def parts_of(document: Document) -> tuple[Part, ...]:
    """All sections, in their order."""
    numbered = list(enumerate(document.entities))
    return tuple(_part(section, numbered) for section in document.sections)


def labels_of(document: Document) -> tuple[tuple[str, int], ...]:
    """The labels of entities that occur, with how many there are, the most frequent first."""
    counts: dict[str, int] = {}
    for entity in document.entities:
        counts[entity.label] = counts.get(entity.label, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _part(section: Section, entities: Sequence[tuple[int, Entity]]) -> Part:
    text = "\n".join(section.paragraphs)
    own = [
        (number, entity)
        for number, entity in entities
        if entity.section == section.number and text[entity.start : entity.end] == entity.text
    ]
    paragraphs, start = [], 0
    for paragraph in section.paragraphs:
        paragraphs.append(tuple(pieces(paragraph, start, own)))
        start += len(paragraph) + 1
    return Part(section.number, section.heading, section.level, section.page, tuple(paragraphs))


def pieces(paragraph: str, offset: int, entities: Sequence[tuple[int, Entity]]) -> Iterator[Piece]:
    """A paragraph cut at the entities that begin in it.

    `offset` is where the paragraph begins in its section. What overlaps an entity before it is
    left out, and so is what goes on beyond the paragraph.
    """
    position = 0
    for number, entity in sorted(entities, key=lambda one: (one[1].start, -one[1].end)):
        start, end = entity.start - offset, entity.end - offset
        if start < position or end > len(paragraph):
            continue
        if start > position:
            yield Piece(paragraph[position:start])
        yield Piece(paragraph[start:end], _mark(number, entity))
        position = end
    if position < len(paragraph):
        yield Piece(paragraph[position:])


def _mark(number: int, entity: Entity) -> Mark:
    value = "" if entity.normalized.value is None else str(entity.normalized.value)
    return Mark(
        label=entity.label,
        meaning=f"{value} {entity.normalized.unit}" if entity.normalized.unit else value,
        approximate=entity.normalized.approximate,
        subject=entity.subject,
        confidence=entity.confidence,
        page=entity.page if entity.bbox is not None else None,
        number=number,
    )
