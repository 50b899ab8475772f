"""A second reader for cells of numbers, trained on worn print; it stands beside any engine.

It knows digits, the signs of numbers and a few units. Everything else is FOREIGN: letters and
words, shreds of rulings, specks. Probabilities are calibrated (models/numbers/README.md). The
posteriors of both readers are joined by `combined` of extractor.ocr.joining.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from extractor.errors import EngineError
from extractor.ocr import crops as line_crops
from extractor.ocr.ctc import RUNNERS_UP, Symbols, labelled, readings_by_probability
from extractor.ocr.engine import Reading
from extractor.ocr.models import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from extractor.ocr.ctc import Posteriors
    from extractor.ocr.engine import Image
    from extractor.options import Options

    Batch = NDArray[np.float32]  # N × 1 × HEIGHT × W, 0 is paper and 1 the darkest ink
    Run = Callable[[Batch], NDArray[np.float32]]

FOREIGN = "□"
HEIGHT = 32
STRIDE = 4  # pixels a frame
FAINT = 1e-5  # symbols below are no alternative: joining needs the tails
WIDTHS = (32, 48, 80, 128, 256, 512)  # a longer crop is squeezed


@dataclass(frozen=True, slots=True)
class NumberReader:
    """`run` maps batches to posteriors, N × W/STRIDE × symbols."""

    run: Run
    symbols: Symbols

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        """One reading a crop, in order; crops without pixels or contrast are empty readings.

        A crop is read the same in any company: its padding depends on its own width alone.
        """
        readings = [Reading("")] * len(crops)
        inked = [index for index, crop in enumerate(crops) if not line_crops.is_flat(crop)]
        images = [scaled(crops[index]) for index in inked]
        widths = [padded_width(image.shape[1]) for image in images]
        for plan in line_crops.batches(widths, ladder=WIDTHS):
            batch = _batch([images[i] for i in plan.members], plan)
            # zip stops at the members: rows that only fill the batch have no crop.
            for i, posteriors in zip(plan.members, self.run(batch), strict=False):
                frames = images[i].shape[1] / STRIDE
                readings[inked[i]] = self._reading(posteriors, frames)
        return readings

    def _reading(self, posteriors: Posteriors, frames: float) -> Reading:
        """The most probable text, which need not be that of the most probable frames.

        Where the mass of a worn sign is spread over its frames, each of them alone may be blank.
        """
        own = posteriors[: max(1, int(np.ceil(frames)))]
        ranked = readings_by_probability(own, self.symbols.characters, FAINT)
        (best, p), others = ranked[0], tuple(ranked[1 : RUNNERS_UP + 1])
        framed = labelled(own, own.argmax(axis=1), self.symbols.characters, frames)
        if framed.text == best:
            return replace(framed, runners_up=others)
        return Reading(best, (p,) * len(best), (), others)


def scaled(crop: Image) -> NDArray[np.uint8]:
    """The crop scaled to HEIGHT, 255 where it is black."""
    gray = crop if crop.ndim == 2 else cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    height, width = gray.shape
    own = min(max(round(HEIGHT * width / height), STRIDE), WIDTHS[-1])
    way = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_LINEAR
    return np.asarray(255 - cv2.resize(gray, (own, HEIGHT), interpolation=way), np.uint8)


def padded_width(own: int) -> int:
    """The width, from WIDTHS, that a crop of `own` pixels is padded to."""
    return next((width for width in WIDTHS if width >= own + STRIDE), WIDTHS[-1])


def _batch(images: Sequence[NDArray[np.uint8]], plan: line_crops.BatchPlan) -> Batch:
    filled = np.zeros((plan.size, 1, HEIGHT, plan.width), np.float32)
    for row, image in zip(filled, images, strict=False):
        row[0, :, : image.shape[1]] = image / np.float32(255)
    return filled


def load_number_reader(options: Options) -> NumberReader:
    """The reader on the runtime the options name, loaded once a process; raises EngineError."""
    return _load(options.runtime, options.threads)


@cache
def _load(runtime: str, threads: int) -> NumberReader:
    if not NUMBERS.is_file():
        raise EngineError(f"the model {NUMBERS} is not there: install this package again")
    run, characters = RUNTIMES[runtime](threads)
    return NumberReader(run, Symbols(tuple(characters.split("\n"))))


def _onnxruntime(threads: int) -> tuple[Run, str]:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(NUMBERS, settings, providers=["CPUExecutionProvider"])
    characters: str = session.get_modelmeta().custom_metadata_map["character"]
    return lambda batch: session.run(None, {"images": batch})[0], characters


def _openvino(threads: int) -> tuple[Run, str]:
    import openvino

    model = openvino.Core().read_model(NUMBERS)
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
        # Where it can, OpenVINO would compute with half the digits: probabilities then differ.
        "INFERENCE_PRECISION_HINT": "f32",
    }
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    compiled = openvino.compile_model(model, "CPU", settings)
    characters: str = model.get_rt_info(["framework", "character"]).value
    return lambda batch: np.asarray(compiled(batch)[0]), characters


RUNTIMES = {"onnxruntime": _onnxruntime, "openvino": _openvino}
