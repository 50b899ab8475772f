"""The one place that knows the order: a file in, a Document out."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import extractor
from extractor.checks import attach_checks, run_checks
from extractor.confidence import with_confidence
from extractor.document import SCHEMA_VERSION, Document, EngineInfo, Notice, Source
from extractor.entities import tag, tagger_version
from extractor.errors import ExtractorError, TimedOutError, UnreadableError
from extractor.fields import fill_fields
from extractor.layout import read_prose, second_report, to_sections, with_head
from extractor.metadata import metadata_fields
from extractor.ocr import load_engine
from extractor.ocr.models import NUMBERS, sha256_of
from extractor.options import Options
from extractor.pages import PageReading, cut_parts, read_page
from extractor.pdf import OpenedFile, open_file
from extractor.reading import read_jointly, with_odds
from extractor.report import load_templates, recognise
from extractor.review import Read, review
from extractor.second_reader import second_opinion
from extractor.tables.stitch import stitch
from extractor.template import TAGGED_SECTIONS, official_headings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extractor.document import Check, Entity, Field, FieldOrigin, Section, Table
    from extractor.layout import Prose
    from extractor.ocr.engine import Engine
    from extractor.pdf import PageSource
    from extractor.proofs import PageProof
    from extractor.review import Reviewed
    from extractor.template import Template
    from extractor.textlayer import Doubt

    Progress = Callable[[int, int], None]
    OnPage = Callable[[PageProof], None]

log = logging.getLogger(__name__)

HIDDEN = 0.05  # share of a cell's text from which what lies over it is worth a look
DOUBTS: dict[Doubt, str] = {
    "invisible": "invisible text",
    "unmapped": "glyphs without Unicode mapping",
    "garbled": "text is garbled",
    "mismatch": "text does not match the pixels",
}


def extract(
    path: str | Path,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
    on_page: OnPage | None = None,
) -> Document:
    """Reads one PDF or picture file.

    `progress` is called with (pages done, pages in all). A page that cannot be read becomes a
    warning in the result. `on_page` is called with the proof of each page that was read, right
    after that: its picture, straightened as the result's boxes are, and its words. It changes
    nothing of the result. Raises an ExtractorError where nothing can be read.
    """
    path, options = Path(path), options or Options()
    started = time.perf_counter()
    templates = load_templates(options.templates, options.template)
    with open_file(path, options) as opened:
        readings, notices, engine = _read_pages(opened, options, progress, on_page)
        prose, first, more = _first_report(readings, templates)
        models = {**engine.models, NUMBERS.name: sha256_of(NUMBERS)} if engine else {}
        content = _interpret(opened, prose, first, templates, options, models)
        notices += more
    name = engine.name if engine else None
    info = EngineInfo(name, models, extractor.__version__, tagger_version())
    document = _document(opened, readings, content, notices, info)
    seconds = time.perf_counter() - started
    counts = len(readings), len(document.tables), len(document.fields)
    log.info("document: %d pages, %d tables, %d fields, %.2f s", *counts, seconds)
    return document


@dataclass(frozen=True, slots=True)
class _Content:
    """What the pages of a document say."""

    template: tuple[Template, float] | None
    fields: tuple[Field, ...]
    tables: tuple[Table, ...]
    sections: tuple[Section, ...]
    entities: tuple[Entity, ...]
    checks: tuple[Check, ...]
    reviewed: Reviewed | None = None


def _read_pages(
    opened: OpenedFile, options: Options, progress: Progress | None, on_page: OnPage | None
) -> tuple[list[PageReading], list[Notice], Engine | None]:
    deadline = time.monotonic() + options.timeout_s
    used: list[Engine] = []

    def engine() -> Engine:
        # Loaded when the first page needs it: a born-digital document never does.
        if not used:
            used.append(load_engine(options))
        return used[0]

    readings: list[PageReading] = []
    failures: list[ExtractorError] = []
    for index, source in enumerate(opened.pages):
        _guard_time(deadline, options, opened.path, source.number)
        read = _read_page(source, engine, options, on_page)
        if isinstance(read, ExtractorError):
            failures.append(read)
        else:
            readings.append(read)
        if progress is not None:
            progress(index + 1, len(opened.pages))
    if not readings:
        raise _no_page(failures, opened.path)
    notices = [Notice("page_unreadable", error.page, error.message) for error in failures]
    notices += [_torn(reading.page.number) for reading in readings if reading.torn]
    notices += [n for reading in readings if (n := _covered(reading)) is not None]
    notices += [_doubted(r.page.number, r.doubt) for r in readings if r.doubt is not None]
    return readings, notices, used[0] if used else None


def _read_page(
    source: PageSource,
    engine: Callable[[], Engine],
    options: Options,
    on_page: OnPage | None,
) -> PageReading | ExtractorError:
    """The page's reading, or the error that keeps this page alone from being read."""
    try:
        reading = read_page(source, engine, options, prove=on_page is not None)
    except ExtractorError as error:
        if error.page is None:
            raise
        return error
    if on_page is not None and reading.proof is not None:
        on_page(reading.proof)
    return replace(reading, proof=None)  # pictures of all pages would fill the memory


def _guard_time(deadline: float, options: Options, path: Path, number: int) -> None:
    if time.monotonic() > deadline:
        message = f"reading took longer than {options.timeout_s:g} s; raise --timeout"
        raise TimedOutError(message, path=path, page=number)


