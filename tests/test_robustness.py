"""Bad files, each the smallest that once failed: what is told, what is kept, how much is held."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pictures

import extractor
from extractor import Options
from extractor.batch.journal import Journal
from extractor.cli import main
from extractor.errors import (
    EncryptedError,
    ExtractorError,
    OptionsError,
    TooLargeError,
    UnreadableError,
)
from extractor.pdf import open_file
from fixtures import bad
from tests.fake_reader import READER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.document import Document
    from extractor.pdf import OpenedFile, TextSource

ROOT = Path(__file__).parent.parent
FULL = Path("/dev/full")
FONT = b"/Resources<</Font<</F1 3 0 R>>>>"
A4 = b"/MediaBox[0 0 595 842]"


def put(tmp_path: Path, data: bytes, name: str = "report") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def pages_of(boxes: Sequence[bytes], content: bytes | None = None) -> bytes:
    """A PDF of one page for each of `boxes`, its own entries; all show the same ten lines."""
    count = len(boxes)
    kids = b" ".join(b"%d 0 R" % (5 + i) for i in range(count))
    page = b"<</Type/Page/Parent 2 0 R/Contents 4 0 R%s%s>>"
    return bad.build_pdf([
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
        bad.HELVETICA,
        content or bad.stream(bad.text_page(b"Annual report 2023")),
        *(page % (FONT, box) for box in boxes),
    ])  # fmt: skip


def text_of(opened: OpenedFile) -> TextSource:
    """The text layer of the first page."""
    text = opened.pages[0].text
    assert text is not None
    return text


def tiff(pages: int, size: tuple[int, int] = (200, 280)) -> bytes:
    """White pages, uncompressed."""
    frames = [Pictures.new("L", size, 255) for _ in range(pages)]
    out = io.BytesIO()
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:], dpi=(50, 50))
    return out.getvalue()


def saved(picture: Pictures.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def read(path: Path) -> Document:
    return extractor.extract(path, Options())


def failure(path: Path, options: Options | None = None) -> ExtractorError:
    with pytest.raises(ExtractorError) as caught:
        extractor.extract(path, options)
    return caught.value


def test_a_document_that_is_only_too_large_says_so(tmp_path: Path) -> None:
    """A page alone names itself; of several, one fault of all is the document's."""
    error = failure(put(tmp_path, bad.huge_page_pdf()))
    assert (type(error), error.exit_code, error.page) == (TooLargeError, 6, 1)
    huge, none = b"/MediaBox[0 0 14400 14400]", b"/MediaBox[0 0 .1 842]"
    error = failure(put(tmp_path, pages_of([huge, huge])), Options(max_pixels=50_000))
    assert type(error) is TooLargeError
    assert error.message.startswith("none of its 2 pages can be read, page 1 because: ")
    error = failure(put(tmp_path, pages_of([huge, none])), Options(max_pixels=50_000))
    assert type(error) is UnreadableError


def test_a_damaged_page_is_a_warning(tmp_path: Path) -> None:
    """The others are read, from their text layers too."""
    path = put(tmp_path, pages_of([A4, b"/MediaBox[0 0 .1 842]", A4]))
    document = read(path)
    assert [(p.number, p.source) for p in document.document.pages] == [
        (1, "text_layer"), (3, "text_layer")]  # fmt: skip
    assert [(w.code, w.page) for w in document.warnings] == [("page_unreadable", 2)]


@pytest.mark.parametrize("box", [b"/MediaBox[0 0 a b]", b"/MediaBox[0 0]", b"/MediaBox 7"])
def test_a_malformed_page_box_is_that_page_s_only(box: bytes, tmp_path: Path) -> None:
    """pdfplumber refuses it when the pages are listed, and again when it is closed."""
    path = put(tmp_path, pages_of([A4, box]))
    with open_file(path, Options()) as opened:
        assert opened.pages[0].raster(50).min() < 128
        assert opened.pages[1].text is None


def test_pages_never_take_each_other_s_text(tmp_path: Path) -> None:
    """pdfminer skips a page that is not there, pdfium counts it: then no text layer is used."""
    data = pages_of([A4, A4, A4]).replace(b"Kids[5 0 R 6 0 R", b"Kids[5 0 R 9 0 R")
    with open_file(put(tmp_path, data), Options()) as opened:
        assert [page.number for page in opened.pages] == [1, 2, 3]
        assert [page.text for page in opened.pages] == [None] * 3


def flipped(packed: bytes) -> bytes:
    half = len(packed) // 2
    return packed[:half] + bytes([packed[half] ^ 0xFF]) + packed[half + 1 :]


