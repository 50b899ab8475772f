"""Recorded OCR: what an engine once gave for an image is given again, without models.

A recording is a JSON file. Its entries are kept under a hash of the pixels they belong to, so a
replay serves any order of calls, and images it has not seen are an error.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from extractor.errors import EngineError
from extractor.ocr.engine import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from extractor.ocr.engine import Engine, Image, Quad

DIGITS = 5  # decimals kept of probabilities and positions


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    probabilities: tuple[float, ...]
    positions: tuple[float, ...]
    runners_up: tuple[tuple[str, float], ...]


class _Recording(BaseModel):
    model_config = ConfigDict(extra="forbid")
    engine: str
    models: dict[str, str]
    quads: dict[str, list[list[tuple[float, float]]]] = {}
    readings: dict[str, _Line] = {}


def _key(image: Image, alphabet: str | None = None) -> str:
    digest = hashlib.sha256(repr((image.shape, alphabet)).encode())
    digest.update(np.ascontiguousarray(image).tobytes())
    return digest.hexdigest()[:32]


class RecordingEngine:
    """An engine that passes everything on to another and remembers the answers."""

    def __init__(self, engine: Engine, path: Path) -> None:
        """Answers of `engine` are added to the recording at `path` by `save`."""
        self.name = engine.name
        self._engine = engine
        self._path = path
        self._recording = (
            _read(path) if path.exists() else _Recording(engine=engine.name, models={})
        )

    @property
    def models(self) -> Mapping[str, str]:
        """The models of the recorded engine."""
        return self._engine.models

    def detect(self, image: Image) -> list[Quad]:
        """The recorded engine's regions."""
        quads = self._engine.detect(image)
        self._recording.quads[_key(image)] = [
            [(round(float(x), 1), round(float(y), 1)) for x, y in quad] for quad in quads
        ]
        return quads

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        """The recorded engine's readings."""
        readings = self._engine.recognise(crops, alphabet)
        for crop, reading in zip(crops, readings, strict=True):
            self._recording.readings[_key(crop, alphabet)] = _line(reading)
        return readings

    def save(self) -> None:
        """Writes the recording, whole or not at all."""
        recorded: dict[str, Any] = self._recording.model_dump(mode="json")
        recorded["models"] = dict(self._engine.models)
        text = json.dumps(recorded, ensure_ascii=False, indent=1, sort_keys=True)
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(self._path)


class ReplayEngine:
    """An engine that gives what was recorded; raises EngineError for pixels it has not seen."""

    name = "replay"

    def __init__(self, path: Path) -> None:
        """Reads the recording; raises EngineError where it is missing or of another shape."""
        self._path = path
        self._recording = _read(path)

    @property
    def models(self) -> Mapping[str, str]:
        """The models of the engine that was recorded."""
        return self._recording.models

    def detect(self, image: Image) -> list[Quad]:
        """The recorded regions of this image."""
        quads = self._recording.quads.get(_key(image))
        if quads is None:
            raise self._unseen("image")
        return [np.array(quad, dtype=np.float32) for quad in quads]

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        """The recorded readings of these crops with this alphabet."""
        lines = [self._recording.readings.get(_key(crop, alphabet)) for crop in crops]
        if None in lines:
            raise self._unseen("crop")
        return [Reading(**line.model_dump()) for line in lines if line is not None]

    def _unseen(self, what: str) -> EngineError:
        return EngineError(f"the recording has no such {what}: record it again", path=self._path)


def _line(reading: Reading) -> _Line:
    return _Line(
        text=reading.text,
        probabilities=tuple(round(p, DIGITS) for p in reading.probabilities),
        positions=tuple(round(p, DIGITS) for p in reading.positions),
        runners_up=tuple((text, round(p, DIGITS)) for text, p in reading.runners_up),
    )


def _read(path: Path) -> _Recording:
    try:
        return _Recording.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise EngineError("there is no such recording", path=path) from error
    except ValidationError as error:
        raise EngineError(f"this is no OCR recording: {error}", path=path) from error
