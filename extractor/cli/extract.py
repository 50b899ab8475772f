"""`extractor extract`: documents in; a summary, JSON, CSV, Excel, Parquet or PDFs out."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from extractor.batch import Batch, Finished, Input, ResultFiles, discover, read_batch
from extractor.batch.atomic import atomic_file
from extractor.batch.discover import is_folder
from extractor.batch.run import unwritable
from extractor.batch.worker import READER, Limits
from extractor.cli import silence
from extractor.cli.flags import SEARCHABLE, options_of
from extractor.cli.progress import Progress, progress
from extractor.errors import OptionsError, UnreadableError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from extractor.options import Options

DOCUMENTS = ".extractor-documents"  # below --out: the results that CSV and Excel are made of
# And those of documents whose searchable PDF was made when they were read, apart from the others.
PROVEN = ".extractor-searchable"
BINARY = {
    "xlsx": ("a workbook", "xlsx"),
    "parquet": ("a Parquet file", "parquet"),
    SEARCHABLE: ("a PDF", "pdf"),
}


@dataclass(slots=True)
class Tally:
    """What became of the documents so far, by their place on the command line."""

    total: int
    ended: dict[int, Finished] = field(default_factory=dict)
    start_s: float = field(default_factory=time.monotonic)

    @property
    def results(self) -> list[Path]:
        """The result files, in the order of the documents."""
        return [f.result for _, f in sorted(self.ended.items()) if f.failure is None]

    @property
    def failed(self) -> list[Finished]:
        """The documents that were not read, in their order."""
        return [f for _, f in sorted(self.ended.items()) if f.failure is not None]


def extract(arguments: argparse.Namespace, reader: str | None) -> int:
    """Runs the command; gives its exit code, raises ExtractorError where nothing can be read."""
    format_name = _format(arguments)
    options = options_of(arguments)
    _check_templates(options)
    _check_certificate(options)
    inputs = discover(arguments.paths)
    if not inputs:
        raise UnreadableError("there is no PDF or image below it", path=arguments.paths[0])
    _check_pipe(arguments, format_name, inputs)
    with _place(arguments.out) as out:
        batch = Batch(
            inputs,
            options,
            out,
            subfolder=_subfolder(arguments, format_name),
            workers=arguments.workers,
            limits=Limits(arguments.memory_limit),
            fresh=arguments.fresh,
            indent=2 if arguments.out or len(inputs) == 1 else None,
            reader=reader or READER,
            level=logging.INFO if arguments.verbose else logging.ERROR,
            searchable=format_name == SEARCHABLE,
        )
        lines = _streams_lines(arguments, format_name, inputs)
        tally = Tally(len(inputs))
        code = _read(batch, arguments, tally, lines=lines)
        if code == 0 and not lines:
            _show(arguments, format_name, tally, batch)
    return code or _end(arguments, tally, inputs)


def _check_templates(options: Options) -> None:
    # Once, before any document: each of them would say the same.
    if options.template is not None or options.templates:
        from extractor.report import load_templates

        load_templates(options.templates, options.template)


def _check_certificate(options: Options) -> None:
    if options.certificate is not None:
        from extractor.certificate import load_certificate

        load_certificate(options.certificate)


def _format(arguments: argparse.Namespace) -> str:
    given: str | None = arguments.format
    if arguments.out is not None and given == "summary":
        raise OptionsError("a summary is for the terminal: choose another --format")
    if given is None:
        given = "summary" if sys.stdout.isatty() and arguments.out is None else "json"
    if given in BINARY and arguments.out is None and sys.stdout.isatty():
        what, ending = BINARY[given]
        raise OptionsError(f"{what} is not for the terminal: give --out DIR, or > FILE.{ending}")
    return given


def _check_pipe(arguments: argparse.Namespace, format_name: str, inputs: Sequence[Input]) -> None:
    if format_name == SEARCHABLE and arguments.out is None and len(inputs) > 1:
        raise OptionsError("several PDFs do not go through one pipe: give --out DIR")


def _subfolder(arguments: argparse.Namespace, format_name: str) -> str:
    if arguments.out is None or format_name == "json":
        return ""
    return PROVEN if format_name == SEARCHABLE else DOCUMENTS


@contextmanager
def _place(out: Path | None) -> Iterator[Path]:
    # Without --out results go through a folder all the same: one way, and memory stays flat.
    if out is not None:
        yield out
        return
    try:
        folder = tempfile.mkdtemp(prefix="extractor-")
    except OSError as error:
        raise _no_room(error.strerror or str(error)) from None
    try:
        yield Path(folder)
    except OptionsError as error:
        if error.path == Path(folder):
            raise _no_room(error.message.partition(":")[0]) from None
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _no_room(why: str) -> OptionsError:
    """The error for a folder of temporary files that takes no result."""
    place = Path(tempfile.gettempdir())
    return OptionsError(f"{why}: make room, or set TMPDIR to another folder", path=place)


def _streams_lines(
    arguments: argparse.Namespace, format_name: str, inputs: Sequence[Input]
) -> bool:
    return arguments.out is None and format_name == "json" and len(inputs) > 1


def _read(batch: Batch, arguments: argparse.Namespace, tally: Tally, *, lines: bool) -> int:
    shown = progress(tally.total, quiet=arguments.quiet, verbose=arguments.verbose)
    try:
        with shown, closing(read_batch(batch, shown.page)) as ending:
            printed = 0
            for finished in ending:
                tally.ended[finished.index] = finished
                _tell(finished, shown, verbose=arguments.verbose)
                while lines and printed in tally.ended:
                    with _output():
                        _print_line(tally.ended[printed])
                    printed += 1
    except KeyboardInterrupt:
        return _stopped(arguments, tally)
    return 0


def _tell(finished: Finished, shown: Progress, *, verbose: bool) -> None:
    shown.finished(finished)
    if verbose and finished.failure is not None and finished.failure.trace is not None:
        print(finished.failure.trace, file=sys.stderr)


def _print_line(finished: Finished) -> None:
    if finished.failure is None:
        _copy(finished.result, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _copy(path: Path, stream: BinaryIO) -> None:
    with path.open("rb") as result:
        shutil.copyfileobj(result, stream)


def _stopped(arguments: argparse.Namespace, tally: Tally) -> int:
    done = f"{len(tally.results)} of {tally.total} documents are read"
    then = "the same command continues" if arguments.out else "with --out it could be continued"
    print(f"extractor: stopped; {done}, {then}", file=sys.stderr)
    return 130


def _named_alone(arguments: argparse.Namespace, inputs: Sequence[Input]) -> bool:
    return len(inputs) == 1 and not is_folder(arguments.paths[0])


def _show(arguments: argparse.Namespace, format_name: str, tally: Tally, batch: Batch) -> None:
    documents = ResultFiles(tally.results)
    if arguments.out is not None:
        named = _named_alone(arguments, batch.inputs)
        _write_batch(arguments.out, format_name, documents, tally, named=named)
    elif tally.results:
        with _output():
            _print(format_name, documents, tally, batch.pdf(batch.inputs[0]))
            sys.stdout.flush()


def _print(format_name: str, documents: ResultFiles, tally: Tally, pdf: Path | None) -> None:
    if pdf is not None:
        _copy(pdf, sys.stdout.buffer)
    elif format_name == "summary":
        _print_summary(documents, tally)
    elif format_name == "json":
        _copy(tally.results[0], sys.stdout.buffer)
    else:
        from extractor.export import EXPORTERS

        EXPORTERS[format_name](documents, sys.stdout.buffer)


@contextmanager
def _output() -> Iterator[None]:
    """Raises OptionsError where stdout cannot be written, on a full disk for example."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        silence()
        why = error.strerror or str(error)
        raise OptionsError(
            f"cannot write the output ({why}): make room, or send it elsewhere"
        ) from None


