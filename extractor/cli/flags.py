"""The command line as data: commands, their flags, and how flags become Options.

argparse, no framework: `--help` has to answer within 0.3 s, and importing typer takes 0.2 s.
"""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from extractor import __version__
from extractor.cli.service_flags import add_service
from extractor.export import EXPORTERS
from extractor.ocr import ENGINES
from extractor.options import CHOICES, Options

if TYPE_CHECKING:
    from collections.abc import Callable

SEARCHABLE = "pdf"
FORMATS = ("summary", *EXPORTERS, SEARCHABLE)
LARGEST = 2**62  # bytes; the system counts them in 64 bits with a sign
PLAIN: dict[str, Any] = {
    "formatter_class": argparse.RawDescriptionHelpFormatter,  # examples keep their lines
    "allow_abbrev": False,  # a shortened flag would change its meaning with a new one
}

EXAMPLES = """\
examples:
  extractor extract report.pdf                     a readable summary
  extractor extract report.pdf > report.json       the whole result
  extractor extract scans/ --out results/          one result a document, resumable
  extractor extract scans/ --out data/ --format xlsx
"""

EXTRACT_EXAMPLES = """\
what is printed:
  one document, in a terminal        a summary; doubtful values are marked with ?
  one document, piped                its JSON (--format json)
  several documents, piped           JSON Lines: one result a line, in the order of the documents
  --format csv                       one row a field; --format parquet too
  --format pdf                       one document, with what was read as text over its scans:
                                     to be searched, marked and copied
  --out DIR                          nothing: DIR gets one JSON a document; with --format csv
                                     fields.csv, reports.csv, tables.csv,
                                     checks.csv and entities.csv of them all, with
                                     --format parquet the same as Parquet files,
                                     with --format xlsx a workbook,
                                     with --format pdf a searchable PDF a document

examples:
  extractor extract report.pdf
  extractor extract scan.tiff --format json | jq '.fields[] | select(.review == "needs_review")'
  extractor extract archive/ --out results/ --workers 4      run it again to continue
  extractor extract archive/ --out data/ --format csv
  extractor extract archive/ --out searchable/ --format pdf

exit codes:
  0 all read    1 some of several failed   2 wrong option   3 unreadable   4 encrypted
  5 unsupported 6 too large   7 timed out   8 engine   9 crashed
  10 disk full  70 a bug   130 Ctrl-C
"""


THRESHOLD_EXAMPLES = """\
examples:
  extractor threshold                                    what the certificate of the program says
  extractor threshold --target 0.005 --confidence 0.99
  extractor threshold --results results/ --decisions decisions.jsonl --out ours.json
  extractor extract scans/ --out results/ --certificate ours.json
"""

