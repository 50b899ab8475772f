"""How many table cells are read right as one kind of damage grows: ours and two other readers.

  python -m benchmarks.severity --plot docs/severity.png
  python -m benchmarks.severity --reports 1 --only skew --amounts 2 --out build/severity

Pages are printed by our own generator from seeds that nothing else uses, rendered once at 300 dpi
and damaged by fixtures.damage; every kind begins with the same pages, which are read once. Only
pages with a table are read, one at a time, by all readers from the same lossless picture. The same
run gives the same pixels. `make severity` installs what is needed.

What counts as right is in benchmarks.row_scores; the text layer of the printed PDF has to score
100 %, or the run stops.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.baselines import CONTRIB, IMG2TABLE, NEAREST, OURS, read_rows, rows_of
from benchmarks.row_scores import TrueRow, cells_right, true_rows

# Workers import this module: what it imports must not load cv2 (see benchmarks.baselines).
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fixtures.damage import Damage
    from fixtures.reports import Form, Report
    from fixtures.scan import Image

    Rows = Sequence[Sequence[str]]
    Read = Callable[[str, Path], Rows]

FORMS: tuple[Form, ...] = ("2021", "2019", "2021-one-row")
FIRST_SEED = 9101
LIMIT_S = 60.0  # one page by one reader
# Colours that colour-blind people tell apart (Okabe and Ito), marker, width: equal curves show.
LOOKS = {
    OURS: ("#0072B2", "o", 1.4),
    NEAREST: ("#D55E00", "s", 1.4),
    IMG2TABLE: ("#56B4E9", "^", 3.0),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed report: its pages with tables, clean at 300 dpi, and the rows of its tables."""

    name: str
    seed: int
    pages: tuple[Image, ...]
    rows: tuple[TrueRow, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """What one reader read right of all reports at one amount of damage."""

    kind: str
    amount: float
    reader: str
    right: int
    cells: int
    seconds: float  # of all pages


def printed(number: int, folder: Path) -> Sheet:
    """The report of this number, printed; RuntimeError where its text layer is not read right."""
    from extractor import extract
    from fixtures.files import render_pages
    from fixtures.make import make_report
    from fixtures.render_html import html_to_pdf

    seed, form = FIRST_SEED + number, FORMS[number % len(FORMS)]
    report = compact(make_report(seed, form, brief=True))
    pdf = folder / f"{report.id}.pdf"
    html_to_pdf(report, pdf)
    tables, truth = extract(pdf).tables, true_rows(report)
    wanted = sum(len(row.values) for row in truth)
    if cells_right(truth, [row for table in tables for row in rows_of(table)]) < wanted:
        raise RuntimeError(f"{report.id}: the text layer does not give all {wanted} cells")
    kept = {cell.page for table in tables for cell in table.cells}
    pages = [page for i, page in enumerate(render_pages(pdf, 300), start=1) if i in kept]
    return Sheet(report.id, seed, tuple(pages), truth)


def compact(report: Report) -> Report:
    """With the look of its seed, but few pages and no page break inside a row."""
    look = replace(report.look, split="none", landscape=False, size=10.5, row_padding=1.0)
    return replace(report, look=look)


def measure(
    sheets: Sequence[Sheet], kind: str, amount: float, read: Read, folder: Path
) -> list[Point]:
    """Every reader on every page with this amount of damage; pages and rows stay in `folder`."""
    right, seconds = dict.fromkeys(LOOKS, 0), dict.fromkeys(LOOKS, 0.0)
    for sheet in sheets:
        found: dict[str, list[Sequence[str]]] = {reader: [] for reader in LOOKS}
        for path in damaged_pages(sheet, kind, amount, folder):
            for reader in LOOKS:
                started = time.perf_counter()
                found[reader] += read(reader, path)
                seconds[reader] += time.perf_counter() - started
        for reader, rows in found.items():
            right[reader] += cells_right(sheet.rows, rows)
        kept = folder / f"{sheet.name}.{kind}-{amount:g}.json"
        kept.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    cells = sum(len(row.values) for sheet in sheets for row in sheet.rows)
    return [Point(kind, amount, name, right[name], cells, seconds[name]) for name in LOOKS]


def damaged_pages(sheet: Sheet, kind: str, amount: float, folder: Path) -> Iterator[Path]:
    """The pages as PNG pictures that say their resolution."""
    from PIL import Image as Pictures

    from fixtures.damage import DPI, damaged

    dpi = round(amount) if kind == "resolution" else DPI
    for number, page in enumerate(sheet.pages, start=1):
        path = folder / f"{sheet.name}.{kind}-{amount:g}.{number}.png"
        scan = damaged(page, kind, amount, seed=sheet.seed * 100 + number)
        Pictures.fromarray(scan).save(path, dpi=(dpi, dpi))
        yield path


@contextlib.contextmanager
def workers() -> Iterator[Read]:
    """Reads in processes that are ended after `LIMIT_S`; who fails has read nothing and is told."""
    from multiprocessing import get_context

    from pebble import ProcessPool

    # Two, spawned: baselines need another cv2, and what one has loaded must not slow the other.
    spawn = get_context("spawn")
    with ProcessPool(1, context=spawn) as own, ProcessPool(1, context=spawn) as others:

        def read(reader: str, path: Path) -> Rows:
            pool = own if reader == OURS else others
            try:
                done = pool.schedule(read_rows, args=[reader, path], timeout=LIMIT_S)
                rows: Rows = done.result()
            except Exception as error:  # noqa: BLE001  readers fail in ways of their own
                say(f"  {reader} failed on {path.name}: {error!r}")
                return []
            return rows

        yield read


def sweep(
    sheets: Sequence[Sheet], damages: Mapping[str, Damage], read: Read, folder: Path
) -> list[Point]:
    """All kinds at all amounts; the pages without damage are read once and stand in each kind."""
    first, damage = next(iter(damages.items()))
    clean = timed(sheets, first, damage.none, read, folder)
    if not all(point.right for point in clean):
        raise RuntimeError("a reader reads nothing on undamaged pages: it is not set up")
    points: list[Point] = []
    for kind, damage in damages.items():
        for amount in damage.amounts:
            if amount == damage.none:
                points += [replace(point, kind=kind, amount=amount) for point in clean]
            else:
                points += timed(sheets, kind, amount, read, folder)
    return points


def timed(
    sheets: Sequence[Sheet], kind: str, amount: float, read: Read, folder: Path
) -> list[Point]:
    """`measure`, told on stderr."""
    points = measure(sheets, kind, amount, read, folder)
    results = ", ".join(f"{p.reader} {p.right / p.cells:.1%} ({p.seconds:.0f} s)" for p in points)
    say(f"{kind} {amount:g}: {results}")
    return points


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def table(points: Iterable[Point]) -> str:
    """One line an amount, one column a reader."""
    lines = [f"{'damage':<12}{'amount':>8}" + "".join(f"{name:>26}" for name in LOOKS)]
    shares: dict[tuple[str, float], dict[str, str]] = {}
    for point in points:
        share = f"{point.right}/{point.cells} {point.right / point.cells:7.1%}"
        shares.setdefault((point.kind, point.amount), {})[point.reader] = share
    for (kind, amount), row in shares.items():
        lines.append(f"{kind:<12}{amount:>8g}" + "".join(f"{row[name]:>26}" for name in LOOKS))
    return "\n".join(lines)


def plot(points: Sequence[Point], damages: Mapping[str, Damage], path: Path) -> None:
    """Writes a PNG of 1200 pixels across: a panel for each kind, worse to the right."""
    from matplotlib.figure import Figure

    columns = min(4, len(damages) + 1)
    rows = -(-(len(damages) + 1) // columns)
    figure = Figure(figsize=(2 * columns, 2.2 * rows), dpi=150, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).flatten()
    for panel, (kind, damage) in zip(panels, damages.items(), strict=False):
        _draw(panel, [point for point in points if point.kind == kind], damage)
        panel.set_title(kind, fontsize=9)
    for panel in panels[len(damages) :]:
        panel.axis("off")
    handles, names = panels[0].get_legend_handles_labels()
    panels[-1].legend(handles, names, loc="center", fontsize=8, frameon=False)
    for row in range(rows):
        panels[row * columns].set_ylabel("cells read right, %", fontsize=8)
    figure.savefig(path)


def _draw(panel: Any, points: Sequence[Point], damage: Damage) -> None:  # noqa: ANN401
    for reader, (colour, marker, width) in LOOKS.items():
        own = [point for point in points if point.reader == reader]
        shares = [100 * point.right / point.cells for point in own]
        amounts = [point.amount for point in own]
        curve = {"color": colour, "linewidth": width, "zorder": 10 - width, "label": reader}
        panel.plot(amounts, shares, marker=marker, markersize=3 + width, **curve)
    if damage.amounts[0] > damage.amounts[-1]:
        panel.set_xscale("log")  # dots and quality count by their ratio
        panel.invert_xaxis()
    panel.set_xticks(damage.amounts, [f"{amount:g}" for amount in damage.amounts])
    panel.minorticks_off()
    panel.set_ylim(-3, 103)
    panel.tick_params("y", labelsize=7, labelleft=True)
    panel.tick_params("x", labelsize=6)
    panel.set_xlabel(damage.unit, fontsize=8)
    panel.grid(color="#dddddd", linewidth=0.6)


def thinned(damages: Mapping[str, Damage], only: str, most: int) -> dict[str, Damage]:
    """The kinds whose name holds `only`, with at most so many amounts: the ends and between."""
    kept = {}
    for kind, damage in damages.items():
        step = max(1.0, (len(damage.amounts) - 1) / max(1, most - 1))
        places = [round(i * step) for i in range(min(most, len(damage.amounts)))]
        amounts = tuple(damage.amounts[place] for place in places)
        kept.update({kind: replace(damage, amounts=amounts)} if only in kind else {})
    return kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 2 where no kind of damage has that name or something is not installed."""
    options = _arguments(arguments)
    from fixtures.damage import DAMAGES

    damages = thinned(DAMAGES, options.only, options.amounts)
    if not damages:
        say(f"no kind of damage holds {options.only!r}: choose of {', '.join(DAMAGES)}")
        return 2
    if not (CONTRIB / "cv2").is_dir():
        say("img2table and its OpenCV are not installed: run make severity")
        return 2
    with tempfile.TemporaryDirectory() as temporary, workers() as read:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        sheets = [printed(number, folder) for number in range(options.reports)]
        say(f"{sum(len(sheet.pages) for sheet in sheets)} pages of {len(sheets)} reports")
        points = sweep(sheets, damages, read, folder)
    print(table(points))
    if options.json:
        text = json.dumps([asdict(point) for point in points], indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    if options.plot:
        plot(points, damages, options.plot)
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.severity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--out", type=Path, help="keep PDFs, damaged pages and the rows that were read here")
    add("--plot", type=Path, help="write the curves to this PNG")
    add("--json", type=Path, help="write the numbers to this file")
    add("--reports", type=int, default=2, help="how many (default %(default)s)")
    add("--amounts", type=int, default=9, help="at most so many of each kind, for a quick run")
    add("--only", default="", help="kinds of damage whose name holds this")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
