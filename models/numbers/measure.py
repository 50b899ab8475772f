"""How well numbers are read: alone, by the OCR engine, and by both together.

  python -m models.numbers.measure --fonts /usr/share/fonts --reports fixtures/reports

A line a group: share of crops read exactly right by the engine (freely, and restricted to the signs
of numbers), by the reader of numbers, and by both joined; then the expected calibration error of
the joined reading (Guo et al. 2017, ten bins). Texts are compared in their canonical form.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy import documents
from extractor.ocr import load_engine
from extractor.ocr.engine import Reading
from extractor.ocr.joining import NUMERIC, canonical, combined
from extractor.ocr.numbers import FOREIGN, load_number_reader
from extractor.options import Options
from models.numbers.asked import generated, of_reports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.numbers.asked import Asked

DIGITS = "0123456789.,/-—－"
WAYS = ("engine", "restricted", "numbers", "joined", "joined restricted")


@dataclass(frozen=True, slots=True)
class Answer:
    """What each of WAYS read in a crop."""

    asked: Asked
    readings: tuple[Reading, ...]

    def right(self, way: int) -> bool:
        """Whether one of WAYS read what is printed; of a foreign text, that it is no number."""
        text = canonical(self.readings[way].text)
        if FOREIGN in self.asked.text:
            return not text or not set(text) <= NUMERIC
        return text == canonical(self.asked.text)


def engine_readings(crops: Sequence[Asked], options: Options) -> list[tuple[Reading, Reading]]:
    """Every crop read by the OCR engine, freely and restricted to the signs of numbers."""
    images = [crop.image for crop in crops]
    engine = load_engine(options)
    free, forced = engine.recognise(images), engine.recognise(images, DIGITS)
    return [
        (_marked(crop, f), _marked(crop, d)) for crop, f, d in zip(crops, free, forced, strict=True)
    ]


def answers(
    crops: Sequence[Asked], engine: Sequence[tuple[Reading, Reading]], options: Options
) -> list[Answer]:
    """Every crop read in all of WAYS."""
    numbers = load_number_reader(options).read([crop.image for crop in crops])
    return [
        Answer(crop, (f, d, n, combined(f, n), combined(d, n)))
        for crop, (f, d), n in zip(crops, engine, numbers, strict=True)
    ]


def _marked(asked: Asked, reading: Reading) -> Reading:
    """The lone stroke that a crop is, where the engine took it for something else, as in use."""
    if not asked.mark or len(reading.text) > 1:
        return reading
    return Reading(asked.mark, (0.97,), (0.5,))


def calibration_error(pairs: Sequence[tuple[bool, float]]) -> float:
    """Mean distance between how sure the readings of a bin are and how many are right."""
    right, sure = (np.array(column, np.float64) for column in zip(*pairs, strict=True))
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = (abs(right[bins == b].sum() - sure[bins == b].sum()) for b in range(10))
    return float(sum(gaps) / len(pairs))


def table(found: Iterable[Answer]) -> Iterator[str]:
    """A line a group and one for each of the words that groups begin with; foreign texts apart."""
    groups: dict[str, list[Answer]] = defaultdict(list)
    for answer in found:
        name = answer.asked.group.split()[0]
        if FOREIGN in answer.asked.text:
            groups[f"{name} foreign"].append(answer)
        else:
            for own in {name, answer.asked.group}:
                groups[own].append(answer)
    yield f"{'group':34s} {'n':>5s} " + " ".join(f"{way:>17s}" for way in WAYS) + f" {'ECE':>6s}"
    for name, group in sorted(groups.items()):
        shares = [sum(a.right(w) for a in group) / len(group) for w in range(len(WAYS))]
        error = calibration_error([(a.right(3), a.readings[3].confidence) for a in group])
        cells = " ".join(f"{share:17.4f}" for share in shares)
        yield f"{name:34s} {len(group):5d} {cells} {error:6.3f}"


def _milliseconds(crops: Sequence[Asked], options: Options) -> float:
    reader = load_number_reader(options)
    images = [crop.image for crop in crops]
    reader.read(images)
    begun = time.perf_counter()
    reader.read(images)
    return (time.perf_counter() - begun) / len(images) * 1e3


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m models.numbers.measure",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fonts", type=Path, help="folder of typefaces: measure generated crops")
    parser.add_argument("--sheets", type=int, default=60, help="generated sheets of each set")
    parser.add_argument("--reports", type=Path, action="append", default=[])
    parser.add_argument("--only", default="", help="documents whose name holds this")
    options = parser.parse_args(arguments)
    crops: list[Asked] = []
    if options.fonts:
        for unseen in (False, True):
            crops += generated(options.fonts, options.sheets, unseen=unseen)
    pairs = [pair for folder in options.reports for pair in documents(folder, folder)]
    scans = [pair for pair in pairs if ".digital." not in pair[0].name]
    crops += of_reports(pair for pair in scans if options.only in pair[0].name)
    read = answers(crops, engine_readings(crops, Options()), Options())
    sys.stdout.write("\n".join(table(read)) + "\n")
    sys.stdout.write(f"{_milliseconds(crops, Options()):.3f} ms a crop\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
