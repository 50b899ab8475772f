"""Crops with truth to measure readers on: generated ones, and cells of scanned reports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor import Options, extract
from extractor.image import flatten_page, flattened, turned
from extractor.pdf import open_file, reading_dpi
from extractor.tables.crops import cell_lines, letter_height, painted_rulings
from extractor.tables.grid import WORN, find_grids
from extractor.tables.worn import with_lost_borders
from models.numbers.samples import Recipe, make_samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from extractor.document import Document, Field
    from extractor.image import FlatPage
    from extractor.ocr.engine import Image

SEEDS = {False: 101, True: 102}  # of generated crops in typefaces of the training, and in unseen
SEVERITIES = ((0.5, "0-0.5"), (1.0, "0.5-1"), (1.5, "1-1.5"), (9.0, "1.5-2"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A crop, what is printed in it, the group it is counted in, and `LineCrop.mark`."""

    image: Image
    text: str
    group: str
    mark: str = ""


def generated(fonts: Path, sheets: int, *, unseen: bool) -> Iterator[Asked]:
    """Generated crops by kind of wear and severity."""
    name = "unseen" if unseen else "seen"
    for sample in make_samples(Recipe(SEEDS[unseen], sheets, fonts, unseen)):
        severity = next(label for top, label in SEVERITIES if sample.severity < top)
        yield Asked(sample.image, sample.label, f"{name} {sample.kind} {severity}")


def of_reports(pairs: Iterable[tuple[Path, Path]]) -> Iterator[Asked]:
    """The one-line cells of scanned reports that print something; pairs of document and truth."""
    for path, truth in pairs:
        texts: dict[str, str] = json.loads(truth.read_text(encoding="utf-8"))["cells"]
        yield from of_fields(path, extract(path), texts)


def of_fields(path: Path, document: Document, texts: Mapping[str, str]) -> Iterator[Asked]:
    """The one-line cells of a scan whose fields have a text; `document` is its result."""
    pages: dict[int, list[Field]] = {}
    for field in document.fields:
        if texts.get(field.id) and field.page is not None and field.source == "ocr":
            pages.setdefault(field.page, []).append(field)
    for number, fields in pages.items():
        flat = _flat(path, number, document.document.pages[number - 1].rotation)
        yield from _of_page(flat, fields, texts, path.name)


def _flat(path: Path, number: int, rotation: int) -> FlatPage:
    options = Options()
    with open_file(path, options) as opened:
        source = opened.pages[number - 1]
        dpi = reading_dpi(source, options.dpi)
        return flatten_page(turned(flattened(source.raster(dpi)), rotation), dpi, rotation)


def _of_page(
    flat: FlatPage, fields: Iterable[Field], texts: Mapping[str, str], group: str
) -> Iterator[Asked]:
    grids = find_grids(flat.rulings, flat.wear)
    if flat.wear >= WORN:
        grids = tuple(with_lost_borders(grid, flat) for grid in grids)
    clean = painted_rulings(flat, grids)
    letter = letter_height(flat, grids, clean)
    for field in fields:
        assert field.bbox is not None
        lines = cell_lines(flat, clean, field.bbox, letter)
        if len(lines) == 1:
            yield Asked(lines[0].image, texts[field.id], group, lines[0].mark)
