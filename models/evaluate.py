"""How well the prose tagger does: `python -m models.evaluate [FOLDER]`.

FOLDER (default fixtures/entities) holds annotated documents, or is one file of them. In a JSON
file, one document each, `sections` maps preamble, 一, 五, 六 to their text, and `entities` lists
{section, label, text, start, end, normalized, subject}; `normalized` is a text, or {value, unit,
approximate} of a quantity (18.2% is 18.2). A text file is in the markup of `models.ner.markup`,
without values. Printed are precision, recall and F of exact spans with their labels, of the spans
found the share with the right `normalized` and, for those that count, `subject`, and how far the
confidence is from the share of right spans (expected calibration error).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from extractor.entities import load_pipeline, read_texts
from extractor.normalize import unspaced
from extractor.tagging.pipeline import LABELS
from extractor.tagging.subjects import MEASURED
from extractor.template import TAGGED_SECTIONS
from models.calibration.measures import calibration_error
from models.ner.markup import Written, read_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spacy.language import Language
    from spacy.tokens import Span

FIXTURES = Path(__file__).parent.parent / "fixtures" / "entities"


class Quantity(BaseModel):
    """The canonical value of a COUNT, MONEY or PERCENT; unit and approximate only for a COUNT."""

    model_config = ConfigDict(extra="forbid")
    value: int | float | str | None
    unit: str | None = None
    approximate: bool = False


class Annotation(BaseModel):
    """One entity as a reader tagged it."""

    model_config = ConfigDict(extra="forbid")
    section: str
    label: str
    text: str
    start: int
    end: int
    normalized: str | Quantity | None
    subject: str | None = None


class Annotated(BaseModel):
    """A document with its entities; offsets count characters of the section's text."""

    model_config = ConfigDict(extra="forbid")
    id: str
    sections: dict[str, str]
    entities: list[Annotation]
    valued: bool = True  # whether `normalized` is annotated too


@dataclass
class Tally:
    """Counts by label: right, wanted and found spans; values and subjects asked and right."""

    right: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    valued: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    subjects: Counter[str] = field(default_factory=Counter)
    confidence: list[tuple[str, float, bool]] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    characters: int = 0
    seconds: float = 0.0


def load(folder: Path) -> list[Annotated]:
    """The annotated documents of a folder or a file.

    Raises ValueError (MarkupError, pydantic's ValidationError) for one of another shape, OSError
    where nothing can be read.
    """
    files = sorted(folder.glob("*.*")) if folder.is_dir() else [folder]
    documents = []
    for path in files:
        if path.suffix == ".json":
            documents.append(Annotated.model_validate_json(path.read_text("utf-8-sig")))
        elif path.suffix == ".txt":
            documents += [_annotated(written) for written in read_all([path])]
    for document in documents:
        _agrees(document)
    return documents


def _agrees(document: Annotated) -> None:
    """Raises ValueError where an offset does not show its text, or a section is not tagged."""
    for entity in document.entities:
        if entity.section not in ("preamble", *TAGGED_SECTIONS):
            raise ValueError(
                f"{document.id}: only preamble, 一, 五, 六 are tagged, not {entity.section}"
            )
        if entity.label not in LABELS:
            raise ValueError(
                f"{document.id}: {entity.label} is no label; they are {', '.join(LABELS)}"
            )
        printed = document.sections.get(entity.section, "")[entity.start : entity.end]
        if printed != entity.text:
            where = f"{entity.section} {entity.start}:{entity.end}"
            raise ValueError(f"{document.id}: {where} is {printed!r}, not {entity.text!r}")


def _annotated(written: Written) -> Annotated:
    """A document in markup, without values."""
    entities = [
        Annotation(
            section=key,
            label=span.label,
            text=passage.text[span.start : span.end],
            start=span.start,
            end=span.end,
            normalized=None,
            subject=unspaced(span.subject) if span.subject else None,
        )
        for key, passage in written.sections.items()
        for span in passage.spans
    ]
    sections = {key: passage.text for key, passage in written.sections.items()}
    return Annotated(id=written.id, sections=sections, entities=entities, valued=False)


def evaluate(documents: Iterable[Annotated], nlp: Language) -> Tally:
    """Tag every document and compare."""
    tally = Tally()
    for document in documents:
        _document(document, nlp, tally)
    return tally


def _document(document: Annotated, nlp: Language, tally: Tally) -> None:
    wanted = {(e.section, e.label, e.start, e.end): e for e in document.entities}
    tally.wanted.update(entity.label for entity in document.entities)
    for section, span in _tagged(document, nlp, tally):
        tally.found[span.label_] += 1
        truth = wanted.pop((section, span.label_, span.start_char, span.end_char), None)
        tally.confidence.append((span.label_, span._.confidence, truth is not None))
        if truth is None:
            tally.mistakes.append(_line("too many", document.id, section, span.label_, span.text))
        else:
            _compare(truth, span, document, tally)
    for truth in wanted.values():
        tally.mistakes.append(_line("missed", document.id, truth.section, truth.label, truth.text))


