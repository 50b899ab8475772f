"""A form taken apart: fields as they come, and for files the steps that are to be done on the disk.

Nothing here waits: the parser is fed in the event loop, the steps run in a thread.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from extractor.options import MIB
from service.intake.headers import part_headers, shown
from service.intake.limits import size_text
from service.intake.names import is_clutter, shown_path
from service.intake.refusals import IntakeError, Refusal
from service.intake.zipformat import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_multipart.multipart import MultipartCallbacks

    from service.intake.limits import IntakeLimits
    from service.intake.staging import Sink, StagedBatch, StagedFile

FULL_BYTES, FULL_STEPS = MIB, 256  # so much is done on the disk at once
_SPARE = 16  # delimiters beside one for each part that is allowed


class _Part(Protocol):
    def write(self, data: bytes) -> None: ...

    def end(self) -> None: ...


class Steps:
    """What is to be done on the disk, in order. Pieces of a file that follow are one step."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []
        self._bytes = 0

    def add(self, step: Callable[[], None]) -> None:
        """One more step."""
        self._steps.append(step)

    def write(self, file: _DiskFile, data: bytes) -> None:
        """More bytes of a file."""
        last = self._steps[-1] if self._steps else None
        if not isinstance(last, _Writing) or last.file is not file:
            last = _Writing(file)
            self._steps.append(last)
        last.pieces.append(data)
        self._bytes += len(data)

    def are_many(self) -> bool:
        """Whether it is time to do them."""
        return self._bytes >= FULL_BYTES or len(self._steps) >= FULL_STEPS

    def take(self) -> list[Callable[[], None]]:
        """Those to do now; the next ones are collected anew."""
        taken, self._steps, self._bytes = self._steps, [], 0
        return taken


class _Writing:
    def __init__(self, file: _DiskFile) -> None:
        self.file = file
        self.pieces: list[bytes] = []

    def __call__(self) -> None:
        self.file.write(b"".join(self.pieces))


class _DiskFile:
    """A file as the steps see it, in their thread; its end is put into `results`."""

    def __init__(self, name: str, batch: StagedBatch, results: list[StagedFile | Refusal]) -> None:
        self.name = name
        self._batch, self._results = batch, results
        self._sink: Sink | None = None

    def write(self, data: bytes) -> None:
        self._opened().write(data)

    def settle(self) -> None:
        self._results.append(self._opened().settle(self.name))

    def refuse(self, refusal: Refusal) -> None:
        self._opened().discard()
        self._results.append(refusal)

    def _opened(self) -> Sink:
        if self._sink is None:
            self._sink = self._batch.create()
        return self._sink


