"""The reader of numbers with its real model, on drawn crops; and joining it with another reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PILImage
from PIL import ImageDraw, ImageFont

from extractor.ocr.engine import Reading
from extractor.ocr.joining import canonical, combined, grouped
from extractor.ocr.numbers import FOREIGN, load_number_reader
from extractor.options import Options
from tests import ocr_images

if TYPE_CHECKING:
    from extractor.ocr.engine import Image
    from extractor.ocr.numbers import NumberReader

RUNTIMES: tuple[Literal["onnxruntime", "openvino"], ...] = ("onnxruntime", "openvino")


@pytest.fixture(params=RUNTIMES)
def reader(request: pytest.FixtureRequest) -> NumberReader:
    return load_number_reader(Options(runtime=request.param, threads=1))


def printed(text: str, size: int = 22) -> Image:
    """A crop of one line in the typeface that Pillow brings, with the margin that cells have."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = (round(v) for v in font.getbbox(text))
    margin = round(0.2 * (bottom - top))
    paper = PILImage.new("RGB", (right - left + 2 * margin, bottom - top + 2 * margin), "white")
    ImageDraw.Draw(paper).text((margin - left, margin - top), text, font=font, fill="black")
    return np.asarray(paper, np.uint8)


def worn(text: str) -> Image:
    """A bilevel copy of the printed line, with scratches across that break its strokes."""
    crop = np.where(printed(text) < 128, 0, 255).astype(np.uint8)
    for x in range(4, crop.shape[1], 11):
        crop[10:12, x : x + 3] = 255
    return crop


@pytest.mark.parametrize("text", [*ocr_images.NUMBERS, "3508.05", "1,024", "-25", "+3", "/", "7%"])
def test_numbers_are_read(reader: NumberReader, text: str) -> None:
    (reading,) = reader.read([printed(text)])
    assert reading.text == text
    assert len(reading.probabilities) == len(reading.positions) == len(text)
    assert reading.confidence > 0.5
    assert list(reading.positions) == sorted(reading.positions)


@pytest.mark.parametrize("text", ["2023", "48", "1136"])
def test_broken_strokes_are_read(reader: NumberReader, text: str) -> None:
    (reading,) = reader.read([worn(text)])
    assert reading.text == text


def test_a_lone_dash_is_read_whatever_its_underside(reader: NumberReader) -> None:
    dash = ocr_images.blank(10, 40)
    dash[3:6, 3:37] = 0
    dash[5, 8:30:5] = 255
    assert reader.read([dash])[0].text == "-"


def test_words_are_foreign(reader: NumberReader) -> None:
    (reading,) = reader.read([printed("Annual")])
    assert FOREIGN in reading.text


@pytest.mark.parametrize("name", ocr_images.odd_images())
def test_odd_images_do_no_harm(reader: NumberReader, name: str) -> None:
    (reading,) = reader.read([ocr_images.odd_images()[name]])
    assert len(reading.probabilities) == len(reading.text)


def test_nothing_is_read_without_ink(reader: NumberReader) -> None:
    assert reader.read([]) == []
    assert reader.read([ocr_images.blank(20, 30)]) == [Reading("")]


def test_a_crop_is_read_the_same_in_any_company(reader: NumberReader) -> None:
    crops = [ocr_images.line(text) for text in (*ocr_images.NUMBERS, "12,345,678.90") * 9]
    together = reader.read(crops)
    for crop, reading in list(zip(crops, together, strict=True))[:6]:
        (alone,) = reader.read([crop])
        assert alone.text == reading.text
        assert alone.probabilities == pytest.approx(reading.probabilities, abs=1e-3)


def test_readings_are_the_same_every_time(reader: NumberReader) -> None:
    crops = [ocr_images.line(text) for text in ocr_images.NUMBERS]
    assert reader.read(crops) == reader.read(crops)


def test_runtimes_agree() -> None:
    crops = [ocr_images.line(text) for text in ocr_images.NUMBERS]
    readers = [load_number_reader(Options(runtime=r, threads=1)) for r in RUNTIMES]
    first, second = (reader.read(crops) for reader in readers)
    for one, other in zip(first, second, strict=True):
        assert one.text == other.text
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-3)


def test_grey_crops_are_read_too(reader: NumberReader) -> None:
    gray = np.asarray(cv2.cvtColor(ocr_images.line("48"), cv2.COLOR_BGR2GRAY), np.uint8)
    assert reader.read([gray])[0].text == "48"


