"""Seconds a page and peak memory of `extract`, beside the programs it is measured against.

  python -m benchmarks.speed [FOLDER] [--rounds N] [--threads N] [--documents N] [--json]

Scans (pictures, and PDFs without a text layer) are compared with RapidOCR on ONNX Runtime, its
defaults but for the threads; born-digital PDFs with pdfplumber's `extract_text` and
`extract_tables`. Each is given the file. All read every document once uncounted, so that engines
are loaded and the shapes of all pages prepared; then they take turns, first one first and then the
other, so that a machine that slows down slows both. Each has a process of its own, whose peak
memory is told.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import logging
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.engines import DPI, FIXTURES, plain_rapidocr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Reader = Callable[[Path], object]

IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
HELP_GOAL_S = 0.3


@dataclass(frozen=True, slots=True)
class Contest:
    """What `extract` is compared with on one kind of document, and the ratio that is aimed at."""

    kind: str
    baseline: str
    goal: float


CONTESTS = (Contest("scans", "rapidocr", 1.0), Contest("digital", "pdfplumber", 1.5))


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program in a process of its own: seconds of a reading (clock, processor); peak memory."""

    timed: Callable[[Path], tuple[float, float]]
    peak_mb: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Item:
    """A document of one kind with the number of its pages."""

    path: Path
    kind: str
    pages: int


@dataclass(frozen=True, slots=True)
class Times:
    """Median seconds of one document, by the clock and of the processor, for both contestants."""

    item: Item
    ours: float
    theirs: float
    ours_cpu: float
    theirs_cpu: float


@dataclass(frozen=True, slots=True)
class Result:
    """One contest; seconds are a page, megabytes the peak of a process."""

    kind: str
    baseline: str
    documents: int
    pages: int
    seconds: float
    baseline_seconds: float
    ratio: float
    cpu_ratio: float
    goal: float
    peak_mb: float
    baseline_peak_mb: float


def extract_reader(threads: int) -> Reader:
    """The library call."""
    from extractor import Options, extract

    options = Options(threads=threads)
    return lambda path: extract(path, options)


def rapidocr_reader(threads: int) -> Reader:
    """RapidOCR on each page, at the resolution at which `extract` reads it."""
    from extractor.options import Options
    from extractor.pdf import open_file, reading_dpi

    read, options = plain_rapidocr("onnxruntime", threads), Options()

    def run(path: Path) -> object:
        with open_file(path, options) as opened:
            return [read(page.raster(reading_dpi(page, DPI))) for page in opened.pages]

    return run


def pdfplumber_reader(threads: int) -> Reader:  # noqa: ARG001 (it has one)
    """Text and tables of each page as pdfplumber gives them."""
    import pdfplumber

    def run(path: Path) -> object:
        with pdfplumber.open(path) as document:
            return [(page.extract_text(), page.extract_tables()) for page in document.pages]

    return run


READERS: dict[str, Callable[[int], Reader]] = {
    "extract": extract_reader,
    "rapidocr": rapidocr_reader,
    "pdfplumber": pdfplumber_reader,
}


def find_items(folder: Path) -> list[Item]:
    """A folder's documents that are scans, or born-digital, throughout; mixed ones are left out."""
    items = []
    for path in sorted(folder.iterdir()):
        texts = _page_texts(path)
        if texts and all(texts) is any(texts):
            items.append(Item(path, "digital" if texts[0] else "scans", len(texts)))
    return items


def _page_texts(path: Path) -> list[bool]:
    """For each page whether it has a text layer; empty where the file is no document."""
    import PIL.Image
    import pypdfium2

    if path.suffix.lower() == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            return [page.get_textpage().count_chars() > 0 for page in document]
    if path.suffix.lower() in IMAGES:
        with PIL.Image.open(path) as image:
            return [False] * getattr(image, "n_frames", 1)
    return []


@contextlib.contextmanager
def contestant(name: str, threads: int) -> Iterator[Contestant]:
    """A process of its own for one program: what others have loaded neither slows nor swells it."""
    # Spawned, not forked: a fork would begin with what this process holds.
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        yield Contestant(
            lambda path: pool.submit(_timed, name, threads, path).result(),
            lambda: pool.submit(_peak_mb).result(),
        )


def _timed(name: str, threads: int, path: Path) -> tuple[float, float]:
    read = _reader(name, threads)
    start, start_cpu = time.perf_counter(), time.process_time()
    read(path)
    return time.perf_counter() - start, time.process_time() - start_cpu


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


@functools.cache
def _reader(name: str, threads: int) -> Reader:
    logging.disable(logging.ERROR)
    if threads:
        import cv2

        cv2.setNumThreads(threads)
    return READERS[name](threads)


