"""What copiers, scanners and seals do to a sheet, at a severity from 0 (hardly) to 2 (very bad).

A sheet is grey: height × width, uint8, 255 is paper. Lengths are in pixels at 200 dpi and scaled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]
    Image = NDArray[np.uint8]
    Floats = NDArray[np.floating[Any]]


def office(sheet: Gray, severity: float, dpi: float, rng: Generator) -> Gray:
    """A flatbed: blur, noise, compression."""
    soft = _blurred(sheet, rng.uniform(0.2, 0.6) * severity * dpi / 200)
    return _compressed(_noisy(soft, 5 * severity, rng), int(rng.integers(45, 95)))


def low(sheet: Gray, severity: float, dpi: float, rng: Generator) -> Gray:
    """Fewer dots an inch than the file says, or blurred, with compression."""
    share = rng.uniform(1 - 0.25 * severity, 1.0)
    height, width = sheet.shape
    small = cv2.resize(
        sheet, (int(width * share), int(height * share)), interpolation=cv2.INTER_AREA
    )
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    soft = _blurred(np.asarray(large, np.uint8), rng.uniform(0.2, 0.6) * severity * dpi / 120)
    return _compressed(_noisy(soft, 6 * severity, rng), int(rng.integers(25, 80)))


def faint(sheet: Gray, severity: float, dpi: float, rng: Generator) -> Gray:
    """Grey ink on grey paper."""
    paper = rng.uniform(200, 245)
    ink = min(paper - 35, rng.uniform(60, 110) + 45 * severity)
    pale = ink + sheet.astype(np.float32) / 255 * (paper - ink)
    soft = _blurred(pale.astype(np.uint8), 0.4 * severity * dpi / 200)
    return _compressed(_noisy(soft, 3.5 * severity, rng), int(rng.integers(40, 95)))


def photo(sheet: Gray, severity: float, dpi: float, rng: Generator) -> Gray:
    """Uneven light, soft focus or a moving hand."""
    bumps = 1 - 0.12 * severity * (1 + slow_field(sheet.shape, 3, rng) / 2)
    lit = np.clip(sheet * bumps, 0, 255).astype(np.uint8)
    soft = _blurred(lit, rng.uniform(0.4, 0.9) * severity * dpi / 200)
    if rng.random() < 0.3:
        length = int(1 + 2 * severity * dpi / 200)
        kernel = np.ones((1, length) if rng.random() < 0.5 else (length, 1), np.float32) / length
        soft = np.asarray(cv2.filter2D(soft, -1, kernel), np.uint8)
    return _compressed(_noisy(soft, 5 * severity, rng), int(rng.integers(40, 90)))


def copied(sheet: Gray, severity: float, dpi: float, rng: Generator) -> Gray:
    """Bilevel copies of copies: each generation blurs, loses toner in patches and adds dirt."""
    for _ in range(int(rng.choice((1, 1, 2, 3)))):
        sheet = _generation(sheet, severity, dpi / 200, rng)
    return sheet


def _generation(sheet: Gray, severity: float, scale: float, rng: Generator) -> Gray:
    soft = _blurred(sheet, (0.35 + rng.uniform(0.2, 0.5) * severity) * scale).astype(np.float32)
    soft += np.clip(slow_field(sheet.shape, 14, rng), -1.3, 1.3) * 20 * severity
    # Grain at the edges only: ink and paper themselves are far from the threshold.
    soft += _grain(sheet.shape, scale, rng) * rng.uniform(8, 26) * severity
    ink = soft < rng.uniform(165 - 45 * severity, 180)
    ink &= _scratches(sheet.shape, severity, scale, rng) == 0
    ink |= _specks(sheet.shape, severity, scale, rng) > 0
    return np.where(ink, 0, 255).astype(np.uint8)


def _grain(shape: tuple[int, ...], scale: float, rng: Generator) -> Floats:
    """Noise of about unit variance whose grains are as large at every resolution."""
    coarse = max(1.0, scale * rng.uniform(0.7, 1.6))
    size = (int(shape[0] / coarse) + 1, int(shape[1] / coarse) + 1)
    noise = rng.standard_normal(size, dtype=np.float32)
    return np.asarray(cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_LINEAR))


def _scratches(shape: tuple[int, ...], severity: float, scale: float, rng: Generator) -> Gray:
    """Where toner came off: thin strokes, more of them in some places than in others."""
    gone = np.zeros(shape, np.uint8)
    density = rng.uniform(80, 700) * severity / 1e6 / scale**2
    for _ in range(rng.poisson(density * shape[0] * shape[1])):
        x, y = int(rng.integers(shape[1])), int(rng.integers(shape[0]))
        dx, dy = (int(v) for v in rng.normal(0, rng.uniform(2, 7) * scale, 2))
        thickness = max(1, round(int(rng.integers(1, 4)) * scale))
        cv2.line(gone, (x, y), (x + dx, y + dy), (1,), thickness)
    return gone


def _specks(shape: tuple[int, ...], severity: float, scale: float, rng: Generator) -> Gray:
    dirt = np.zeros(shape, np.uint8)
    density = rng.uniform(30, 400) * severity / 1e6 / scale**2
    for _ in range(rng.poisson(density * shape[0] * shape[1])):
        centre = (int(rng.integers(shape[1])), int(rng.integers(shape[0])))
        axes = tuple(round(float(v) * scale) for v in rng.uniform(0, 2.6, 2))
        cv2.ellipse(dirt, centre, axes, float(rng.uniform(0, 180)), 0, 360, (1,), -1)
    return dirt


def sealed(sheet: Gray, severity: float, dpi: float, rng: Generator) -> Image:
    """BGR: round seals of translucent red ink over the sheet; black under them stays dark."""
    covered = np.zeros(sheet.shape, np.uint8)
    for _ in range(int(rng.integers(2, 6))):
        centre = (int(rng.integers(sheet.shape[1])), int(rng.integers(sheet.shape[0])))
        _draw_seal(covered, centre, int(rng.uniform(0.5, 0.9) * dpi), rng)
    patchy = np.clip(0.8 + 0.3 * slow_field(sheet.shape, 30, rng), 0.2, 1)
    strength = (covered / 255 * patchy * min(1.0, 0.5 + 0.3 * severity))[..., None]
    red = np.array(rng.uniform((20, 10, 180), (80, 60, 230)), np.float32)
    image = sheet[..., None] * (1 - strength * (1 - red / 255))
    soft = cv2.GaussianBlur(image.astype(np.uint8), (0, 0), 0.3 + 0.3 * severity * dpi / 200)
    noise = rng.normal(0, 3 * severity + 0.1, sheet.shape)[..., None]
    dirty = np.clip(soft + noise, 0, 255).astype(np.uint8)
    packed = cv2.imencode(".jpg", dirty, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 92))])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _draw_seal(covered: Gray, centre: tuple[int, int], radius: int, rng: Generator) -> None:
    cv2.circle(covered, centre, radius, (255,), max(2, radius // 14), cv2.LINE_AA)
    for _ in range(40):
        angle, reach = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0.1, 0.9)
        start = np.array(centre) + reach * np.array((np.cos(angle), np.sin(angle)))
        end = start + rng.normal(0, radius * 0.12, 2)
        ends = [(int(point[0]), int(point[1])) for point in (start, end)]
        cv2.line(covered, ends[0], ends[1], (255,), max(1, radius // 30), cv2.LINE_AA)


def slow_field(shape: tuple[int, ...], cells: int, rng: Generator) -> Floats:
    """A smooth random surface, about -2 to 2, with `cells` bumps along the height."""
    size = (cells + 1, max(2, cells * shape[1] // shape[0] + 1))
    coarse = rng.standard_normal(size, dtype=np.float32)
    return np.asarray(cv2.resize(coarse, shape[1::-1], interpolation=cv2.INTER_CUBIC))


def _blurred(sheet: Gray, sigma: float) -> Gray:
    return sheet if sigma < 0.1 else np.asarray(cv2.GaussianBlur(sheet, (0, 0), sigma), np.uint8)


def _noisy(sheet: Gray, sigma: float, rng: Generator) -> Gray:
    noise = rng.standard_normal(sheet.shape, dtype=np.float32) * sigma
    return np.clip(sheet + noise, 0, 255).astype(np.uint8)


def _compressed(sheet: Gray, quality: int) -> Gray:
    packed = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)


# Name → what it does and how often it is met; worn copies are what the recogniser is for.
KINDS: dict[str, tuple[Callable[[Gray, float, float, Generator], Image], float]] = {
    "copy": (copied, 0.5),
    "low": (low, 0.15),
    "office": (office, 0.1),
    "photo": (photo, 0.09),
    "faint": (faint, 0.08),
    "stamp": (sealed, 0.08),
}
