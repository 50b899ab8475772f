"""Units of the text: what the networks read, and the way back to the printed characters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.entities import load_pipeline
from extractor.tagging.units import Units, context, key_of, span_at, units_of


def units(text: str) -> Units:
    """The units of a text without entities."""
    return units_of(load_pipeline().make_doc(text))


def test_figures_and_words_are_one_unit() -> None:
    """Digits and Latin letters run together, all else is a character each."""
    assert units("公开1208条,APP 2021年").keys == (
        *"公开", "<4>", "条", ",", "app", " ", "<year>", "年",
    )  # fmt: skip


def test_entities_are_one_unit() -> None:
    """A found title stands as one, with its label."""
    doc = load_pipeline().make_doc("依据《新\n条例》办理")
    doc.ents = (span_at(doc, (2, 8), "DOC_TITLE"),)
    read = units_of(doc)
    assert read.keys == ("依", "据", "<DOC_TITLE》>", "办", "理")
    assert read.labels == ("", "", "DOC_TITLE", "", "")
    assert read.printed(2, 2) == (2, 8)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2021", "<year>"), ("1821", "<4>"), ("12", "<12>"), ("31", "<31>"), ("99", "<99>"),
        ("0", "<0>"), ("00", "<0>"), ("007", "<03>"), ("１２", "<12>"), ("，", ","), ("○", "〇"),
        ("…", "…"), ("政", "政"), ("APP", "app"),
    ],
)  # fmt: skip
def test_keys(text: str, key: str) -> None:
    """Figures read by their kind, marks in one width."""
    assert key_of(text) == key


@settings(deadline=None)
@given(st.text("公开12a 。\n《", max_size=40))
def test_units_tile_the_text(text: str) -> None:
    """Units follow each other without gap, and each knows its printed characters."""
    read = units(text)
    assert "".join(read.source.text[a:b] for a, b in zip(read.starts, read.ends, strict=True)) == (
        read.source.text
    )
    for i in range(len(read.keys)):
        assert read.at(*read.printed(i, i)) == (i, i)
    assert [i for a, b in read.sentences() for i in range(a, b)] == list(range(len(read.keys)))


def test_a_range_that_cuts_a_unit_is_none() -> None:
    """Half a figure is no range of units."""
    read = units("公开1208条")
    assert read.at(2, 4) is None
    assert read.at(2, 7) == (2, 3)


def test_the_nearest_of_several_places() -> None:
    """A subject that is printed twice is the one beside its quantity."""
    assert units("申请很多，收到申请5件").nearest("申请", 9) == (7, 8)
    assert units("申请很多").nearest("诉讼", 2) is None


def test_context_tells_neighbours_apart() -> None:
    """The same unit between other units has other pairs; nothing but the text counts."""
    first, second = context(["区", "政", "府"]), context(["省", "政", "府"])
    assert first[1, 0] == second[1, 0]
    assert first[1, 1] != second[1, 1]
    assert np.array_equal(first, context(["区", "政", "府"]))
