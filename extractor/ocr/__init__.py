"""OCR engines by name. A new engine is one file and a line in ENGINES."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from extractor.errors import EngineError
from extractor.options import OF_ENGINE, Options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extractor.ocr.engine import Engine, Image, Quad, Reading


def _rapid(options: Options) -> Engine:
    from extractor.ocr.rapid import RapidEngine

    return RapidEngine(options)


def _paddle(options: Options) -> Engine:
    from extractor.ocr.paddle import PaddleEngine

    return PaddleEngine(options)


def _replay(options: Options) -> Engine:
    from extractor.ocr.replay import ReplayEngine

    if options.recording is None:
        raise EngineError("the engine replay needs a recording: set the option recording")
    return ReplayEngine(options.recording)


ENGINES: Mapping[str, Callable[[Options], Engine]] = {
    "rapidocr": _rapid,
    "paddleocr": _paddle,
    "replay": _replay,
}


def load_engine(options: Options) -> Engine:
    """The engine that the options name, loaded once a process; raises EngineError.

    Documents whose options differ only in what no engine is made of share one, in several threads
    too.
    """
    with _loading:
        return _load(Options(**{name: getattr(options, name) for name in OF_ENGINE}))


_loading = Lock()


@cache
def _load(options: Options) -> Engine:
    if options.engine not in ENGINES:
        raise EngineError(f"there is no OCR engine {options.engine}: choose {', '.join(ENGINES)}")
    return OneAtATime(ENGINES[options.engine](options))


class OneAtATime:
    """An engine that lets one thread in at a time: the engines themselves count on that."""

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self._engine = engine
        self._lock = Lock()

    @property
    def models(self) -> Mapping[str, str]:
        """The engine's."""
        return self._engine.models

    def detect(self, image: Image) -> list[Quad]:
        """The engine's regions."""
        with self._lock:
            return self._engine.detect(image)

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        """The engine's readings."""
        with self._lock:
            return self._engine.recognise(crops, alphabet)
