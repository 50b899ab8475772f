"""Joint reading: open readings are decided by sums, sure ones never, and what is said of both."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.misreads import PAGE, as_clean
from extractor.checks import attach_checks, run_checks
from extractor.confidence import with_confidence
from extractor.document import Alternative, Field, FieldOrigin
from extractor.fields import fill_fields
from extractor.normalize import cell_state, parse_count
from extractor.options import Options
from extractor.reading import JointReading, read_jointly, with_odds
from extractor.reading.cells import by_pixels
from extractor.reading.joint import _by_pixels, weigh
from extractor.reading.likelihood import PAPERS, gap, slip
from extractor.reading.table import System, system
from extractor.review import Read, review
from extractor.template import load_templates
from tests.printed_tables import applications, grid

ANNUAL = next(t for t in load_templates() if t.id == "gov-disclosure-annual/2021")
TEMPLATE = next(t for t in load_templates() if t.id == "enforcement-statistics")
ROWS = ("warning", "fine", "confiscation", "licence", "closure", "total")
COLUMNS = ("summary", "ordinary", "total")
# Rows and columns add up: every cell but the corner takes part in two relations.
PRINTED = [[7, 4, 11], [20, 3, 23], [0, 1, 1], [2, 2, 4], [1, 0, 1], [30, 10, 40]]


def number(field_id: str, text: str, sure: float = 0.99, source: FieldOrigin = "ocr") -> Field:
    """A count as it was read."""
    state = cell_state(text)
    return Field(
        id=field_id, label=field_id.replace(".", " / "), kind="count",
        value=parse_count(text) if state == "printed" else None, state=state, text=text, unit=None,
        confidence=0.0, alternatives=(), page=1, bbox=None, source=source, checks=(),
        review="needs_review", evidence=as_clean(sure),
    )  # fmt: skip


def table(**changed: Field) -> tuple[Field, ...]:
    """The decisions of the enforcement form, some cells read otherwise: `fine_summary`."""
    return tuple(
        replace(changed[f"{row}_{column}"], id=field_id, label=f"{row} / {column}")
        if f"{row}_{column}" in changed
        else number(field_id, str(PRINTED[r][c]))
        for r, row in enumerate(ROWS)
        for c, column in enumerate(COLUMNS)
        for field_id in [f"decisions.{row}.{column}"]
    )


def open_between(first: str, p: float, second: str, q: float) -> Field:
    """A reading with another one near it."""
    value = parse_count(second) if cell_state(second) == "printed" else None
    text = None if second == str(value) else second
    return replace(number("", first, p), alternatives=(Alternative(value, q, text),))


def read(fields: tuple[Field, ...], field_id: str) -> Field:
    joint = read_jointly(TEMPLATE, fields)
    return next(field for field in joint.fields if field.id == field_id)


def judged(fields: tuple[Field, ...]) -> tuple[JointReading, dict[str, Field]]:
    """What a whole document would say."""
    joint = read_jointly(TEMPLATE, fields)
    checks = run_checks(TEMPLATE, joint.fields, (), ())
    told = with_odds(checks, joint.suspicions)
    fields = with_confidence(attach_checks(joint.fields, checks), (PAGE,), told)
    final = review(Read("", {}, (PAGE,), fields, told, joint.stories), Options(review_below=0.98))
    return joint, {field.id: field for field in final.fields}


@pytest.mark.parametrize(("first", "second"), [("8", "3"), ("3", "8")])
def test_an_open_reading_is_decided_by_the_sums(first: str, second: str) -> None:
    """3 at 0.55 and 8 at 0.44, whichever is read: the row and the column want 3."""
    field = read(table(fine_ordinary=open_between(first, 0.55, second, 0.44)),
                 "decisions.fine.ordinary")  # fmt: skip
    assert (field.value, field.text, field.state) == (3, "3", "printed")
    assert (field.evidence.arithmetic or 0) > 0.999
    assert field.evidence.reading == pytest.approx(0.55 if first == "3" else 0.44)
    # The other reading is left with next to nothing, and not told.
    assert field.alternatives == ()


def test_a_sure_reading_is_never_overruled() -> None:
    """8 at 0.9999: the sums want 3, and the field says so but keeps 8."""
    fields = table(fine_ordinary=open_between("8", 0.9999, "3", 0.00005))
    joint, final = judged(fields)
    field = final["decisions.fine.ordinary"]
    assert (field.value, field.text, field.review) == (8, "8", "needs_review")
    assert {other.value for other in field.alternatives} == {3}
    assert {s.relation for s in joint.suspicions} == {
        "decisions.row.fine", "decisions.total.ordinary",
    }  # fmt: skip
    assert all(s.suspects[0][0] == field.id and s.suspects[0][1] > 0.99 for s in joint.suspicions)


def test_odds_of_twenty_are_open_more_are_not() -> None:
    """Where the pixels give the other reading less, it is only told."""
    assert read(table(fine_ordinary=open_between("8", 0.9, "3", 0.05)), FINE).value == 3
    assert read(table(fine_ordinary=open_between("8", 0.9, "3", 0.04)), FINE).value == 8


FINE = "decisions.fine.ordinary"


def test_a_number_without_pixels_is_never_chosen() -> None:
    """The sums call for 3, but no reading says so: 8 stays, however doubtful."""
    field = read(table(fine_ordinary=number("", "8", 0.3)), FINE)
    assert field.value == 8
    assert field.alternatives[0].value == 3
    assert field.alternatives[0].confidence > 0.9
    assert (field.evidence.arithmetic or 0) < 0.1


def test_a_stroke_is_a_reading_too() -> None:
    """A stroke read as 1 becomes the stroke that the sums want, with its text and state."""
    fields = table(confiscation_summary=open_between("1", 0.6, "/", 0.35))
    field = read(fields, "decisions.confiscation.summary")
    assert (field.value, field.state, field.text) == (None, "not_applicable", "/")
    back = read(table(confiscation_summary=open_between("/", 0.5, "1", 0.45)),
                "decisions.confiscation.summary")  # fmt: skip
    assert (back.value, back.state, back.text) == (None, "not_applicable", "/")
    assert (back.evidence.arithmetic or 0) > 0.99


def test_nought_and_blank_are_left_to_the_pixels() -> None:
    """They are the same in a sum."""
    field = read(table(closure_ordinary=open_between("0", 0.6, "", 0.3)),
                 "decisions.closure.ordinary")  # fmt: skip
    assert field.value == 0
    assert (field.evidence.arithmetic or 0) == pytest.approx(2 / 3, abs=0.01)
    assert [(other.value, other.text) for other in field.alternatives] == [(None, "")]


def test_a_text_that_is_no_number() -> None:
    """It gives way to a reading that is one and that the sums bear out, and only then."""
    garbled = replace(number("", "见附", 0.2), alternatives=(Alternative(3, 0.15),))
    assert read(table(fine_ordinary=garbled), FINE).value == 3
    wrong = replace(number("", "见附", 0.2), alternatives=(Alternative(5, 0.15),))
    assert read(table(fine_ordinary=wrong), FINE).text == "见附"


def test_what_is_wrong_on_paper_stays() -> None:
    """A clerk's slip that is read surely keeps its value and is flagged, other cells are not."""
    joint, final = judged(table(total_total=number("", "41", 0.9999)))
    assert [f.value for f in joint.fields] == [*itertools.chain(*PRINTED[:5]), 30, 10, 41]
    assert final["decisions.total.total"].review == "needs_review"
    assert [f.id for f in final.values() if f.review == "needs_review"] == ["decisions.total.total"]
    assert all(suspicion.misread < 0.2 for suspicion in joint.suspicions)


