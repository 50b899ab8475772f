"""Images for the tests of OCR engines, and the recording of what an engine gives for them.

`python -m tests.ocr_images` records again, after a change of models or of these images.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from extractor.ocr.engine import Engine, Image

RECORDING = Path(__file__).parent / "data" / "ocr_recording.json"

NUMBERS = ("2023", "7730.28", "0", "1136", "48")
LATIN = "Annual Report"


def blank(height: int, width: int) -> Image:
    """White paper."""
    return np.full((height, width, 3), 255, np.uint8)


def line(text: str) -> Image:
    """A crop of one line, in OpenCV's own strokes: without smoothing, the same everywhere."""
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 2)
    crop = blank(height + below + 8, width + 8)
    place = (4, height + 4)
    cv2.putText(crop, text, place, cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2, cv2.LINE_8)
    return crop


def page() -> Image:
    """Two lines on paper, the upper one at the right."""
    paper = blank(400, 600)
    for text, x, y in ((LATIN, 250, 60), ("2023", 50, 250)):
        crop = line(text)
        paper[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    return paper


def odd_images() -> dict[str, Image]:
    """Shapes that break engines."""
    return {
        "blank": blank(400, 300),
        "black": np.zeros((64, 64, 3), np.uint8),
        "pixel": blank(1, 1),
        "wide": blank(3, 6000),
        "tall": blank(6000, 3),
        "wide line": np.tile(line("1"), (1, 120, 1)),
        "tall line": np.tile(line("1"), (60, 1, 1)),
        "empty": blank(0, 10),
    }


def ask_everything(engine: Engine) -> None:
    """Every call that the contract test makes."""
    engine.detect(page())
    crops = [line(text) for text in (*NUMBERS, LATIN)]
    engine.recognise(crops)
    engine.recognise(crops, "0123456789.")
    for image in odd_images().values():
        engine.detect(image)
        engine.recognise([image])
        engine.recognise([image], "0123456789")


def _record() -> None:
    from extractor.ocr import load_engine
    from extractor.ocr.replay import RecordingEngine
    from extractor.options import Options

    RECORDING.parent.mkdir(exist_ok=True)
    RECORDING.unlink(missing_ok=True)
    recorder = RecordingEngine(load_engine(Options(runtime="onnxruntime")), RECORDING)
    ask_everything(recorder)
    recorder.save()


if __name__ == "__main__":
    _record()
