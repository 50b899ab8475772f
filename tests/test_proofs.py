"""Proofs: pictures that fit the boxes of results, words, and their way back to the file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pictures

from extractor import Options, extract
from extractor.document import Page, Quality, Word
from extractor.geometry import Box
from extractor.image import Warp
from extractor.options import MIB
from extractor.pdf import open_file
from extractor.proofs import LEVEL, MOST_PX, Origin, PageProof, encoded, proof_dpi, words_of
from fixtures import bad
from tests.drawn_pages import report
from tests.test_pipeline import Silent
from tests.typeset import word

if TYPE_CHECKING:
    from extractor.geometry import Box as Place
    from extractor.proofs import Image, PlacedWord

REPORTS = Path(__file__).parent.parent / "fixtures" / "reports"
QUALITY = Quality(20.0, 0.9, 0.4, 0.01, 0.0, 0.0)
SCANS = ("cedar-2021.photo200.pdf", "fjord-2021.sideways200.pdf", "joss-2021.copy200.tif")


def proofs_of(path: Path, options: Options | None = None) -> list[PageProof]:
    found: list[PageProof] = []
    extract(path, options, on_page=found.append)
    return found


def ink_offset(gray: Image, box: Place, scale: float) -> tuple[float, float]:
    """How far the middle of the ink in a box is from the middle of the box, in points."""
    x0, y0, x1, y1 = (round(v * scale) for v in box)
    patch = gray[y0:y1, x0:x1]
    ys, xs = np.nonzero(patch < 0.6 * np.percentile(patch, 90))
    middle = (xs.min() + xs.max() + 1) / 2 + x0, (ys.min() + ys.max() + 1) / 2 + y0
    return middle[0] / scale - box.center[0], middle[1] / scale - box.center[1]


def grey(picture: Image) -> Image:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


@pytest.fixture(scope="module")
def read(request: pytest.FixtureRequest) -> tuple[Path, list[PageProof]]:
    path = REPORTS / str(request.param)
    return path, proofs_of(path)


@pytest.mark.slow
@pytest.mark.parametrize("read", SCANS, indirect=True, ids=SCANS)
def test_boxes_lie_on_the_print(read: tuple[Path, list[PageProof]]) -> None:
    """Numbers stand in the middle of their boxes: on the proof, and on the page of the file."""
    path, proofs = read
    with open_file(path, Options()) as opened:
        for proof in proofs:
            picture = grey(proof.picture)
            numbers = [w.bbox.grown(1.0) for w in proof.words if w.text.isdigit()]
            offsets = [ink_offset(picture, box, proof.dpi / 72) for box in numbers]
            if not offsets:
                continue
            assert np.percentile(np.abs(offsets), 90) < 0.6
            page = grey(opened.pages[proof.number - 1].raster(200.0))
            placed = [around(w).grown(1.0) for w in words_of(proof).words or () if w[0].isdigit()]
            offsets = [ink_offset(page, box, 200.0 / 72) for box in placed]
            assert np.percentile(np.abs(offsets), 90) < 0.9


def around(item: PlacedWord) -> Box:
    """The upright rectangle around a word that lies along a side of its page."""
    x, y = item.x1 - item.x0, item.y1 - item.y0
    length = float(np.hypot(x, y))
    up = y / length * item.height, -x / length * item.height
    xs = [item.x0, item.x1, item.x0 + up[0], item.x1 + up[0]]
    ys = [item.y0, item.y1, item.y0 + up[1], item.y1 + up[1]]
    return Box(min(xs), min(ys), max(xs), max(ys))


@pytest.mark.slow
@pytest.mark.parametrize("read", ["kelp-2021.mixed.pdf"], indirect=True)
def test_a_proof_has_all_that_was_read(read: tuple[Path, list[PageProof]]) -> None:
    """Each page in its order, its cells' texts among the words, whatever it was read from."""
    path, proofs = read
    document = extract(path)
    assert [proof.page for proof in proofs] == list(document.document.pages)
    for proof in proofs:
        height, width = proof.picture.shape[:2]
        assert abs(width - proof.page.width * proof.dpi / 72) < 1.1
        assert abs(height - proof.page.height * proof.dpi / 72) < 1.1
        printed = "".join(w.text for w in proof.words)
        fields = [f for f in document.fields if f.page == proof.number and f.state == "printed"]
        assert all(f.text in printed for f in fields if f.text.isdigit())
    assert {proof.page.source for proof in proofs} == {"text_layer", "ocr"}
    assert all((words_of(p).words is None) == (p.page.source == "text_layer") for p in proofs)


