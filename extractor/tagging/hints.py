"""What rules read, told to the networks as one more feature; the networks decide.

Rules know names of regions and organs that no corpus of ours holds, the networks know the sentence
around them: together they are better than each alone (models/ner/README.md has the figures).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.tagging.agencies import find_agencies
from extractor.tagging.dates import find_dates
from extractor.tagging.figures import find_counts, find_money
from extractor.tagging.regions import names_in_title
from extractor.tagging.subject_rules import read_subjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spacy.tokens import Doc, Span

    from extractor.tagging.units import Units


_REACH = 60  # units in front of a quantity where its subject is looked for


def entity_hints(doc: Doc, units: Units) -> list[str]:
    """For every unit its place in an organ, date, amount or count as the rules read it."""
    papers = (span for span in doc.ents if span.label_ in ("DOC_TITLE", "DOC_NUMBER"))
    text = units.source.masked(papers)
    known = names_in_title(str(doc.user_data.get("title", "")))
    hints = [""] * len(units.keys)
    for label, ranges in (
        ("AGENCY", find_agencies(text, known)),
        ("DATE", find_dates(text)),
        ("MONEY", find_money(text)),
        ("COUNT", find_counts(text)),
    ):
        _place(hints, label, filter(None, (units.within(*r) for r in ranges)))
    return hints


def subject_hints(
    units: Units, spans: Sequence[Span], at: Sequence[int], ents: Sequence[Span]
) -> list[tuple[int, int] | None]:
    """The units of the subject that the rules read for each quantity (`at` is its own unit)."""
    subjects = read_subjects(units.source, spans, ents)
    return [
        units.nearest(subject, i, max(0, i - _REACH)) if subject else None
        for subject, i in zip(subjects, at, strict=True)
    ]


def place_in(hints: list[str], name: str, first: int, last: int) -> None:
    """Write where a unit stands in first…last: alone, first, inner, last."""
    for i in range(first, last + 1):
        place = "=" if first == last else "<" if i == first else ">" if i == last else "-"
        hints[i] = name + place


def _place(hints: list[str], label: str, ranges: Iterable[tuple[int, int]]) -> None:
    """Of hints that overlap the earlier label stays."""
    for first, last in ranges:
        if not any(hints[first : last + 1]):
            place_in(hints, label, first, last)