def _write_batch(
    out: Path, format_name: str, documents: ResultFiles, tally: Tally, *, named: bool
) -> None:
    from extractor.export import BATCH_FILES, EXPORTERS

    files = BATCH_FILES.get(format_name, {})
    if named and format_name == "xlsx":
        files = {f"{tally.ended[0].input.name}.xlsx": EXPORTERS["xlsx"]}
    try:
        for name, export in files.items() if tally.results else ():
            with atomic_file(out / name) as stream:
                export(documents, stream)
    except OSError as error:
        raise unwritable(error, out) from None


def _print_summary(documents: ResultFiles, tally: Tally) -> None:
    from rich.console import Console

    from extractor.summary import overview, summary

    console = Console(highlight=False)
    if tally.total == 1:
        console.print(*(summary(document) for document in documents))
    else:
        console.print(overview(documents))


def _end(arguments: argparse.Namespace, tally: Tally, inputs: Sequence[Input]) -> int:
    failures = [f.failure for f in tally.failed if f.failure is not None]
    if failures and _named_alone(arguments, inputs):
        print(f"extractor: {failures[0].sentence}", file=sys.stderr)
        return failures[0].exit_code
    if failures:
        print(f"{len(failures)} of {tally.total} documents failed:", file=sys.stderr)
        for failure in failures:
            print(f"  {failure.sentence} [{failure.code}]", file=sys.stderr)
    if not arguments.quiet and (tally.total > 1 or arguments.out):
        print(_totals(arguments, tally), file=sys.stderr)
    return 1 if failures else 0


def _totals(arguments: argparse.Namespace, tally: Tally) -> str:
    read = [f for f in tally.ended.values() if f.failure is None]
    earlier = sum(f.resumed for f in read)
    resumed = f" ({earlier} by an earlier run)" if earlier else ""
    where = f", results in {arguments.out}" if arguments.out else ""
    return (
        f"{tally.total} documents: {len(read)} read{resumed}, {len(tally.failed)} failed; "
        f"{sum(f.pages for f in read)} pages, "
        f"{sum(f.needs_review for f in read)} fields to look at, "
        f"{sum(f.broken for f in read)} relations broken; "
        f"{time.monotonic() - tally.start_s:.1f} s{where}"
    )
