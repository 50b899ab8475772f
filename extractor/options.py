"""The only list of knobs: the command line, the service and tests read it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from extractor.errors import OptionsError

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """How a document is read. Every knob has a default that fits annual reports."""

    engine: str = "rapidocr"  # a name in extractor.ocr.ENGINES
    runtime: Literal["openvino", "onnxruntime"] = "openvino"  # what rapidocr runs its models on
    detection_model: Path | None = None  # folder of a PP-OCR detection model (paddleocr)
    recognition_model: Path | None = None  # folder of a PP-OCR recognition model (paddleocr)
    recording: Path | None = None  # recorded OCR to replay (engine "replay")
    threads: int = 0  # threads of the OCR runtime; 0 is all cores
    dpi: int = 200  # pages without an image of their own are rasterised at this
    password: str | None = None  # opens an encrypted PDF
    template: str | None = None  # id of the only template to try; None recognises one
    templates: tuple[Path, ...] = ()  # more template files (TOML), tried before the built-in ones
    text_layer: Literal["auto", "never"] = "auto"  # "never" reads every page from its pixels
    second_reader: Literal["auto", "never"] = "auto"  # camelot where the first reader leaves doubt
    review_below: float = 0.98  # fields of a lower confidence are marked needs_review
    timeout_s: float = 300.0  # one document
    max_bytes: int = 256 * MIB
    max_pages: int = 400
    max_pixels: int = 80_000_000  # one page

    def __post_init__(self) -> None:
        if not 72 <= self.dpi <= 600:
            raise OptionsError(f"dpi is {self.dpi}: choose 72 to 600")
        if not 0 <= self.review_below <= 1:
            raise OptionsError(f"review_below is {self.review_below}: choose 0 to 1")
        for name in ("timeout_s", "max_bytes", "max_pages", "max_pixels"):
            if getattr(self, name) <= 0:
                raise OptionsError(f"{name} is {getattr(self, name)}: choose more than 0")
        if self.threads < 0:
            raise OptionsError(f"threads is {self.threads}: choose 0 (all cores) or more")