def test_a_doubtful_reading_is_rather_misread_than_misprinted() -> None:
    """The same break, read at 0.8."""
    joint, final = judged(table(total_total=number("", "41", 0.8)))
    assert all(suspicion.misread > 0.8 for suspicion in joint.suspicions)
    assert final["decisions.total.total"].confidence < 0.2


def test_text_layer_and_people_are_not_overruled() -> None:
    """Such fields are returned as they are."""
    layer = tuple(replace(f, source="text_layer") for f in table(fine_ordinary=number("", "8")))
    joint = read_jointly(TEMPLATE, layer)
    assert all(new is old for new, old in zip(joint.fields, layer, strict=True))
    assert joint.suspicions[0].suspects[0][0] == FINE
    corrected = replace(open_between("8", 0.55, "3", 0.44), review="corrected")
    assert read(table(fine_ordinary=corrected), FINE).value == 8


def test_fields_without_relations() -> None:
    """They are returned as they are, alternatives too."""
    alone = replace(number("cases.penalties.opened", "5"), alternatives=(Alternative(6, 0.2),))
    assert read_jointly(TEMPLATE, (alone,)).fields == (alone,)


def test_a_relation_that_nobody_explains_makes_all_suspects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where its suspects answer for too little, a person sees all its cells."""
    fields = table(fine_total=number("", "83", 0.9999))
    monkeypatch.setattr("extractor.reading.joint.EXPLAINED", 1.1)
    joint, final = judged(fields)
    row = next(s for s in joint.suspicions if s.relation == "decisions.row.fine")
    assert row.suspects[0][0] == "decisions.fine.total"
    assert {field_id for field_id, _ in row.suspects} == {f"decisions.fine.{c}" for c in COLUMNS}
    assert all(final[f"decisions.fine.{c}"].review == "needs_review" for c in COLUMNS)


def test_too_much_to_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search must give up nothing is said, and broken relations count as before."""
    fields = table(
        fine_ordinary=open_between("8", 0.55, "3", 0.44),
        fine_total=open_between("28", 0.5, "23", 0.4),
    )
    monkeypatch.setattr("extractor.reading.search.BUDGET", 1)
    joint, final = judged(fields)
    assert joint.fields == fields
    assert joint.suspicions == ()
    assert final[FINE].evidence.relations_broken == 1
    assert final["decisions.fine.summary"].evidence.arithmetic is None


