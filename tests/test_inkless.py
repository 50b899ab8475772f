"""The font of invisible text: codes, widths, and what viewers make of them."""

from __future__ import annotations

import io

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.inkless import add_font, font_program, natural_width


@pytest.mark.parametrize(
    ("text", "ems"),
    [("2451", 2.0), ("政府", 2.0), ("共2条", 2.5), ("（", 1.0), ("“", 1.0), ("", 0)],
)
def test_widths_are_those_of_print(text: str, ems: float) -> None:
    """Western characters take half of what Chinese ones and their punctuation take."""
    assert natural_width(text) == ems


def test_the_program_is_a_font_of_its_widths() -> None:
    """The same bytes at any time; its glyphs are as large as an em, and without area."""
    assert font_program() == font_program()
    font = TTFont(io.BytesIO(font_program()))
    assert font["hmtx"].metrics == {".notdef": (1000, 0), "half": (500, 0), "whole": (1000, 0)}
    glyph = font["glyf"]["half"]
    assert (glyph.xMin, glyph.yMin, glyph.xMax, glyph.yMax) == (0, -120, 500, 880)
    (x0, y0), (x1, y1), (x2, y2) = glyph.coordinates
    assert (x1 - x0) * (y2 - y0) == (x2 - x0) * (y1 - y0)


@given(st.lists(st.text(max_size=8), max_size=5))
@settings(deadline=None)
def test_every_character_has_a_code(texts: list[str]) -> None:
    """Two bytes each, none shared, and a character map that gives it back."""
    with pikepdf.new() as pdf:
        font = add_font(pdf, texts)
        table = font.font.ToUnicode.read_bytes()
        glyphs = font.font.DescendantFonts[0].CIDToGIDMap.read_bytes()
    assert len(set(font.codes.values())) == len(font.codes) == len(set("".join(texts)))
    assert len(glyphs) == 2 * len(font.codes) + 2
    for char, code in font.codes.items():
        known = char.encode("utf-16-be", "surrogatepass").hex().encode()
        if not "\ud800" <= char <= "\udfff":
            assert b"<%04x> <%s>" % (code, known) in table
        assert glyphs[2 * code + 1] == (1 if natural_width(char) == 0.5 else 2)
    for text in texts:
        assert len(font.encoded(text)) == 4 * len(text) + 2


def test_what_the_font_does_not_know_is_said_so() -> None:
    """Code 0 is the character for the unknown."""
    with pikepdf.new() as pdf:
        font = add_font(pdf, ["a"])
        assert font.encoded("ab") == b"<00010000>"
        assert b"<0000> <fffd>" in font.font.ToUnicode.read_bytes()
