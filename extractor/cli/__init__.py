"""The command `extractor`. Heavy packages wait until they are needed: `--help` answers at once."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from extractor.cli import service_flags
from extractor.errors import BUG_EXIT_CODE, ExtractorError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

PIPE_EXIT_CODE = 141  # what a shell reports for a program that SIGPIPE ended


def main(argv: Sequence[str] | None = None, *, reader: str | None = None) -> int:
    """Runs a command line and gives its exit code.

    `reader` ("module:function") reads documents in place of the pipeline.
    """
    from extractor.cli.flags import parser

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # file names may hold what no encoding has
    parsing = parser()
    arguments = parsing.parse_args(argv)
    if arguments.command is None:
        parsing.print_help(sys.stderr)
        return 2
    try:
        return _run(arguments, reader)
    except ExtractorError as error:
        return _fail(str(error), error.exit_code)
    except BrokenPipeError:
        silence()  # who read our output has gone, as `head` does
        return PIPE_EXIT_CODE
    except KeyboardInterrupt:
        return _fail("stopped", 130)
    except Exception as error:  # noqa: BLE001  no traceback reaches a user who does not ask for it
        return _bug(error, verbose=arguments.verbose)


def _run(arguments: argparse.Namespace, reader: str | None) -> int:
    if arguments.command == "extract":
        from extractor.cli.extract import extract

        return extract(arguments, reader)
    if arguments.command in ("threshold", "certify"):
        from extractor.cli import threshold

        return getattr(threshold, arguments.command)(arguments)  # type: ignore[no-any-return]
    if arguments.command in service_flags.NAMES:
        from extractor.cli import serve

        return serve.run(arguments, reader)
    from extractor.cli.doctor import doctor

    return doctor()


def silence() -> None:
    """Sends what is still in stdout's buffer nowhere: the flush at exit must not complain again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(sentence: str, exit_code: int) -> int:
    print(f"extractor: {' '.join(sentence.split())}", file=sys.stderr)
    return exit_code


def _bug(error: Exception, *, verbose: bool) -> int:
    if verbose:
        import traceback

        traceback.print_exception(error)
    return _fail(
        f"the program failed in a way that was not foreseen ({type(error).__name__}); "
        "please report this, --verbose shows where",
        BUG_EXIT_CODE,
    )
