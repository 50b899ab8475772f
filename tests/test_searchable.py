"""Searchable PDFs: what is printed can be found, marked and copied, and looks as it did."""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pdfplumber
import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pictures

from extractor import Options, extract
from extractor.errors import EncryptedError, UnreadableError
from extractor.pdf import open_file
from extractor.proofs import PageWords, PlacedWord, words_of
from extractor.searchable import words_from_json, words_to_json, write_searchable
from fixtures import bad

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from extractor.textlayer import TextLayer

REPORTS = Path(__file__).parent.parent / "fixtures" / "reports"
TEXTS = ("政府信息公开工作年度报告", "2451", "𠮷野家①…", "Total 16", "—")
ROTATIONS = (0, 90, 180, 270)
PLACES = (  # (x, y) of the lower left corner, width, height, degrees counter-clockwise
    (60, 90, 300, 12, 0),
    (60, 120, 40, 9, 0),
    (300, 300, 80, 14, 90),
    (200, 400, 64, 11, 180),
    (350, 500, 10, 10, 270),
)


def placed(text: str, x: float, y: float, width: float, height: float, turn: int) -> PlacedWord:
    along = math.cos(math.radians(turn)) * width, -math.sin(math.radians(turn)) * width
    return PlacedWord(text, *(float(v) for v in (x, y, x + along[0], y + along[1], height)))


WORDS = tuple(placed(text, *place) for text, place in zip(TEXTS, PLACES, strict=True))
PAGE = PageWords(1, 400.0, 600.0, WORDS)


def blank(rotation: int = 0, box: tuple[float, ...] = (0, 0, 400, 600)) -> bytes:
    """A page that is shown with 400 × 600 points; `box` is its crop box in a larger media box."""
    x0, y0, x1, y1 = box
    if rotation in (90, 270):
        x1, y1 = x0 + y1 - y0, y0 + x1 - x0
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(1000, 1000))
        page.mediabox = pikepdf.Array([-200, -200, 1000, 1000])
        page.cropbox = pikepdf.Array([x1, y0, x0, y1])  # corners may come in any order
        page.rotation = rotation
        return saved(pdf)


def saved(pdf: pikepdf.Pdf, **how: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **how)  # type: ignore[arg-type]
    return out.getvalue()


def searchable(
    data: bytes, tmp_path: Path, *pages: PageWords, options: Options | None = None
) -> bytes:
    path, out = tmp_path / "original", io.BytesIO()
    path.write_bytes(data)
    write_searchable(path, pages or (PAGE,), out, options)
    return out.getvalue()


def layer_of(data: bytes, tmp_path: Path) -> TextLayer:
    """The text of the first page as our own reader of text layers finds it."""
    path = tmp_path / "searchable.pdf"
    path.write_bytes(data)
    with open_file(path, Options()) as opened:
        text = opened.pages[0].text
        assert text is not None
        return text.read()


def around(item: PlacedWord) -> tuple[float, float, float, float]:
    x, y = item.x1 - item.x0, item.y1 - item.y0
    length = math.hypot(x, y)
    up = y / length * item.height, -x / length * item.height
    xs = sorted((item.x0, item.x1, item.x0 + up[0], item.x1 + up[0]))
    ys = sorted((item.y0, item.y1, item.y0 + up[1], item.y1 + up[1]))
    return xs[0], ys[0], xs[-1], ys[-1]


def text_of(data: bytes, page: int = 0) -> str:
    return str(pypdfium2.PdfDocument(data)[page].get_textpage().get_text_range())


def seen(data: bytes, page: int = 0) -> NDArray[np.uint8]:
    return np.array(pypdfium2.PdfDocument(data)[page].render(scale=1.2).to_numpy())


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("box", [(0, 0, 400, 600), (30, -50, 430, 550)])
def test_words_stand_where_they_are_printed(
    rotation: int, box: tuple[float, ...], tmp_path: Path
) -> None:
    """Whatever way the page is turned and cut, and however they lie on it."""
    data = blank(rotation, box)
    level = tuple(word for word in WORDS if word.y0 == word.y1 and word.x1 > word.x0)
    found = layer_of(searchable(data, tmp_path, replace(PAGE, words=level)), tmp_path)
    assert (found.width, found.height, found.rotation) == (400.0, 600.0, 0)
    assert [word.text for word in found.words] == [word.text for word in level]
    for word, item in zip(found.words, level, strict=True):
        assert tuple(word.bbox) == pytest.approx(around(item), abs=0.05)


