"""What the evidence of a field comes to: named features, each a number, None where unknown.

Three questions are asked of a field, each only where the one before has the answer yes: was it read
from the right cell, is its state right, is its reading right.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from extractor.confidence.bands import BANDS, band_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from extractor.document import Check, Field, Page, Quality

Question = Literal["place", "state", "reading", "text", "absent"]
QUESTIONS: tuple[Question, ...] = get_args(Question)

MOST_HELD = 2  # relations that hold; more say nothing new
LEAST_DOUBT = 1e-5  # what is surer than this is as sure
METADATA = "report."
WEIGHED, BLAME = "weighed", "blame"  # features that set a limit: see `model`
AREA_IN2 = 1e-4  # of ink: less than a worn stroke has


@dataclass(frozen=True, slots=True)
class Seen:
    """A field with what is known of its page, its table and its relations.

    blame: probability that it was misread and a relation is broken for it, where that was not
    weighed with its pixels; missing: share of the fields of its table that were not found; torn:
    mean doubt about the borders of its row's cells; shared: how many other fields were read from
    the same cell.
    """

    field: Field
    quality: Quality | None
    blame: float
    missing: float
    torn: float
    shared: int


@dataclass(frozen=True, slots=True)
class Feature:
    """A named number; `better` is 1 where more of it speaks for the field, -1 against, 0 either."""

    better: Literal[-1, 0, 1]
    of: Callable[[Seen], float | None]
    says: str


def seen(fields: Sequence[Field], pages: Sequence[Page], checks: Sequence[Check]) -> Iterator[Seen]:
    """Every field with its surroundings, in order."""
    quality = {page.number: page.quality for page in pages}
    blames = _blames(checks)
    missing, torn = _missing(fields), _torn(fields)
    owners = Counter((f.page, f.bbox) for f in fields if f.bbox is not None)
    for field in fields:
        page = quality.get(field.page) if field.page is not None else _worst(pages)
        table, row = field.id.partition(".")[0], field.id.rpartition(".")[0]
        blame = blames.get(field.id, 0.0) if field.evidence.arithmetic is None else 0.0
        shared = owners[field.page, field.bbox] - 1 if field.bbox is not None else 0
        yield Seen(field, page, blame, missing[table], torn[row], shared)


def _blames(checks: Sequence[Check]) -> dict[str, float]:
    blames: dict[str, float] = {}
    for check in checks:
        for one in check.suspects:
            blame = (check.misread or 0.0) * one.probability
            blames[one.field] = max(blames.get(one.field, 0.0), blame)
    return blames


def _missing(fields: Sequence[Field]) -> Mapping[str, float]:
    """The share of fields that were not found, by table."""
    every = Counter(field.id.partition(".")[0] for field in fields)
    gone = Counter(field.id.partition(".")[0] for field in fields if field.state == "missing")
    return {table: gone[table] / count for table, count in every.items()}


def _torn(fields: Sequence[Field]) -> Mapping[str, float]:
    """The mean doubt about the borders of a row's cells; one that was not found counts as 1."""
    doubts: dict[str, list[float]] = {}
    for field in fields:
        structure = field.evidence.structure
        doubt = 1.0 if field.state == "missing" else 1 - structure if structure is not None else 0.0
        doubts.setdefault(field.id.rpartition(".")[0], []).append(doubt)
    return {row: sum(own) / len(own) for row, own in doubts.items()}


def _worst(pages: Sequence[Page]) -> Quality | None:
    """The quality of the worst page: what was not found may be on any."""
    scans = [page.quality for page in pages if page.quality is not None]
    return max(scans, key=lambda q: (BANDS.index(band_of(q)), q.wear, q.specks), default=None)


def log_odds(p: float | None) -> float | None:
    """ln(p / (1 - p)), as far as LEAST_DOUBT; None for None."""
    if p is None:
        return None
    p = min(max(p, LEAST_DOUBT), 1 - LEAST_DOUBT)
    return math.log(p / (1 - p))


def _factor(ratio: float | None, *, above: bool) -> float | None:
    """How many times larger (or smaller) something is than usual, as a logarithm of at least 0."""
    if ratio is None or ratio <= 0:
        return None
    return max(math.log(ratio) if above else -math.log(ratio), 0.0)


def _ink(one: Seen, name: str) -> float | None:
    ink = one.field.evidence.ink
    found = getattr(ink, name) if ink is not None else None
    return None if found is None else float(found)


def _page(one: Seen, name: str) -> float | None:
    found = getattr(one.quality, name) if one.quality is not None else None
    return None if found is None else float(found)


def _coarse(one: Seen) -> float | None:
    """How many halvings of its letters a page is from 24 pixels a letter."""
    letter = _page(one, "letter")
    return None if letter is None else max(math.log2(24 / max(letter, 4.0)), 0.0)


def _blurred(one: Seen) -> float | None:
    sharpness = _page(one, "sharpness")
    return None if sharpness is None else 1 - sharpness


def _digits(one: Seen) -> float:
    return float(sum(char.isdigit() for char in one.field.text))


def _sign(one: Seen) -> float:
    """A sign or a point: a pixel or two that change a value much."""
    return float(any(char in "+-.," for char in one.field.text))


def _of_table(one: Seen) -> float:
    return float(not one.field.id.startswith(METADATA))


def _residue(one: Seen) -> float | None:
    if one.field.state != "blank":
        return 0.0
    area = _ink(one, "area")
    return None if area is None else math.log1p(area / AREA_IN2)


def _covered(one: Seen) -> float:
    return 0.0 if one.field.state == "printed" else one.field.evidence.hidden or 0.0


def _held(one: Seen) -> float:
    return float(min(one.field.evidence.relations_held, MOST_HELD))


