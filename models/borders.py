"""Fits the weights by which lost borders of worn tables are told (extractor/tables/borders.py).

python -m models.borders FOLDER... [--held-out FOLDER]

A folder holds born-digital reports `<id>.digital.pdf` and worn scans of the same pages in place,
`<id>.<level>.pdf`, as `fixtures.generate` writes them. Each piece of border between two slots of a
grid that was found on a scan is an example; whether it was printed is read off the digital page.
The weights are those of greatest likelihood of a conditional random field whose chains are the
borders. What is counted wrong here is before texts far apart part cells and before borders of which
nothing is to be seen are dropped (extractor/tables/worn.py).
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from extractor import Options
from extractor.image import flatten_page, flattened
from extractor.pdf import open_file, reading_dpi
from extractor.tables.borders import (
    FEATURES,
    WEIGHTS,
    described,
    messages,
    probabilities,
)
from extractor.tables.faint import with_faint_borders
from extractor.tables.grid import WORN, find_grids
from extractor.tables.views import borders_at, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from extractor.geometry import Box
    from extractor.image import FlatPage
    from extractor.tables.grid import Grid

    Floats = NDArray[np.float64]

SAME_PT = 8.0  # outer borders of a table on both pages agree within this
RIDGE = 1.0
STEPS = 300
STEP = 0.3  # of Newton's: the curvature leaves out how pieces move together
ENOUGH = 1e-3


@dataclass(frozen=True, slots=True)
class Example:
    """The pieces of one grid's borders: borders × pieces × features, and which were printed."""

    features: Floats
    printed: Floats


def examples(folder: Path) -> Iterator[tuple[Example, Example]]:
    """Borders that run down and borders that run across, for every grid of every worn page."""
    for digital in sorted(folder.glob("*.digital.pdf")):
        name = digital.name.split(".")[0]
        tables = _printed_tables(digital)
        for scan in sorted(folder.glob(f"{name}.*.pdf")):
            if scan != digital:
                yield from _of_scan(scan, tables)


def _printed_tables(path: Path) -> dict[int, list[list[Box]]]:
    """The cells of every table of a born-digital file, by page."""
    found: dict[int, list[list[Box]]] = {}
    with open_file(path, Options()) as opened:
        for source in opened.pages:
            layer = source.text.read() if source.text is not None else None
            grids = find_grids(layer.rulings) if layer is not None else ()
            found[source.number] = [[g.box_of(span) for span in g.spans] for g in grids]
    return found


def _of_scan(path: Path, tables: dict[int, list[list[Box]]]) -> Iterator[tuple[Example, Example]]:
    with open_file(path, Options()) as opened:
        for source in opened.pages:
            dpi = reading_dpi(source, Options().dpi)
            flat = flatten_page(flattened(source.raster(dpi)), dpi)
            if flat.wear < WORN:
                continue
            for grid in find_grids(flat.rulings, flat.wear):
                cells = next((c for c in tables[source.number] if _same(c, grid)), None)
                if cells is not None:
                    yield _of_grid(grid, flat, cells)


def _same(cells: Sequence[Box], grid: Grid) -> bool:
    corners = (
        (min(c.x0 for c in cells), grid.xs[0]),
        (min(c.y0 for c in cells), grid.ys[0]),
        (max(c.x1 for c in cells), grid.xs[-1]),
        (max(c.y1 for c in cells), grid.ys[-1]),
    )
    return all(abs(a - b) < SAME_PT for a, b in corners)


def _of_grid(grid: Grid, flat: FlatPage, cells: Sequence[Box]) -> tuple[Example, Example]:
    view = view_of(flat, grid)
    xs, ys = with_faint_borders(grid, view, flat.scale)
    columns, rows = borders_at(xs, flat, across=False), borders_at(ys, flat, across=True)
    upright = [(c.x0, c.x1, c.y0, c.y1) for c in cells]
    level = [(c.y0, c.y1, c.x0, c.x1) for c in cells]
    edges = {edge for c in cells for edge in (c.x0, c.x1)}
    real = [i for i, x in enumerate(xs) if min(abs(x - edge) for edge in edges) < SAME_PT]
    return (
        Example(described(view, columns, rows), _truth(xs, ys, upright)),
        Example(
            described(view.flipped, rows, [columns[i] for i in real]),
            _truth(ys, [xs[i] for i in real], level),
        ),
    )


