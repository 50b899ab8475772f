"""OCR engines by name. A new engine is one file and a line in ENGINES."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from extractor.errors import EngineError
from extractor.options import OF_ENGINE, Options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extractor.ocr.engine import Engine


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

    Documents whose options differ only in what no engine is made of share one.
    """
    return _load(Options(**{name: getattr(options, name) for name in OF_ENGINE}))


@cache
def _load(options: Options) -> Engine:
    if options.engine not in ENGINES:
        raise EngineError(f"there is no OCR engine {options.engine}: choose {', '.join(ENGINES)}")
    return ENGINES[options.engine](options)
