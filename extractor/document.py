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
class Quality:
    """How good a scan is, measured from its pixels.

    letter: usual height of a character of its tables, in pixels, None where it has none; contrast:
    how much darker ink is than paper, 0 to 1; sharpness: the steepest edges of ink, as a share of
    the contrast a pixel; noise: standard deviation of the paper, as a share of white; specks: share
    of the page that they take, in thousandths; wear: share of the rulings' length that is gone,
    0 on a page without tables.
    """

    letter: float | None
    contrast: float
    sharpness: float
    noise: float
    specks: float
    wear: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page after reading; width and height in points of the upright page, skew in degrees.

    `rotation` is what was turned to make the page upright: 0, 90, 180 or 270 degrees clockwise.
    `quality` is None where the page was not read from its pixels.
    """

    number: int
    width: float
    height: float
    rotation: int
    skew: float
    source: PageOrigin
    quality: Quality | None = None


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
class Ink:
    """What the ink of a scanned cell looks like, beside what was read from it; unknown is None.

    agreed: whether the reader of text and that of numbers read the same; rival: probability of the
    next reading by the pixels; width, height: of a number, as a multiple of what its digits
    usually take on that page; area: of the ink in a cell where nothing was read, in square inches.
    """

    agreed: bool | None = None
    rival: float | None = None
    width: float | None = None
    height: float | None = None
    area: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, once: its first row and column and how many it spans.

    `confidence` is that of the text (1.0 from a trusted text layer), `structure` that of its row
    and column. `hidden` is the share of it that something lies over: a seal, a stamp, a ruling.
    `ink` is None where the cell was not read from pixels.
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
    ink: Ink | None = None


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

    reading: probability of the least certain character; structure: of the borders of its cell;
    label: how strongly metadata speaks for its field, 0 to 1; second_reader: whether another reader
    agreed; relations_held, relations_broken: number of arithmetic relations it takes part in;
    arithmetic: probability of the reading after relations and pixels were weighed together; hidden:
    share of it that a seal, a stamp or a ruling lies over; row, column: how sure it is that a cell
    is in the row and the column of its field, 0 to 1; ink: of a cell that was read from pixels.
    """

    reading: float | None = None
    structure: float | None = None
    label: float | None = None
    second_reader: bool | None = None
    relations_held: int = 0
    relations_broken: int = 0
    arithmetic: float | None = None
    hidden: float | None = None
    row: float | None = None
    column: float | None = None
    ink: Ink | None = None


@dataclass(frozen=True, slots=True)
class Certainty:
    """The questions that a confidence answers, each given that those before have the answer yes.

    place: the probability that it was read from the right cell; state: that printed, blank,
    not_applicable or missing is right; reading: that the value is. None where nothing was asked.
    """

    place: float | None = None
    state: float | None = None
    reading: float | None = None


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
    certainty: Certainty = field(default_factory=Certainty)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A field that may be at fault for a broken relation, in print or in reading."""

    field: str
    probability: float


@dataclass(frozen=True, slots=True)
class Check:
    """A relation that was tried; `fields` take part in it.

    Of a broken one `misread` is the probability that a number of it was misread, the rest to 1
    that the paper itself is wrong; `suspects` come with the most probable first. Unknown is None.
    """

    id: str
    passed: bool
    severity: Severity
    expression: str
    message: str
    fields: tuple[str, ...]
    misread: float | None = None
    suspects: tuple[Suspect, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a reader of the result must know; `page` is None for the whole document."""

    code: str
    page: int | None
    message: str


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What read it: OCR engine (None: no page needed it), hashes of models and tagger, version."""

    ocr: str | None
    models: dict[str, str]
    extractor: str
    tagger: str | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """A certificate that a review goes by: a share `target` of what it accepts is wrong at most.

    With the probability `confidence`; `bounds` are by band the share of wrong fields that is shown.
    """

    issued_on: str
    source: str
    target: float
    confidence: float
    bounds: dict[str, float]


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What a person should look at, and why that is enough.

    model: version of the model of confidence; bands: quality of each page, in order; thresholds:
    by band, the confidence below which a field needs review; certificate: None where none applies.
    expected_wrong: number of fields expected to be wrong; looks: the fewest fields whose
    confirmation brings that to `expected_left`, the best first: a share `target` of all fields or
    less. drawn: fields chosen by lot, to be looked at whatever their confidence is: they check the
    certificate and are never learnt from.
    """

    model: str
    bands: tuple[str, ...]
    thresholds: dict[str, float]
    certificate: InForce | None
    target: float
    expected_wrong: float
    looks: tuple[str, ...]
    expected_left: float
    drawn: tuple[str, ...]


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
    """The result of one document, a contract; `review` is None where no template fits."""

    schema_version: int
    document: Source
    fields: tuple[Field, ...]
    tables: tuple[Table, ...]
    sections: tuple[Section, ...]
    entities: tuple[Entity, ...]
    checks: tuple[Check, ...]
    warnings: tuple[Notice, ...]
    review: ReviewPlan | None = None

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