def test_numbers_of_a_text_layer_lie_in_their_boxes() -> None:
    """A page that is drawn needs no OCR to be proved."""
    for proof in proofs_of(REPORTS / "tide-enforcement.digital.pdf"):
        numbers = [w.bbox.grown(1.0) for w in proof.words if w.text.isdigit()]
        offsets = [ink_offset(grey(proof.picture), box, proof.dpi / 72) for box in numbers]
        across, down = np.abs(offsets).max(axis=0)
        assert across < 0.6
        assert down < 2.0  # boxes of a text layer are as high as the font, not as the ink


@pytest.mark.parametrize(
    "name", ["tide-enforcement.digital.pdf", "inlet-enforcement.office200.png"]
)
def test_proofs_change_nothing_of_the_result(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte, from the text layer as from pixels."""
    monkeypatch.setattr("extractor.pipeline.load_engine", lambda options: Silent())
    plain = extract(REPORTS / name)
    assert extract(REPORTS / name, on_page=lambda proof: None).to_json() == plain.to_json()


def test_a_page_that_cannot_be_read_has_no_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others have theirs, before progress is told."""
    monkeypatch.setattr("extractor.pipeline.load_engine", lambda options: Silent())
    told: list[object] = []
    sheets = [Pictures.fromarray(report(100).gray), Pictures.new("L", (3000, 3000), 255)]
    path = tmp_path / "two.tif"
    sheets[0].save(path, save_all=True, append_images=sheets[1:])
    document = extract(
        path,
        Options(max_pixels=2_000_000),
        progress=lambda done, total: told.append((done, total)),
        on_page=lambda proof: told.append(proof.number),
    )
    assert [w.page for w in document.warnings if w.code == "page_unreadable"] == [2]
    assert told == [1, (1, 2), (2, 2)]


def test_a_page_that_cannot_be_drawn_again_is_read_without_a_proof(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is wrong with a picture for people is no fault of the result."""
    from extractor.errors import UnreadableError

    def refuse(*_: object) -> PageProof:
        raise UnreadableError("there is no room for its picture", page=1)

    monkeypatch.setattr("extractor.pages.drawn_proof", refuse)
    path = tmp_path / "good.pdf"
    path.write_bytes(bad.good_pdf())
    found: list[PageProof] = []
    document = extract(path, on_page=found.append)
    assert found == []
    assert document.warnings == ()
    assert document.document.pages[0].source == "text_layer"


@given(st.floats(1, 14400), st.floats(1, 14400), st.integers(1000, 64 * MIB))
@settings(deadline=None)
def test_pictures_are_never_too_large(width: float, height: float, max_pixels: int) -> None:
    """A4 at 150 dpi; large sheets coarser, as files for browsers and limits want it."""
    dpi = proof_dpi(width, height, max_pixels)
    across, down = width * dpi / 72, height * dpi / 72
    assert dpi <= 150
    assert across * down <= min(MOST_PX, max_pixels) * 1.001
    assert max(across, down) <= 16_000 * 1.001
    assert proof_dpi(595, 842) == 150


def test_pictures_become_files() -> None:
    """Small ones that look the same: WebP, and JPEG for who has to have it."""
    picture = np.asarray(cv2.cvtColor(report(150).gray, cv2.COLOR_GRAY2BGR), np.uint8)
    picture[:40, :40] = (10, 20, 220)  # a red seal, in BGR
    webp, jpeg = encoded(picture), encoded(picture, "jpeg")
    assert (webp[8:12], jpeg[:3]) == (b"WEBP", b"\xff\xd8\xff")
    assert len(webp) < len(jpeg) < picture.size / 20
    for data in (webp, jpeg):
        shown = np.asarray(Pictures.open(io.BytesIO(data)).convert("RGB"))
        assert shown[20, 20, 0] > 200 > 60 > shown[20, 20, 2]
        assert np.abs(shown[:, :, ::-1].astype(int) - picture).mean() < 3


def proved(words: tuple[Word, ...], warp: Warp, quality: Quality | None = QUALITY) -> PageProof:
    """The proof of a page that was read at 144 dpi from the picture that `warp` tells of."""
    width, height = (v / 2 for v in warp.size)
    page = Page(1, width, height, warp.rotation, warp.skew, "ocr", quality)
    origin = Origin(warp.width / 2, warp.height / 2, warp, 144.0)
    return PageProof(page, np.zeros((2, 2, 3), np.uint8), 144.0, words, origin)


@pytest.mark.parametrize(
    ("rotation", "place"),
    [
        (0, (72, 112, 120, 112)), (90, (112, 528, 112, 480)),
        (180, (528, 728, 480, 728)), (270, (728, 72, 728, 120)),
    ],
)  # fmt: skip
def test_words_go_back_to_the_page_of_the_file(
    rotation: int, place: tuple[float, float, float, float]
) -> None:
    """Their lower edge from left to right, whichever way the page lies."""
    lies = Warp(1680, 1200, rotation) if rotation in (90, 270) else Warp(1200, 1680, rotation)
    found = words_of(proved((word("政府信息", 72, 100),), lies))
    assert found.words is not None
    assert found.words == (("政府信息", *place, 12.0),)
    assert (found.width, found.height) == (lies.width / 2, lies.height / 2)


def test_words_of_a_skewed_page_are_parted_until_they_lie_level() -> None:
    """Nothing is lost, and none rises by more than half of its height."""
    text = "本机关严格按照政府信息公开条例的要求做好主动公开和依申请公开工作"
    found = words_of(proved((word(text, 72, 100),), Warp(1200, 1680, 0, 4.0)))
    assert found.words is not None
    assert "".join(item.text for item in found.words) == text
    assert len(found.words) > 4
    assert all(abs(item.y1 - item.y0) <= LEVEL * item.height for item in found.words)
    ends = zip(found.words, found.words[1:], strict=False)
    assert all((a.x1, a.y1) == (b.x0, b.y0) for a, b in ends)


def test_words_come_in_reading_order() -> None:
    """Line by line, from the left, as they are copied."""
    words = (word("第三", 72, 130), word("第二", 300, 101), word("第一", 72, 100))
    found = words_of(proved(words, Warp(1200, 1680)))
    assert [item.text for item in found.words or ()] == ["第一", "第二", "第三"]


def test_numbers_that_stand_uneven_are_placed_by_themselves() -> None:
    """The others would be stretched over them."""
    even, uneven = word("共2451条", 72, 100), word("共 2451 条", 72, 130)
    found = words_of(proved((even, uneven), Warp(1200, 1680)))
    assert [item.text for item in found.words or ()] == ["共2451条", "共", "2451", "条"]
    assert found.words is not None
    assert (found.words[2].x0, found.words[2].x1) == (90.0, 114.0)


def test_a_dash_is_as_high_as_half_an_em() -> None:
    """Its ink alone could not be marked."""
    dash = Word("—", Box(100, 100, 112, 101), 0.9)
    (found,) = words_of(proved((dash,), Warp(1200, 1680))).words or ()
    assert (found.y0, found.height) == (103.5, 6.0)


def test_a_page_that_keeps_its_text_has_no_words_of_ours() -> None:
    """Blank, or its text layer was trusted."""
    found = words_of(proved((word("政府", 72, 100),), Warp(1200, 1680), None))
    assert found.words is None
