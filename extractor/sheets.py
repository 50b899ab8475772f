"""Picture files → pages of a PDF, without loss."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from extractor.errors import UnreadableError
from extractor.pictures import A4_IN, POINTS_PER_INCH, open_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from pikepdf import Pdf, Stream

    from extractor.options import Options
    from extractor.pictures import PicturePage

    Image = NDArray[np.uint8]
    Matrix = tuple[int, int, int, int, int, int]

JPEG = b"\xff\xd8\xff"
SPACES = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}
PROFILES = {"/DeviceGray": b"GRAY", "/DeviceRGB": b"RGB", "/DeviceCMYK": b"CMYK"}
COLORS = {"/DeviceGray": 1, "/DeviceRGB": 3, "/DeviceCMYK": 4}
# The unit square of a picture as it is to be seen, by the orientation that EXIF states.
UPRIGHT: Matrix = (1, 0, 0, 1, 0, 0)
ORIENTED: dict[int, Matrix] = {
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}
_ORIENTATION, _PHOTOMETRIC, _OFFSETS, _COUNTS = 0x0112, 262, 273, 279  # tags of EXIF and TIFF


def add_pictures(pdf: Pdf, path: Path, data: bytes, options: Options) -> None:
    """A page for each page of a picture file, of its size; one that is damaged stays empty.

    A JPEG is taken as it is. Raises UnreadableError or TooLargeError.
    """
    with open_pictures(path, data, options) as pages:
        for page in pages:
            drawn = _jpeg(pdf, data) if data.startswith(JPEG) else None
            _add_page(pdf, page, drawn or _drawn(pdf, page))


def _add_page(pdf: Pdf, page: PicturePage, drawn: tuple[Stream, Matrix] | None) -> None:
    from pikepdf import Dictionary, Name

    width = page.width or A4_IN[0] * POINTS_PER_INCH
    height = page.height or A4_IN[1] * POINTS_PER_INCH
    sheet = pdf.add_blank_page(page_size=(width, height))
    if drawn is None:
        return
    picture, (a, b, c, d, e, f) = drawn
    sheet.obj[Name.Resources] = Dictionary(XObject=Dictionary(Page=picture))
    sides = (a * width, b * height, c * width, d * height, e * width, f * height)
    place = b" ".join(b"%.4f" % v for v in sides)
    sheet.obj[Name.Contents] = pdf.make_stream(b"q " + place + b" cm /Page Do Q\n")


def _jpeg(pdf: Pdf, data: bytes) -> tuple[Stream, Matrix] | None:
    """The file itself as a picture of the PDF, None where it has colours that PDFs do not know."""
    import PIL.Image
    from pikepdf import Array, Name

    with PIL.Image.open(io.BytesIO(data)) as image:
        space, (width, height) = SPACES.get(image.mode), image.size
        orientation = image.getexif().get(_ORIENTATION, 1)
        inverted = image.mode == "CMYK" and "adobe" in image.info
        profile = image.info.get("icc_profile") or b""
    if space is None:
        return None
    picture = _picture(pdf, data, (width, height), space, "/DCTDecode")
    if profile[16:20].rstrip() == PROFILES[space]:
        colors = pdf.make_stream(profile, N=COLORS[space], Alternate=Name(space))
        picture.ColorSpace = Array([Name.ICCBased, colors])
    if inverted:
        picture.Decode = [1, 0] * 4  # as Adobe's programs write it
    return picture, ORIENTED.get(orientation, UPRIGHT)


def _picture(
    pdf: Pdf, data: bytes, size: tuple[int, int], space: str, packed: str, depth: int = 8
) -> Stream:
    from pikepdf import Name

    return pdf.make_stream(
        data, Type=Name.XObject, Subtype=Name.Image, Width=size[0], Height=size[1],
        ColorSpace=Name(space), BitsPerComponent=depth, Filter=Name(packed),
    )  # fmt: skip


def _drawn(pdf: Pdf, page: PicturePage) -> tuple[Stream, Matrix] | None:
    """The page's pixels packed without loss, None where they cannot be decoded."""
    import numpy as np

    try:
        pixels = page.frame()
    except UnreadableError:
        return None
    gray = pixels[:, :, 0]
    if not all((gray == pixels[:, :, i]).all() for i in (1, 2)):
        return _deflated(pdf, np.ascontiguousarray(pixels[:, :, ::-1])), UPRIGHT
    if ((gray == 0) | (gray == 255)).all():
        return _fax(pdf, gray), UPRIGHT
    return _deflated(pdf, gray), UPRIGHT


def _deflated(pdf: Pdf, pixels: Image) -> Stream:
    """Grey or RGB, packed as in a PNG file: PDF knows its way (PDF 32000-1, 7.4.4.4)."""
    import PIL.Image
    from pikepdf import Dictionary

    stream = io.BytesIO()
    image = PIL.Image.fromarray(pixels)
    image.save(stream, "PNG")
    packed = b"".join(_chunks(stream.getvalue(), b"IDAT"))
    picture = _picture(pdf, packed, image.size, SPACES[image.mode], "/FlateDecode")
    colors = len(image.getbands())
    picture.DecodeParms = Dictionary(
        Predictor=15, Colors=colors, BitsPerComponent=8, Columns=image.width
    )
    return picture


def _chunks(png: bytes, kind: bytes) -> Iterator[bytes]:
    """The contents of a PNG file's chunks of a kind."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        if png[at + 4 : at + 8] == kind:
            yield png[at + 8 : at + 8 + length]
        at += 12 + length


def _fax(pdf: Pdf, gray: Image) -> Stream:
    """Black and white, packed as faxes are: CCITT group 4, a third of what PNG takes."""
    import PIL.Image
    from pikepdf import Dictionary

    stream = io.BytesIO()
    image = PIL.Image.fromarray(gray).convert("1", dither=PIL.Image.Dither.NONE)
    image.save(stream, "TIFF", compression="group4", strip_size=gray.size)
    with PIL.Image.open(stream) as written:
        tags = getattr(written, "tag_v2", {})
        (start,), (count,) = tags[_OFFSETS], tags[_COUNTS]
        black_is_zero = tags[_PHOTOMETRIC] == 1
    packed = stream.getvalue()[start : start + count]
    picture = _picture(pdf, packed, image.size, SPACES["L"], "/CCITTFaxDecode", depth=1)
    picture.DecodeParms = Dictionary(
        K=-1, Columns=image.width, Rows=image.height, BlackIs1=black_is_zero
    )
    return picture
