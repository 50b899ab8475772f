"""Opening files: every kind of input, good and bad."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image as Pictures

from extractor.errors import (
    EncryptedError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from extractor.options import Options
from extractor.pdf import BrokenPage, open_file, reading_dpi, sniff
from extractor.pictures import resized
from fixtures import bad

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.pdf import Image

RED, GREEN, BLUE, WHITE = (250, 10, 10), (10, 250, 10), (10, 10, 250), (255, 255, 255)


def quarters(mode: str = "RGB") -> Pictures.Image:
    """A picture 400 × 600: red and green above, blue and white below."""
    picture = Pictures.new("RGB", (400, 600), WHITE)
    for color, place in ((RED, (0, 0)), (GREEN, (200, 0)), (BLUE, (0, 300))):
        picture.paste(color, (*place, place[0] + 200, place[1] + 300))
    return picture.convert(mode)


def saved(picture: Pictures.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def opened(data: bytes, tmp_path: Path, options: Options | None = None, name: str = "f") -> Any:
    path = tmp_path / name
    path.write_bytes(data)
    return open_file(path, options or Options())


def first_raster(data: bytes, tmp_path: Path, dpi: float | None = None) -> Image:
    """The first page, at its own resolution unless told."""
    with opened(data, tmp_path) as file:
        page = file.pages[0]
        return np.array(page.raster(dpi or page.native_dpi() or 72))


def corners(image: Image) -> list[tuple[int, ...]]:
    """RGB in the middle of the four quarters of a BGR image, row by row."""
    height, width = image.shape[:2]
    return [
        tuple(int(v) for v in image[y, x, ::-1])
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]


def is_near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Lossy kinds change colours a little."""
    return max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 40


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "TIFF"])
def test_every_kind_of_picture_opens_by_its_content(kind: str, tmp_path: Path) -> None:
    """Colours arrive as BGR, right side up; the file's name says nothing."""
    with opened(saved(quarters(), kind), tmp_path, name="scan.pdf") as file:
        assert (len(file.pages), file.pages[0].text) == (1, None)
        found = corners(file.pages[0].raster(file.pages[0].native_dpi()))
    assert all(is_near(a, b) for a, b in zip(found, (RED, GREEN, BLUE, WHITE), strict=True))


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    """In order, numbered from 1, each with its own size and resolution."""
    second = Pictures.new("L", (900, 300), 128)
    data = saved(quarters(), "TIFF", save_all=True, append_images=[second], dpi=(72, 72))
    with opened(data, tmp_path) as file:
        assert [page.number for page in file.pages] == [1, 2]
        assert (file.pages[0].width, file.pages[0].height) == (400, 600)
        assert file.pages[1].raster(file.pages[1].native_dpi()).shape == (300, 900, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LA", "RGBA", "I;16", "I", "F"])
def test_every_mode_of_pixels_becomes_eight_bit_colour(mode: str, tmp_path: Path) -> None:
    """Ink stays dark and paper light, whatever the depth."""
    deep = {"I;16": 257, "I": 257, "F": 1.0}.get(mode)
    page = np.full((300, 200), 255)
    page[100:200, 50:150] = 20
    if deep:
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        picture = Pictures.fromarray((page * deep).astype(kind))
    else:
        picture = Pictures.fromarray(page.astype(np.uint8)).convert(mode)
    image = first_raster(saved(picture, "TIFF"), tmp_path)
    assert image.dtype == np.uint8
    assert image[150, 100].max() < 60
    assert image[20, 20].min() > 240


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_tones(kind: str, tmp_path: Path) -> None:
    """A grey ramp of 65536 tones is not cut off at 255."""
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (60, 1))
    image = first_raster(saved(Pictures.fromarray(ramp), kind), tmp_path)
    assert np.abs(image[30, :, 0].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_paper(mode: str, tmp_path: Path) -> None:
    """A black pixel without opacity is white."""
    clear = Pictures.new("RGBA", (120, 160), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (40, 40, 80, 80))
    picture = clear.quantize(4) if mode == "P" else clear.convert(mode)
    image = first_raster(saved(picture, "PNG"), tmp_path)
    assert image[10, 10].min() > 250
    assert image[60, 60].max() < 5


@pytest.mark.parametrize(("orientation", "turn"), [(1, 0), (3, 180), (6, 270), (8, 90)])
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_a_camera_says_which_way_is_up(
    kind: str, orientation: int, turn: int, tmp_path: Path
) -> None:
    """EXIF orientation is followed: the picture lies as it was seen, and so does its page."""
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    stored = quarters().rotate(-turn, expand=True)
    with opened(saved(stored, kind, exif=exif, dpi=(100, 100)), tmp_path) as file:
        page = file.pages[0]
        image = page.raster(page.native_dpi())
        assert page.width / page.height == pytest.approx(400 / 600)
    assert image.shape[0] / image.shape[1] == pytest.approx(600 / 400, rel=0.01)
    found = corners(image)
    assert all(is_near(a, b) for a, b in zip(found, (RED, GREEN, BLUE, WHITE), strict=True))


def test_a_fax_laid_on_its_side(tmp_path: Path) -> None:
    """What a TIFF says of its columns and lines is turned with them."""
    exif = Pictures.Exif()
    exif[0x0112] = 6
    data = saved(Pictures.new("L", (1728, 1143), 255), "TIFF", dpi=(204, 98), exif=exif)
    with opened(data, tmp_path) as file:
        page = file.pages[0]
        assert (page.width, page.height) == pytest.approx((1143 / 98 * 72, 1728 / 204 * 72))
        assert page.raster(98).shape[:2] == pytest.approx((830, 1143), abs=1)


@pytest.mark.parametrize(
    ("size", "stated", "expected"),
    [
        ((1654, 2339), 200, 200),  # a plausible A4 scan
        ((1654, 2339), None, 200),  # nothing stated: as if A4
        ((967, 568), None, 120),  # but a piece of a screen where that were too coarse
        ((2339, 1654), None, 200),  # landscape
        ((1654, 2339), 72, 200),  # 32 inches: an editor made it up
        ((3307, 4677), 200, 200),  # A2
        ((1654, 2339), 30, 200),  # no scanner does that
        ((1654, 2339), 1200, 200),  # two inches: the writer made it up
    ],
)
def test_resolution_of_a_picture(
    size: tuple[int, int], stated: int | None, expected: float, tmp_path: Path
) -> None:
    """As stated where that gives a plausible page, else that of an A4 page."""
    how = {} if stated is None else {"dpi": (stated, stated)}
    with opened(saved(Pictures.new("L", size, 255), "PNG", **how), tmp_path) as file:
        page = file.pages[0]
        assert page.native_dpi() == pytest.approx(expected, rel=0.01)
        assert page.width == pytest.approx(size[0] * 72 / expected, rel=0.01)
        assert page.invisible_share() == 0


def test_scans_are_read_at_their_own_resolution_within_limits(tmp_path: Path) -> None:
    """600 dpi gains nothing over 300; 72 dpi is enlarged; drawn pages take the option."""
    with opened(bad.good_pdf(), tmp_path) as file:
        assert reading_dpi(file.pages[0], 200) == 200
    for stated, expected in ((600, 300), (240, 240), (72, 100)):
        size = (int(8.27 * stated), int(11.69 * stated))
        data = saved(Pictures.new("1", size, 1), "PNG", dpi=(stated, stated))
        with opened(data, tmp_path) as file:
            assert reading_dpi(file.pages[0], 200) == pytest.approx(expected, rel=0.01)


def test_a_pdf_page_is_rendered_at_any_resolution(tmp_path: Path) -> None:
    """Sizes in points as displayed; the text layer can be reached; the hash is the file's."""
    data = bad.good_pdf()
    with opened(data, tmp_path) as file:
        page = file.pages[0]
        assert (page.number, page.width, page.height) == (1, 595, 842)
        assert (page.native_dpi(), page.invisible_share()) == (None, 0)
        assert page.raster(72).shape == (842, 595, 3)
        assert page.raster(144).shape == (1684, 1190, 3)
        assert page.raster(72).min() < 128
        assert file.pages[0].text.read().words[0].text == "Annual"
        assert file.sha256 == hashlib.sha256(data).hexdigest()


def test_a_scan_in_a_pdf_tells_its_resolution_and_its_hidden_text(tmp_path: Path) -> None:
    """1200 pixels over 595 points, all text invisible."""
    with opened(bad.invisible_layer_pdf(), tmp_path) as file:
        assert file.pages[0].native_dpi() == pytest.approx(145.2, abs=0.1)
        assert file.pages[0].invisible_share() == 1


@pytest.mark.parametrize("strips", [2, 4])
def test_a_scan_in_strips_is_a_scan(strips: int, tmp_path: Path) -> None:
    """None of them fills the page, all together do."""
    with opened(bad.invisible_layer_pdf(strips=strips), tmp_path) as file:
        assert file.pages[0].native_dpi() == pytest.approx(145.2, abs=0.1)


def drawn_images(*matrices: bytes, size: bytes = b"/Width 400/Height 200") -> bytes:
    """A page 595 × 842 with a grey picture of 400 × 200 pixels, drawn by each of the matrices."""
    entries = b"/Type/XObject/Subtype/Image%s/ColorSpace/DeviceGray/BitsPerComponent 8" % size
    return bad.one_page(
        b"".join(b"q %s cm /Im1 Do Q " % matrix for matrix in matrices),
        resources=b"/XObject<</Im1 5 0 R>>",
        more=(bad.stream(b"\x80" * 400 * 200, entries),),
    )


@pytest.mark.parametrize(
    ("data", "dpi"),
    [
        (drawn_images(b"400 0 0 842 0 0"), 72),
        (drawn_images(b"0 800 -595 0 595 0"), 36),  # turned: 400 pixels over 800 points
        (drawn_images(b"100 0 0 842 0 0"), None),
        (drawn_images(*[b"200 0 0 842 0 0"] * 3), None),  # the same place three times
        (drawn_images(b"300 0 0 842 0 0", b"200 0 0 842 300 0"), 96),  # that of the largest
        (drawn_images(b"9999 0 0 9999 9999 0"), None),  # beside the page
        (drawn_images(b"400 0 0 842 0 0", size=b""), None),  # damaged
        (drawn_images(b"0 0 0 0 0 0"), None),
        (drawn_images(), None),
    ],
)
def test_the_resolution_of_images_by_their_place(
    data: bytes, dpi: float | None, tmp_path: Path
) -> None:
    """Those that cover more than half of the page are a scan."""
    with opened(data, tmp_path) as file:
        assert file.pages[0].native_dpi() == (dpi and pytest.approx(dpi, rel=0.01))


@pytest.mark.parametrize("fails", ["get_bounds", "get_px_size", "get_matrix"])
def test_an_image_that_cannot_be_measured_is_passed_over(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pdfium refuses some damaged ones: the page is still read."""

    def refuse(self: object) -> None:
        raise pypdfium2.PdfiumError("no")

    monkeypatch.setattr(pypdfium2.PdfImage, fails, refuse)
    with opened(bad.invisible_layer_pdf(), tmp_path) as file:
        assert (file.pages[0].native_dpi(), file.pages[0].invisible_share()) == (None, 1)


def test_the_resolution_of_a_turned_scan(tmp_path: Path) -> None:
    """/Rotate 90 swaps the sides of the page, not the resolution of its picture."""
    data = bad.invisible_layer_pdf().replace(b"/Contents", b"/Rotate 90/Contents")
    with opened(data, tmp_path) as file:
        assert (file.pages[0].width, file.pages[0].height) == (842, 595)
        assert file.pages[0].native_dpi() == pytest.approx(145.2, abs=0.1)


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (bad.empty_file(), UnreadableError, "empty"),
        (bad.truncated_pdf(), UnreadableError, "damaged"),
        (bad.no_pages_pdf(), UnreadableError, "damaged|no pages"),
        (bad.not_a_pdf(), UnsupportedError, "not a PDF, PNG"),
        (saved(quarters(), "GIF"), UnsupportedError, "not a PDF, PNG"),
        (saved(quarters(), "PNG")[:200], UnreadableError, "picture is damaged"),
        (saved(quarters(), "JPEG")[:200], UnreadableError, "picture is damaged"),
        (saved(quarters(), "WEBP")[:60], UnreadableError, "picture is damaged"),
        (b"II*\x00" + b"\xff" * 64, UnreadableError, "picture is damaged"),
        (b"BM" + b"\x00" * 64, UnreadableError, "picture is damaged"),
        (b"%PDF-1.7\n", UnreadableError, "damaged"),
        (bad.encrypted_pdf("sesame"), EncryptedError, "it is encrypted"),
        (bad.bomb_png(20_000), TooLargeError, "too many pixels"),
    ],
)
def test_a_bad_file_is_one_sentence(
    data: bytes, error: type[Exception], says: str, tmp_path: Path
) -> None:
    """Of its own class, naming the file."""
    with (
        pytest.raises(error, match=says) as caught,
        opened(data, tmp_path, name="bad.pdf") as file,
    ):
        file.pages[0].raster(72)
    assert str(caught.value).count("bad.pdf") == 1


def test_files_that_are_not_there(tmp_path: Path) -> None:
    """A missing file and a folder are unreadable, with the reason."""
    with (
        pytest.raises(UnreadableError, match="No such file"),
        open_file(tmp_path / "no", Options()),
    ):
        pass
    with pytest.raises(UnreadableError, match="this is a folder"), open_file(tmp_path, Options()):
        pass


def test_the_right_password_opens(tmp_path: Path) -> None:
    """For pdfium and pdfplumber both; a wrong one is told from none."""
    data = bad.encrypted_pdf("sesame")
    with opened(data, tmp_path, Options(password="sesame")) as file:
        assert file.pages[0].raster(72).min() < 128
        assert file.pages[0].text.read().words[0].text == "Annual"
    with (
        pytest.raises(EncryptedError, match="the password is wrong"),
        opened(data, tmp_path, Options(password="no")),
    ):
        pass


def is_too_large(data: bytes, tmp_path: Path, **limits: int) -> str:
    options: dict[str, Any] = limits
    with (
        pytest.raises(TooLargeError) as caught,
        opened(data, tmp_path, Options(**options)) as file,
    ):
        file.pages[0].raster(200)
    return caught.value.message


def test_limits_of_bytes_pages_and_pixels(tmp_path: Path) -> None:
    """Each is told with its value and the option that raises it, and no flag of a command line."""
    frames = saved(quarters(), "TIFF", save_all=True, append_images=[quarters()] * 2)
    assert "(max_bytes)" in is_too_large(bad.good_pdf(), tmp_path, max_bytes=100)
    assert is_too_large(frames, tmp_path, max_pages=2).startswith(
        "3 pages, more than 2 (max_pages);"
    )
    assert "(max_pixels)" in is_too_large(frames, tmp_path, max_pixels=400 * 600 - 1)
    assert "(max_pixels)" in is_too_large(bad.huge_page_pdf(), tmp_path)
    assert "(max_pixels)" in is_too_large(bad.good_pdf(), tmp_path, max_pixels=1000)


def test_pages_of_a_pdf_are_counted_before_they_are_loaded(tmp_path: Path) -> None:
    """Three pages are more than two."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>"
    tree = b"<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]/Count 3>>"
    data = bad.build_pdf([b"<</Type/Catalog/Pages 2 0 R>>", tree, page, page, page])
    assert is_too_large(data, tmp_path, max_pages=2).startswith("3 pages, more than 2 (max_pages);")
    with opened(data, tmp_path, Options(max_pages=3)) as file:
        assert [p.number for p in file.pages] == [1, 2, 3]


def test_a_page_that_cannot_be_loaded_stays_a_page(tmp_path: Path) -> None:
    """It keeps its number, and fails when its picture is asked for."""
    good = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>"
    tree = b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>"
    data = bad.build_pdf([b"<</Type/Catalog/Pages 2 0 R>>", tree, b"[1 2]", good])
    with opened(data, tmp_path) as file:
        assert [p.number for p in file.pages] == [1, 2]
        assert file.pages[1].raster(72).shape == (99, 99, 3)
        with pytest.raises(UnreadableError) as caught:
            file.pages[0].raster(72)
    assert caught.value.page == 1
    assert (BrokenPage(1).native_dpi(), BrokenPage(1).invisible_share()) == (None, 0)


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"%PDF-1.4", "pdf"), (b"\xef\xbb\xbf junk\r\n%PDF-1.4", "pdf"), (b"GIF89a", None),
     (b"", None), (b"\xff\xd8\xff\xe0", "image"), (b"MM\x00*", "image"), (b"RIFF1234WEBP", "image"),
     (b"RIFF1234WAVE", None), (b" " * 1024 + b"%PDF-1.4", None)],
)  # fmt: skip
def test_kinds_by_their_first_bytes(head: bytes, kind: str | None) -> None:
    """A header may follow a little junk."""
    assert sniff(head) == kind


def test_resizing_leaves_near_sizes_alone() -> None:
    """Within a percent nothing is resampled."""
    image = np.zeros((100, 50, 3), np.uint8)
    assert resized(image, 1.005) is image
    assert resized(image, 0.5).shape == (50, 25, 3)