@pytest.mark.parametrize("word", WORDS, ids=[str(place[-1]) for place in PLACES])
def test_boxes_of_viewers_are_those_of_the_print(word: PlacedWord, tmp_path: Path) -> None:
    """Of pdfium, which Chrome shows PDFs with: characters lie side by side in the word's box."""
    data = searchable(blank(), tmp_path, replace(PAGE, words=(word,)))
    text = pypdfium2.PdfDocument(data)[0].get_textpage()
    boxes = np.array([text.get_charbox(i) for i in range(text.count_chars())])
    lefts, bottoms, rights, tops = boxes.T
    found = lefts.min(), 600 - tops.max(), rights.max(), 600 - bottoms.min()
    assert found == pytest.approx(around(word), abs=0.6)


def test_text_is_copied_as_it_was_read(tmp_path: Path) -> None:
    """Also characters beyond the basic plane, by every tool that is here."""
    data = searchable(blank(), tmp_path)
    assert all(text in text_of(data) for text in TEXTS)
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        chars = "".join(char["text"] for char in pdf.pages[0].chars)
    assert chars == "".join(TEXTS)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
def test_poppler_finds_it_too(tmp_path: Path) -> None:
    """The library of most viewers on Linux: the same text, in the same place."""
    (tmp_path / "a.pdf").write_bytes(searchable(blank(), tmp_path))
    command = ["pdftotext", "-cropbox", "-bbox", str(tmp_path / "a.pdf"), "-"]
    printed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert all(text in printed for text in ("Total", "16", "2451", "𠮷野家①…"))
    box = re.search(r'xMin="(.*)" yMin="(.*)" xMax="(.*)" yMax="(.*)">2451<', printed)
    assert box is not None
    assert [float(v) for v in box.groups()] == pytest.approx([60, 111, 100, 120], abs=0.1)


def test_nothing_of_it_is_seen(tmp_path: Path) -> None:
    """The page is white."""
    assert (seen(searchable(blank(), tmp_path)) == 255).all()


def test_the_file_is_sound(tmp_path: Path) -> None:
    """qpdf finds nothing wrong with it; the same words give the same bytes."""
    data = searchable(blank(), tmp_path)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert list(pdf.check_pdf_syntax()) == []
        fonts = pdf.pages[0].Resources.Font
        assert len(fonts) == 1
    assert searchable(blank(), tmp_path) == data


@pytest.mark.parametrize(
    "kind", [bad.good_pdf, bad.mojibake_pdf, bad.unmapped_glyphs_pdf, bad.invisible_layer_pdf]
)
def test_text_that_was_not_trusted_is_replaced(kind: object, tmp_path: Path) -> None:
    """Of a page that was read from its pixels; it looks as it did."""
    assert callable(kind)
    data = kind()
    page = PageWords(1, 595.0, 842.0, (placed("年度报告", 72, 100, 48, 12, 0),))
    made = searchable(data, tmp_path, page)
    assert text_of(made).strip() == "年度报告"
    np.testing.assert_array_equal(seen(made), seen(data))
    nothing_read = searchable(data, tmp_path, replace(page, words=()))
    assert text_of(nothing_read).strip() == ""


def test_pages_that_keep_their_text_are_left_alone(tmp_path: Path) -> None:
    """A PDF of such pages only is given as it is."""
    data = bad.good_pdf()
    assert searchable(data, tmp_path, PageWords(1, 595.0, 842.0, None)) == data


def test_a_page_with_a_font_of_the_same_name_keeps_it(tmp_path: Path) -> None:
    """Made searchable twice: the second words count, the first ones are gone."""
    once = searchable(blank(), tmp_path)
    twice = searchable(once, tmp_path, replace(PAGE, words=(replace_text(WORDS[0], "总体情况"),)))
    assert text_of(twice).strip() == "总体情况"


def replace_text(word: PlacedWord, text: str) -> PlacedWord:
    return word._replace(text=text)


def test_odd_data_does_no_harm(tmp_path: Path) -> None:
    """Words without text, without size, with half a surrogate pair; a page without size."""
    odd = (
        PlacedWord("", 1, 1, 5, 1, 3),
        PlacedWord("a", 9, 9, 9, 9, 0),
        PlacedWord("\ud800", 9, 9, 20, 9, 5),
    )
    data = searchable(blank(), tmp_path, PageWords(1, 0.0, 0.0, odd))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert list(pdf.check_pdf_syntax()) == []


