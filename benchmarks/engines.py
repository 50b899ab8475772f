"""Seconds a page of the OCR engines, side by side on the same page images.

python -m benchmarks.engines [FOLDER] [--pages N] [--rounds N] [--threads N]

FOLDER holds PDFs; only pages without a text layer are used, rendered at 200 dpi. The engines take
turns on each page, so a machine that slows down slows them all; the ratio is to RapidOCR's own
pipeline on ONNX Runtime with its default settings.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.ocr import load_engine
from extractor.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from extractor.ocr.engine import Engine, Image, Quad

    Reader = Callable[[Image], Sequence[str]]

DPI = 200
BASELINE = "rapidocr's own, onnxruntime"
FIXTURES = Path(__file__).parent.parent / "fixtures" / "reports"


def scanned_pages(folder: Path, most: int) -> Iterator[tuple[str, Image]]:
    """The first `most` pages without text of the PDFs in the folder, each with its name."""
    import pypdfium2

    for path in sorted(folder.glob("*.pdf")):
        document = pypdfium2.PdfDocument(path)
        for number, page in enumerate(document, start=1):
            if most == 0:
                return
            if page.get_textpage().count_chars() == 0:
                most -= 1
                pixels = page.render(scale=DPI / 72).to_numpy()
                yield f"{path.name} {number}", np.ascontiguousarray(pixels[:, :, :3])


def crop_of(image: Image, quad: Quad) -> Image:
    """The quadrilateral straightened into an upright crop."""
    import cv2

    width = round(float(np.linalg.norm(quad[1] - quad[0])))
    height = round(float(np.linalg.norm(quad[3] - quad[0])))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    straight = cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(quad, corners),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(straight, np.uint8)


def own(options: Options) -> Reader:
    """Detection and recognition of one of our engines."""
    engine: Engine = load_engine(options)

    def read(image: Image) -> Sequence[str]:
        crops = [crop_of(image, quad) for quad in engine.detect(image)]
        return [reading.text for reading in engine.recognise(crops)]

    return read


def plain_rapidocr(runtime: str, threads: int) -> Reader:
    """RapidOCR as its documentation calls it; only the runtime and the threads are set."""
    from rapidocr import EngineType, RapidOCR

    kind = EngineType(runtime)
    ocr: Any = RapidOCR(
        params={
            "Global.log_level": "critical",
            "Det.engine_type": kind,
            "Cls.engine_type": kind,
            "Rec.engine_type": kind,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads or -1,
            "EngineConfig.openvino.inference_num_threads": threads or -1,
        }
    )
    return lambda image: ocr(image).txts or ()


def plain_paddleocr(threads: int) -> Reader:
    """PaddleOCR's own pipeline, its defaults but for the models, which are those of the others."""
    from paddleocr import PaddleOCR

    from extractor.ocr import paddle, rapid

    detection, recognition = (
        paddle.made_folder(name) for name in (rapid.DETECTION, rapid.RECOGNITION)
    )
    ocr: Any = PaddleOCR(
        text_detection_model_name=paddle.model_name(detection),
        text_detection_model_dir=str(detection),
        text_recognition_model_name=paddle.model_name(recognition),
        text_recognition_model_dir=str(recognition),
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        engine="onnxruntime",
        engine_config={"intra_op_num_threads": threads},
    )
    return lambda image: [text for page in ocr.predict(image) for text in page["rec_texts"]]


def readers(threads: int) -> dict[str, Reader]:
    """All that is compared, by name; loading is not timed."""
    return {
        BASELINE: plain_rapidocr("onnxruntime", threads),
        "rapidocr's own, openvino": plain_rapidocr("openvino", threads),
        "ours, onnxruntime": own(Options(runtime="onnxruntime", threads=threads)),
        "ours, openvino": own(Options(runtime="openvino", threads=threads)),
        "ours, paddleocr": own(Options(engine="paddleocr", threads=threads)),
        "paddleocr's own, onnxruntime": plain_paddleocr(threads),
    }


def measure(
    pages: Sequence[tuple[str, Image]], compared: dict[str, Reader], rounds: int
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Seconds of every reading of a page, in the same order for each; and characters read.

    A first round that is not counted lets the runtimes prepare the shapes of all pages.
    """
    seconds: dict[str, list[float]] = {name: [] for name in compared}
    characters = dict.fromkeys(compared, 0)
    for turn in range(rounds + 1):
        for _, image in pages:
            for name, read in compared.items():
                start = time.perf_counter()
                texts = read(image)
                if turn:
                    seconds[name].append(time.perf_counter() - start)
                else:
                    characters[name] += sum(len(text) for text in texts)
    return seconds, characters


def main() -> None:
    """Prints one row an engine: median seconds a page, ratio to the baseline, characters read."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", type=Path, default=FIXTURES)
    arguments.add_argument("--pages", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--threads", type=int, default=0)
    chosen = arguments.parse_args()
    logging.disable(logging.ERROR)
    pages = list(scanned_pages(chosen.folder, chosen.pages))
    if not pages:
        raise SystemExit(f"{chosen.folder} has no PDF with scanned pages")
    seconds, characters = measure(pages, readers(chosen.threads), chosen.rounds)
    print(f"{len(pages)} pages at {DPI} dpi, {chosen.rounds} rounds after a warm-up")
    print(f"{'engine':32} {'s/page':>7} {'ratio':>6} {'characters':>11}")
    for name, times in seconds.items():
        paired = zip(times, seconds[BASELINE], strict=True)
        ratio = statistics.median(mine / base for mine, base in paired)
        median = statistics.median(times)
        print(f"{name:32} {median:7.2f} {ratio:6.2f} {characters[name]:11}")


if __name__ == "__main__":
    main()
