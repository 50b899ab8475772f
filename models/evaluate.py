"""How well the prose tagger does: `python -m models.evaluate [FOLDER]`.

FOLDER holds annotated documents (fixtures/entities by default), one JSON file each: `sections` maps
preamble, 一, 五, 六 to their text, `entities` lists {section, label, text, start, end,
normalized, subject}. Printed are precision, recall and F of exact spans with their labels, and of
the spans found the share with the right `normalized` and, for those that count, `subject`.
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

from pydantic import BaseModel, ConfigDict

from extractor.entities import load_pipeline
from extractor.tagging.subjects import MEASURED
from extractor.template import TAGGED_SECTIONS

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


@dataclass
class Tally:
    """Counts by label: right, wanted and found spans; right values; right and asked subjects."""

    right: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    subjects: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)
    characters: int = 0
    seconds: float = 0.0


def load(folder: Path) -> list[Annotated]:
    """The annotated documents of a folder; raises ValueError for one of another shape."""
    files = sorted(folder.glob("*.json"))
    return [Annotated.model_validate_json(path.read_text("utf-8")) for path in files]


def evaluate(documents: Iterable[Annotated], nlp: Language) -> Tally:
    """Tag every document and compare."""
    tally = Tally()
    for document in documents:
        _document(document, nlp, tally)
    return tally


def _document(document: Annotated, nlp: Language, tally: Tally) -> None:
    wanted = {(e.section, e.label, e.start, e.end): e for e in document.entities}
    tally.wanted.update(e.label for e in document.entities)
    for section, span in _tagged(document, nlp, tally):
        tally.found[span.label_] += 1
        truth = wanted.pop((section, span.label_, span.start_char, span.end_char), None)
        if truth is None:
            tally.mistakes.append(_line("too many", document.id, section, span.label_, span.text))
        else:
            _compare(truth, span, document.id, tally)
    for truth in wanted.values():
        tally.mistakes.append(_line("missed", document.id, truth.section, truth.label, truth.text))


def _tagged(document: Annotated, nlp: Language, tally: Tally) -> Iterator[tuple[str, Span]]:
    """Spans of the sections that are tagged; as in use, the year is handed on."""
    title = _first_line(document.sections.get("preamble", ""))
    year = None
    for section, text in document.sections.items():
        if section not in ("preamble", *TAGGED_SECTIONS) or not text:
            continue
        begun = time.process_time()
        doc = nlp.make_doc(text)
        doc.user_data.update(title=title, year=year)
        doc = nlp(doc)
        tally.seconds += time.process_time() - begun
        tally.characters += len(text)
        year = doc.user_data.get("year")
        yield from ((section, span) for span in doc.ents)


def _first_line(preamble: str) -> str:
    """The line that names the report, as layout finds it."""
    lines = [line for line in preamble.split("\n") if re.search("年.*报告", line)]
    return lines[0] if lines else ""


def _compare(truth: Annotation, span: Span, name: str, tally: Tally) -> None:
    """Count a right span, and whether its value and subject are right too."""
    label = truth.label
    tally.right[label] += 1
    same = _same_value(truth.normalized, span)
    tally.values[label] += same
    if not same:
        said = f"{span._.normalized} for {truth.normalized}"
        tally.mistakes.append(_line("value", name, truth.section, label, f"{truth.text}: {said}"))
    if label in MEASURED:
        tally.subjects[label] += span._.subject == truth.subject
        if span._.subject != truth.subject:
            said = f"{truth.text}: {span._.subject} for {truth.subject}"
            tally.mistakes.append(_line("subject", name, truth.section, label, said))


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
    yield f"{'label':11s} {'P':>6s} {'R':>6s} {'F':>6s} {'value':>6s} {'subj.':>6s} {'n':>5s}"
    for label in (*sorted(tally.wanted | tally.found), "all"):
        right, wanted, found, values, subjects = (
            counter.total() if label == "all" else counter[label]
            for counter in (tally.right, tally.wanted, tally.found, tally.values, tally.subjects)
        )
        asked = sum(
            n for key, n in tally.right.items() if key in MEASURED and label in ("all", key)
        )
        shares = (
            _share(right, found),
            _share(right, wanted),
            _share(2 * right, wanted + found),
            _share(values, right),
            _share(subjects, asked),
        )
        yield f"{label:11s} " + " ".join(f"{s:>6s}" for s in shares) + f" {wanted:5d}"
    yield f"{tally.characters / max(tally.seconds, 1e-9):.0f} characters a second"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 2 where the folder holds no annotated document."""
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluate", description="Score the tagger."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FIXTURES)
    parser.add_argument("-v", "--verbose", action="store_true", help="list every mistake")
    parser.add_argument("--json", action="store_true", help="print F by label as JSON")
    options = parser.parse_args(arguments)
    documents = load(options.folder)
    if not documents:
        sys.stderr.write(
            f"{options.folder}: no annotated document; give a folder of *.json files\n"
        )
        return 2
    tally = evaluate(documents, load_pipeline())
    lines = [json.dumps(_scores(tally))] if options.json else list(report(tally))
    if options.verbose:
        lines += tally.mistakes
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _scores(tally: Tally) -> dict[str, float]:
    """F of exact spans by label."""
    labels = tally.wanted | tally.found
    return {
        key: round(2 * tally.right[key] / (tally.wanted[key] + tally.found[key]), 4)
        for key in sorted(labels)
    }


if __name__ == "__main__":
    raise SystemExit(main())