CERTIFY_EXAMPLES = """\
examples:
  extractor certify results/                             expired? are the documents still alike?
  extractor certify results/ --decisions decisions.jsonl --certificate ours.json
"""


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag of one Options field; `parse` turns its text into the value.

    `choices` are those that the field's type does not know.
    """

    name: str
    help: str
    parse: Callable[[str], object] = str
    metavar: str | None = None
    choices: tuple[str, ...] | None = None
    repeated: bool = False


def size(text: str) -> int:
    """A number of bytes: 300000, 512K, 256M, 4G. Raises ValueError or ArgumentTypeError."""
    units = {"K": 1024, "M": 1024**2, "G": 1024**3}
    unit = units.get(text[-1:].upper(), 1)
    count = float(text[:-1]) * unit if unit > 1 else int(text)
    if not 1 <= count <= LARGEST:
        raise argparse.ArgumentTypeError(f"{text} is no size: choose for example 300000 or 256M")
    return int(count)


def share(text: str) -> float:
    """A share as 0.001 or 0.1%. Raises ValueError or ArgumentTypeError."""
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no share: choose for example 0.001") from None


OPTION_FLAGS: dict[str, Flag] = {
    "engine": Flag("--engine", "OCR engine", choices=tuple(ENGINES)),
    "runtime": Flag("--runtime", "what rapidocr runs on"),
    "detection_model": Flag(
        "--detection-model", "folder of a PP-OCR detection model (paddleocr)", Path, "DIR"
    ),
    "recognition_model": Flag(
        "--recognition-model", "folder of a PP-OCR recognition model (paddleocr)", Path, "DIR"
    ),
    "recording": Flag("--recording", "recorded OCR to replay (engine replay)", Path, "FILE"),
    "threads": Flag("--threads", "OCR threads a worker; 0 shares the cores", int, "N"),
    "dpi": Flag("--dpi", "resolution at which pages without an image are drawn", int, "N"),
    "password": Flag("--password", "opens an encrypted PDF", metavar="TEXT"),
    "template": Flag(
        "--template", "id of the only report template to try; else it is recognised", metavar="ID"
    ),
    "templates": Flag(
        "--templates", "another template file (TOML); may be repeated", Path, "FILE", repeated=True
    ),
    "text_layer": Flag("--text-layer", "never: read every page from its pixels"),
    "second_reader": Flag("--second-reader", "never: do not ask camelot in doubt"),
    "review_below": Flag(
        "--review-below",
        "fields of a lower confidence are marked, whatever the certificate says",
        float,
        "SHARE",
    ),
    "certificate": Flag(
        "--certificate", "certified thresholds of your own (extractor threshold)", Path, "FILE"
    ),
    "drawn_share": Flag(
        "--drawn-share", "share of the fields to be drawn by lot for review", float, "SHARE"
    ),
    "timeout_s": Flag("--timeout", "longest time for one document, in seconds", float, "SECONDS"),
    "max_bytes": Flag("--max-bytes", "largest file, for example 256M", size, "SIZE"),
    "max_pages": Flag("--max-pages", "most pages of a document", int, "N"),
    "max_pixels": Flag("--max-pixels", "most pixels of a page", int, "N"),
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence and where help is; exits with 2."""

    def error(self, message: str) -> NoReturn:
        """One sentence instead of the whole usage."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; `command` in its result says which."""
    top = Parser(
        prog="extractor",
        description="Reads government reports: PDFs and scans in, every printed number out,\n"
        "with its place on the page and a confidence.",
        epilog=EXAMPLES,
        **PLAIN,
    )
    top.add_argument("--version", action="version", version=f"extractor {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    _add_extract(commands)
    _add_threshold(commands)
    _add_certify(commands)
    add_service(commands, PLAIN)
    _add_doctor(commands)
    return top


def _add_extract(commands: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    command = commands.add_parser(
        "extract",
        help="read documents: files, or folders with all PDFs and images below them",
        description="Reads PDFs and images: a summary, JSON, CSV, Excel, Parquet or a searchable\n"
        "PDF comes out.",
        epilog=EXTRACT_EXAMPLES,
        **PLAIN,
    )
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    _add_output(command.add_argument_group("output"))
    _add_run(command.add_argument_group("run"))
    _add_options(command.add_argument_group("reading"))


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--format", choices=FORMATS, help="default: summary in a terminal, else json"
    )
    group.add_argument("--out", type=Path, metavar="DIR", help="write results there")
    group.add_argument("--fresh", action="store_true", help="read again what DIR already has")
    loud = group.add_mutually_exclusive_group()
    loud.add_argument("--quiet", "-q", action="store_true", help="failures only")
    loud.add_argument(
        "--verbose", "-v", action="store_true", help="a log line a page and a document"
    )


def _add_run(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--workers", type=_count, default=0, metavar="N",
        help="documents read at a time (default: half of the cores)",
    )  # fmt: skip
    group.add_argument(
        "--memory-limit", type=size, metavar="SIZE",
        help="most memory of a worker, for example 4G (default: none)",
    )  # fmt: skip


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too few: choose 1 or more")
    return number


def _add_options(group: argparse._ArgumentGroup) -> None:
    for field in dataclasses.fields(Options):
        flag = OPTION_FLAGS[field.name]
        shown = "" if field.default in (None, ()) else f" (default: {_default(field.default)})"
        group.add_argument(
            flag.name,
            dest=field.name,
            type=flag.parse,
            metavar=flag.metavar,
            choices=flag.choices or CHOICES.get(field.name),
            action="append" if flag.repeated else "store",
            default=argparse.SUPPRESS,
            help=f"{flag.help}{shown}",
        )


def _default(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _add_threshold(commands: Any) -> None:  # noqa: ANN401
    command = commands.add_parser(
        "threshold",
        help="choose above which confidence nobody has to look, with a certificate",
        description="Chooses for every scan quality the lowest confidence from which fields can\n"
        "be accepted unseen, so that at most a share --target of them is wrong. Goes by\n"
        "generated documents, or by your own reviewed ones. Exit code 1 where nothing\n"
        "can be certified.",
        epilog=THRESHOLD_EXAMPLES,
        **PLAIN,
    )
    add = command.add_argument
    add("--target", type=share, default=0.002, metavar="SHARE",
        help="of the accepted fields that may be wrong (default: 0.002)")  # fmt: skip
    add("--confidence", type=share, default=0.95, metavar="SHARE",
        help="how probable it is that this holds (default: 0.95)")  # fmt: skip
    add("--results", type=Path, metavar="DIR", help="results that were reviewed")
    _add_decisions(command)
    add("--all-decisions", action="store_true",
        help="not only of drawn fields: where whole documents were reviewed")  # fmt: skip
    add("--out", type=Path, metavar="FILE", help="write the certificate there")
    _add_shape(command)


def _add_certify(commands: Any) -> None:  # noqa: ANN401
    command = commands.add_parser(
        "certify",
        help="check a certificate on fields that were drawn by lot and reviewed",
        description="Compares what a certificate promises with reviewed fields that were drawn by\n"
        "lot; without --decisions says whether it is for such documents at all. Exit\n"
        "code 1 where it is broken, has expired, or the documents have changed.",
        epilog=CERTIFY_EXAMPLES,
        **PLAIN,
    )
    command.add_argument("results", type=Path, metavar="DIR", help="results that were reviewed")
    _add_decisions(command)
    command.add_argument("--certificate", type=Path, metavar="FILE",
                         help="default: the one that comes with the program")  # fmt: skip
    _add_shape(command)


def _add_decisions(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--decisions", type=Path, action="append", default=[], metavar="FILE",
        help="decisions of reviewers, JSON Lines; may be repeated",
    )  # fmt: skip


def _add_shape(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--format", choices=("table", "json"), help="default: table in a terminal, else json"
    )
    command.add_argument("--verbose", "-v", action="store_true", help="tracebacks of what fails")


def _add_doctor(commands: Any) -> None:  # noqa: ANN401
    command = commands.add_parser(
        "doctor",
        help="say whether everything needed is installed and loads",
        description="Loads the OCR engine and OpenCV, prints versions; exit code 8 if one fails.",
        epilog="example:\n  extractor doctor",
        **PLAIN,
    )
    command.add_argument("--verbose", "-v", action="store_true", help="tracebacks of what fails")


def options_of(arguments: argparse.Namespace) -> Options:
    """The Options of a parsed command line; raises OptionsError for values that cannot be used."""
    given = {name: getattr(arguments, name) for name in OPTION_FLAGS if hasattr(arguments, name)}
    if "templates" in given:
        given["templates"] = tuple(given["templates"])
    return Options(**given)
