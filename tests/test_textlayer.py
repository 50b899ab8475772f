"""Text layers: words and rulings in place, and layers that are not to be trusted."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pdfplumber
import pypdfium2
import pytest

from extractor.document import Char, Word
from extractor.geometry import Box, Segment
from extractor.textlayer import TextLayer, distrust, read_text_layer
from fixtures import bad
from fixtures.bad import HELVETICA, build_pdf, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]

WIDTH, HEIGHT = 400, 600
FONTS = b"/Font<</F1 5 0 R/F2 6 0 R>>"
BOLD = HELVETICA.replace(b"Helvetica", b"Helvetica-Bold")
PROSE = (
    "本机关严格按照政府信息公开条例的要求做好主动公开和依申请公开工作"
    "本年度共收到申请若干件均已按时答复办结"
)


def pdf(
    content: bytes, entries: bytes = b"", box: tuple[int, ...] = (0, 0, WIDTH, HEIGHT)
) -> bytes:
    """One page with the fonts F1 (Helvetica) and F2 (bold)."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%d %d %d %d]/Contents 4 0 R/Resources<<%s>>%s>>"
    return build_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            page % (*box, FONTS, entries),
            stream(content),
            HELVETICA,
            BOLD,
        ]
    )


def read(data: bytes) -> TextLayer:
    with pdfplumber.open(io.BytesIO(data)) as document:
        return read_text_layer(document.pages[0])


def show(text: bytes, matrix: bytes, font: bytes = b"F1", size: int = 10) -> bytes:
    return b"BT /%s %d Tf %s Tm (%s) Tj ET " % (font, size, matrix, text)


