"""How well tables of no known form are found and read: detection and structure together.

  python -m benchmarks.tables FOLDER

FOLDER holds PDFs with truths `NAME-str.xml` of the ICDAR 2013 table competition, scored by
adjacency relations (see benchmarks.adjacency), and pictures with `NAME.truth.json`, a grid of
texts and its HTML, scored by structure (rows, columns and spans all right) and by the share of
slots whose text is right. A PDF `NAMEa.pdf` may have other truths, `NAMEb-str.xml`: the better
counts. Tables are matched page by page as the competition's tool does; a table that runs over
pages counts by page.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.adjacency import Agreement, Slot, compared, relations
from extractor import extract

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor import Document
    from extractor.document import Table

    Pages = dict[int, list[list[Slot]]]

PICTURES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class PictureScore:
    """Whether rows, columns and spans of a picture's table are right, and how many texts."""

    structure: bool
    right: int
    slots: int


def read_truth(path: Path) -> Pages:
    """The true tables of each page. Cells without text are not in the file."""
    pages: Pages = {}
    for region in ET.parse(path).getroot().iter("region"):  # noqa: S314
        cells = [_slot(cell) for cell in region.iter("cell")]
        pages.setdefault(_number(region.attrib["page"]), []).append(cells)
    return pages


def _slot(cell: ET.Element) -> Slot:
    row, column = _number(cell.attrib["start-row"]), _number(cell.attrib["start-col"])
    last_row = _number(cell.attrib.get("end-row", str(row)))
    # One file of the competition has the words of this name the other way round.
    last_column = _number(cell.attrib.get("end-col", cell.attrib.get("col-end", str(column))))
    text = cell.findtext("content") or ""
    return Slot(row, column, last_row - row + 1, last_column - column + 1, text)


def _number(text: str) -> int:
    """A number before which and after which other signs may stand."""
    found = re.search(r"-?\d+", text)
    if found is None:
        raise ValueError(f"no number in {text!r}")
    return int(found.group())


def found_tables(document: Document) -> Pages:
    """The tables of each page of a result; parts on several pages count as one table each."""
    pages: Pages = {}
    for table in document.tables:
        for page in sorted({cell.page for cell in table.cells}):
            cells = [_cell_slot(table, i) for i, c in enumerate(table.cells) if c.page == page]
            pages.setdefault(page, []).append(cells)
    return pages


def _cell_slot(table: Table, index: int) -> Slot:
    cell = table.cells[index]
    return Slot(cell.row, cell.column, cell.row_span, cell.column_span, cell.text)


def agreement(true: Pages, found: Pages) -> Agreement:
    """Agreement of all pages of a document."""
    total = Agreement()
    for page in sorted(true.keys() | found.keys()):
        truths = [relations(cells) for cells in true.get(page, [])]
        total += compared(truths, [relations(cells) for cells in found.get(page, [])])
    return total


def truths_of(pdf: Path) -> list[Path]:
    """The truth of a PDF, and the others where its name ends in "a"."""
    names = [pdf.stem]
    if pdf.stem.endswith("a"):
        names += [pdf.stem[:-1] + letter for letter in "bcd"]
    paths = [pdf.with_name(f"{name}-str.xml") for name in names]
    return [path for path in paths if path.is_file()]


def measure(pdf: Path) -> Agreement:
    """How well one document was read; the better of its truths counts."""
    found = found_tables(extract(pdf))
    return max((agreement(read_truth(path), found) for path in truths_of(pdf)), key=lambda a: a.f1)


class _Spans(HTMLParser):
    """The spans of the cells of an HTML table, (rows, columns) row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[tuple[int, int]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            values = dict(attrs)
            spans = int(values.get("rowspan") or 1), int(values.get("colspan") or 1)
            self.rows[-1].append(spans)


def measure_picture(picture: Path, truth: Path) -> PictureScore:
    """How well the table of a picture was read."""
    data = json.loads(truth.read_text(encoding="utf-8"))
    tables = extract(picture).tables
    grid: list[list[str]] = data["grid"]
    slots = sum(map(len, grid))
    if len(tables) != 1:
        return PictureScore(structure=False, right=0, slots=slots)
    spans = _Spans()
    spans.feed(data["html"])
    texts = _slot_texts(tables[0])
    right = sum(
        _plain(texts.get((r, c), "")) == _plain(text)
        for r, row in enumerate(grid)
        for c, text in enumerate(row)
    )
    return PictureScore(_rows_of_spans(tables[0]) == spans.rows, right, slots)


def _rows_of_spans(table: Table) -> list[list[tuple[int, int]]]:
    rows: list[list[tuple[int, int]]] = [[] for _ in range(table.rows)]
    for cell in sorted(table.cells, key=lambda c: (c.row, c.column)):
        rows[cell.row].append((cell.row_span, cell.column_span))
    return rows


def _slot_texts(table: Table) -> dict[tuple[int, int], str]:
    return {
        (row, column): cell.text
        for cell in table.cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).replace("−", "-")


def summary(scores: Sequence[Agreement]) -> Iterable[str]:
    """Means over documents, and the same over all relations."""
    count = len(scores)
    total = sum(scores, Agreement())
    yield _line(
        "mean of documents",
        sum(s.precision for s in scores) / count,
        sum(s.recall for s in scores) / count,
        sum(s.f1 for s in scores) / count,
    )
    yield _line("all relations", total.precision, total.recall, total.f1)


def _line(name: str, precision: float, recall: float, f1: float) -> str:
    return f"{name:24}{precision:10.4f}{recall:10.4f}{f1:10.4f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line a document, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    _report_documents([p for p in sorted(folder.glob("**/*.pdf")) if truths_of(p)])
    _report_pictures(sorted(p for p in folder.iterdir() if p.suffix in PICTURES))


def _report_documents(pdfs: Sequence[Path]) -> None:
    if not pdfs:
        return
    print(f"{'document':24}{'precision':>10}{'recall':>10}{'F1':>10}")
    scores = []
    for pdf in pdfs:
        scores.append(score := measure(pdf))
        print(_line(pdf.stem, score.precision, score.recall, score.f1), flush=True)
    print("\n".join(summary(scores)))


def _report_pictures(pictures: Sequence[Path]) -> None:
    for picture in pictures:
        truth = picture.with_suffix(".truth.json")
        if truth.is_file():
            score = measure_picture(picture, truth)
            structure = "right" if score.structure else "wrong"
            print(f"{picture.stem:24}structure {structure}, {score.right} of {score.slots} texts")
        else:
            print(f"{picture.stem:24}{len(extract(picture).tables)} tables, no truth")


if __name__ == "__main__":
    main()
