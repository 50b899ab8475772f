"""How much of a folder of reports with truth the extractor reads right, by kind of scan.

  python -m benchmarks.accuracy fixtures/reports
  python -m benchmarks.accuracy build/fixtures --wrong --out build/results

Documents are `<id>.<level>.<suffix>`, truth is `<id>.truth.json` or `<id>.json` beside them or in
`--truth DIR`.
"""

import argparse
import json
import re
import sys
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractor.document import Document, Section

SUFFIXES = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
NOT_APPLICABLE = ("/", "—", "－", "-", "无")
PROSE = ("一", "四", "五", "六")


@dataclass(frozen=True, slots=True)
class Score:
    """What was right in one document; counts, then the prose's character error rate."""

    name: str
    level: str
    cells: int
    cells_right: int
    live: int  # cells that print a number other than 0
    live_right: int
    metadata: int
    metadata_right: int
    cer: float
    seconds: float
    wrong: tuple[str, ...]


def printed_number(text: object) -> float | None:
    """The number in a printed cell, None where it holds none ("", "/", "—")."""
    plain = unicodedata.normalize("NFKC", str(text)).replace(",", "")
    found = re.search(r"-?\d+(?:\.\d+)?", plain)
    return float(found.group()) if found else None


def printed_state(text: str) -> str:
    """The state that a cell is in when this is printed in it."""
    if not text.strip():
        return "blank"
    return "not_applicable" if text.strip() in NOT_APPLICABLE else "printed"


def comparable(text: object) -> str:
    """Letters and digits only: spacing, brackets and stops differ between honest transcriptions."""
    return "".join(c for c in unicodedata.normalize("NFKC", str(text)).lower() if c.isalnum())


def character_error_rate(want: str, have: str) -> float:
    """Edit distance over the length of `want`, both reduced by `comparable`."""
    from rapidfuzz.distance import Levenshtein

    want, have = comparable(want), comparable(have)
    return Levenshtein.distance(want, have) / max(1, len(want))


def section_text(sections: Iterable["Section"], number: str) -> str:
    """Everything printed between a first-level heading and the next one, sub-headings included."""
    parts: list[str] = []
    inside = False
    for section in sections:
        if section.level == 1:
            inside = section.number == number
            parts += section.paragraphs if inside else ()
        elif inside:
            parts += [section.number or "", section.heading, *section.paragraphs]
    return "".join(parts)


def score(document: "Document", truth: Mapping[str, Any], name: str, seconds: float) -> Score:
    """Compares one result with its truth; `name` is `<id>.<level>`."""
    values = {field.id: field.value for field in document.fields}
    states = {field.id: field.state for field in document.fields}
    wrong: list[str] = []
    live_right = live = 0
    for key, text in truth["cells"].items():
        want = printed_number(text)
        have = None if values.get(key) is None else printed_number(values[key])
        right = states.get(key) == printed_state(text) and want == have
        live += bool(want)
        live_right += bool(want) and right
        if not right:
            wrong.append(f"{key}: {text!r} read as {values.get(key)!r}, {states.get(key)}")
    metadata = {k: v for k, v in truth["report"].items() if v is not None}
    missed = [
        f"report.{k}: {v!r} read as {values.get(f'report.{k}')!r}"
        for k, v in metadata.items()
        if comparable(values.get(f"report.{k}")) != comparable(v)
    ]
    return Score(
        name=name,
        level=name.rpartition(".")[2],
        cells=len(truth["cells"]),
        cells_right=len(truth["cells"]) - len(wrong),
        live=live,
        live_right=live_right,
        metadata=len(metadata),
        metadata_right=len(metadata) - len(missed),
        cer=_prose_error(document, truth["prose"]),
        seconds=seconds,
        wrong=(*wrong, *missed),
    )


