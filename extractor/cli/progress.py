"""How far a run is: a bar in a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from extractor.batch import Finished


class Progress(AbstractContextManager["Progress"]):
    """Says nothing: for `--quiet`, and the base of the others."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def page(self, done: int, total: int) -> None:
        """A document of `total` pages has `done` of them read."""

    def finished(self, document: Finished) -> None:
        """A document ended."""


class Lines(Progress):
    """One line a document."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def finished(self, document: Finished) -> None:
        """Pages and seconds, or why it failed."""
        self._done += 1
        print(f"[{self._done}/{self._total}] {line(document)}", file=sys.stderr, flush=True)


def line(document: Finished) -> str:
    """What became of a document, in one line."""
    if document.failure is not None:
        return f"failed: {document.failure.sentence}"
    if document.resumed:
        return f"{document.input.path}: read by an earlier run"
    return (
        f"{document.input.path}: {document.pages} pages in {document.seconds:.1f} s, "
        f"{document.needs_review} fields to look at, {document.broken} relations broken"
    )


class Bar(Progress):
    """Documents, pages, failures and the time left, in a terminal."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar: RichProgress = RichProgress(
            TextColumn("documents"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pages]} pages · {task.fields[failed]} failed · left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=total, pages=0, failed=0)
        self._pages = 0
        self._failed = 0
        self._total = total

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def page(self, done: int, total: int) -> None:
        """One more page; a single document moves with its pages."""
        self._pages += done > 0
        self._bar.update(self._task, pages=self._pages)
        if self._total == 1:
            self._bar.update(self._task, completed=done / max(total, 1))

    def finished(self, document: Finished) -> None:
        """One more document."""
        self._failed += document.failure is not None
        done = 1 if self._total == 1 else self._bar.tasks[0].completed + 1
        self._bar.update(self._task, completed=done, failed=self._failed)


def progress(total: int, *, quiet: bool, verbose: bool) -> Progress:
    """What fits stderr: the log lines of `--verbose` and a bar would overwrite each other."""
    if quiet:
        return Progress()
    if sys.stderr.isatty() and not verbose:
        return Bar(total)
    return Lines(total) if total > 1 or verbose else Progress()