def test_nothing_adds_up() -> None:
    """Every number different or absurdly long: an answer all the same, no value changed."""
    for start, stop in ((101, None), (10**30, None), (10**400, 10**400 + 1)):
        texts = (str(n) for n in itertools.count(start, stop or 7))
        fields = fill_fields(ANNUAL, (grid(applications(texts), confidence=0.9),), {})
        joint = read_jointly(ANNUAL, fields)
        assert [f.value for f in joint.fields] == [f.value for f in fields]
        for field in joint.fields:
            assert 0 <= (field.evidence.arithmetic or 0) <= 1


# --- against enumeration --------------------------------------------------------------------------

counts = st.integers(0, 30)
shares = st.sampled_from([0.9999, 0.99, 0.9, 0.55])


@st.composite
def rows_of_three(draw: st.DrawFn) -> tuple[Field, ...]:
    """One row: total = summary + ordinary, read well or badly, with other readings or without."""
    fields = []
    for column in COLUMNS:
        value, other, sure = draw(counts), draw(counts), draw(shares)
        alternatives = (Alternative(other, round(0.9 * (1 - sure), 6)),) if other != value else ()
        field = number(f"decisions.fine.{column}", str(value), sure)
        fields.append(replace(field, alternatives=alternatives if draw(st.booleans()) else ()))
    return tuple(fields)


def enumerated(known: System) -> list[dict[int, float]]:
    """P(printed number) of each cell: all numbers meant, all kinds of paper, one by one."""
    pixels = _by_pixels(known)
    found: list[dict[int, float]] = [dict.fromkeys(p, 0.0) for p in pixels]
    for paper in PAPERS:
        for meant in itertools.product(*pixels):
            out = sum(c * meant[i] for i, c in known.sums[0].terms.items())
            weight = paper.share * (paper.loose * gap(out) if out else 1 - paper.loose)
            parts = []
            for own, p, n in zip(known.cells, pixels, meant, strict=True):
                slips = paper.total if own.total else paper.addend
                at_hand = n == own.number
                slipped = 0.0 if at_hand else p[own.number] * slips * slip(n, own.number)
                printed = p[n] * (1 - slips) if at_hand else p[n]
                parts.append((printed, slipped))
            weight *= math.prod(printed + slipped for printed, slipped in parts)
            for own, f, n, (printed, slipped) in zip(known.cells, found, meant, parts, strict=True):
                if weight:
                    f[n] += weight * printed / (printed + slipped)
                    f[own.number] += weight * slipped / (printed + slipped)
    return [{n: p / sum(f.values()) for n, p in f.items()} for f in found]


@settings(max_examples=300, deadline=None)
@given(rows_of_three())
def test_as_enumeration(fields: tuple[Field, ...]) -> None:
    """The posterior is what adding up everything gives, but for what was not weighed."""
    known = system(TEMPLATE, fields)
    posteriors = weigh(known).posteriors
    for own, exact in zip(known.cells, enumerated(known), strict=True):
        posterior = posteriors[own.field.id]
        told = sum(posterior.choices) + sum(posterior.called_for.values())
        assert told <= 1 + 1e-9
        assert told > 0.5
        for number_, p in posterior.called_for.items():
            assert p / told == pytest.approx(exact[number_], abs=5e-3)
        assert posterior.choices[0] / told == pytest.approx(exact[own.number], abs=5e-3)


@settings(max_examples=200, deadline=None)
@given(rows_of_three())
def test_values_are_readings(fields: tuple[Field, ...]) -> None:
    """Whatever the sums say, a value is one that the pixels gave."""
    for old, new in zip(fields, read_jointly(TEMPLATE, fields).fields, strict=True):
        assert new.value in {old.value, *(other.value for other in old.alternatives)}
        assert sum(a.confidence for a in new.alternatives) <= 1.001


def test_pixels_sum_to_one_at_most() -> None:
    """Readings, numbers called for, and something left."""
    known = system(TEMPLATE, table(fine_ordinary=open_between("8", 0.55, "3", 0.44)))
    for own in known.cells:
        assert sum(by_pixels(own, range(2000)).values()) <= 1