def _truth(
    places: Sequence[float],
    along: Sequence[float],
    cells: Sequence[tuple[float, float, float, float]],
) -> Floats:
    """1 for each piece that no cell (low, high across; start, end along) runs over."""
    middles = [(a + b) / 2 for a, b in itertools.pairwise(along)]
    return np.array(
        [
            [
                float(not any(s < m < e and a + 4 < at < b - 4 for a, b, s, e in cells))
                for m in middles
            ]
            for at in places
        ]
    )


def fitted(found: Sequence[Example]) -> Floats:
    """The weights of FEATURES and of `alike` that make what was printed most likely.

    Newton's method with the marginals' own curvature, shortened; a ridge on all but the constant.
    """
    chains = [(e.features[1:-1], e.printed[1:-1]) for e in found if len(e.printed) > 2]
    ridge = RIDGE * np.diag([0.0, *[1.0] * len(FEATURES)])
    weights = np.zeros(len(FEATURES) + 1)
    for _ in range(STEPS):
        slopes, curves = zip(*(_likelihood(x, y, weights) for x, y in chains), strict=True)
        slope = np.sum(slopes, axis=0) - ridge @ weights
        curve = np.sum(curves, axis=0) + ridge + 1e-9 * np.eye(len(weights))
        step = STEP * np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < ENOUGH:
            break
    return weights


def _likelihood(features: Floats, printed: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Slope of the log likelihood of a grid's borders (Sutton and McCallum 2012), and a curvature.

    features: borders × pieces × features; printed: borders × pieces, 0 or 1.
    """
    odds = features @ weights[:-1]
    before, after = messages(odds, weights[-1])
    p = 1 / (1 + np.exp(-np.clip(odds + before + after, -30, 30)))
    first, second = (odds + before)[:, :-1], (odds + after)[:, 1:]
    same = weights[-1] + np.logaddexp(0, first + second)
    paired = 1 / (1 + np.exp(np.clip(np.logaddexp(first, second) - same, -30, 30)))
    x = features.reshape(-1, len(FEATURES))
    alike = (printed[:, :-1] == printed[:, 1:]) - paired
    slope = np.append(x.T @ (printed - p).ravel(), alike.sum())
    curve = np.zeros((len(weights), len(weights)))
    curve[:-1, :-1] = (x * (p * (1 - p)).reshape(-1, 1)).T @ x
    curve[-1, -1] = (paired * (1 - paired)).sum()
    return slope, curve


def wrong(found: Sequence[Example], weights: Floats) -> tuple[int, int]:
    """How many inner pieces are told wrongly, and how many there are."""
    errors = pieces = 0
    for example in found:
        told = probabilities(example.features, weights)[1:-1] >= 0.5
        errors += int((told != (example.printed[1:-1] >= 0.5)).sum())
        pieces += told.size
    return errors, pieces


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the weights for both directions and the error on the held-out folder."""
    parser = argparse.ArgumentParser(
        prog="python -m models.borders",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--held-out", type=Path)
    options = parser.parse_args(arguments)
    train = [pair for folder in options.folders for pair in examples(folder)]
    if not train:
        parser.error("no worn grid in these folders: they hold <id>.digital.pdf and worn scans")
    held_out = list(examples(options.held_out)) if options.held_out else []
    for index, name in enumerate(("DOWN", "ACROSS")):
        weights = fitted([pair[index] for pair in train])
        print(name, dict(zip(WEIGHTS, np.round(weights, 2).tolist(), strict=True)))
        for label, pairs in (("trained", train), ("held out", held_out)):
            errors, pieces = wrong([pair[index] for pair in pairs], weights)
            print(f"  {label}: {errors} of {pieces} pieces wrong")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
