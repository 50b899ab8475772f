"""Picture files as pages of a PDF: every pixel is there."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pikepdf
import PIL.ImageOps
import pypdfium2
import pytest
from PIL import Image as Pictures
from PIL import ImageCms

from extractor.errors import TooLargeError
from extractor.options import Options
from extractor.sheets import add_pictures
from tests.drawn_pages import bilevel, report
from tests.test_pdf import quarters, saved

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

A5 = (420, 595)


def made(data: bytes, tmp_path: Path, options: Options | None = None) -> pikepdf.Pdf:
    pdf = pikepdf.new()
    add_pictures(pdf, tmp_path / "picture", data, options or Options())
    return pdf


def shown(pdf: pikepdf.Pdf, size: tuple[int, int], page: int = 0) -> NDArray[np.uint8]:
    """The page as pdfium draws it, RGB, with as many pixels as the picture has."""
    out = io.BytesIO()
    pdf.save(out)
    drawn = pypdfium2.PdfDocument(out.getvalue())[page]
    bitmap = drawn.render(scale=size[0] / drawn.get_width(), rev_byteorder=True)
    return np.array(bitmap.to_numpy()[:, :, :3])


def picture_of(pdf: pikepdf.Pdf) -> pikepdf.Stream:
    found = pdf.pages[0].Resources.XObject.Page
    assert isinstance(found, pikepdf.Stream)
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_taken_as_it_is_and_turned_as_it_says(orientation: int, tmp_path: Path) -> None:
    """Its bytes are in the PDF; the page shows what viewers of pictures show."""
    exif = Pictures.Exif()
    exif[0x0112] = orientation
    data = saved(quarters(), "JPEG", exif=exif, dpi=(72, 72), quality=95)
    pdf = made(data, tmp_path)
    assert picture_of(pdf).read_raw_bytes() == data
    upright = PIL.ImageOps.exif_transpose(Pictures.open(io.BytesIO(data))).convert("RGB")
    drawn = shown(pdf, upright.size)
    assert drawn.shape[1::-1] == upright.size
    assert np.abs(drawn.astype(int) - np.asarray(upright)).mean() < 3


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_jpegs_too(mode: str, tmp_path: Path) -> None:
    """Grey ones, and those of printers, whose inks some programs write inverted."""
    data = saved(quarters(mode), "JPEG", dpi=(72, 72), quality=95)
    pdf = made(data, tmp_path)
    assert picture_of(pdf).read_raw_bytes() == data
    seen = np.asarray(Pictures.open(io.BytesIO(data)).convert("RGB"))
    drawn = shown(pdf, (400, 600)).astype(int)
    for y, x in ((100, 100), (100, 300), (400, 100), (400, 300)):
        assert np.abs(drawn[y, x] - seen[y, x]).max() < 128  # inks are no light: shades differ


def test_colours_of_a_jpeg_are_those_of_its_profile(tmp_path: Path) -> None:
    """Phones take wider ones than screens show; a profile of other colours is left out."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pdf = made(saved(quarters(), "JPEG", icc_profile=profile), tmp_path)
    kind, held = picture_of(pdf).ColorSpace
    assert str(kind) == "/ICCBased"
    assert held.read_bytes() == profile
    grey = made(saved(quarters("L"), "JPEG", icc_profile=profile), tmp_path)
    assert picture_of(grey).ColorSpace == pikepdf.Name.DeviceGray


@pytest.mark.parametrize(
    ("mode", "kind", "packed"),
    [
        ("RGB", "PNG", "/FlateDecode"), ("L", "PNG", "/FlateDecode"), ("P", "PNG", "/FlateDecode"),
        ("RGB", "BMP", "/FlateDecode"), ("1", "PNG", "/CCITTFaxDecode"),
        ("1", "TIFF", "/CCITTFaxDecode"), ("RGB", "TIFF", "/FlateDecode"),
    ],
)  # fmt: skip
def test_other_pictures_lose_nothing(mode: str, kind: str, packed: str, tmp_path: Path) -> None:
    """Every pixel is as it was."""
    picture = quarters(mode)
    pdf = made(saved(picture, kind, dpi=(72, 72)), tmp_path)
    assert picture_of(pdf).Filter == pikepdf.Name(packed)
    expected = np.asarray(picture.convert("RGB"))
    held = pikepdf.PdfImage(picture_of(pdf)).as_pil_image().convert("RGB")
    np.testing.assert_array_equal(np.asarray(held), expected)
    drawn = shown(pdf, picture.size)
    for y, x in ((100, 100), (100, 300), (400, 100), (400, 300)):
        assert drawn[y, x].tolist() == expected[y, x].tolist()


def test_a_fax_stays_small(tmp_path: Path) -> None:
    """Of lines and letters, a thirtieth of what its pixels take, to the bit the same."""
    sheet = Pictures.fromarray(bilevel(report(200).gray)).convert("1")
    pdf = made(saved(sheet, "TIFF", compression="group4", dpi=(200, 200)), tmp_path)
    assert len(picture_of(pdf).read_raw_bytes()) < sheet.width * sheet.height / 8 / 10
    drawn = pikepdf.PdfImage(picture_of(pdf)).as_pil_image().convert("1")
    np.testing.assert_array_equal(np.asarray(drawn), np.asarray(sheet))


def test_a_page_is_as_large_as_its_picture_says(tmp_path: Path) -> None:
    """In points; with other resolutions across and down as faxes have them."""
    pdf = made(saved(Pictures.new("1", (1654, 1169), 1), "TIFF", dpi=(200, 100)), tmp_path)
    assert [round(float(v)) for v in pdf.pages[0].mediabox] == [0, 0, 595, 842]


def test_a_tiff_gives_a_page_each_and_a_torn_one_stays_empty(tmp_path: Path) -> None:
    """The others are worth having."""
    pages = [Pictures.new("L", A5, shade) for shade in (10, 60, 110)]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    with Pictures.open(out) as tiff:
        tiff.seek(1)
        start = tiff.tag_v2[273][0]  # type: ignore[attr-defined]
    data = bytearray(out.getvalue())
    data[start : start + 40] = b"\xff" * 40
    pdf = made(bytes(data), tmp_path)
    assert len(pdf.pages) == 3
    assert "/XObject" not in pdf.pages[1].get("/Resources", {})
    assert shown(pdf, A5, 2)[300, 200].tolist() == [110, 110, 110]


def test_limits_are_kept(tmp_path: Path) -> None:
    """A picture that is too large to be read is too large for a page."""
    with pytest.raises(TooLargeError):
        made(saved(quarters(), "PNG"), tmp_path, Options(max_pixels=1000))
