"""Misread cells are detected and located: seeded misreads in the consistent sample reports."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from benchmarks.misreads import (
    LOW,
    blame_of,
    is_consistent,
    load_report,
    misread_text,
    outcome,
    read_as,
    with_misreads,
)
from extractor.document import Alternative, Field
from extractor.reading import read_jointly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.misreads import Report

REPORTS = Path(__file__).parent.parent / "fixtures" / "reports"
CONSISTENT = [r for p in sorted(REPORTS.glob("*.truth.json")) if is_consistent(r := load_report(p))]
ROUNDS = 12  # a report; `python -m benchmarks.misreads fixtures/reports` tries more


def test_consistent_reports_are_sure() -> None:
    """Nothing is suspected, and every cell that takes part in a relation is nearly certain."""
    assert len(CONSISTENT) == 14
    for report in CONSISTENT:
        joint = read_jointly(report.template, report.fields)
        told = [f.evidence.arithmetic for f in joint.fields if f.evidence.arithmetic is not None]
        assert len(told) == len(report.degrees)
        assert min(told) > 0.9999
        assert joint.suspicions == ()


def test_one_misread_cell_is_located_where_it_is_in_two_relations() -> None:
    """Always; a cell of one relation is as suspect as others of it, and all are shown."""
    rng = Random(11)
    for report in CONSISTENT:
        degrees = report.degrees
        for _ in range(ROUNDS):
            fields, wrong = with_misreads(report, 1, rng, degrees)
            found = outcome(report, fields, wrong)
            assert found.broken
            assert found.reviewed == 1
            assert found.shown <= 10
            if degrees[min(wrong)] >= 2:
                assert found.detected
                assert found.located
                assert not found.tied


@pytest.mark.parametrize("count", [2, 3])
def test_several_misread_cells_are_detected(count: int) -> None:
    """A relation breaks and a misread cell is suspected: 99 % at least."""
    rng = Random(count)
    found = [
        outcome(report, *with_misreads(report, count, rng, degrees))
        for report in CONSISTENT
        for degrees in [report.degrees]
        for _ in range(ROUNDS)
    ]
    assert all(o.broken for o in found)
    assert sum(o.reviewed > 0 for o in found) >= 0.99 * len(found)
    assert sum(o.reviewed == count for o in found) >= 0.98 * len(found)
    assert sum(o.shown for o in found) <= 12 * len(found)


def test_what_the_clerk_got_wrong() -> None:
    """The sample report with a wrong total: it keeps its value and is the only suspect."""
    report = load_report(REPORTS / "grove-2021.truth.json", confidence=0.999)
    joint = read_jointly(report.template, report.fields)
    assert [f.value for f in joint.fields] == [f.value for f in report.fields]
    assert set(blame_of(joint)) == {"applications.granted.total"}
    assert blame_of(joint)["applications.granted.total"] > LOW
    assert all(suspicion.misread < LOW for suspicion in joint.suspicions)


def test_two_cells_that_relations_cannot_tell() -> None:
    """Equal errors in two rows and columns could as well be in the other two corners."""
    report = next(r for r in CONSISTENT if r.name == "maple-2021")
    corners = {
        f"applications.refused.{row}.{column}"
        for row in ("state_secret", "security_stability")
        for column in ("natural_person", "business")
    }
    wrong = {"applications.refused.state_secret.natural_person",
             "applications.refused.security_stability.business"}  # fmt: skip
    even = [read_as(f, "1") if f.id in corners else f for f in report.fields]
    moved = [read_as(f, "2") if f.id in wrong else f for f in even]
    blame = blame_of(read_jointly(report.template, moved))
    assert corners <= set(blame)


def opened(field: Field, rng: Random) -> Field:
    """The cell between its number and another one, the wrong one first two times of five."""
    other = read_as(field, misread_text(field.text, rng))
    first, second = (field, other) if rng.random() < 0.6 else (other, field)
    alternatives = (Alternative(second.value, 0.38, second.text),)
    return replace(first, alternatives=alternatives, evidence=replace(field.evidence, reading=0.58))


def seconds(report: Report, fields: Sequence[Field]) -> float:
    """Processor time of one joint reading."""
    start = time.process_time()
    read_jointly(report.template, fields)
    return time.process_time() - start


def test_open_cells_are_decided() -> None:
    """One cell in twenty open: wherever relations reach, what was read wrong is put right."""
    rng, before, after, worse = Random(5), 0, 0, 0
    for report in CONSISTENT:
        degrees = report.degrees
        fields = [
            opened(f, rng) if degrees[f.id] and rng.random() < 0.05 else f for f in report.fields
        ]
        read = read_jointly(report.template, fields).fields
        for truth, old, new in zip(report.fields, fields, read, strict=True):
            right = truth.value or 0
            before += (old.value or 0) != right
            after += (new.value or 0) != right
            worse += (new.value or 0) != right == (old.value or 0)
    assert before > 30
    assert after <= 0.05 * before
    assert worse == 0


def test_time() -> None:
    """About 10 ms for a usual report; a third of a second where every cell is open."""
    rng = Random(7)
    usual = sorted(seconds(report, report.fields) for report in CONSISTENT)
    assert usual[len(usual) // 2] < 0.05
    hopeless = [[opened(field, rng) for field in report.fields] for report in CONSISTENT[:3]]
    assert max(map(seconds, CONSISTENT[:3], hopeless)) < 1.0