def rendered(data: bytes, turn: int = 0) -> Gray:
    """The page at 72 dpi, grey, turned clockwise."""
    document = pypdfium2.PdfDocument(data)
    gray = np.asarray(document[0].render(scale=1).to_pil().convert("L"), np.uint8)
    document.close()
    return np.ascontiguousarray(np.rot90(gray, -turn // 90))


def layer_of(text: str, *, width: float = 600, height: float = 800) -> TextLayer:
    """A layer with one word a line of ten characters, 12 points high."""
    words = []
    for i in range(0, len(text), 10):
        y = 20 + 2 * i
        chars = tuple(
            Char(char, Box(20 + 12 * k, y, 32 + 12 * k, y + 12))
            for k, char in enumerate(text[i : i + 10])
        )
        box = Box(20, y, chars[-1].bbox.x1, y + 12)
        words.append(Word(text[i : i + 10], box, None, chars, 12))
    return TextLayer(tuple(words), (), width, height, 0)


def inked(layer: TextLayer) -> Gray:
    """A picture with ink under every word."""
    gray = np.full((int(layer.height), int(layer.width)), 255, np.uint8)
    for word in layer.words:
        x0, y0, x1, y1 = (int(v) for v in word.bbox)
        gray[y0:y1:2, x0:x1:2] = 0
    return gray


def test_words_end_at_gaps_steps_and_blanks() -> None:
    """Each with its box, top left origin, and one box a character."""
    layer = read(pdf(show(b"Report 2023", b"1 0 0 1 50 500") + show(b"16", b"1 0 0 1 300 500")))
    assert [word.text for word in layer.words] == ["Report", "2023", "16"]
    first = layer.words[0]
    assert first.bbox.x0 == pytest.approx(50, abs=0.5)
    assert first.bbox.y0 < 100 < first.bbox.y1 + 3
    assert [char.text for char in first.chars] == list("Report")
    assert all(char.confidence is None for char in first.chars)
    assert (layer.width, layer.height, layer.rotation) == (WIDTH, HEIGHT, 0)


TURNED = {
    0: b"1 0 0 1 120 450",
    90: b"0 1 -1 0 150 120",
    180: b"-1 0 0 -1 280 150",
    270: b"0 -1 1 0 250 480",
}


@pytest.mark.parametrize(("rotation", "matrix"), TURNED.items())
def test_text_set_sideways_turns_the_page(rotation: int, matrix: bytes) -> None:
    """Coordinates are those of the upright page: the line starts 120 from the left, 150 down."""
    data = pdf(show(b"Report 2023", matrix))
    layer = read(data)
    assert layer.rotation == rotation
    assert (layer.width, layer.height) == ((400, 600) if rotation in (0, 180) else (600, 400))
    assert [word.text for word in layer.words] == ["Report", "2023"]
    assert layer.words[0].bbox.x0 == pytest.approx(120, abs=1)
    assert layer.words[0].bbox.y1 == pytest.approx(150, abs=4)
    assert layer.words[0].bbox.x1 < layer.words[1].bbox.x0
    assert distrust(layer, rendered(data, rotation)) is None


def test_a_page_turned_by_its_own_entry_is_upright_already() -> None:
    """/Rotate 90 over text set sideways: both cancel out."""
    layer = read(pdf(show(b"Report", TURNED[90]), b"/Rotate 90"))
    assert (layer.rotation, layer.width, layer.height) == (0, 600, 400)
    assert layer.words[0].bbox.x0 == pytest.approx(120, abs=1)


def test_rulings_turn_with_the_text() -> None:
    """A line down the page lies across where the text runs up the page."""
    layer = read(pdf(show(b"Report", TURNED[90]) + b"100 50 m 100 550 l S "))
    (ruling,) = layer.rulings
    assert ruling.horizontal
    assert ruling[:4] == pytest.approx((50, 100, 550, 100))


def test_a_page_whose_corner_is_not_the_origin() -> None:
    """Coordinates count from the page's own top left corner."""
    content = show(b"Report", b"1 0 0 1 150 600") + b"150 590 m 350 590 l S "
    layer = read(pdf(content, box=(100, 100, 500, 700)))
    assert layer.words[0].bbox.x0 == pytest.approx(50, abs=0.5)
    assert layer.words[0].bbox.y1 == pytest.approx(100, abs=4)
    assert layer.rulings[0][:4] == pytest.approx((50, 110, 250, 110))


@pytest.mark.parametrize("x", [50.0, 50.9, 51.1, 52.99])
def test_words_drawn_twice_are_one(x: float) -> None:
    """Makeshift bold draws a run again a hair's breadth away; the same word elsewhere stays."""
    place = b"1 0 0 1 %.2f %d"
    content = b"".join(
        show(b"Report", place % (x + dx, y)) for y in (500, 480) for dx in (0, 0.3, 0.6)
    )
    assert [word.text for word in read(pdf(content)).words] == ["Report", "Report"]


def test_characters_drawn_twice_are_one() -> None:
    """The same, letter by letter; doubled letters and digits that are meant stay."""
    content = b"".join(
        show(char, b"1 0 0 1 %.2f 500" % (50 + x + dx))
        for x, char in (
            (0, b"1"),
            (5.6, b"1"),
            (11.1, b"0"),
            (16.7, b"l"),
            (18.9, b"l"),
            (21.1, b"."),
        )
        for dx in (0, 0.25)
    )
    assert [word.text for word in read(pdf(content)).words] == ["110ll."]


def test_bold_is_told_from_the_font() -> None:
    """By its name, for most of the word's characters."""
    layer = read(pdf(show(b"Fett", TURNED[0], b"F2") + show(b"mager", b"1 0 0 1 50 50")))
    assert [word.bold for word in layer.words] == [True, False]


def test_thin_filled_rectangles_are_rulings() -> None:
    """As browsers and Word draw borders: one ruling in the middle, with its thickness."""
    layer = read(pdf(b"50 500 300 0.5 re f 60 100 0.75 300 re f 10 10 2 2 re f "))
    assert [tuple(r) for r in layer.rulings] == [
        pytest.approx((50, 99.75, 350, 99.75, 0.5)),
        pytest.approx((60.375, 200, 60.375, 500, 0.75)),
    ]


def test_boxes_give_four_edges_unless_they_are_white() -> None:
    """A white fill without a border hides behind the paper; a shaded one has visible edges."""
    white = b"1 1 1 rg 50 50 100 100 re f 1 g 60 60 100 100 re f 0 0 0 0 k 70 70 100 100 re f "
    assert read(pdf(white)).rulings == ()
    shaded = read(pdf(b"0.9 g 50 400 100 100 re f "))
    assert {tuple(r[:4]) for r in shaded.rulings} == {
        (50, 100, 150, 100), (50, 200, 150, 200), (50, 100, 50, 200), (150, 100, 150, 200),
    }  # fmt: skip
    assert len(read(pdf(b"1 g 0 G 50 400 100 100 re B ")).rulings) == 4


def test_slanted_lines_are_no_rulings() -> None:
    """A diagonal stroke through a cell divides nothing."""
    layer = read(pdf(b"50 100 m 150 200 l S 50 300 m 150 300.4 l S "))
    assert [r.horizontal for r in layer.rulings] == [True]
    assert isinstance(layer.rulings[0], Segment)


def test_what_lies_off_the_page_is_not_read() -> None:
    """Text outside the paper cannot be seen."""
    assert read(pdf(show(b"hidden", b"1 0 0 1 -200 500"))).words == ()


def test_a_plain_layer_is_trusted() -> None:
    """Chinese prose or numbers over their own ink."""
    for text in (PROSE, "0 16 1136 7730.28".replace(" ", ""), "Annual report, café"):
        layer = layer_of(text)
        assert distrust(layer, inked(layer)) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bad.mojibake_pdf(), "garbled"),
        (bad.unmapped_glyphs_pdf(), "unmapped"),
    ],
)
def test_layers_that_say_nothing(data: bytes, reason: str) -> None:
    """Each with its reason."""
    assert distrust(read(data), rendered(data)) == reason