def _tagged(document: Annotated, nlp: Language, tally: Tally) -> Iterator[tuple[str, Span]]:
    """Spans of the sections that are tagged, as in use."""
    title = _first_line(document.sections.get("preamble", ""))
    keys = [k for k in ("preamble", *TAGGED_SECTIONS) if document.sections.get(k)]
    texts = [document.sections[key] for key in keys]
    begun = time.process_time()
    docs = read_texts(title, texts, nlp=nlp)
    tally.seconds += time.process_time() - begun
    tally.characters += sum(map(len, texts))
    for key, doc in zip(keys, docs, strict=True):
        yield from ((key, span) for span in doc.ents)


def _first_line(preamble: str) -> str:
    """The line that names the report, as layout finds it."""
    lines = [line for line in preamble.split("\n") if re.search("年.*报告", line)]
    return lines[0] if lines else ""


def _compare(truth: Annotation, span: Span, document: Annotated, tally: Tally) -> None:
    """Count a right span, and whether its value and subject are right too."""
    label = truth.label
    tally.right[label] += 1
    if document.valued:
        tally.valued[label] += 1
        same = _same_value(truth.normalized, span)
        tally.values[label] += same
        if not same:
            said = f"{truth.text}: {span._.normalized} for {truth.normalized}"
            tally.mistakes.append(_line("value", document.id, truth.section, label, said))
    if label in MEASURED:
        tally.subjects[label] += span._.subject == truth.subject
        if span._.subject != truth.subject:
            said = f"{truth.text}: {span._.subject} for {truth.subject}"
            tally.mistakes.append(_line("subject", document.id, truth.section, label, said))


def _same_value(truth: str | Quantity | None, span: Span) -> bool:
    have = span._.normalized
    if not isinstance(truth, Quantity):
        return bool(have.value == truth)
    same = have.value == truth.value
    if span.label_ == "COUNT":
        same = same and (have.unit, have.approximate) == (truth.unit, truth.approximate)
    return bool(same)


def _line(kind: str, *parts: str) -> str:
    return f"{kind:9s}" + " ".join(part.replace("\n", "⏎") for part in parts)


def report(tally: Tally) -> Iterator[str]:
    """The table, a line a label and one for all."""
    heads = ("P", "R", "F", "value", "subj.", "ECE")
    yield f"{'label':11s} " + " ".join(f"{head:>6s}" for head in heads) + f" {'n':>5s}"
    for label in (*sorted(tally.wanted | tally.found), "all"):
        shares = " ".join(
            f"{share:>6s}" for share in (*_shares(tally, label), _error(tally, label))
        )
        yield f"{label:11s} {shares} {_count(tally.wanted, label):5d}"
    yield f"{tally.characters / max(tally.seconds, 1e-9):.0f} characters a second"


def _shares(tally: Tally, label: str) -> Iterator[str]:
    """Precision, recall, F, right values and right subjects."""
    right, wanted, found = (_count(c, label) for c in (tally.right, tally.wanted, tally.found))
    asked = sum(n for key, n in tally.right.items() if key in MEASURED and label in ("all", key))
    yield _share(right, found)
    yield _share(right, wanted)
    yield _share(2 * right, wanted + found)
    yield _share(_count(tally.values, label), _count(tally.valued, label))
    yield _share(_count(tally.subjects, label), asked)


def _count(counter: Counter[str], label: str) -> int:
    return counter.total() if label == "all" else counter[label]


def _error(tally: Tally, label: str) -> str:
    """The expected calibration error of the spans of a label."""
    rows = [(p, right) for key, p, right in tally.confidence if label in ("all", key)]
    if not rows:
        return "-"
    confidence, right = (np.array(column) for column in zip(*rows, strict=True))
    return f"{calibration_error(confidence, right):.3f}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 2 where the folder holds no annotated document."""
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FIXTURES, help="a folder or one file"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="list every mistake")
    parser.add_argument("--json", action="store_true", help="print F by label as JSON")
    options = parser.parse_args(arguments)
    try:
        documents = load(options.folder)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{options.folder}: {_first(error)}\n")
        return 2
    if not documents:
        sys.stderr.write(
            f"{options.folder}: no annotated document; give a folder of *.json or *.txt files\n"
        )
        return 2
    tally = evaluate(documents, load_pipeline())
    lines = [json.dumps(_scores(tally))] if options.json else list(report(tally))
    if options.verbose:
        lines += tally.mistakes
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _first(error: Exception) -> str:
    """What is wrong, in a line."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"]))
        return f"{where}: {fault['msg']}; --help shows the form"
    return str(error)


def _scores(tally: Tally) -> dict[str, float]:
    """F of exact spans by label."""
    labels = tally.wanted | tally.found
    return {
        key: round(2 * tally.right[key] / (tally.wanted[key] + tally.found[key]), 4)
        for key in sorted(labels)
    }


if __name__ == "__main__":
    raise SystemExit(main())
