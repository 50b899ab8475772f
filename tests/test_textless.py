"""Pages lose the text they brought, and look as they did."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pikepdf
import pypdfium2
import pytest

from extractor.textless import remove_text
from fixtures import bad
from fixtures.bad import HELVETICA, one_page, stream, text_page

if TYPE_CHECKING:
    from numpy.typing import NDArray

SQUARE = b"0.8 0.2 0.2 rg 100 100 50 50 re f "


def without_text(data: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            remove_text(pdf, page)
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def seen(data: bytes) -> NDArray[np.uint8]:
    document = pypdfium2.PdfDocument(data)
    return np.array(document[0].render(scale=1.5).to_numpy())


def text_of(data: bytes) -> str:
    return str(pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range())


def content_of(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return pdf.pages[0].Contents.read_bytes()


def form(content: bytes, resources: bytes = b"/Font<</F1 5 0 R>>") -> bytes:
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<<%s>>"
    return stream(content, entries % resources)


NESTED = one_page(
    SQUARE + b"/Fm0 Do",
    resources=b"/XObject<</Fm0 6 0 R>>",
    more=(
        HELVETICA,
        form(SQUARE + b"/Fm1 Do", b"/XObject<</Fm1 7 0 R>>"),
        form(text_page(b"hidden", mode=3)),
    ),
)
INHERITED = one_page(  # the form is drawn while text is invisible
    SQUARE + b"3 Tr /Fm0 Do",
    resources=b"/XObject<</Fm0 6 0 R>>",
    more=(HELVETICA, form(b"BT /F1 14 Tf 72 700 Td (hidden) Tj ET")),
)
PAGES = {
    "invisible": bad.invisible_layer_pdf(),
    "visible": bad.good_pdf(),
    "garbled": bad.mojibake_pdf(),
    "drawn by Type 3": bad.unmapped_glyphs_pdf(),
    "form in a form": NESTED,
    "form of hidden text": INHERITED,
    "both": one_page(SQUARE + text_page(b"hidden", mode=3) + b"BT 0 Tr 72 300 Td (seen) Tj ET"),
    "next line": one_page(b"BT /F1 14 Tf 3 Tr 20 TL 72 700 Td (a) ' 0 0 (b) \" (c) Tj ET"),
}


@pytest.mark.parametrize("kind", PAGES)
def test_no_text_is_left_and_nothing_else_is_lost(kind: str) -> None:
    """To the last pixel."""
    before, after = PAGES[kind], without_text(PAGES[kind])
    assert text_of(before).strip()
    assert text_of(after).strip() == ""
    np.testing.assert_array_equal(seen(after), seen(before))


@pytest.mark.parametrize("kind", ["invisible", "form in a form", "next line"])
def test_invisible_text_is_gone_from_the_file(kind: str) -> None:
    """Not only hidden from those who look for text."""
    with pikepdf.open(io.BytesIO(without_text(PAGES[kind]))) as pdf:
        streams = [o.read_bytes() for o in pdf.objects if isinstance(o, pikepdf.Stream)
                   and o.get("/Subtype") != pikepdf.Name.Image]  # fmt: skip
        kept = [pikepdf.parse_content_stream(pdf.pages[0])]
    shown = [i for content in kept for i in content if str(i.operator) in ("Tj", "TJ", "'", '"')]
    assert shown == []
    assert kind == "form in a form" or not any(b"hidden" in data for data in streams)


def test_text_after_a_restored_state_is_seen() -> None:
    """The render mode is part of what q and Q keep."""
    page = one_page(b"BT /F1 14 Tf ET q 3 Tr Q BT /F1 14 Tf 72 700 Td (seen) Tj ET")
    after = without_text(page)
    assert text_of(after) == ""
    np.testing.assert_array_equal(seen(after), seen(page))


def test_a_page_without_fonts_is_not_touched() -> None:
    """Its content may be millions of strokes: it is not even parsed."""
    page = one_page(SQUARE, resources=b"")
    assert content_of(without_text(page)) == content_of(page)


def test_other_pages_keep_a_form_that_two_share() -> None:
    """A letterhead that is drawn on every page."""
    data = io.BytesIO(NESTED)
    with pikepdf.open(data) as pdf:
        pdf.pages.append(pdf.pages[0])
        remove_text(pdf, pdf.pages[0])
        out = io.BytesIO()
        pdf.save(out)
    document = pypdfium2.PdfDocument(out.getvalue())
    assert document[0].get_textpage().get_text_range() == ""
    assert "hidden" in document[1].get_textpage().get_text_range()
