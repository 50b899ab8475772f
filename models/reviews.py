"""Decisions of reviewers → evidence to calibrate with, and crops to train the reader of numbers.

  python -m models.reviews RESULTS decisions.jsonl --evidence build/reviews.csv.gz
  python -m models.calibration --fit --reviews build/reviews.csv.gz
  python -m models.reviews RESULTS decisions.jsonl --documents SCANS --crops build/reviews.npz
  python -m models.numbers.train --more build/reviews.npz

RESULTS is the folder of results that were reviewed, SCANS that of their files. Fields that were
drawn by lot are left out: they are for checking (`extractor certify`). That most reviewed fields
are doubtful ones does no harm: what is fitted is how often a field of given evidence is right, and
which fields are reviewed depends on their evidence alone.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.confidence.evidence import seen
from extractor.decisions import decided, is_right, read_decisions, read_results
from extractor.errors import ExtractorError
from extractor.ocr.joining import canonical
from models.calibration.outcomes import Outcome
from models.calibration.rows import row, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.decisions import Decision
    from extractor.document import Document, Field
    from models.calibration.rows import Row
    from models.numbers.samples import Sample

PART = "reviews"


def evidence(documents: Sequence[Document], decisions: Sequence[Decision]) -> Iterator[Row]:
    """A row for each field that was decided and not drawn."""
    for document, own in decided(documents, decisions):
        pages, checks = document.document.pages, document.checks
        lot = frozenset(document.review.drawn) if document.review is not None else frozenset()
        for one in seen(document.fields, pages, checks):
            decision = own.get(one.field.id)
            if decision is not None and not decision.drawn and one.field.id not in lot:
                outcome = outcome_of(one.field, decision)
                yield row(one, outcome, PART, document.document.sha256, PART)


def outcome_of(field: Field, decision: Decision) -> Outcome:
    """What a decision says to the questions about a field."""
    if field.state == "missing" or field.evidence.row is None:
        right = is_right(field, decision)
        return Outcome(None, state=right, reading=right)
    if decision.moved:
        return Outcome(place=False, state=None, reading=None)
    state = field.state == decision.state
    if not state or field.state != "printed":
        return Outcome(place=True, state=state, reading=None)
    return Outcome(place=True, state=True, reading=is_right(field, decision))


def crops(
    documents: Sequence[Document], decisions: Sequence[Decision], files: Mapping[str, Path]
) -> Iterator[Sample]:
    """Crops of the numbers that were decided and not drawn, with what is printed in them.

    `files` are the scans by their SHA-256; documents without their file are passed over.
    """
    from models.numbers.asked import of_fields
    from models.numbers.samples import Sample
    from models.numbers.texts import SYMBOLS

    for document, own in decided(documents, decisions):
        path = files.get(document.document.sha256)
        texts = {name: text for name, d in own.items() if (text := printed(d)) is not None}
        for asked in of_fields(path, document, texts) if path is not None else ():
            label = canonical(asked.text)
            if label and set(label) <= set(SYMBOLS[1:]):
                yield Sample(asked.image, label, PART, 1.0)


def printed(decision: Decision) -> str | None:
    """What a decision says is printed in a field's own cell; None where it is of no use."""
    if decision.drawn or decision.moved or decision.state != "printed":
        return None
    return decision.text or str(decision.value)


def scans(folder: Path) -> dict[str, Path]:
    """The files below a folder, by their SHA-256."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                found[hashlib.file_digest(file, "sha256").hexdigest()] = path
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes what is asked for; 2 where no decision fits."""
    parser = argparse.ArgumentParser(
        prog="python -m models.reviews",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("decisions", type=Path, nargs="+")
    parser.add_argument("--evidence", type=Path, metavar="FILE")
    parser.add_argument("--documents", type=Path, metavar="DIR")
    parser.add_argument("--crops", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    if options.evidence is None and options.crops is None:
        parser.error("say what to write: --evidence FILE, --crops FILE, or both")
    if (options.documents is None) != (options.crops is None):
        parser.error("--crops needs --documents, the folder of the scans")
    try:
        decisions = [one for path in options.decisions for one in read_decisions(path)]
        return _write(options, list(read_results(options.results)), decisions)
    except (ExtractorError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2


def _write(
    options: argparse.Namespace, documents: Sequence[Document], decisions: Sequence[Decision]
) -> int:
    rows = list(evidence(documents, decisions))
    if not rows:
        print("no decision fits these results: are they of one archive?", file=sys.stderr)
        return 2
    if options.evidence is not None:
        print(f"{write_rows(rows, options.evidence)} fields", file=sys.stderr)
    if options.crops is not None:
        from models.numbers.data import save, shelves_of

        shelves = shelves_of(crops(documents, decisions, scans(options.documents)))
        save(shelves, options.crops)
        print(f"{sum(len(shelf.images) for shelf in shelves.values())} crops", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
