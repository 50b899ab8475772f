"""Sheets of table cells with known texts, drawn clean: what wear is then done to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw

from models.numbers.fonts import has_glyph, loaded
from models.numbers.texts import CellText, random_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.numbers.fonts import Typeface

    Gray = NDArray[np.uint8]

FINE = 3  # sheets are drawn so many times larger: glyphs get no hinting and lie between pixels
DPIS = (100, 120, 120, 150, 150, 200, 200, 200, 200, 200, 200, 250, 300)
ROWS, COLUMNS = 14, 8


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell: its box and, for each character, where its ink lies across; in pixels."""

    text: CellText
    box: tuple[int, int, int, int]
    spans: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A clean sheet: grey pixels, the lines of its table, its cells, and the em in pixels."""

    gray: Gray
    dpi: int
    em: float
    xs: tuple[int, ...]
    ys: tuple[int, ...]
    cells: tuple[SheetCell, ...]


@dataclass(frozen=True, slots=True)
class _Style:
    """How the cells of one sheet are set; lengths in fine pixels."""

    face: Typeface
    fallback: Typeface
    size: int
    padding: float
    aligned: float
    spacing: float

    def face_of(self, character: str) -> Typeface:
        return self.face if has_glyph(self.face.path, character) else self.fallback


def draw_sheet(rng: Generator, faces: Sequence[Typeface], fallback: Typeface) -> Sheet:
    """A table of ROWS × COLUMNS cells in one typeface, at a size and resolution of its own."""
    dpi = int(rng.choice(DPIS))
    style = _style(rng, faces, fallback, dpi)
    texts = [[random_text(rng) for _ in range(COLUMNS)] for _ in range(ROWS)]
    widths = [max(_width(row[c].printed, style) for row in texts) for c in range(COLUMNS)]
    room = style.size * rng.uniform(0.5, 2.0)
    columns = [0.6 * style.size, *(w + 2 * style.padding + room for w in widths)]
    xs = np.asarray(np.cumsum(columns), np.float64)
    height = style.size * rng.uniform(1.35, 2.4)
    ys = np.asarray(0.6 * style.size + height * np.arange(ROWS + 1), np.float64)
    size = (int(xs[-1] + 0.6 * style.size), int(ys[-1] + 0.6 * style.size))
    canvas = Image.new("L", (size[0] // FINE * FINE, size[1] // FINE * FINE), 255)
    pen = ImageDraw.Draw(canvas)
    _draw_rulings(pen, xs, ys, max(1, round(rng.uniform(0.4, 1.6) / 72 * dpi * FINE)))
    cells = tuple(
        _draw_cell(pen, text, (xs[c], ys[r], xs[c + 1], ys[r + 1]), style, rng)
        for r, row in enumerate(texts)
        for c, text in enumerate(row)
    )
    small = (canvas.width // FINE, canvas.height // FINE)
    gray = np.asarray(cv2.resize(np.asarray(canvas), small, interpolation=cv2.INTER_AREA), np.uint8)
    return Sheet(gray, dpi, style.size / FINE, _pixels(xs), _pixels(ys), cells)


def _pixels(fine: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(round(v / FINE) for v in fine.tolist())


def _style(rng: Generator, faces: Sequence[Typeface], fallback: Typeface, dpi: int) -> _Style:
    weights = np.array([face.weight for face in faces], np.float64)
    face = faces[int(rng.choice(len(faces), p=weights / weights.sum()))]
    size = round(float(rng.choice((rng.uniform(7.5, 11), rng.uniform(9, 16)))) / 72 * dpi * FINE)
    return _Style(
        face=face,
        fallback=fallback,
        size=size,
        padding=size * rng.uniform(0.1, 0.5),
        aligned=float(rng.choice((0.0, 0.5, 0.5, 0.5, 1.0))),
        spacing=size * float(rng.choice((0.0, 0.0, 0.0, rng.uniform(-0.02, 0.12)))),
    )


def _width(text: str, style: _Style) -> float:
    return sum(_advance(character, style) for character in text)


def _advance(character: str, style: _Style) -> float:
    font = loaded(style.face_of(character).path, style.size)
    return float(font.getlength(character)) + style.spacing


def _draw_rulings(
    pen: ImageDraw.ImageDraw, xs: NDArray[np.float64], ys: NDArray[np.float64], width: int
) -> None:
    for x in xs.tolist():
        pen.line((x, ys[0], x, ys[-1]), fill=0, width=width)
    for y in ys.tolist():
        pen.line((xs[0], y, xs[-1], y), fill=0, width=width)


def _draw_cell(
    pen: ImageDraw.ImageDraw,
    text: CellText,
    box: tuple[float, float, float, float],
    style: _Style,
    rng: Generator,
) -> SheetCell:
    """Draws the text character by character; in a few cells it touches or crosses a ruling."""
    x0, y0, x1, y1 = box
    free = x1 - x0 - 2 * style.padding - _width(text.printed, style)
    x = x0 + style.padding + free * style.aligned
    y = (y0 + y1) / 2 + rng.normal(0, 0.02) * style.size
    if rng.random() < 0.06:
        y += float(rng.choice((-1, 1))) * ((y1 - y0) / 2 - rng.uniform(0.25, 0.45) * style.size)
    spans = []
    for character in text.printed:
        font = loaded(style.face_of(character).path, style.size)
        # "m" sets every character at half the height of the font: signs keep to their line.
        pen.text((x, y), character, font=font, fill=0, anchor="lm")
        left, _, right, _ = font.getbbox(character, anchor="lm")
        spans.append(((x + left) / FINE, (x + right) / FINE))
        x += _advance(character, style)
    pixels = tuple(round(v / FINE) for v in box)
    return SheetCell(text, (pixels[0], pixels[1], pixels[2], pixels[3]), tuple(spans))
