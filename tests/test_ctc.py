"""Decoding of CTC posteriors, on posteriors made by hand."""

from __future__ import annotations

from itertools import groupby, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.ocr.ctc import Symbols, decode, readings_by_probability

if TYPE_CHECKING:
    from extractor.ocr.ctc import Posteriors

SYMBOLS = Symbols(("blank", "0", "1", "A", "０"))
BLANK, ZERO, ONE, LETTER, WIDE_ZERO = range(5)


def frames(*rows: dict[int, float]) -> Posteriors:
    """One row a frame; what is left of 1 goes to the blank."""
    table = np.zeros((len(rows), len(SYMBOLS.characters)), dtype=np.float32)
    for row, masses in zip(table, rows, strict=True):
        for column, mass in masses.items():
            row[column] = mass
        row[BLANK] += 1 - sum(masses.values())
    return table


def test_repeats_merge_and_a_blank_parts_them() -> None:
    reading = decode(frames({ONE: 0.9}, {ONE: 0.7}, {}, {ONE: 0.8}), SYMBOLS)
    assert reading.text == "11"
    assert reading.probabilities == pytest.approx((0.9, 0.8))
    assert reading.positions == pytest.approx((0.25, 0.875))


def test_only_blanks_are_an_empty_reading() -> None:
    reading = decode(frames({}, {ONE: 0.1}), SYMBOLS)
    assert (reading.text, reading.probabilities, reading.runners_up) == ("", (), ())


def test_padding_is_not_read() -> None:
    reading = decode(frames({ONE: 0.9}, {}, {ZERO: 0.9}), SYMBOLS, width=1.5)
    assert reading.text == "1"
    assert reading.positions == pytest.approx((1 / 3,))


def test_alphabet_forces_a_digit_with_the_probability_the_free_reader_gives_it() -> None:
    posteriors = frames({LETTER: 0.9, ONE: 0.02, ZERO: 0.01})
    assert decode(posteriors, SYMBOLS).text == "A"
    reading = decode(posteriors, SYMBOLS, "01")
    assert reading.text == "1"
    assert reading.confidence == pytest.approx(0.02)


def test_alphabet_does_not_make_ink_of_a_blank() -> None:
    assert decode(frames({ONE: 0.2}), SYMBOLS, "01").text == ""
    assert decode(frames({ONE: 0.9}), SYMBOLS, "").text == ""


def test_full_width_forms_count_for_the_plain_character() -> None:
    reading = decode(frames({WIDE_ZERO: 0.6, ZERO: 0.3}), SYMBOLS, "01")
    assert reading.text == "0"
    assert reading.confidence == pytest.approx(0.9)


def test_runners_up_are_whole_readings_in_order() -> None:
    reading = decode(frames({ONE: 0.7, ZERO: 0.2}, {}, {ZERO: 0.9}), SYMBOLS, "01")
    assert reading.text == "10"
    assert dict(reading.runners_up)["00"] == pytest.approx(0.2 * 0.9)
    assert dict(reading.runners_up)["0"] == pytest.approx(0.1 * 0.9 + 0.2 * 0.1)
    ordered = [p for _, p in reading.runners_up]
    assert ordered == sorted(ordered, reverse=True)


def enumerated(posteriors: Posteriors) -> dict[str, float]:
    """Probability of every text, by adding up all labellings."""
    totals: dict[str, float] = {}
    for labelling in product(range(posteriors.shape[1]), repeat=len(posteriors)):
        p = float(np.prod([posteriors[t, s] for t, s in enumerate(labelling)]))
        text = "".join(SYMBOLS.characters[s] for s, _ in groupby(labelling) if s != BLANK)
        totals[text] = totals.get(text, 0.0) + p
    return totals


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), min_size=1, max_size=4))
def test_beam_search_is_exact_where_nothing_is_cut_off(rows: list[list[float]]) -> None:
    """On few frames and symbols the beam holds every text of any weight."""
    posteriors = np.array(rows, dtype=np.float32)
    posteriors /= posteriors.sum(axis=1, keepdims=True)
    truth = enumerated(posteriors)
    found = readings_by_probability(posteriors, SYMBOLS.characters, faint=1e-9)
    best = sorted(truth.values(), reverse=True)[:3]
    assert [p for _, p in found[:3]] == pytest.approx(best, rel=0.02, abs=1e-6)
    for text, p in found[:3]:
        assert p == pytest.approx(truth[text], rel=0.02, abs=1e-6)
