"""Samples scaled as the network takes them, kept in one array a width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from extractor.ocr.numbers import HEIGHT, WIDTHS, padded_width, scaled
from models.numbers.texts import SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.numbers.samples import Sample

LONGEST = 16  # symbols of a label
CHANGED = 0.7  # share of the images that are stretched, slanted or moved in each pass


@dataclass(frozen=True, slots=True)
class Shelf:
    """Samples of one width: images N × HEIGHT × width (uint8, 255 is ink), labels N × LONGEST.

    Labels are columns of the network, padded with 0.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int32]


def shelves_of(samples: Iterable[Sample]) -> dict[int, Shelf]:
    """The samples by padded width."""
    images: dict[int, list[NDArray[np.uint8]]] = {width: [] for width in WIDTHS}
    labels: dict[int, list[NDArray[np.int32]]] = {width: [] for width in WIDTHS}
    for sample in samples:
        if len(sample.label) > LONGEST:
            continue
        own = scaled(sample.image)
        width = padded_width(own.shape[1])
        image = np.zeros((HEIGHT, width), np.uint8)
        image[:, : own.shape[1]] = own
        images[width].append(image)
        labels[width].append(encoded(sample.label))
    return {w: Shelf(np.stack(images[w]), np.stack(labels[w])) for w in WIDTHS if images[w]}


def encoded(label: str) -> NDArray[np.int32]:
    """A label as columns of the network, padded with blanks."""
    columns = [SYMBOLS.index(character) for character in label]
    return np.array(columns + [0] * (LONGEST - len(columns)), np.int32)


def save(shelves: dict[int, Shelf], path: Path) -> None:
    """Keeps the shelves in one file."""
    images = {f"images{w}": s.images for w, s in shelves.items()}
    labels = {f"labels{w}": s.labels for w, s in shelves.items()}
    np.savez(path, **images, **labels)  # type: ignore[arg-type]  # its stub knows no names


def load(path: Path) -> dict[int, Shelf]:
    """The shelves of a file."""
    kept = np.load(path)
    widths = [w for w in WIDTHS if f"images{w}" in kept]
    return {w: Shelf(kept[f"images{w}"], kept[f"labels{w}"]) for w in widths}


def joined(shelves: dict[int, Shelf], more: dict[int, Shelf]) -> dict[int, Shelf]:
    """The samples of both, by padded width."""
    both = dict(shelves)
    for width, shelf in more.items():
        if width in both:
            images = np.concatenate([both[width].images, shelf.images])
            shelf = Shelf(images, np.concatenate([both[width].labels, shelf.labels]))  # noqa: PLW2901
        both[width] = shelf
    return both


def batches(
    shelves: dict[int, Shelf], pixels: int, rng: Generator, *, stretched: bool = False
) -> Iterator[Shelf]:
    """One pass over all samples in batches of one width and about `pixels` columns, shuffled."""
    vary = stretched_too if stretched else varied
    plan = []
    for width, shelf in shelves.items():
        order = rng.permutation(len(shelf.images))
        size = max(pixels // width, 1)
        # Whole batches only: every shape is compiled once.
        plan += [(width, order[i : i + size]) for i in range(0, len(order) - size + 1, size)]
    for index in rng.permutation(len(plan)):
        width, rows = plan[index]
        shelf = shelves[width]
        yield Shelf(vary(shelf.images[rows], rng), shelf.labels[rows])


def varied(images: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """The images with another contrast, and moved by up to a pixel up or down."""
    strength = rng.uniform(0.7, 1.15, (len(images), 1, 1)).astype(np.float32)
    result = np.asarray(np.minimum(images * strength, 255), np.uint8)
    moved = rng.integers(-1, 2, len(images))
    for step in (-1, 1):
        result[moved == step] = np.roll(result[moved == step], step, axis=1)
    return result


def stretched_too(images: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """Varied images, most of them also wider or narrower, slanted, or moved."""
    result = varied(images, rng)
    for index in np.flatnonzero(rng.random(len(images)) < CHANGED):
        result[index] = _moved(result[index], rng)
    return result


def _moved(image: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """The image under a small affine change that keeps its ink within its width."""
    height, width = image.shape
    inked = np.flatnonzero(image.any(axis=0))
    extent = int(inked[-1]) + 1 if len(inked) else 1
    across = min(float(rng.uniform(0.82, 1.2)), (width - 2) / extent)
    down, slant = float(rng.uniform(0.93, 1.05)), float(rng.normal(0, 0.03))
    fall = height / 2 * (1 - down) + float(rng.uniform(-1, 1))
    matrix = np.array([[across, slant, -slant * height / 2], [0, down, fall]], np.float32)
    return np.asarray(cv2.warpAffine(image, matrix, (width, height)), np.uint8)
