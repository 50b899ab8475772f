"""`extractor doctor`: is everything here that reading needs?"""

from __future__ import annotations

import platform
from importlib.metadata import version

from extractor import __version__
from extractor.errors import EngineError

OPENCV_WHEELS = ("opencv-python", "opencv-contrib-python", "opencv-python-headless")
SHOWN = ("pdfplumber", "pypdfium2", "camelot-py", "paddleocr", "rapidocr", "openvino", "spacy")


def doctor() -> int:
    """Prints versions and loads the default engine; raises EngineError where that fails."""
    print(f"extractor {__version__}, Python {platform.python_version()}, {platform.platform()}")
    print(", ".join(f"{name} {version(name)}" for name in SHOWN))
    print(f"OpenCV {opencv_version()}")
    print(f"templates: {', '.join(_templates())}")
    print(f"OCR engine: {_engine()}")
    return 0


def opencv_version() -> str:
    """The version that is imported; raises EngineError where the three wheels do not agree."""
    import cv2

    wheels = {version(name) for name in OPENCV_WHEELS}
    imported: str = cv2.__version__
    if len(wheels) > 1 or not next(iter(wheels)).startswith(imported):
        found = ", ".join(sorted(wheels))
        raise EngineError(f"OpenCV is {imported} but its wheels are {found}: run `make setup`")
    return imported


def _templates() -> list[str]:
    from extractor.report import load_templates

    return [template.id for template in load_templates()]


def _engine() -> str:
    from extractor.ocr import load_engine
    from extractor.options import Options

    engine = load_engine(Options())
    models = ", ".join(f"{name} {digest[:8]}" for name, digest in engine.models.items())
    return f"{engine.name} ({models})"