def test_a_scan_with_a_hidden_ocr_layer_is_read_from_its_pixels() -> None:
    """What a former OCR made of it may be wrong."""
    data = bad.invisible_layer_pdf()
    layer = read(data)
    assert [w.text for w in layer.words[:3]] == ["Draft", "1999", "7777"]
    assert distrust(layer, rendered(data), invisible=1.0, scanned=True) == "invisible"


def test_a_shifted_character_map_is_garbled() -> None:
    """Well-formed Chinese of which no character is common."""
    layer = layer_of("".join(chr(ord(c) + 977) for c in PROSE))
    assert distrust(layer, inked(layer)) == "garbled"


@pytest.mark.parametrize("bad_glyph", ["\ufffd", "\ue012", "\x07"])
def test_a_few_unmapped_glyphs_are_enough(bad_glyph: str) -> None:
    """Private use, control and replacement characters: more than two in a hundred."""
    layer = layer_of(PROSE[:45] + 3 * bad_glyph)
    assert distrust(layer, inked(layer)) == "unmapped"
    layer = layer_of(PROSE + PROSE + bad_glyph)
    assert distrust(layer, inked(layer)) is None


def test_text_without_ink_under_it_does_not_match() -> None:
    """Words on white paper, or where something else is painted over them."""
    layer = layer_of(PROSE)
    reason = "mismatch"
    assert distrust(layer, np.full((800, 600), 255, np.uint8)) == reason
    moved = cv2.warpAffine(
        inked(layer), np.array([[1, 0, 300], [0, 1, 300]], float), (600, 800), borderValue=[255.0]
    )
    assert distrust(layer, np.asarray(moved, np.uint8)) == reason


def test_a_scan_with_a_stamp_of_text_is_no_text_layer() -> None:
    """A header typed over a scanned page: most ink is not accounted for."""
    layer = layer_of(PROSE[:10])
    gray = inked(layer_of(PROSE + PROSE))
    assert distrust(layer, gray, scanned=True) == "mismatch"
    assert distrust(layer, gray, scanned=False) is None


def test_numbers_of_notes_are_none_of_the_numbers() -> None:
    """Small raised digits are given as ¹²; small ones on the line as they are."""
    note = show(b"12", b"1 0 0 1 66 504", size=6)
    plain = show(b"3", b"1 0 0 1 211 500", size=6)
    layer = read(pdf(show(b"104", b"1 0 0 1 50 500") + note))
    assert [word.text for word in layer.words] == ["104¹²"]
    layer = read(pdf(show(b"10", b"1 0 0 1 200 500") + plain))
    assert "".join(word.text for word in layer.words) == "103"