def race(item: Item, ours: Contestant, theirs: Contestant, rounds: int) -> Times:
    """Both read the document `rounds` times after a round that is not counted."""
    found: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for turn in range(rounds + 1):
        for side in (0, 1) if turn % 2 else (1, 0):
            took = (ours, theirs)[side].timed(item.path)
            if turn:
                found[side].append(took)
    (mine, mine_cpu), (base, base_cpu) = (
        (statistics.median(column) for column in zip(*took, strict=True)) for took in found
    )
    return Times(item, mine, base, mine_cpu, base_cpu)


def help_seconds() -> float:
    """What `extractor --help` takes, median of five."""
    took = []
    for _ in range(5):
        start = time.perf_counter()
        command = [sys.executable, "-m", "extractor.cli", "--help"]
        subprocess.run(command, check=True, capture_output=True)
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def result_of(contest: Contest, times: Sequence[Times], peaks: tuple[float, float]) -> Result:
    """All documents of a contest together: each counts by the seconds that it takes."""
    pages = sum(t.item.pages for t in times)
    ours, theirs = sum(t.ours for t in times), sum(t.theirs for t in times)
    cpu_ratio = sum(t.ours_cpu for t in times) / sum(t.theirs_cpu for t in times)
    return Result(
        contest.kind, contest.baseline, len(times), pages, ours / pages, theirs / pages,
        ours / theirs, cpu_ratio, contest.goal, *peaks,
    )  # fmt: skip


def document_rows(times: Iterable[Times]) -> list[str]:
    """One line a document: seconds a page of both, their ratio by the clock and the processor."""
    lines = [_row("document", "pages", "extract", "baseline", "ratio", "cpu")]
    for t in times:
        pages, ours, theirs = t.item.pages, t.ours / t.item.pages, t.theirs / t.item.pages
        ratios = t.ours / t.theirs, t.ours_cpu / t.theirs_cpu
        lines.append(_row(t.item.path.name, pages, ours, theirs, *ratios))
    return lines


def result_rows(results: Iterable[Result]) -> list[str]:
    """One line a contestant: seconds a page and peak memory, with ratios to the baseline."""
    lines = [_row("contestant", "pages", "s/page", "ratio", "cpu", "goal", "peak MB", "ratio")]
    for r in results:
        speed, peak = (r.seconds, r.ratio, r.cpu_ratio, r.goal), round(r.peak_mb)
        memory = peak, r.peak_mb / r.baseline_peak_mb
        lines.append(_row(f"{r.kind}: extract", r.pages, *speed, *memory))
        base = r.baseline_seconds, 1.0, 1.0, "", round(r.baseline_peak_mb), 1.0
        lines.append(_row(f"{r.kind}: {r.baseline}", r.pages, *base))
    return lines


def _row(name: str, *values: float | str) -> str:
    texts = (f"{value:.2f}" if isinstance(value, float) else str(value) for value in values)
    return f"{name:30}" + "".join(f"{text:>9}" for text in texts)


def run(
    contest: Contest, items: Sequence[Item], rounds: int, threads: int
) -> tuple[Result, list[Times]]:
    """One contest over its documents."""
    with contestant("extract", threads) as ours, contestant(contest.baseline, threads) as theirs:
        times = [race(item, ours, theirs, rounds) for item in items]
        return result_of(contest, times, (ours.peak_mb(), theirs.peak_mb())), times


def main() -> None:
    """Prints a table of documents and one of contestants, or with --json one object."""
    chosen = _arguments()
    help_s = help_seconds()
    logging.disable(logging.ERROR)
    items = find_items(chosen.folder)
    results, times = [], []
    for contest in CONTESTS:
        own = [item for item in items if item.kind == contest.kind][: chosen.documents]
        if own and chosen.kind in (None, contest.kind):
            result, rows = run(contest, own, chosen.rounds, chosen.threads)
            results.append(result)
            times += rows
    if not results:
        raise SystemExit(f"{chosen.folder} has no scans and no born-digital PDFs")
    if chosen.json:
        print(json.dumps(_plain(results, times, help_s), indent=2))
        return
    print(*document_rows(times), "", *result_rows(results), sep="\n")
    print(f"\nextractor --help: {help_s:.2f} s (goal {HELP_GOAL_S} s)")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FIXTURES)
    parser.add_argument("--rounds", type=int, default=3, help="counted readings of a document")
    parser.add_argument("--threads", type=int, default=0, help="of all contestants; 0: all cores")
    parser.add_argument("--documents", type=int, help="only the first N of each kind")
    parser.add_argument("--kind", choices=[contest.kind for contest in CONTESTS])
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


def _plain(results: Iterable[Result], times: Iterable[Times], help_s: float) -> dict[str, Any]:
    documents = [
        {"document": t.item.path.name, "kind": t.item.kind, "pages": t.item.pages,
         "seconds": t.ours, "baseline_seconds": t.theirs,
         "cpu_seconds": t.ours_cpu, "baseline_cpu_seconds": t.theirs_cpu}
        for t in times
    ]  # fmt: skip
    contests = [asdict(result) for result in results]
    return {"contests": contests, "documents": documents, "help_seconds": help_s}


if __name__ == "__main__":
    main()
