"""Prints, scans and reads the documents of the calibration set: one gzipped record a report.

python -m models.calibration.collect --out build/calibration --count 300

Needs chromium and fonts-noto-cjk. What is there already is not read again.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import multiprocessing
import os
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.calibration.plan import COUNTS, FITTED, HELD_OUT, LEVELS, papers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.calibration.plan import Paper, Scan


def record(paper: Paper, folder: Path) -> dict[str, Any]:
    """The truth about a report, and the results of reading its print and its scans."""
    from fixtures.generate import render
    from fixtures.make import make_report

    report = make_report(
        paper.seed, paper.form, name=paper.name, broken=paper.broken, brief=paper.brief
    )
    if report.look.split == "row":  # a forced break stretches its row over a page: nobody prints so
        report = replace(report, look=replace(report.look, split="none"))
    digital = folder / f"{paper.name}.digital.pdf"
    render(report, digital, "html")
    paths = [_scanned(digital, scan, folder, paper.seed * 10 + i)
             for i, scan in enumerate(paper.scans)]  # fmt: skip
    return {
        "paper": asdict(paper),
        "truth": report.truth(),
        "digital": _read(digital),
        "scans": [_read(path) for path in paths],
    }


def _scanned(digital: Path, scan: Scan, folder: Path, seed: int) -> Path:
    from fixtures.damage import DAMAGES, DPI, RENDERED_DPI, damaged
    from fixtures.files import as_picture, render_pages, scan_pages, write_scan
    from fixtures.scan import LEVELS as SPOILT

    path = folder / f"{digital.name.split('.')[0]}.{seed % 10}.pdf"
    if scan.kind in LEVELS:
        level = SPOILT[scan.kind]
        pages = scan_pages(digital, scan.kind, scan.amount, seed)
        write_scan(pages, path, dpi=level.dpi, quality=min(72, level.quality))
        return path
    amounts = DAMAGES[scan.kind].amounts
    amount = amounts[0] + scan.amount * (amounts[-1] - amounts[0])
    dpi = round(amount) if scan.kind == "resolution" else DPI
    spoilt = [damaged(page, scan.kind, amount, seed + 10 * i)
              for i, page in enumerate(render_pages(digital, RENDERED_DPI))]  # fmt: skip
    write_scan([as_picture(page, "photo200") for page in spoilt], path, dpi=dpi, quality=80)
    return path


def _read(path: Path) -> dict[str, Any] | None:
    """The result of one document, None where it cannot be read."""
    from extractor import ExtractorError, Options, extract

    try:
        result: dict[str, Any] = json.loads(extract(path, Options(threads=1)).to_json())
    except ExtractorError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return None
    return result


def _collected(job: tuple[Paper, Path]) -> str:
    paper, path = job
    with tempfile.TemporaryDirectory() as folder:
        found = record(paper, Path(folder))
    fresh = path.with_suffix(".part")
    fresh.write_bytes(gzip.compress(json.dumps(found, ensure_ascii=False).encode(), mtime=0))
    fresh.rename(path)
    return paper.name


def main(arguments: Sequence[str] | None = None) -> int:
    """Collects both parts, in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("build/calibration"))
    parser.add_argument("--count", type=int, default=COUNTS[FITTED], help="reports to be fitted on")
    parser.add_argument(
        "--held-out", type=int, default=COUNTS[HELD_OUT], help="reports to be checked with"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    parts = papers(FITTED, options.count), papers(HELD_OUT, options.held_out)
    every = [p for both in itertools.zip_longest(*parts) for p in both if p is not None]
    jobs = [(p, path) for p in every if not (path := options.out / f"{p.name}.json.gz").exists()]
    started = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(options.workers, maxtasksperchild=40) as pool:
        for done, name in enumerate(pool.imap_unordered(_collected, jobs), 1):
            rate = (time.monotonic() - started) / done
            print(f"{done}/{len(jobs)} {name}, {rate:.1f} s each", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
