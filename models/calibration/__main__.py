"""Makes the model of confidence anew: `python -m models.calibration`.

Collects what is missing of the calibration set (about two hours), then compares it with the truth,
fits, and writes beside this file: evidence.csv.gz (what is fitted on), confidence.json (the model),
held-out.json (verdicts), certificate.json, and the model card with its plots.

  python -m models.calibration                         all of it, from fixed seeds
  python -m models.calibration --fit                   from the evidence that is here, in a minute
  python -m models.calibration --fit --reviews FILE    and from confirmed reviews (models.reviews)
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.certificate import PROGRAM, PROMISE, issue, write_model
from extractor.confidence.model import load_model
from models.calibration import collect
from models.calibration.card import write_card
from models.calibration.fit import fitted
from models.calibration.judge import verdicts
from models.calibration.plan import COUNTS, FITTED, HELD_OUT, papers
from models.calibration.rows import read_rows, rows_of_record, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.calibration.rows import Row

HERE = Path(__file__).parent
EVIDENCE = "evidence.csv.gz"
READERS = "readers.json"  # models that read the documents of the evidence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the steps; 2 where there is nothing to fit on."""
    parser = argparse.ArgumentParser(
        prog="python -m models.calibration",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--records", type=Path, default=Path("build/calibration"))
    parser.add_argument("--fit", action="store_true", help="collect nothing")
    parser.add_argument("--reviews", type=Path, action="append", default=[], metavar="FILE",
                        help="more evidence to fit on, as models.reviews writes it")  # fmt: skip
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args(arguments)
    if not options.fit:
        collect.main(["--out", str(options.records)])
        gather(options.records, options.out)
    make(options.out, [row for path in options.reviews for row in read_rows(path)])
    return 0


def gather(records: Path, out: Path) -> None:
    """The evidence of all records, and the models that read them."""
    paths = {part: [records / f"{paper.name}.json.gz" for paper in papers(part, count)]
             for part, count in COUNTS.items()}  # fmt: skip
    rows = (row for part, own in paths.items() for p in own for row in rows_of_record(p, part))
    count = write_rows(rows, out / EVIDENCE)
    every = [path for own in paths.values() for path in own]
    readers = {name: digest for path in every for name, digest in _readers(path).items()}
    (out / READERS).write_text(json.dumps(readers, indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"{count} fields of {len(every)} reports", file=sys.stderr)


def _readers(path: Path) -> Mapping[str, str]:
    scans = json.loads(gzip.decompress(path.read_bytes()))["scans"]
    engines = [scan["document"]["engine"] for scan in scans if scan is not None]
    return {
        name: digest
        for engine in engines
        for name, digest in {**engine["models"], PROGRAM: engine["extractor"]}.items()
    }


def make(out: Path, reviews: Sequence[Row] = ()) -> None:
    """Model, verdicts, certificate and card from the evidence that is there, and from reviews."""
    rows = read_rows(out / EVIDENCE)
    known = [row for row in rows if row.part == FITTED]
    held_out = [row for row in rows if row.part == HELD_OUT]
    (out / "confidence.json").write_text(fitted([*known, *reviews]), encoding="utf-8")
    model = load_model(out / "confidence.json")
    readers = json.loads((out / READERS).read_text(encoding="utf-8"))
    checked = verdicts(held_out, model, readers)
    write_model(checked, out / "held-out.json", indent=None)
    certificate = issue(checked, *PROMISE, datetime.now(UTC).date())
    write_model(certificate, out / "certificate.json")
    write_card(out, model, known, held_out, certificate)


if __name__ == "__main__":
    sys.exit(main())
