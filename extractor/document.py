"""The data: what is read from one document. Plain frozen values; engines and exporters stay out."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from extractor.geometry import Box  # noqa: TC001  pydantic reads the annotations at run time

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PageOrigin = Literal["text_layer", "ocr", "blank"]
FieldOrigin = Literal["text_layer", "ocr", "reviewer"]
State = Literal["printed", "blank", "not_applicable", "missing"]
Review = Literal["accepted", "needs_review", "confirmed", "corrected"]
Severity = Literal["error", "warning"]
Kind = Literal[
    "count", "money", "date", "year", "agency", "text", "document_number", "phone", "postcode",
    "email", "url",
]  # fmt: skip
Value = int | float | str | None

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Char:
    """One character with its place; `confidence` is None where the text layer gave it."""

    text: str
    bbox: Box
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters on one line without a gap; `confidence` is as in Char."""

    text: str
    bbox: Box
    confidence: float | None = None
    chars: tuple[Char, ...] = ()
    size: float = 0.0  # glyph height in points
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text on one page, words in reading order."""

    text: str
    bbox: Box
    page: int
    words: tuple[Word, ...]
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page after reading; width and height in points of the upright page, skew in degrees.

    `rotation` is what was turned to make the page upright: 0, 90, 180 or 270 degrees clockwise.
    """

    number: int
    width: float
    height: float
    rotation: int
    skew: float
    source: PageOrigin


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading of the same place, or the number that its sums call for.

    `text` is given where it is not just the value written down: blank, "/", "1,234".
    """

    value: Value
    confidence: float
    text: str | None = None

    def __str__(self) -> str:
        """The reading as it is shown to a person."""
        return str(self.value) if self.value is not None else self.text or "blank"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, once: its first row and column and how many it spans.

    `confidence` is that of the text (1.0 from a trusted text layer), `structure` that of its row
    and column. `hidden` is the share of it that something lies over: a seal, a stamp, a ruling.
    """

    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    confidence: float
    page: int
    bbox: Box
    structure: float = 1.0
    alternatives: tuple[Alternative, ...] = ()
    hidden: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of cells whose spans tile rows × columns exactly."""

    id: str
    title: str
    pages: tuple[int, ...]
    rows: int
    columns: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the prose.

    `number` is as printed without punctuation (一, （一）→ 一, 1), None where nothing is printed.
    """

    number: str | None
    heading: str
    level: int
    page: int
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Normalized:
    """The canonical value of an entity: ISO date, number with unit, text without spaces."""

    value: Value
    unit: str | None = None
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A tagged span; offsets count characters of the section's paragraphs joined by a newline."""

    label: str
    text: str
    start: int
    end: int
    section: str | None
    normalized: Normalized
    subject: str | None
    confidence: float
    page: int | None
    bbox: Box | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a field before it is turned into a probability; unknown is None.

    reading: probability of the least certain character; structure: of the cell's row and column;
    label: likeness of the row and column labels, 0 to 1; second_reader: whether another reader
    agreed; relations_held, relations_broken: number of arithmetic relations it takes part in;
    arithmetic: probability of the reading after relations and pixels were weighed together; hidden:
    share of it that a seal, a stamp or a ruling lies over.
    """

    reading: float | None = None
    structure: float | None = None
    label: float | None = None
    second_reader: bool | None = None
    relations_held: int = 0
    relations_broken: int = 0
    arithmetic: float | None = None
    hidden: float | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the template, with where it stands and how sure it is."""

    id: str
    label: str
    kind: Kind
    value: Value
    state: State
    text: str
    unit: str | None
    confidence: float
    alternatives: tuple[Alternative, ...]
    page: int | None
    bbox: Box | None
    source: FieldOrigin | None
    checks: tuple[str, ...]
    review: Review
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class Check:
    """A relation that was tried; `fields` take part in it."""

    id: str
    passed: bool
    severity: Severity
    expression: str
    message: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader of the result must know; `page` is None for the whole document."""

    code: str
    page: int | None
    message: str


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What read the document: OCR engine (None where no page needed it), model hashes, version."""

    ocr: str | None
    models: dict[str, str]
    extractor: str


@dataclass(frozen=True, slots=True)
class Source:
    """The file and its pages, and the template that was recognised."""

    filename: str
    sha256: str
    page_count: int
    pages: tuple[Page, ...]
    template: str | None
    template_confidence: float | None
    engine: EngineInfo


@dataclass(frozen=True, slots=True)
class Document:
    """The result of one document: contract for users, exports and reviewers."""

    schema_version: int
    document: Source
    fields: tuple[Field, ...]
    tables: tuple[Table, ...]
    sections: tuple[Section, ...]
    entities: tuple[Entity, ...]
    checks: tuple[Check, ...]
    warnings: tuple[Notice, ...]

    def field(self, field_id: str) -> Field:
        """The field of that id; raises KeyError where the template has none."""
        for item in self.fields:
            if item.id == field_id:
                return item
        raise KeyError(field_id)

    def to_json(self, indent: int | None = 2) -> str:
        """The JSON of the result, UTF-8 text; `from_json` gives the same Document back."""
        return str(_adapter().dump_json(self, indent=indent).decode())

    @classmethod
    def from_json(cls, text: str | bytes) -> Document:
        """A Document from its JSON; raises ValueError where the text is not such a result.

        Unknown names are passed over: additions to the contract keep the schema version.
        """
        document = _adapter().validate_json(text)
        if document.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema_version {document.schema_version} is not {SCHEMA_VERSION}")
        return document


@functools.cache
def _adapter() -> TypeAdapter[Document]:
    """Built once, when first used: pydantic takes longer to import than `--help` may."""
    from pydantic import TypeAdapter

    return TypeAdapter(Document)
