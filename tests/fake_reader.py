"""A stand-in for the pipeline: what a "document" holds says what becomes of its reader.

`ok N` has N pages; `hang` never ends, `crash` kills its process as a native fault would, `hungry`
asks for memory without end, `large` needs 64 MB, `bug` raises what nobody foresaw, `encrypted`
fails as a known error, `slow S` takes S seconds, `full P` finds the disk full while there is a
file P. All of it may follow "%PDF-1.4 ", which the service takes for a PDF; what follows a "#"
tells documents apart.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from extractor.errors import EncryptedError
from tests.example_documents import example_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from extractor.document import Document
    from extractor.options import Options

READER = "tests.fake_reader:read"


def read(
    path: Path, options: Options, *, progress: Callable[[int, int], None] | None = None
) -> Document:
    """Does what the file says; the result carries the options' engine and threads, and OpenCV's."""
    text = path.read_text(encoding="utf-8").removeprefix("%PDF-1.4 ").partition("#")[0].strip()
    word, _, rest = text.partition(" ")
    FATES.get(word, _nothing)(path, rest)
    pages = int(rest) if word == "ok" and rest else 1
    for page in range(pages):
        logging.getLogger("extractor.pipeline").info("page %d: read", page + 1)
        logging.getLogger("other").info("noise")
        if progress is not None:
            progress(page + 1, pages)
    document = example_document(path.name, pages=pages)
    threads = f"{options.threads} and {cv2.getNumThreads()} threads"
    engine = replace(document.document.engine, ocr=f"{options.engine}, {threads}")
    return replace(document, document=replace(document.document, engine=engine))


def _nothing(path: Path, rest: str) -> None:
    pass


def _hang(path: Path, rest: str) -> None:
    time.sleep(600)


def _crash(path: Path, rest: str) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hungry(path: Path, rest: str) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(64 * 1024 * 1024))


def _large(path: Path, rest: str) -> None:
    bytearray(64 * 1024 * 1024)


def _bug(path: Path, rest: str) -> None:
    raise ZeroDivisionError("secret of the document")


def _encrypted(path: Path, rest: str) -> None:
    raise EncryptedError("it needs a password: give one with --password", path=path)


def _slow(path: Path, rest: str) -> None:
    time.sleep(float(rest))


def _full(path: Path, rest: str) -> None:
    if Path(rest).exists():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


FATES = {
    "hang": _hang,
    "crash": _crash,
    "hungry": _hungry,
    "large": _large,
    "bug": _bug,
    "encrypted": _encrypted,
    "slow": _slow,
    "full": _full,
}