class FormReader:
    """A form that is fed piece by piece; doing its `steps` puts the `files` there.

    `ended` is whether the last delimiter has come.
    """

    def __init__(self, boundary: bytes, batch: StagedBatch, limits: IntakeLimits) -> None:
        self.fields: list[tuple[str, str]] = []
        self.files: list[StagedFile | Refusal] = []
        self.steps = Steps()
        self.ended = False
        self.batch, self.limits = batch, limits
        self._delimiter, self._delimiters, self._tail = b"\r\n--" + boundary, 0, b""
        self._file_count = self._field_count = self._field_bytes = self._told = 0
        self._key, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._part: _Part = _Nothing()
        self._parser = MultipartParser(
            boundary,
            self._callbacks(),
            max_header_count=limits.headers,
            max_header_size=limits.header_bytes,
        )

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._on_key,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": lambda data, start, end: self._part.write(data[start:end]),
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def new_fields(self) -> list[tuple[str, str]]:
        """The fields that have come since this was last called."""
        told, self._told = self._told, len(self.fields)
        return self.fields[told:]

    def feed(self, data: bytes) -> None:
        """The next bytes. Raises IntakeError where the form is damaged or over a limit."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise self._refused(error) from error
        self._guard_delimiters(data)

    def _guard_delimiters(self, data: bytes) -> None:
        # RFC 2046 forbids a line of a file that starts like a delimiter. The parser takes it, but a
        # body that is full of them would cost a second for every 4 MB.
        most = len(self._delimiter) - 1
        border = self._tail + data[:most]
        self._tail = (self._tail + data[-most:])[-most:]
        self._delimiters += data.count(self._delimiter) + border.count(self._delimiter)
        if self._delimiters > self.limits.files + self.limits.fields + _SPARE:
            raise IntakeError("malformed")

    def _refused(self, error: FormParserError) -> IntakeError:
        if str(error).startswith("Maximum header"):
            limit = size_text(self.limits.header_bytes)
            return IntakeError("long_headers", limit=limit, count=self.limits.headers)
        return IntakeError("malformed")

    def _on_key(self, data: bytes, start: int, end: int) -> None:
        self._key += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers.setdefault(self._key.lower(), self._value.strip())
        self._key = self._value = b""

    def _on_headers(self) -> None:
        found = part_headers(self._headers)
        limit = self.limits.field_name_bytes
        if _length(found.name) > limit:
            raise IntakeError("long_field_name", limit=size_text(limit))
        if found.file_name is None:
            self._part = self._new_field(found.name)
        else:
            self._part = self._new_file(found.file_name)

    def _new_field(self, name: str) -> _Part:
        self._field_count += 1
        if self._field_count > self.limits.fields:
            raise IntakeError("many_fields", limit=self.limits.fields)
        return _FieldPart(name, self)

    def _new_file(self, sent: str) -> _Part:
        name = shown_path(sent)
        if "/" in name and is_clutter(name):  # browsers send a folder with all that is in it
            return _Nothing()
        limit = self.limits.file_name_bytes
        if _length(sent) > limit:
            raise IntakeError("long_file_name", limit=size_text(limit))
        self._file_count += 1
        if self._file_count > self.limits.files:
            raise IntakeError("many_files", limit=self.limits.files)
        return _FilePart(name, self, is_chosen=sent != "")

    def count_field_bytes(self, count: int) -> None:
        """Raises IntakeError where all fields together have too many."""
        self._field_bytes += count
        if self._field_bytes > self.limits.all_fields_bytes:
            raise IntakeError("long_fields", limit=size_text(self.limits.all_fields_bytes))

    def _on_part_end(self) -> None:
        self._part.end()

    def _on_end(self) -> None:
        self.ended = True


def _length(name: str) -> int:
    return len(name.encode("utf-8", "replace"))


class _Nothing:
    """A part that is left out."""

    def write(self, data: bytes) -> None:
        pass

    def end(self) -> None:
        pass


class _FieldPart:
    def __init__(self, name: str, form: FormReader) -> None:
        self._name, self._form = name, form
        self._value = bytearray()

    def write(self, data: bytes) -> None:
        self._value += data
        limit = self._form.limits.field_bytes
        if len(self._value) > limit:
            raise IntakeError("long_field", field=shown(self._name), limit=size_text(limit))
        self._form.count_field_bytes(len(data))

    def end(self) -> None:
        try:
            value = self._value.decode().replace("\0", "")  # as service.pages.forms
            self._form.fields.append((self._name, value))
        except UnicodeDecodeError as error:
            raise IntakeError("not_utf8", field=shown(self._name)) from error


class _FilePart:
    """A file: its bytes go to the steps until they are too many."""

    def __init__(self, name: str, form: FormReader, *, is_chosen: bool) -> None:
        self._limits, self._steps = form.limits, form.steps
        self._file = _DiskFile(name, form.batch, form.files)
        self._is_chosen = is_chosen  # an empty input of a form sends a file without a name
        self._size, self._start, self._is_refused = 0, b"", False

    def write(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._size += len(data)
        self._start += data[: len(LOCAL) - len(self._start)]
        if self._size <= self._most():
            self._steps.write(self._file, data)
        else:
            self._refuse()

    def _most(self) -> int:
        limits = self._limits
        return limits.zip_bytes if self._start == LOCAL else limits.file_bytes

    def _refuse(self) -> None:
        self._is_refused = True
        reason = "large_zip" if self._start == LOCAL else "large_file"
        refusal = Refusal(self._file.name, reason, {"limit": size_text(self._most())})
        self._steps.add(partial(self._file.refuse, refusal))

    def end(self) -> None:
        if not self._is_refused and (self._size or self._is_chosen):
            self._steps.add(self._file.settle)
