"""Which documents a command line names, and what their results are called."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

READABLE = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class Input:
    """A document to read; `name` is its result's path below the output folder, without ".json"."""

    path: Path
    name: str


def discover(paths: Sequence[Path]) -> tuple[Input, ...]:
    """Named files of any name, and the readable files below named folders, each once.

    Files below a folder come in the order of their names; hidden ones are left out. A path that
    does not exist, and a folder that cannot be listed, are given too: reading them fails.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file, relative in _below(path) if is_folder(path) else [(path, Path(path.name))]:
            found.setdefault(Path(os.path.abspath(file)), relative)  # noqa: PTH100  resolve() follows links
    shown = {Path(os.path.abspath(p)): p for p in paths}  # noqa: PTH100
    names = result_names(list(found.values()))
    return tuple(Input(shown.get(f, f), name) for f, name in zip(found, names, strict=True))


def is_folder(path: Path) -> bool:
    """Whether it is one; False for what cannot be looked at."""
    return os.path.isdir(path)  # noqa: PTH112  Path.is_dir raises for names that are too long


def _below(folder: Path) -> Iterator[tuple[Path, Path]]:
    closed: list[Path] = []
    walk = os.walk(folder, onerror=lambda error: closed.append(Path(error.filename)))
    for parent, folders, files in walk:
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(parent, name)
            if file.suffix.lower() in READABLE and not name.startswith("."):
                yield file, file.relative_to(folder)
    for path in closed:
        yield path, path.relative_to(folder)


def result_names(relatives: Sequence[Path]) -> list[str]:
    """One name for each relative path: without its last extension, with it where two would collide.

    Where even that collides (files of one name from two folders), later ones get a number.
    """
    kept: set[int] = set()
    while clash := _clashing(names := _names(relatives, kept)) - kept:
        kept |= clash
    return _numbered(names)


def _names(relatives: Sequence[Path], kept: set[int]) -> list[str]:
    return [
        (path if index in kept else path.with_suffix("") if path.suffix else path).as_posix()
        for index, path in enumerate(relatives)
    ]


def _clashing(names: Sequence[str]) -> set[int]:
    counts = Counter(names)
    return {index for index, name in enumerate(names) if counts[name] > 1}


def _numbered(names: Sequence[str]) -> list[str]:
    taken = set(names)
    seen: set[str] = set()
    result = []
    for name in names:
        chosen, number = name, 1
        while chosen in seen or (number > 1 and chosen in taken):
            number += 1
            chosen = f"{name}-{number}"
        seen.add(chosen)
        result.append(chosen)
    return result