@pytest.mark.parametrize(
    ("spoil", "is_torn"),
    [
        (flipped, True),
        (lambda packed: packed[: len(packed) // 2], True),
        (lambda packed: packed[:-5], True),
        (lambda packed: packed[:-4] + b"none", True),
        (lambda packed: packed[:-4], False),
        (lambda packed: packed[:-2], False),
        (lambda packed: packed + b"\r\n", False),
    ],
    ids=["flipped", "half", "end", "checksum wrong", "checksum away", "checksum cut", "more"],
)
def test_a_torn_page_is_told(
    spoil: Callable[[bytes], bytes], is_torn: bool, tmp_path: Path
) -> None:
    """What follows the tear is not there: a result without a word about it would be wrong.

    Some writers leave the checksum behind the data out: then all is there.
    """
    packed = spoil(zlib.compress(bad.text_page(b"Annual report 2023") * 4))
    content = bad.stream(packed, b"/Filter/FlateDecode")
    with open_file(put(tmp_path, pages_of([A4], content)), Options()) as opened:
        assert text_of(opened).is_torn() == is_torn
    warnings = read(tmp_path / "report").warnings
    assert (("page_damaged", 1) in [(w.code, w.page) for w in warnings]) == is_torn


def test_packed_content_is_tested_in_little_memory(tmp_path: Path) -> None:
    """100 kB that hold 100 MB of blanks."""
    packed = zlib.compress(b" " * 100_000_000)
    content = bad.stream(packed, b"/Filter/FlateDecode")
    with open_file(put(tmp_path, pages_of([A4], content)), Options()) as opened:
        text = text_of(opened)
        tracemalloc.start()
        try:
            assert not text.is_torn()
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "place",
    [
        "pdfminer.pdfdocument.PDFDocument.__init__",
        "pdfminer.pdfpage.PDFPage.create_pages",
        "pdfplumber.page.Page.__init__",
        "pdfminer.pdftypes.PDFStream.get_filters",
        "pdfminer.pdfinterp.PDFPageInterpreter.process_page",
    ],
)
@pytest.mark.parametrize("fault", [MemoryError, RuntimeError])
def test_a_lack_of_memory_is_no_fault_of_the_file(
    place: str, fault: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends the document; anything else that pdfminer raises leaves the pixels to be read."""

    def fail(*args: object, **kwargs: object) -> None:
        raise fault

    monkeypatch.setattr(place, fail)
    monkeypatch.setattr("extractor.pages._from_pixels", lambda *args: 1 / 0)
    packed = zlib.compress(bad.text_page(b"Annual report 2023"))
    path = put(tmp_path, pages_of([A4], bad.stream(packed, b"/Filter/FlateDecode")))
    with pytest.raises(MemoryError if fault is MemoryError else ZeroDivisionError):
        read(path)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize(
    "boxes",
    [
        b"/MediaBox[-100 -200 895 942]/CropBox[0 0 595 842]",
        b"/MediaBox[0 0 595 842]/CropBox[-50 -50 700 900]",
        b"/MediaBox[595 842 0 0]",
    ],
)
def test_words_lie_where_the_page_shows_them(rotation: int, boxes: bytes, tmp_path: Path) -> None:
    """Crop boxes, boxes that start elsewhere and swapped corners, turned or not."""
    places = []
    for box in (A4, boxes):
        data = pages_of([box + b"/Rotate %d" % rotation])
        with open_file(put(tmp_path, data), Options()) as opened:
            layer = text_of(opened).read()
            assert {layer.width, layer.height} == {595, 842}
            places.append([value for word in layer.words for value in word.bbox])
    assert places[1] == pytest.approx(places[0], abs=0.01)


@pytest.mark.parametrize("box", [b"/MediaBox[75 0 75 842]", b"/MediaBox[0 700 595 700]"])
def test_a_page_box_without_area_shows_no_words(box: bytes, tmp_path: Path) -> None:
    """pdfium draws a page of usual size all the same: its pixels are there to be read."""
    with open_file(put(tmp_path, pages_of([box])), Options()) as opened:
        assert opened.pages[0].raster(50).min() < 128
        assert text_of(opened).read().words == ()


def test_rulings_end_at_the_edge_of_the_page(tmp_path: Path) -> None:
    """A line drawn beyond it is cut, one beside it dropped: boxes of tables stay inside."""
    content = bad.stream(b"-50 100 m 900 100 l S 700 0 m 700 800 l S")
    with open_file(put(tmp_path, pages_of([A4], content)), Options()) as opened:
        layer = text_of(opened).read()
    assert [tuple(r)[:4] for r in layer.rulings] == [(0, 742, 595, 742)]


def test_an_error_is_not_that_of_the_document_before(tmp_path: Path) -> None:
    """pdfium keeps its last: a PDF without pages was told to be encrypted after one that is."""
    assert type(failure(put(tmp_path, bad.encrypted_pdf("x")))) is EncryptedError
    assert type(failure(put(tmp_path, bad.no_pages_pdf()))) is UnreadableError


@pytest.mark.parametrize("size", [(20_000, 10), (10, 20_000), (1, 3000), (1, 1)])
def test_a_strip_without_room_for_a_line_is_blank(size: tuple[int, int], tmp_path: Path) -> None:
    """Noise on it is nothing to read, and no step may choke on it."""
    noise = np.random.default_rng(7).integers(0, 256, size[::-1]).astype(np.uint8)
    document = read(put(tmp_path, saved(Pictures.fromarray(noise), "PNG")))
    assert document.document.pages[0].source == "blank"


def test_a_tiff_that_breaks_off_gives_the_pages_before(tmp_path: Path) -> None:
    """The page at the break is a warning."""
    document = read(put(tmp_path, tiff(3)[: -200_000 // 4]))
    assert document.document.page_count >= 2
    assert document.document.pages[0].number == 1
    assert {w.code for w in document.warnings} == {"page_unreadable"}


def test_one_decoded_page_is_held_at_a_time(tmp_path: Path) -> None:
    """A TIFF of hundreds of pages must not be unpacked whole."""
    with open_file(put(tmp_path, tiff(3)), Options()) as opened:
        first = opened.pages[0].raster(50)
        assert opened.pages[0].raster(50) is first
        opened.pages[1].raster(50)
        assert opened.pages[0].raster(50) is not first


def test_previews_in_a_picture_are_no_pages(tmp_path: Path) -> None:
    """Phones put a depth map behind a photo, editors an animation into a PNG."""
    page = Pictures.new("RGB", (200, 280), "white")
    for kind in ("MPO", "PNG"):
        data = saved(page, kind, save_all=True, append_images=[page.resize((50, 70))])
        with open_file(put(tmp_path, data), Options()) as opened:
            assert len(opened.pages) == 1


def test_a_fax_has_fewer_lines_than_columns(tmp_path: Path) -> None:
    """204 × 98 dpi: the page is not squashed."""
    data = saved(Pictures.new("1", (1728, 1143), 1), "TIFF", dpi=(204, 98))
    with open_file(put(tmp_path, data), Options()) as opened:
        page = opened.pages[0]
        assert page.height / page.width == pytest.approx(1143 / 98 / (1728 / 204))
        assert page.raster(204).shape[:2] == pytest.approx((2379, 1728), abs=1)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """File names are bytes: what is not UTF-8 becomes a replacement character."""
    try:
        path = put(tmp_path, bad.good_pdf(), "bad\udcff.pdf")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert json.loads(read(path).to_json())["document"]["filename"] == "bad?.pdf"


def test_a_picture_that_failed_once_stays_damaged(tmp_path: Path) -> None:
    """Pillow refuses a torn PNG at first and gives a black frame when asked again."""
    data = bytearray(saved(Pictures.new("L", (400, 560), 255), "PNG"))
    place = data.index(b"IDAT")
    data[place : place + 4] = b"I\x00AT"
    assert type(failure(put(tmp_path, bytes(data)))) is UnreadableError


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("format_name", ["json", "csv", "xlsx"])
def test_a_full_disk_behind_stdout(format_name: str, tmp_path: Path) -> None:
    """One sentence, no traceback, also while the interpreter ends."""
    words = ["extract", str(put(tmp_path, b"ok 1", "a.pdf")), "--format", format_name]
    code = f"import sys; from extractor.cli import main; sys.exit(main({words}, reader={READER!r}))"
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"extractor: cannot write the output (No space left on device)")
    assert done.stderr.count(b"\n") == 1


def test_a_full_disk_under_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that does not fit is told as a folder that cannot be written."""
    path = put(tmp_path, b"ok 1", "a.pdf")

    def full(self: Journal, entry: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "record", full)
    assert main(["extract", str(path), "--out", str(tmp_path / "out")], reader=READER) == 2


def test_no_room_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --out there is no other --out to choose."""
    from extractor.cli import extract

    def full(prefix: str) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(OptionsError, match="set TMPDIR"), extract._place(None):
        pass
