"""The only list of knobs: the command line, the service and tests read it.

Metadata of a field: `engine` where OCR engines are made of it, with the name of the only one that
knows it ("" for any); `result` False where it decides whether there is a result, not which.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, get_args, get_origin

from extractor.errors import OptionsError

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """How a document is read. Every knob has a default that fits annual reports."""

    engine: str = field(default="rapidocr", metadata={"engine": ""})  # in extractor.ocr.ENGINES
    # What rapidocr runs its models on.
    runtime: Literal["openvino", "onnxruntime"] = field(default="openvino", metadata={"engine": ""})
    # Folders of PP-OCR models.
    detection_model: Path | None = field(default=None, metadata={"engine": "paddleocr"})
    recognition_model: Path | None = field(default=None, metadata={"engine": "paddleocr"})
    recording: Path | None = field(default=None, metadata={"engine": "replay"})  # recorded OCR
    # Threads of the OCR runtime; 0 is all cores.
    threads: int = field(default=0, metadata={"engine": "", "result": False})
    dpi: int = 200  # pages without an image of their own are rasterised at this
    password: str | None = field(default=None, metadata={"result": False})  # of an encrypted PDF
    template: str | None = None  # id of the only template to try; None recognises one
    templates: tuple[Path, ...] = ()  # more template files (TOML), tried before the built-in ones
    text_layer: Literal["auto", "never"] = "auto"  # "never" reads every page from its pixels
    second_reader: Literal["auto", "never"] = "auto"  # camelot where the first reader leaves doubt
    # Fields of a lower confidence are marked needs_review; None is what the certificate says.
    review_below: float | None = None
    certificate: Path | None = None  # None is the one that comes with the program
    drawn_share: float = 0.01  # of the fields are drawn by lot, to check the certificate with
    timeout_s: float = field(default=300.0, metadata={"result": False})  # one document
    max_bytes: int = 256 * MIB
    max_pages: int = 400
    max_pixels: int = 80_000_000  # one page

    def __post_init__(self) -> None:
        if not 72 <= self.dpi <= 600:
            raise OptionsError(f"dpi is {self.dpi}: choose 72 to 600")
        for name in ("timeout_s", "max_bytes", "max_pages", "max_pixels"):
            if not getattr(self, name) > 0:  # NaN is not
                raise OptionsError(f"{name} is {getattr(self, name)}: choose more than 0")
        if not 0 <= self.threads <= 1024:
            raise OptionsError(f"threads is {self.threads}: choose 0 (all cores) to 1024")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                allowed = ", ".join(choices)
                raise OptionsError(f"{name} is {getattr(self, name)}: choose {allowed}")
        self._guard_review()
        self._guard_engine()

    def _guard_review(self) -> None:
        for name in ("review_below", "drawn_share"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise OptionsError(f"{name} is {value}: choose 0 to 1")
        if self.review_below is not None and self.certificate is not None:
            raise OptionsError("review_below takes the place of a certificate: give one of both")

    def _guard_engine(self) -> None:
        for knob in fields(self):
            owner = knob.metadata.get("engine", "")
            if owner not in ("", self.engine) and getattr(self, knob.name) != knob.default:
                message = f"{knob.name} is for the engine {owner}, not {self.engine}"
                raise OptionsError(f"{message}: choose that engine or leave it out")


CHOICES: dict[str, tuple[str, ...]] = {
    knob.name: get_args(knob.type) for knob in fields(Options) if get_origin(knob.type) is Literal
}
OF_ENGINE = tuple(knob.name for knob in fields(Options) if "engine" in knob.metadata)
WITHOUT_EFFECT = tuple(k.name for k in fields(Options) if not k.metadata.get("result", True))
