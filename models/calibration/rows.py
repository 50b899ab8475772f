"""Records of read documents → rows of evidence with outcomes, kept as a compressed CSV file.

A row is a field: its features, and for each question that it raises whether the answer is yes. A
question that follows one with the answer no does not arise.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.confidence.bands import band_of
from extractor.confidence.evidence import FEATURES, QUESTIONS, asked, described, seen
from extractor.document import Document
from models.calibration.outcomes import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from extractor.confidence.evidence import Question, Seen
    from models.calibration.outcomes import Outcome

NAMES = tuple(dict.fromkeys(name for features in FEATURES.values() for name in features))
ABOUT = ("part", "document", "scan", "band", "field", "kind")
COLUMNS = (*ABOUT, *(f"{question}?" for question in QUESTIONS), *NAMES)
OF_TEXT, OF_ABSENT, OF_NUMBER = "label", "cell", "digits"  # features of one question only
YES_NO = {True: "1", False: "0", None: ""}


@dataclass(frozen=True, slots=True)
class Row:
    """A field of a document.

    part: what it may be used for; scan: the kind of scan, or where the document comes from; band:
    the quality of its page.
    """

    part: str
    document: str
    scan: str
    band: str
    field: str
    kind: str
    answers: Mapping[Question, bool]
    features: Mapping[str, float | None]

    @property
    def report(self) -> str:
        """The report that the document is a print or a scan of."""
        return self.document.rpartition(".")[0] or self.document

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions that the field raises, whether answered or not."""
        if OF_TEXT in self.features:
            return ("text",)
        if OF_ABSENT in self.features:
            return ("absent",)
        printed = OF_NUMBER in self.features
        return ("place", "state", "reading") if printed else ("place", "state")

    @property
    def right(self) -> bool:
        """Whether all that was asked has the answer yes."""
        return all(self.answers.values())


def rows_of_record(path: Path, part: str) -> Iterator[Row]:
    """The rows of a record that `collect` wrote: those of the print, and those of its scans."""
    record = json.loads(gzip.decompress(path.read_bytes()))
    printed = Document.from_json(json.dumps(record["digital"]))
    kinds = ["print", *(scan["kind"] for scan in record["paper"]["scans"])]
    results = [record["digital"], *record["scans"]]
    for i, (kind, result) in enumerate(zip(kinds, results, strict=True)):
        if result is not None:
            read = Document.from_json(json.dumps(result))
            name = f"{record['paper']['name']}.{i}"
            for one, outcome in judged(read, printed, record["truth"]):
                yield row(one, outcome, part, name, kind)


def judged(
    read: Document, printed: Document, truth: Mapping[str, Any]
) -> Iterator[tuple[Seen, Outcome]]:
    """Every field with known truth, with its surroundings and its outcome."""
    found = {field.id: outcome for field, outcome in outcomes(read, printed, truth)}
    for one in seen(read.fields, read.document.pages, read.checks):
        if one.field.id in found:
            yield one, found[one.field.id]


def row(one: Seen, outcome: Outcome, part: str, document: str, scan: str) -> Row:
    """The row of a field."""
    answers: dict[Question, bool] = {}
    features: dict[str, float | None] = {}
    for question in asked(one.field):
        right = answer(question, outcome)
        if right is not None:
            answers[question] = right
        features |= described(one, question)
    field, band = one.field, band_of(one.quality)
    return Row(part, document, scan, band, field.id, field.kind, answers, features)


def answer(question: Question, outcome: Outcome) -> bool | None:
    """What an outcome says to a question, None where it says nothing."""
    if question == "text":
        return outcome.right
    if question == "absent":
        return outcome.state
    return {"place": outcome.place, "state": outcome.state, "reading": outcome.reading}[question]


def write_rows(rows: Iterable[Row], path: Path) -> int:
    """Writes the rows; gives how many. The same rows give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for one in rows:
        about = (getattr(one, name) for name in ABOUT)
        answers = (YES_NO[one.answers.get(question)] for question in QUESTIONS)
        writer.writerow((*about, *answers, *(_cell(one, name) for name in NAMES)))
        count += 1
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    return count


def _cell(one: Row, name: str) -> str:
    """A number with four significant digits, "" for unknown, "-" for what is not asked."""
    if name not in one.features:
        return "-"
    value = one.features[name]
    return "" if value is None else f"{value:.4g}"


def read_rows(path: Path) -> list[Row]:
    """The rows of a file; raises ValueError where its columns are not this program's."""
    reader = csv.reader(io.StringIO(gzip.decompress(path.read_bytes()).decode()))
    if tuple(next(reader)) != COLUMNS:
        raise ValueError(f"{path}: its columns are not those of this version; collect it again")
    return [_row(cells) for cells in reader]


def _row(cells: Sequence[str]) -> Row:
    part, document, scan, band, field, kind = cells[: len(ABOUT)]
    own = dict(zip(COLUMNS, cells, strict=True))
    answers = {q: own[f"{q}?"] == "1" for q in QUESTIONS if own[f"{q}?"]}
    features = {
        name: None if own[name] == "" else float(own[name]) for name in NAMES if own[name] != "-"
    }
    return Row(part, document, scan, band, field, kind, answers, features)