def locked(tmp_path: Path, *, user: str, owner: str) -> bytes:
    allow = pikepdf.Permissions(extract=False)
    with pikepdf.open(io.BytesIO(blank())) as pdf:
        return saved(pdf, encryption=pikepdf.Encryption(user=user, owner=owner, allow=allow))


def test_who_has_the_password_gets_a_pdf_without_one(tmp_path: Path) -> None:
    """Who has not gets none."""
    data = locked(tmp_path, user="秘密", owner="owner")
    made = searchable(data, tmp_path, options=Options(password="秘密"))
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert not pdf.is_encrypted
    assert TEXTS[0] in text_of(made)
    for wrong in (None, "wrong"):
        with pytest.raises(EncryptedError, match="--password"):
            searchable(data, tmp_path, options=Options(password=wrong))


def test_what_is_forbidden_stays_so_without_a_password(tmp_path: Path) -> None:
    """A PDF that anybody can open keeps its encryption and permissions."""
    made = searchable(locked(tmp_path, user="", owner="owner"), tmp_path)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert pdf.is_encrypted
        assert not pdf.allow.extract
    assert TEXTS[0] in text_of(made)


@pytest.mark.parametrize("data", [bad.truncated_pdf(), b"%PDF-1.4 nothing"])
def test_a_damaged_pdf_is_said(data: bytes, tmp_path: Path) -> None:
    """One sentence, as for all documents."""
    with pytest.raises(UnreadableError, match="damaged"):
        searchable(data, tmp_path)


def test_words_of_a_page_that_is_not_there_are_an_error(tmp_path: Path) -> None:
    """They are of another file."""
    with pytest.raises(UnreadableError):
        searchable(blank(), tmp_path, replace(PAGE, number=2))
    with pytest.raises(UnreadableError, match="No such file"):
        write_searchable(tmp_path / "gone", (PAGE,), io.BytesIO())


def test_pictures_become_pages(tmp_path: Path) -> None:
    """Each with its words."""
    pages = [Pictures.new("RGB", (400, 600), color) for color in ("red", "blue")]
    tiff = io.BytesIO()
    pages[0].save(tiff, "TIFF", save_all=True, append_images=pages[1:], dpi=(72, 72))
    made = searchable(tiff.getvalue(), tmp_path, PAGE, replace(PAGE, number=2, words=WORDS[:1]))
    assert TEXTS[1] in text_of(made)
    assert text_of(made, 1).strip() == TEXTS[0]
    assert seen(made)[50, 50].tolist() == [0, 0, 255]
    assert seen(made, 1)[50, 50].tolist() == [255, 0, 0]


finite = st.floats(-1e5, 1e5)
words = st.builds(PlacedWord, st.text(), finite, finite, finite, finite, finite)


@given(
    st.lists(
        st.builds(
            PageWords,
            st.integers(1, 400),
            finite,
            finite,
            st.none() | st.lists(words, max_size=4).map(tuple),
        ),
        max_size=3,
    )
)
@settings(deadline=None)
def test_words_come_back_from_json(pages: list[PageWords]) -> None:
    """Every word in its place."""
    assert words_from_json(words_to_json(pages)) == tuple(pages)


def test_json_is_compact_and_checked() -> None:
    """A list for each word; what is none is refused."""
    data = words_to_json([replace(PAGE, words=WORDS[:1])])
    assert data.decode() == (
        '[{"number":1,"width":400.0,"height":600.0,'
        '"words":[["政府信息公开工作年度报告",60.0,90.0,360.0,90.0,12.0]]}]'
    )
    for wrong in (b"{}", b"[1]", data.replace(b"12.0", b'"x"'), b""):
        with pytest.raises(ValueError, match="validation error"):
            words_from_json(wrong)


@pytest.mark.slow
def test_a_report_can_be_searched(tmp_path: Path) -> None:
    """A mixed one: its digital pages as they were, its scans with every number that was read."""
    path, found, out = REPORTS / "kelp-2021.mixed.pdf", [], io.BytesIO()
    document = extract(path, on_page=lambda proof: found.append(words_of(proof)))
    write_searchable(path, words_from_json(words_to_json(found)), out)
    data, original = out.getvalue(), path.read_bytes()
    for page in document.document.pages:
        text = "".join(text_of(data, page.number - 1).split())
        if page.source == "text_layer":
            assert text == "".join(text_of(original, page.number - 1).split())
        fields = [f for f in document.fields if f.page == page.number and f.state == "printed"]
        assert all(f.text in text for f in fields if f.text.isdigit())
        np.testing.assert_array_equal(seen(data, page.number - 1), seen(original, page.number - 1))
