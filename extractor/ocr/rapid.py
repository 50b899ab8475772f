"""The PP-OCRv6 models of the RapidOCR wheel, on OpenVINO or ONNX Runtime. Nothing is downloaded."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.errors import EngineError
from extractor.ocr.crops import is_flat
from extractor.ocr.ctc import Symbols
from extractor.ocr.lines import LineReader
from extractor.ocr.models import model_folder, sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from extractor.ocr.engine import Image, Quad, Reading
    from extractor.options import Options

DETECTION = "PP-OCRv6_det_small.onnx"
RECOGNITION = "PP-OCRv6_rec_small.onnx"
LONG_SIDE = 1120  # pixels; pages are scaled down to this for detection
SMALLEST = 4  # pixels; nothing is detected in an image with a shorter side


class RapidEngine:
    """RapidOCR's detector and recogniser, with our own decoding. One thread at a time."""

    name = "rapidocr"

    def __init__(self, options: Options) -> None:
        """Loads both models; raises EngineError where a package or a model is missing."""
        self._files = {name: model_file(name) for name in (DETECTION, RECOGNITION)}
        config = _config(options, self._files)
        from rapidocr.ch_ppocr_det import TextDetector
        from rapidocr.ch_ppocr_rec import TextRecognizer

        self._detector = TextDetector(config.Det)
        recogniser = TextRecognizer(config.Rec)
        symbols = Symbols(tuple(recogniser.postprocess_op.character))
        self._lines = LineReader(recogniser.session, symbols)

    @property
    def models(self) -> Mapping[str, str]:
        """SHA-256 of the two model files."""
        return {name: sha256_of(path) for name, path in self._files.items()}

    def detect(self, image: Image) -> list[Quad]:
        """Quadrilaterals around lines of text, from the top down; DB (Liao et al. 2020)."""
        if min(image.shape[:2]) < SMALLEST or is_flat(image):
            return []
        boxes = self._detector(image).boxes
        return [] if boxes is None else [np.asarray(box, dtype=np.float32) for box in boxes]

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        """One reading a crop, in order; see LineReader."""
        return self._lines.read(crops, alphabet)


def model_file(name: str) -> Path:
    """A model of the wheel; raises EngineError where it is not there."""
    try:
        path = model_folder() / name
    except ModuleNotFoundError as error:
        raise EngineError("rapidocr is not installed: run pip install rapidocr") from error
    if not path.is_file():
        raise EngineError(f"the model {path} is not there: install rapidocr 3.10 again")
    return path


def _config(options: Options, files: Mapping[str, Path]) -> Any:  # noqa: ANN401 (omegaconf)
    """RapidOCR's configuration of both models, with the runtime's settings in each."""
    _need_package(options.runtime)
    from rapidocr import EngineType, RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    threads = options.threads or -1
    runtime = EngineType(options.runtime)
    # With explicit paths RapidOCR has no reason to look for models on the network.
    config = RapidOCR(
        params={
            "Global.log_level": "critical",
            "Det.engine_type": runtime,
            "Rec.engine_type": runtime,
            "Det.model_path": str(files[DETECTION]),
            "Rec.model_path": str(files[RECOGNITION]),
            "Det.limit_type": "max",
            "Det.limit_side_len": LONG_SIDE,
            "EngineConfig.openvino.inference_num_threads": threads,
            "EngineConfig.openvino.performance_hint": "LATENCY",
            # Pinned threads of several processes would all sit on the first cores.
            "EngineConfig.openvino.enable_cpu_pinning": "NO",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        }
    ).cfg
    for model in (config.Det, config.Rec):
        model.engine_cfg = config.EngineConfig[options.runtime]
    return config


def _need_package(runtime: str) -> None:
    if find_spec(runtime) is None:
        raise EngineError(f"{runtime} is not installed: run pip install {runtime}")