def _prose_error(document: "Document", prose: Mapping[str, Sequence[str]]) -> float:
    numbers = [number for number in PROSE if any(prose.get(number, ()))]
    # What follows the last section (signature, navigation) has no heading: results keep it there.
    want = "".join("".join(prose[number]) for number in numbers) + "".join(prose.get("tail", ()))
    have = "".join(section_text(document.sections, number) for number in numbers)
    return character_error_rate(want, have)


def documents(folder: Path, truths: Path) -> list[tuple[Path, Path]]:
    """Every document of `folder` that has a truth file, with it."""
    pairs = []
    for path in sorted(folder.iterdir()):
        name = path.stem.rpartition(".")[0]
        if not name or path.suffix.lower() not in SUFFIXES:
            continue
        beside = (truths / f"{name}.truth.json", truths / f"{name}.json")
        pairs += [(path, truth) for truth in beside if truth.exists()][:1]
    return pairs


def table(scores: Sequence[Score]) -> str:
    """One line a level and one for all."""
    levels = dict.fromkeys(score.level for score in scores)
    head = f"{'level':<12} {'docs':>4} {'cells':>8} {'nonzero':>8} {'perfect':>8} "
    lines = [head + f"{'metadata':>8} {'CER':>8} {'s/doc':>6}"]
    lines += [_line(level, [s for s in scores if s.level == level]) for level in levels]
    return "\n".join([*lines, _line("all", scores)])


def _line(level: str, scores: Sequence[Score]) -> str:
    def share(right: str, of: str) -> float:
        total = sum(int(getattr(s, of)) for s in scores)
        return sum(int(getattr(s, right)) for s in scores) / max(1, total)

    perfect = sum(s.cells_right == s.cells for s in scores)
    count = len(scores)
    return (
        f"{level:<12} {count:>4} {share('cells_right', 'cells'):>8.4%} "
        f"{share('live_right', 'live'):>8.3%} {f'{perfect}/{count}':>8} "
        f"{share('metadata_right', 'metadata'):>8.2%} {sum(s.cer for s in scores) / count:>8.3%} "
        f"{sum(s.seconds for s in scores) / count:>6.1f}"
    )


def measure(path: Path, truth: Path, out: Path | None) -> Score:
    """Extracts one document and scores it; a failure scores as nothing read and says why."""
    from extractor import ExtractorError, extract

    wanted = json.loads(truth.read_text(encoding="utf-8"))
    started = time.perf_counter()
    try:
        document = extract(path)
    except ExtractorError as error:
        return _nothing(path.stem, wanted, str(error))
    seconds = time.perf_counter() - started
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{path.stem}.json").write_text(document.to_json(), encoding="utf-8")
    return score(document, wanted, path.stem, seconds)


def _nothing(name: str, truth: Mapping[str, Any], reason: str) -> Score:
    live = sum(bool(printed_number(text)) for text in truth["cells"].values())
    counts = (len(truth["cells"]), 0, live, 0, len(truth["report"]), 0)
    return Score(name, name.rpartition(".")[2], *counts, cer=1.0, seconds=0.0, wrong=(reason,))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 2 where the folder holds no document with truth."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--truth", type=Path, help="folder of the truth files (default: FOLDER)")
    parser.add_argument("--only", default="", help="documents whose name holds this")
    parser.add_argument("--out", type=Path, help="keep the results here as JSON")
    parser.add_argument("--wrong", action="store_true", help="list what was read wrong")
    options = parser.parse_args(arguments)
    pairs = documents(options.folder, options.truth or options.folder)
    pairs = [pair for pair in pairs if options.only in pair[0].name]
    if not pairs:
        print(f"{options.folder}: no document with a truth file", file=sys.stderr)
        return 2
    scores = []
    for path, truth in pairs:
        result = measure(path, truth, options.out)
        print(f"{result.name}: {result.cells_right}/{result.cells} cells", file=sys.stderr)
        if options.wrong:
            print("".join(f"  {line}\n" for line in result.wrong), end="", file=sys.stderr)
        scores.append(result)
    print(table(scores))
    return 0


if __name__ == "__main__":
    sys.exit(main())
