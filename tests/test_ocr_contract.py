"""What every OCR engine must do, by the protocol in extractor/ocr/engine.py."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
import pytest

from extractor.errors import EngineError
from extractor.ocr import ENGINES, load_engine
from extractor.ocr.replay import RecordingEngine, ReplayEngine
from extractor.options import Options
from tests import ocr_images

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from extractor.ocr.engine import Engine, Image, Quad, Reading

pytestmark = pytest.mark.xdist_group("ocr")

CHOICES = {
    "rapidocr-openvino": Options(engine="rapidocr", runtime="openvino"),
    "rapidocr-onnxruntime": Options(engine="rapidocr", runtime="onnxruntime"),
    "paddleocr": Options(engine="paddleocr"),
    "replay": Options(engine="replay", recording=ocr_images.RECORDING),
}


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(params=CHOICES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return load_engine(CHOICES[request.param])


def test_every_engine_is_under_contract() -> None:
    assert {options.engine for options in CHOICES.values()} == set(ENGINES)


def test_blank_page(engine: Engine) -> None:
    """The first case: nothing is found on a blank page, and nothing breaks."""
    page = ocr_images.odd_images()["blank"]
    assert engine.detect(page) == []
    (reading,) = engine.recognise([page])
    assert reading.text == ""
    assert reading.probabilities == reading.positions == ()
    assert reading.confidence == 0


@pytest.mark.parametrize("kind", ocr_images.odd_images())
def test_odd_image(engine: Engine, kind: str) -> None:
    image = ocr_images.odd_images()[kind]
    assert isinstance(engine.detect(image), list)
    for alphabet in (None, "0123456789"):
        (reading,) = engine.recognise([image], alphabet)
        assert len(reading.probabilities) == len(reading.positions) == len(reading.text)


def test_no_crops(engine: Engine) -> None:
    assert engine.recognise([]) == []
    assert engine.recognise([], "0123456789") == []


def test_lines_are_read_in_order(engine: Engine) -> None:
    texts = [*ocr_images.NUMBERS, ocr_images.LATIN]
    readings = engine.recognise([ocr_images.line(text) for text in texts])
    assert [reading.text.replace(" ", "") for reading in readings] == [
        text.replace(" ", "") for text in texts
    ]


def test_characters_have_probability_and_place(engine: Engine) -> None:
    for reading in engine.recognise([ocr_images.line(text) for text in ocr_images.NUMBERS]):
        assert len(reading.probabilities) == len(reading.positions) == len(reading.text)
        assert all(0 <= p <= 1 for p in (*reading.probabilities, *reading.positions))
        assert list(reading.positions) == sorted(reading.positions)
        assert reading.text not in [text for text, _ in reading.runners_up]
        others = [p for _, p in reading.runners_up]
        assert others == sorted(others, reverse=True)


def test_alphabet_restricts_and_keeps_doubt(engine: Engine) -> None:
    """Letters forced into digits are digits that nobody should believe."""
    texts = (*ocr_images.NUMBERS, ocr_images.LATIN)
    *numbers, letters = engine.recognise([ocr_images.line(text) for text in texts], "0123456789.")
    assert [reading.text for reading in numbers] == list(ocr_images.NUMBERS)
    assert re.fullmatch(r"[\d.]*", letters.text)
    assert letters.confidence < 0.1


def test_lines_of_a_page_are_found(engine: Engine) -> None:
    quads = engine.detect(ocr_images.page())
    assert len(quads) == 2
    upper, lower = sorted(quads, key=lambda quad: float(quad[:, 1].min()))
    for quad in quads:
        assert quad.shape == (4, 2)
        assert quad.dtype == np.float32
        (x0, y0), (x1, y1) = quad[0], quad[2]
        assert x0 < x1
        assert y0 < y1
    assert upper[:, 0].min() > 200
    assert lower[:, 0].max() < 200


def test_models_are_named_by_their_hash(engine: Engine) -> None:
    assert engine.models
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in engine.models.values())


def test_engine_is_loaded_once() -> None:
    first = load_engine(CHOICES["replay"])
    again = Options(engine="replay", recording=ocr_images.RECORDING, review_below=0.5)
    assert load_engine(again) is first


class Counting:
    """An engine that notes how many threads it was loaded by and were ever inside."""

    name = "counting"
    models: ClassVar[dict[str, str]] = {}
    loaded = most = inside = 0

    def __init__(self, options: Options) -> None:
        time.sleep(0.05)
        Counting.loaded += 1

    def detect(self, image: Image) -> list[Quad]:
        Counting.inside += 1
        Counting.most = max(Counting.most, Counting.inside)
        time.sleep(0.02)
        Counting.inside -= 1
        return []

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        self.detect(crops[0])
        return []


def test_threads_share_an_engine_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is loaded once, and nobody is inside while another is."""
    monkeypatch.setitem(cast("dict[str, object]", ENGINES), "counting", Counting)
    start = Barrier(2)

    def use(_: int) -> Engine:
        start.wait()
        engine = load_engine(Options(engine="counting"))
        for _ in range(3):
            engine.detect(ocr_images.line("1"))
            engine.recognise([ocr_images.line("1")])
        return engine

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(use, range(2))
    assert first is second
    assert (Counting.loaded, Counting.most) == (1, 1)


