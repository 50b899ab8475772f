"""How many misread cells the relations detect and locate: truth files with digits made wrong.

  python -m benchmarks.misreads fixtures/reports --rounds 200

The fields are what a perfect reader would give, each read with the same high confidence; then one
to three of them are misread as digits are, their confidence left as it was.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from extractor.checks import attach_checks, equations, run_checks
from extractor.confidence import with_confidence
from extractor.document import Evidence, Field, Ink, Page, Quality
from extractor.fields import column_unit, read_value
from extractor.normalize import cell_state
from extractor.options import Options
from extractor.reading import JointReading, read_jointly, with_odds
from extractor.review import Read, review
from extractor.template import Template, load_templates

TEMPLATES = {template.id.removeprefix("gov-disclosure-annual/"): template
             for template in load_templates()}  # fmt: skip
CONFUSED = {"0": "689", "1": "74", "2": "7", "3": "85", "4": "19", "5": "36", "6": "058", "7": "12",
            "8": "3069", "9": "408"}  # fmt: skip
PAGE = Page(1, 595.3, 841.9, 0, 0.0, "ocr", Quality(26.0, 0.95, 0.6, 0.006, 0.0, 0.0))  # clean
OPTIONS = Options(review_below=0.98)
SURE = 0.9999  # of a number on a clean scan, half are read surer
LOW = 0.5  # a probability that says: rather wrong than right


@dataclass(frozen=True, slots=True)
class Report:
    """The fields of a report as read without a fault."""

    name: str
    template: Template
    fields: tuple[Field, ...]

    @property
    def degrees(self) -> Counter[str]:
        """How many relations each field takes part in, of those that can be tried."""
        tried = equations(self.template, {field.id: field for field in self.fields})
        return Counter(field.id for equation in tried for field in equation.fields)


def load_report(path: Path, confidence: float = SURE) -> Report:
    """A truth file as fields that were all read at `confidence`."""
    truth = json.loads(path.read_text(encoding="utf-8"))
    template = TEMPLATES[truth["template"]]
    fields = []
    for field_id, _, row, column in template.cells():
        if field_id in truth["cells"]:
            label = " / ".join((*row.path, column.path[-1]))
            unit = column_unit(column)
            bare = Field(field_id, label, column.kind, None, "blank", "", unit, 0.0, (), 1, None,
                         "ocr", (), "needs_review", as_clean(confidence))  # fmt: skip
            fields.append(read_as(bare, truth["cells"][field_id]))
    return Report(path.name.split(".")[0], template, tuple(fields))


def as_clean(confidence: float) -> Evidence:
    """Evidence as clean scans give it, with a reading of that confidence."""
    ink = Ink(agreed=True, rival=1 - confidence, width=1.0, height=1.0, area=0.0)
    return Evidence(confidence, 1.0, second_reader=True, hidden=0.0, row=1.0, column=1.0, ink=ink)


def read_as(field: Field, text: str) -> Field:
    """The field with another text."""
    state = cell_state(text)
    value, _ = read_value(text, field.kind, field.unit, ocr=True)
    return replace(field, text=text, state=state, value=value if state == "printed" else None)


def is_consistent(report: Report) -> bool:
    """Whether the report's own sums hold."""
    checks = run_checks(report.template, report.fields, (), ())
    return all(check.passed for check in checks)


def misread_text(text: str, rng: Random) -> str:
    """The text with a digit taken for another one, lost or gained; another number for sure."""
    places = [i for i, c in enumerate(text) if c.isdigit()]
    if not places:
        return rng.choice("17")
    i = rng.choice(places)
    kind = rng.choices(("taken", "lost", "gained"), (70, 15, 15))[0]
    if kind == "lost" and len(places) > 1:
        changed = text[:i] + text[i + 1 :]
    elif kind == "gained" or (kind == "lost" and text == "0"):
        changed = text[:i] + rng.choice("123456789") + text[i:]
    else:
        changed = text[:i] + rng.choice(CONFUSED[text[i]]) + text[i + 1 :]
    return changed


