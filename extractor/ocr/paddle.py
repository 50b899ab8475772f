"""PaddleOCR 3.7 on ONNX Runtime, offline: the RapidOCR wheel's models or a user's own.

PaddleOCR's classes load and run the models; lines are decoded here, as for every engine.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.errors import EngineError
from extractor.ocr import rapid
from extractor.ocr.crops import HEIGHT, is_flat
from extractor.ocr.ctc import Symbols
from extractor.ocr.lines import LineReader
from extractor.ocr.models import sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from extractor.ocr.crops import Batch
    from extractor.ocr.engine import Image, Quad, Reading
    from extractor.options import Options

MODEL = "inference.onnx"
CONFIG = "inference.yml"


class PaddleEngine:
    """PaddleOCR's text detection and recognition. One thread at a time."""

    name = "paddleocr"

    def __init__(self, options: Options) -> None:
        """Loads both models; raises EngineError where a package or a model is missing."""
        self._folders = {
            "detection": _folder(options.detection_model, rapid.DETECTION),
            "recognition": _folder(options.recognition_model, rapid.RECOGNITION),
        }
        self._detector = _load("TextDetection", self._folders["detection"], options.threads)
        recogniser = _load("TextRecognition", self._folders["recognition"], options.threads)
        predictor = recogniser.paddlex_predictor
        symbols = Symbols(tuple(predictor.post_op.character))

        def run(batch: Batch) -> NDArray[np.float32]:
            posteriors: NDArray[np.float32] = predictor.runner(x=[batch])[0]
            return posteriors

        self._lines = LineReader(run, symbols)

    @property
    def models(self) -> Mapping[str, str]:
        """SHA-256 of the two model files, by model name and what it does."""
        return {
            f"{model_name(folder)} ({role})": sha256_of(folder / MODEL)
            for role, folder in self._folders.items()
        }

    def detect(self, image: Image) -> list[Quad]:
        """Quadrilaterals around lines of text, from the top down."""
        if min(image.shape[:2]) < rapid.SMALLEST or is_flat(image):
            return []
        (found,) = self._detector.predict(
            image, limit_side_len=rapid.LONG_SIDE, limit_type="max", batch_size=1
        )
        quads = [np.asarray(polygon, dtype=np.float32) for polygon in found["dt_polys"]]
        return sorted(quads, key=lambda quad: (float(quad[0, 1]), float(quad[0, 0])))

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        """One reading a crop, in order; see LineReader."""
        return self._lines.read(crops, alphabet)


def _load(kind: str, folder: Path, threads: int) -> Any:  # noqa: ANN401 (PaddleOCR is untyped)
    if find_spec("paddleocr") is None:
        raise EngineError("paddleocr is not installed: run pip install paddleocr")
    # Read when PaddleX is imported: without it the import looks for model hosts on the network.
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import paddleocr

        # PaddleX tells what it loads on its own logger, whatever the level of the root.
        logging.getLogger("paddlex").setLevel(logging.CRITICAL)
        try:
            return getattr(paddleocr, kind)(
                model_name=model_name(folder),
                model_dir=str(folder),
                engine="onnxruntime",
                engine_config={"intra_op_num_threads": threads},
                device="cpu",
            )
        except Exception as error:
            raise EngineError(f"PaddleOCR cannot load the model in {folder}: {error}") from error


def model_name(folder: Path) -> str:
    """The name in a model folder's inference.yml; raises EngineError where it has none."""
    # The file holds thousands of characters; parsing it all as YAML takes a second.
    found = re.search(r"^\s*model_name:\s*['\"]?([\w.-]+)", _config_text(folder), re.MULTILINE)
    if found is None:
        raise EngineError(f"{folder / CONFIG} names no model: add Global.model_name")
    return found[1]


def _config_text(folder: Path) -> str:
    return (folder / CONFIG).read_text(encoding="utf-8")


def _folder(chosen: Path | None, wheel_model: str) -> Path:
    """The user's model folder once it is known to be complete, else one made from the wheel."""
    if chosen is None:
        return made_folder(wheel_model)
    for name in (CONFIG, MODEL):
        if not (chosen / name).is_file():
            raise EngineError(
                f"the model folder {chosen} has no {name}: give a PP-OCR model exported to ONNX"
            )
    return chosen


def cache_folder() -> Path:
    """Where made model folders are kept: XDG_CACHE_HOME or ~/.cache, else the temporary folder."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = base / "report-extractor" / "models"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"report-extractor-models-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def made_folder(wheel_model: str) -> Path:
    """A model folder for PaddleOCR, made of a model of the RapidOCR wheel unless it is there."""
    model = rapid.model_file(wheel_model)
    made = cache_folder() / f"{model.stem}-{sha256_of(model)[:12]}"
    if (made / MODEL).is_file() and (made / CONFIG).is_file():
        return made
    # Several processes may do this at once: each makes its own, the first to rename wins.
    with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
        draft = Path(scratch) / "model"
        draft.mkdir()
        shutil.copyfile(model, draft / MODEL)
        (draft / CONFIG).write_text(_written_config(model), encoding="utf-8")
        if made.exists() and not (made / CONFIG).is_file():
            shutil.rmtree(made, ignore_errors=True)
        try:
            draft.rename(made)
        except OSError:
            if not (made / CONFIG).is_file():
                raise
    return made


def _written_config(model: Path) -> str:
    import yaml

    config = _DETECTION if model.name == rapid.DETECTION else _recognition(model)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(config, Dumper=dumper, allow_unicode=True, sort_keys=False)
    return text


_DECODE = {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}}
_DETECTION: dict[str, Any] = {
    "Global": {"model_name": "PP-OCRv6_small_det"},
    "PreProcess": {
        "transform_ops": [
            _DECODE,
            {"DetResizeForTest": {"resize_long": rapid.LONG_SIDE}},
            {
                "NormalizeImage": {
                    "order": "hwc",
                    "scale": 1 / 255,
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                }
            },
            {"ToCHWImage": None},
            {"KeepKeys": {"keep_keys": ["image", "shape"]}},
        ]
    },
    # The thresholds RapidOCR has for the same model.
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.5,
        "max_candidates": 1000,
        "unclip_ratio": 1.6,
    },
}


def _recognition(model: Path) -> dict[str, Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    characters = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    return {
        "Global": {"model_name": "PP-OCRv6_small_rec"},
        "PreProcess": {
            "transform_ops": [
                _DECODE,
                {"MultiLabelEncode": {"gtc_encode": "NRTRLabelEncode"}},
                {"RecResizeImg": {"image_shape": [3, HEIGHT, 320]}},
                {"KeepKeys": {"keep_keys": ["image"]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": characters},
    }