SURE = Reading("57", (0.99, 0.98), (0.2, 0.7), (("37", 0.01),))
TORN = Reading("37", (0.5, 0.97), (0.25, 0.75), (("57", 0.45),))


def test_a_sure_reader_outweighs_a_torn_one() -> None:
    joined = combined(TORN, SURE)
    assert joined.text == "57"
    assert dict(joined.runners_up).keys() >= {"37"}
    assert joined.probabilities[1] > joined.probabilities[0]


def test_what_both_read_is_surer_than_what_one_reads() -> None:
    agreed, alone = combined(SURE, SURE), combined(Reading(""), SURE)
    assert agreed.text == alone.text == "57"
    assert agreed.confidence > alone.confidence


def test_the_printed_form_of_the_general_reader_is_kept() -> None:
    dash = Reading("—", (0.9,), (0.5,))
    assert combined(dash, Reading("-", (0.99,), (0.5,))).text == "—"
    assert combined(Reading("一", (0.6,), (0.5,)), Reading("-", (0.99,), (0.5,))).text == "一"
    assert combined(Reading("1", (0.6,), (0.5,)), Reading("-", (0.99,), (0.5,))).text == "—"


def test_a_word_stays_a_word() -> None:
    word = Reading("本机关", (0.99, 0.99, 0.99), (0.2, 0.5, 0.8))
    foreign = Reading(FOREIGN * 3, (0.97, 0.98, 0.9), (0.2, 0.5, 0.8))
    assert combined(word, foreign).text == "本机关"
    assert FOREIGN not in combined(Reading(""), foreign).text


def test_nothing_and_nothing_is_nothing() -> None:
    assert combined(Reading(""), Reading("")) == Reading("", agreed=True)


def test_one_sign_in_many_forms() -> None:
    assert [canonical(t) for t in ("－25", "—", "1，024", "３。5", "一", "一份")] == [
        "-25", "-", "1,024", "3.5", "-", "一份",
    ]  # fmt: skip


NUMERALS = st.text("0123456789.-", min_size=0, max_size=4)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    text = draw(NUMERALS)
    chances = st.floats(0.01, 1.0)
    probabilities = tuple(draw(chances) for _ in text)
    left = 1 - float(np.prod(probabilities)) if text else 1.0
    others = draw(st.lists(NUMERALS.filter(lambda t: t != text), max_size=3, unique=True))
    shared = tuple((other, left / (len(others) + 1)) for other in others)
    return Reading(text, probabilities, tuple(0.5 for _ in text), shared if text else ())


@given(readings(), readings())
def test_a_joined_reading_is_a_distribution(general: Reading, number: Reading) -> None:
    joined = combined(general, number)
    assert len(joined.probabilities) == len(joined.text)
    assert all(0 <= p <= 1 for p in joined.probabilities)
    others = sum(p for _, p in joined.runners_up)
    assert others <= 1 + 1e-9
    ordered = [p for _, p in joined.runners_up]
    assert ordered == sorted(ordered, reverse=True)
    assert joined.text not in dict(joined.runners_up)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("2,629.981,089.49", "2,629,981,089.49"),
        ("42.732.350.00", "42,732,350.00"),
        ("1.024", "1,024"),
        ("-1.024.5", "-1,024.5"),
        ("3508.05", "3508.05"),
        ("0.125", "0.125"),
        ("1.02.345", "1.02.345"),
        ("12", "12"),
        ("1.000.000", "1,000,000"),
    ],
)
def test_groups_of_three_have_commas(text: str, whole: str) -> None:
    assert grouped(text) == whole


def test_points_between_thousands_are_commas_that_lost_their_tails() -> None:
    """Both readers name the comma for one of two points only; a number has one point at most."""
    general = Reading("42.732.350.00", (0.9,) * 13, (), (("42.732,350.00", 0.27),))
    number = Reading("42.732.350.00", (0.95,) * 13, (), (("42.732,350.00", 0.37),))
    assert combined(general, number).text == "42,732,350.00"


def test_points_that_nobody_takes_for_commas_stay() -> None:
    """A mangled number that is plainly printed so is returned as it is."""
    plain = Reading("42.732.350.00", (1.0,) * 13)
    assert combined(plain, plain).text == "42.732.350.00"