def _no_page(failures: Sequence[ExtractorError], path: Path) -> ExtractorError:
    """The error of a document none of whose pages can be read: that of its pages, if all agree."""
    first = failures[0]
    if len(failures) == 1:
        return type(first)(first.message, path=path, page=first.page)
    kind = type(first) if len({type(f) for f in failures}) == 1 else UnreadableError
    message = f"none of its {len(failures)} pages can be read, page {first.page} because: "
    return kind(message + first.message, path=path)


def _torn(number: int) -> Notice:
    message = "part of the page is damaged and not in the result; get the file again and compare"
    return Notice("page_damaged", number, message)


def _covered(reading: PageReading) -> Notice | None:
    """A notice where a seal, a stamp or a ruling lies over text of the page's tables."""
    cells = [cell for part in reading.parts for cell in part.table.cells]
    count = sum(cell.hidden > HIDDEN for cell in cells)
    if not count:
        return None
    message = f"a seal, a stamp or a ruling lies over {count} cells; compare them with the page"
    if count == 1:
        message = "a seal, a stamp or a ruling lies over 1 cell; compare it with the page"
    return Notice("cells_covered", reading.page.number, message)


def _first_report(
    readings: Sequence[PageReading], templates: Sequence[Template]
) -> tuple[Prose, Sequence[PageReading], list[Notice]]:
    """Prose and pages of the first report, and a notice where another one follows."""
    texts = [reading.text for reading in readings]
    official = official_headings(templates)
    prose = read_prose(texts, official)
    page = second_report(prose, texts)
    if page is None:
        return prose, readings, []
    message = "another report begins here; only the first is in the result: split the file"
    first = [reading for reading in readings if reading.page.number < page]
    notice = Notice("several_reports", page, message)
    return read_prose([reading.text for reading in first], official), first, [notice]


def _doubted(number: int, doubt: Doubt) -> Notice:
    message = f"the text layer was not used: {DOUBTS[doubt]}; the page was read from its pixels"
    return Notice("text_layer_not_used", number, message)


def _interpret(
    opened: OpenedFile,
    prose: Prose,
    readings: Sequence[PageReading],
    templates: Sequence[Template],
    options: Options,
    models: Mapping[str, str],
) -> _Content:
    tables = _tables(readings, prose, templates)
    whole = with_head(prose)
    found = _recognise(templates, tables, prose)
    tagged = TAGGED_SECTIONS if found is None else found[0].tagged_sections
    sections, entities = to_sections(whole), tag(whole, tagged)
    if found is None:
        return _Content(None, (), tables, sections, entities, ())
    sources = _sources(readings)
    fields = (
        *metadata_fields(found[0], prose, tables, sources, entities),
        *fill_fields(found[0], tables, sources),
    )
    joint = read_jointly(found[0], fields)
    checks = with_odds(run_checks(found[0], joint.fields, entities, sections), joint.suspicions)
    fields = attach_checks(joint.fields, checks)
    if options.second_reader == "auto":
        fields = second_opinion(
            opened.path, options.password, fields, checks, _heights(opened, readings)
        )
    pages = [reading.page for reading in readings]
    fields = with_confidence(fields, pages, checks)
    read = Read(opened.sha256, models, pages, fields, checks, joint.stories)
    judged = review(read, options)
    return _Content(found, judged.fields, tables, sections, entities, checks, judged)


def _sources(readings: Sequence[PageReading]) -> dict[int, FieldOrigin]:
    return {
        r.page.number: "text_layer" if r.page.source == "text_layer" else "ocr" for r in readings
    }


def _heights(opened: OpenedFile, readings: Sequence[PageReading]) -> dict[int, float]:
    """Heights of the pages that a second reader can be asked about.

    Their text layer stands upright, and nothing is cut off: it measures from the media box.
    """
    return {
        r.page.number: r.page.height
        for r in readings
        if r.page.source == "text_layer" and r.page.rotation == 0 and _uncut(opened, r.page.number)
    }


def _uncut(opened: OpenedFile, number: int) -> bool:
    text = opened.pages[number - 1].text
    return text is not None and not text.is_cut()


def _tables(
    readings: Sequence[PageReading], prose: Prose, templates: Sequence[Template]
) -> tuple[Table, ...]:
    labels = frozenset[str]().union(*(template.row_labels for template in templates))
    parts = [part for reading in readings for part in cut_parts(reading, prose.lines)]
    return tuple(replace(table, id=f"t{i}") for i, table in enumerate(stitch(parts, labels), 1))


def _recognise(
    templates: Sequence[Template], tables: Sequence[Table], prose: Prose
) -> tuple[Template, float] | None:
    text = "\n".join(p.text for section in prose.sections for p in section.paragraphs)
    return recognise(templates, tables, prose.title, text)


def _document(
    opened: OpenedFile,
    readings: Sequence[PageReading],
    content: _Content,
    notices: Sequence[Notice],
    info: EngineInfo,
) -> Document:
    reviewed = content.reviewed
    template, confidence = content.template or (None, None)
    source = Source(
        _utf8(opened.path.name),
        opened.sha256,
        len(opened.pages),
        tuple(reading.page for reading in readings),
        template.id if template else None,
        confidence,
        info,
    )
    return Document(
        SCHEMA_VERSION,
        source,
        content.fields,
        content.tables,
        content.sections,
        content.entities,
        content.checks,
        (*notices, *(reviewed.notices if reviewed is not None else ())),
        reviewed.plan if reviewed is not None else None,
    )


def _utf8(name: str) -> str:
    """A file name as text: bytes of other encodings in it become a replacement character."""
    return name.encode("utf-8", "replace").decode()