def with_misreads(
    report: Report, count: int, rng: Random, degrees: Counter[str]
) -> tuple[tuple[Field, ...], frozenset[str]]:
    """The fields with `count` cells misread that take part in relations, and which they are."""
    places = [i for i, field in enumerate(report.fields) if degrees[field.id]]
    fields = list(report.fields)
    for i in rng.sample(places, count):
        while fields[i].value == report.fields[i].value or fields[i].value is None:
            fields[i] = read_as(fields[i], misread_text(report.fields[i].text, rng))
    return tuple(fields), frozenset(
        new.id for new, old in zip(fields, report.fields, strict=True) if new is not old
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one document with misread cells."""

    broken: bool  # a relation is broken
    detected: bool  # some misread cell is named a suspect, more probably at fault than not
    reviewed: int  # misread cells that a person is shown
    shown: int  # cells that a person is shown
    located: bool  # the most probable suspect is a misread cell
    tied: bool  # another cell is as probable, within a factor of two
    milliseconds: float


def outcome(report: Report, fields: Sequence[Field], wrong: frozenset[str]) -> Outcome:
    """Reads jointly, judges, and compares with the cells that are wrong."""
    start = time.process_time()
    joint = read_jointly(report.template, fields)
    milliseconds = 1000 * (time.process_time() - start)
    checks = run_checks(report.template, joint.fields, (), ())
    told = with_odds(checks, joint.suspicions)
    pages = (PAGE,)
    certain = with_confidence(attach_checks(joint.fields, checks), pages, told)
    judged = review(Read("", {}, pages, certain, told, joint.stories), OPTIONS).fields
    blame = blame_of(joint)
    order = sorted(blame.items(), key=lambda item: -item[1])
    shown = {f.id for f in judged if f.review == "needs_review"}
    return Outcome(
        broken=any(not check.passed for check in checks),
        detected=any(blame.get(field_id, 0.0) > LOW for field_id in wrong),
        reviewed=len(shown & wrong),
        shown=len(shown),
        located=bool(order) and order[0][0] in wrong,
        tied=len(order) > 1 and order[1][0] not in wrong and order[1][1] > order[0][1] / 2,
        milliseconds=milliseconds,
    )


def blame_of(joint: JointReading) -> dict[str, float]:
    """How probably each suspect is at fault."""
    return {field_id: p for suspicion in joint.suspicions for field_id, p in suspicion.suspects}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line for each number of misread cells."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=100, help="documents a report and number")
    parser.add_argument("--confidence", type=float, default=SURE)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    paths = sorted(options.folder.glob("*.truth.json"))
    reports = [r for p in paths if is_consistent(r := load_report(p, options.confidence))]
    for count in (1, 2, 3):
        outcomes = _outcomes(reports, count, options.rounds, options.seed)
        for least in sorted({degree for degree, _ in outcomes}):
            some = [found for degree, found in outcomes if degree == least]
            print(count, _line(f"in {least} relations", some, count))
        print(count, _line("all", [found for _, found in outcomes], count))
    return 0


def _outcomes(
    reports: Sequence[Report], count: int, rounds: int, seed: int
) -> list[tuple[int, Outcome]]:
    """Each with the least number of relations that a misread cell is in."""
    rng = Random(seed)  # noqa: S311  misreads are drawn, not secrets
    outcomes = []
    for report in reports:
        degrees = report.degrees
        for _ in range(rounds):
            fields, wrong = with_misreads(report, count, rng, degrees)
            least = min(degrees[field_id] for field_id in wrong)
            outcomes.append((least, outcome(report, fields, wrong)))
    return outcomes


def _line(name: str, found: Sequence[Outcome], count: int) -> str:
    many = len(found)
    return (
        f"{name:16} {many:6} broken {sum(o.broken for o in found) / many:.4f}"
        f" detected {sum(o.detected for o in found) / many:.4f}"
        f" located {sum(o.located for o in found) / many:.4f}"
        f" tied {sum(o.tied for o in found) / many:.4f}"
        f" some reviewed {sum(o.reviewed > 0 for o in found) / many:.4f}"
        f" all reviewed {sum(o.reviewed == count for o in found) / many:.4f}"
        f" cells shown {sum(o.shown for o in found) / many:.1f}"
        f" ms {sorted(o.milliseconds for o in found)[many // 2]:.1f}"
        f" max {max(o.milliseconds for o in found):.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
