"""Fewest looks: small documents against all sets there are, rows and columns, stories."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.confidence import Settled
from extractor.document import Certainty, Field
from extractor.looks import Risks, fewest_looks
from extractor.reading import Story
from tests.test_confidence import FIELD

ALONE = Settled(1.0, 1.0)


def fields_of(**certainties: Certainty) -> tuple[Field, ...]:
    """Fields of one table: `a_x` stands in row a, column x."""
    return tuple(
        replace(FIELD, id=f"t.{name.replace('_', '.')}", certainty=own)
        for name, own in certainties.items()
    )


def test_a_sure_document_needs_no_look() -> None:
    """What is expected to be wrong is under the target already."""
    found = fewest_looks(fields_of(a_x=Certainty(1.0, 1.0, 0.9995)), (), ALONE, 0.001)
    assert found.fields == ()
    assert found.wrong == found.left == 0.0005


def test_the_most_doubtful_come_first_and_no_more_than_needed() -> None:
    """Two of three, in order."""
    doubts = fields_of(
        a_x=Certainty(reading=0.9), a_y=Certainty(reading=0.5), a_z=Certainty(reading=0.999)
    )
    found = fewest_looks(doubts, (), ALONE, 0.01)
    assert found.fields == ("t.a.y", "t.a.x")
    assert found.left == 0.001


def test_one_cell_settles_its_row() -> None:
    """A row of doubtful place takes one look where the place of its cells hangs together."""
    row = fields_of(**{f"a_{column}": Certainty(place=0.97) for column in "uvwxyz"})
    assert len(fewest_looks(row, (), ALONE, 0.0051).fields) == 5
    assert len(fewest_looks(row, (), Settled(0.05, 1.0), 0.005).fields) == 1


def test_one_cell_settles_another_that_could_only_be_wrong_with_it() -> None:
    """Two cells that are misread together or not at all: one look is enough for both."""
    pair = fields_of(a_x=Certainty(reading=0.8), b_y=Certainty(reading=0.8))
    story = Story(0, 0.2, {"t.a.x": 1.0, "t.b.y": 1.0})
    assert len(fewest_looks(pair, (), ALONE, 0.01).fields) == 2
    found = fewest_looks(pair, (story,), ALONE, 0.01)
    assert len(found.fields) == 1
    assert found.left == 0.0


def test_of_two_that_exclude_each_other_both_are_looked_at() -> None:
    """One right makes the other the culprit."""
    pair = fields_of(a_x=Certainty(reading=0.5), b_y=Certainty(reading=0.6))
    stories = (Story(0, 0.5, {"t.a.x": 1.0}), Story(0, 0.4, {"t.b.y": 1.0}))
    risks = Risks.of(pair, stories, ALONE)
    assert risks.each(["t.a.x"])["t.b.y"] > 0.7
    assert len(fewest_looks(pair, stories, ALONE, 0.01).fields) == 2


def test_what_no_story_tells_stays() -> None:
    """A rare story that two doubtful cells share settles next to nothing."""
    pair = fields_of(a_x=Certainty(reading=0.5), b_y=Certainty(reading=0.5))
    rare = Story(0, 0.0001, {"t.a.x": 1.0, "t.b.y": 1.0})
    risks = Risks.of(pair, (rare,), ALONE)
    assert risks.each(["t.a.x"])["t.b.y"] > 0.499


def test_a_cell_that_is_surely_elsewhere_is_looked_at() -> None:
    """A probability of 0 is not an unknown one."""
    assert fewest_looks(fields_of(a_x=Certainty(0.0, 1.0, 1.0)), (), ALONE, 0.1).fields == (
        "t.a.x",
    )


def test_what_a_person_has_seen_needs_no_look() -> None:
    """Confirmed and corrected fields carry no risk."""
    (one,) = fields_of(a_x=Certainty(reading=0.2))
    assert fewest_looks((replace(one, review="confirmed"),), (), ALONE, 0.001).fields == ()


certainties = st.builds(Certainty, st.none(), st.none(), st.floats(0.5, 1.0))
tables = st.fixed_dictionaries(
    {f"{row}_{column}": certainties for row, column in itertools.product("abc", "xyz")}
)


@settings(max_examples=60, deadline=None)
@given(tables, st.floats(0.001, 0.1))
def test_it_is_the_smallest_set_where_looks_settle_only_themselves(
    own: dict[str, Certainty], target: float
) -> None:
    """Against every set of nine fields."""
    document = fields_of(**own)
    found = fewest_looks(document, (), ALONE, target)
    risks = Risks.of(document, (), ALONE)
    ids = [field.id for field in document]
    smallest = next(
        size
        for size in range(len(ids) + 1)
        for some in itertools.combinations(ids, size)
        if risks.total(some) <= target * len(ids) + 1e-12
    )
    assert len(found.fields) == smallest


stories = st.lists(
    st.builds(
        Story,
        st.just(0),
        st.floats(0.001, 0.08),
        st.dictionaries(
            st.sampled_from([f"t.{r}.{c}" for r in "abc" for c in "xyz"]),
            st.floats(0.1, 1.0), min_size=1, max_size=3,
        ),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(tables, stories, st.floats(0.001, 0.1))
def test_it_brings_the_document_under_the_target_and_no_look_is_needless(
    own: dict[str, Certainty], told: list[Story], target: float
) -> None:
    """With rows, columns and stories too."""
    document = fields_of(**own)
    settled = Settled(0.3, 0.8)
    found = fewest_looks(document, told, settled, target)
    risks = Risks.of(document, told, settled)
    allowed = target * len(document)
    assert risks.total(found.fields) <= allowed + 1e-9
    for one in found.fields:
        assert risks.total([other for other in found.fields if other != one]) > allowed