def _second(one: Seen) -> float | None:
    second = one.field.evidence.second_reader
    return None if second is None else float(second)


WEAR = {
    "wear": Feature(-1, lambda s: _page(s, "wear"), "share of the page's rulings that is gone"),
    "specks": Feature(-1, lambda s: _page(s, "specks"), "of the page, in thousandths"),
    "coarse": Feature(-1, _coarse, "halvings of the letters from 24 pixels"),
    "blurred": Feature(-1, _blurred, "1 - the steepest edges of ink, a share of full contrast"),
}
RELATIONS = {
    "relations": Feature(1, _held, "relations that hold, up to two"),
    WEIGHED: Feature(
        1,
        lambda s: log_odds(s.field.evidence.arithmetic),
        "log-odds of the reading after relations and pixels were weighed together",
    ),
    BLAME: Feature(-1, lambda s: s.blame, "probability of being misread in a broken relation"),
}
FEATURES: Mapping[Question, Mapping[str, Feature]] = {
    "place": {
        "row": Feature(1, lambda s: log_odds(s.field.evidence.row), "log-odds of the row's label"),
        "column": Feature(
            1, lambda s: log_odds(s.field.evidence.column), "log-odds of the column's label"
        ),
        "borders": Feature(
            1, lambda s: log_odds(s.field.evidence.structure), "log-odds of the cell's borders"
        ),
        "torn": Feature(-1, lambda s: s.torn, "mean doubt about the borders of the row's cells"),
        "missing": Feature(-1, lambda s: s.missing, "share of the table's fields not found"),
        "shared": Feature(
            -1, lambda s: float(min(s.shared, 2)), "other fields read from the same cell, up to two"
        ),
        "relations": RELATIONS["relations"],
        WEIGHED: RELATIONS[WEIGHED],
        "empty": Feature(0, lambda s: float(s.field.state != "printed"), "nothing is printed"),
        "scanned": Feature(-1, lambda s: float(s.field.source == "ocr"), "read from pixels"),
        "wear": WEAR["wear"],
    },
    "state": {
        "blank": Feature(0, lambda s: float(s.field.state == "blank"), "nothing was read"),
        "stroke": Feature(
            0, lambda s: float(s.field.state == "not_applicable"), '"/", "—" or 无 was read'
        ),
        "certain": Feature(
            1, lambda s: log_odds(s.field.evidence.reading), "log-odds of the reading"
        ),
        "residue": Feature(-1, _residue, "ln(1 + ink in a blank cell, in 0.0001 square inches)"),
        "agreed": Feature(1, _second, "a second reader read the same"),
        "hidden": Feature(-1, lambda s: s.field.evidence.hidden, "share that something lies over"),
        "covered": Feature(-1, _covered, "the same, of a cell in which no number was read"),
        "scanned": Feature(-1, lambda s: float(s.field.source == "ocr"), "read from pixels"),
        **RELATIONS,
        **WEAR,
    },
    "reading": {
        "certain": Feature(
            1, lambda s: log_odds(s.field.evidence.reading), "log-odds of the least sure character"
        ),
        "rival": Feature(
            -1,
            lambda s: log_odds(_ink(s, "rival")),
            "log-odds of the next reading by the pixels",
        ),
        "agreed": Feature(1, _second, "a second reader read the same"),
        "too wide": Feature(
            -1, lambda s: _factor(_ink(s, "width"), above=True), "ln of how much, for its digits"
        ),
        "too narrow": Feature(
            -1, lambda s: _factor(_ink(s, "width"), above=False), "ln of how much, for its digits"
        ),
        "too high": Feature(
            -1, lambda s: _factor(_ink(s, "height"), above=True), "ln of how much, for a number"
        ),
        "too low": Feature(
            -1, lambda s: _factor(_ink(s, "height"), above=False), "ln of how much, for a number"
        ),
        "digits": Feature(-1, _digits, "how many"),
        "sign": Feature(-1, _sign, "it has a sign, a point or a comma"),
        "hidden": Feature(-1, lambda s: s.field.evidence.hidden, "share that something lies over"),
        "scanned": Feature(-1, lambda s: float(s.field.source == "ocr"), "read from pixels"),
        **RELATIONS,
        **WEAR,
    },
    "text": {
        "certain": Feature(
            1, lambda s: log_odds(s.field.evidence.reading), "log-odds of the least sure character"
        ),
        "label": Feature(
            1, lambda s: log_odds(s.field.evidence.label), "log-odds of its place or its label"
        ),
        "long": Feature(-1, lambda s: math.log1p(len(s.field.text)), "ln(1 + characters)"),
        "scanned": Feature(-1, lambda s: float(s.field.source == "ocr"), "read from pixels"),
        **WEAR,
    },
    "absent": {
        "cell": Feature(-1, _of_table, "a table should have it; metadata may not be printed"),
        "scanned": Feature(-1, lambda s: float(s.quality is not None), "read from pixels"),
        **WEAR,
    },
}


def decides(features: Mapping[str, float | None], question: Question) -> bool:
    """Whether a question is the last one about what was read: of a number its reading, else its
    state.
    """
    if question == "state":
        return bool(features["blank"] or features["stroke"])
    return question == "reading"


def asked(field: Field) -> tuple[Question, ...]:
    """The questions that a field raises."""
    if field.state == "missing":
        return ("absent",)
    if field.evidence.row is None:
        return ("text",)
    return ("place", "state", "reading") if field.state == "printed" else ("place", "state")


def described(one: Seen, question: Question) -> dict[str, float | None]:
    """The features of a question, by name."""
    return {name: feature.of(one) for name, feature in FEATURES[question].items()}
