"""A font without ink for text that is only to be found, marked and copied.

Every character has a code of its own in the document, a width as in print (half or whole), and its
Unicode. No glyph draws anything, so one font of three glyphs does for all scripts.
"""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pikepdf import Dictionary, Pdf

EM = 1000
ASCENT, DESCENT = 880, -120  # of a Chinese font: together they are the height of a line's box
HALF, WHOLE = EM // 2, EM
NAME = "Inkless"
EPOCH = 2_082_844_800  # 1970 in the time of fonts, which counts from 1904
MOST = 0xFFFF  # codes of two bytes
BLOCK = 100  # entries that one block of a character map may have
UNKNOWN = "\ufffd"


@dataclass(frozen=True, slots=True)
class Inkless:
    """A font of one PDF, and the codes of its characters."""

    font: Dictionary
    codes: Mapping[str, int]

    def encoded(self, text: str) -> bytes:
        """The text as the operand of a text operator, in hexadecimal digits."""
        codes = (self.codes.get(char, 0) for char in text)
        return b"<" + b"".join(b"%04x" % code for code in codes) + b">"


def natural_width(text: str) -> float:
    """The width of a text in ems, as it is set in print: Western characters take half of one."""
    return sum(0.5 if _is_half(char) else 1.0 for char in text)


def _is_half(char: str) -> bool:
    return unicodedata.east_asian_width(char) not in ("W", "F", "A")


def add_font(pdf: Pdf, texts: Iterable[str]) -> Inkless:
    """A font in `pdf` with all characters of the texts (PDF 32000-1, 9.7: a composite font)."""
    from pikepdf import Array, Dictionary, Name

    chars = sorted({c for text in texts for c in text}, key=lambda c: (not _is_half(c), c))[:MOST]
    halves = sum(map(_is_half, chars))
    program = font_program()
    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=Name("/" + NAME), Flags=4, ItalicAngle=0,
        FontBBox=[0, DESCENT, EM, ASCENT], Ascent=ASCENT, Descent=DESCENT, CapHeight=ASCENT,
        StemV=80, FontFile2=pdf.make_stream(program, Length1=len(program)),
    )  # fmt: skip
    cid_font = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name("/" + NAME),
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor), DW=WHOLE,
        CIDToGIDMap=pdf.make_stream(_glyphs(halves, len(chars))),
    )  # fmt: skip
    if halves:
        cid_font.W = Array([1, halves, HALF])
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/" + NAME),
        Encoding=Name("/Identity-H"), DescendantFonts=[pdf.make_indirect(cid_font)],
        ToUnicode=pdf.make_stream(_character_map(chars)),
    )  # fmt: skip
    codes = {char: code for code, char in enumerate(chars, 1)}
    return Inkless(pdf.make_indirect(font), codes)


def _glyphs(halves: int, count: int) -> bytes:
    """The glyph of each code: that of half or of whole width; two bytes each."""
    return b"\0\0" + b"\0\1" * halves + b"\0\2" * (count - halves)


def _character_map(chars: list[str]) -> bytes:
    """The Unicode of each code, which counts from 1 (Adobe Technical Note 5411)."""
    entries = [b"<0000> <" + _utf16(UNKNOWN) + b">"]
    entries += [b"<%04x> <%s>" % (code, _utf16(char)) for code, char in enumerate(chars, 1)]
    blocks = [entries[i : i + BLOCK] for i in range(0, len(entries), BLOCK)]
    mapped = b"\n".join(
        b"%d beginbfchar\n%s\nendbfchar" % (len(block), b"\n".join(block)) for block in blocks
    )
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        b"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        + mapped
        + b"\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )


def _utf16(char: str) -> bytes:
    """UTF-16 in hexadecimal digits; half a surrogate pair is no character."""
    known = UNKNOWN if "\ud800" <= char <= "\udfff" else char
    return known.encode("utf-16-be").hex().encode()


def font_program() -> bytes:
    """A TrueType font of three glyphs: for unknown codes, of half and of whole width."""
    from fontTools.fontBuilder import FontBuilder

    widths = {".notdef": WHOLE, "half": HALF, "whole": WHOLE}
    builder = FontBuilder(EM, isTTF=True)
    builder.font.recalcTimestamp = False  # the same bytes at any time
    builder.setupHead(unitsPerEm=EM, created=EPOCH, modified=EPOCH)
    builder.setupGlyphOrder(list(widths))
    builder.setupCharacterMap({})
    builder.setupGlyf({name: _glyph(width) for name, width in widths.items()})
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    builder.setupNameTable({"familyName": NAME, "styleName": "Regular", "psName": NAME})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT)
    builder.setupPost()
    stream = io.BytesIO()
    builder.save(stream)
    return stream.getvalue()


def _glyph(width: int) -> Any:  # noqa: ANN401  fontTools brings no types
    """A contour of no area from corner to corner of the em box.

    pdfium takes the size of a text from its glyphs, and passes over texts that have none.
    """
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((0, DESCENT))
    pen.lineTo((width, ASCENT))
    pen.lineTo((width // 2, (ASCENT + DESCENT) // 2))
    pen.closePath()
    return pen.glyph()
