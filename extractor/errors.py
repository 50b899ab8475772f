"""Everything that can go wrong with a document, as one tree.

ExtractorError
├── OptionsError            exit 2   an option has a value that cannot be used
├── UnreadableError         exit 3   the file is damaged, empty or not there
├── EncryptedError          exit 4   the file needs a password, or another one
├── UnsupportedError        exit 5   the file is of a kind that is not read
├── TooLargeError           exit 6   bytes, pages or pixels over the limit
├── TimedOutError           exit 7   reading took longer than the limit
├── EngineError             exit 8   an OCR engine or one of its models cannot be loaded
├── CrashedError            exit 9   the process that read the file died (memory, native crash)
└── DiskFullError           exit 10  there is no room left where something is written

Exit 0 is success, 1 is a folder of which some documents failed, 2 a wrong command line, 70 a bug,
130 a run that Ctrl-C stopped.
"""

from pathlib import Path

BUG_EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h


class ExtractorError(Exception):
    """A failure that is told to the user in one sentence: file, page and what to do."""

    exit_code = 3
    code = "error"

    def __init__(self, message: str, *, path: Path | None = None, page: int | None = None) -> None:
        """`message` says what is wrong and what to do; `page` counts from 1."""
        super().__init__(message)
        self.message = message
        self.path = path
        self.page = page

    def __str__(self) -> str:
        place = [str(self.path)] if self.path is not None else []
        if self.page is not None:
            place.append(f"page {self.page}")
        return f"{', '.join(place)}: {self.message}" if place else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders: keyword arguments need help to be pickled.
        return _rebuild, (type(self), self.message, self.path, self.page)


def _rebuild(
    kind: type[ExtractorError], message: str, path: Path | None, page: int | None
) -> ExtractorError:
    return kind(message, path=path, page=page)


class OptionsError(ExtractorError):
    """An option has a value that cannot be used."""

    exit_code = 2
    code = "options"


class UnreadableError(ExtractorError):
    """The file is damaged, empty or not there."""

    exit_code = 3
    code = "unreadable"


class EncryptedError(ExtractorError):
    """The file needs a password, or the one given is wrong."""

    exit_code = 4
    code = "encrypted"


class UnsupportedError(ExtractorError):
    """The file is of a kind that is not read."""

    exit_code = 5
    code = "unsupported"


class TooLargeError(ExtractorError):
    """The file has more bytes, pages or pixels than the options allow."""

    exit_code = 6
    code = "too_large"


class TimedOutError(ExtractorError):
    """Reading took longer than the options allow."""

    exit_code = 7
    code = "timed_out"


class EngineError(ExtractorError):
    """An OCR engine, or a model it needs, cannot be loaded."""

    exit_code = 8
    code = "engine"


class CrashedError(ExtractorError):
    """The process that read the document died."""

    exit_code = 9
    code = "crashed"


class DiskFullError(ExtractorError):
    """There is no room left on a disk: no fault of the document, which can be read later."""

    exit_code = 10
    code = "disk_full"


class CorrectionError(ValueError):
    """What a person typed, or wants to change, does not fit the result; the message says why."""