QUIET = """
import socket
def refuse(*args, **kwargs):
    raise OSError("an engine wants the network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from extractor.ocr import load_engine
from extractor.options import Options
from tests import ocr_images
engine = load_engine(Options(engine={engine!r}, runtime={runtime!r}))
assert engine.recognise([ocr_images.line("48")])[0].text == "48"
assert len(engine.detect(ocr_images.page())) == 2
"""


@pytest.mark.parametrize("choice", [name for name in CHOICES if name != "replay"])
def test_engine_is_quiet_and_offline(choice: str) -> None:
    """Nothing on stdout or stderr, and no connection, from import to reading."""
    options = CHOICES[choice]
    code = QUIET.format(engine=options.engine, runtime=options.runtime)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_unknown_engine_is_told() -> None:
    with pytest.raises(EngineError, match="no OCR engine tesseract: choose rapidocr"):
        load_engine(Options(engine="tesseract"))


@pytest.mark.parametrize("missing", ["inference.yml", "inference.onnx"])
def test_incomplete_model_folder_is_told(tmp_path: Path, missing: str) -> None:
    for name in {"inference.yml", "inference.onnx"} - {missing}:
        (tmp_path / name).write_text("x")
    with pytest.raises(EngineError, match=f"has no {missing}"):
        load_engine(Options(engine="paddleocr", recognition_model=tmp_path))


def test_broken_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "inference.yml").write_text("Global:\n  model_name: PP-OCRv6_small_det\n")
    (tmp_path / "inference.onnx").write_text("no model")
    with pytest.raises(EngineError, match="cannot load the model in"):
        load_engine(Options(engine="paddleocr", detection_model=tmp_path))


def test_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.ocr.rapid.find_spec", lambda name: None)
    with pytest.raises(EngineError, match="openvino is not installed"):
        load_engine(Options(threads=1))


def test_recording_gives_back_what_it_heard(tmp_path: Path) -> None:
    path = tmp_path / "recording.json"
    source = load_engine(CHOICES["replay"])
    recorder = RecordingEngine(source, path)
    ocr_images.ask_everything(recorder)
    recorder.save()
    replay = ReplayEngine(path)
    crops = [ocr_images.line(text) for text in ocr_images.NUMBERS]
    assert replay.recognise(crops) == source.recognise(crops)
    for found, heard in zip(
        replay.detect(ocr_images.page()), source.detect(ocr_images.page()), strict=True
    ):
        np.testing.assert_array_equal(found, heard)
    with pytest.raises(EngineError, match="no such crop"):
        replay.recognise([ocr_images.line("5")])
    with pytest.raises(EngineError, match="no such crop"):
        replay.recognise(crops, "01")
    with pytest.raises(EngineError, match="no such image"):
        replay.detect(crops[0])


def test_bad_recording_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no such recording"):
        ReplayEngine(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text('{"engine": 1}')
    with pytest.raises(EngineError, match="no OCR recording"):
        ReplayEngine(tmp_path / "bad.json")
    with pytest.raises(EngineError, match="needs a recording"):
        load_engine(Options(engine="replay"))
