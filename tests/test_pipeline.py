"""Files in, results out: the committed sample reports, bad pages, limits, and no network."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from PIL import Image as Pictures

from extractor import Document, Options, extract
from extractor.errors import (
    EncryptedError,
    EngineError,
    OptionsError,
    TimedOutError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from extractor.pipeline import DOUBTS
from extractor.textlayer import Doubt
from fixtures import bad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.ocr.engine import Image, Quad, Reading

REPORTS = Path(__file__).parent.parent / "fixtures" / "reports"
DIGITAL = sorted(path.name for path in REPORTS.glob("*.digital.pdf"))


class Untouchable:
    """An engine that must not be asked."""

    name = "untouchable"
    models: dict[str, str] = {}  # noqa: RUF012  the protocol asks for a mapping

    def detect(self, image: Image) -> list[Quad]:
        raise AssertionError("the page was given to OCR")

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        raise AssertionError("the page was given to OCR")


class Silent(Untouchable):
    """An engine that finds nothing."""

    def detect(self, image: Image) -> list[Quad]:
        return []

    def recognise(self, crops: Sequence[Image], alphabet: str | None = None) -> list[Reading]:
        from extractor.ocr.engine import Reading

        return [Reading("") for _ in crops]


@pytest.fixture
def no_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    """The OCR engine must not even be loaded."""

    def refuse(options: Options) -> None:
        raise AssertionError("an OCR engine was loaded")

    monkeypatch.setattr("extractor.pipeline.load_engine", refuse)


@pytest.fixture
def silent_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    """OCR is asked, and sees nothing."""
    monkeypatch.setattr("extractor.pipeline.load_engine", lambda options: Silent())


def truth_of(name: str) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((REPORTS / f"{name.split('.')[0]}.truth.json").read_text())
    return truth


def wrong_cells(document: Document, name: str) -> list[tuple[str, str, str | None]]:
    """Cells that differ from the truth: id, printed, read."""
    read = {field.id: field.text for field in document.fields}
    printed: dict[str, str] = truth_of(name)["cells"]
    return [(k, text, read.get(k)) for k, text in printed.items() if read.get(k) != text]


def two_pages(first: bytes, second: bytes) -> bytes:
    """A PDF of these page objects; object 6 is a content stream with text, 7 its font."""
    return bad.build_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
            first,
            second,
            b"null",
            bad.stream(bad.text_page(b"Annual report 2023")),
            bad.HELVETICA,
        ]
    )


PAGE = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R"
    b"/Resources<</Font<</F1 7 0 R>>>>>>"
)
TORN = b"[1 2]"


def written(data: bytes, tmp_path: Path, name: str = "report.pdf") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.usefixtures("no_ocr")
@pytest.mark.parametrize("name", DIGITAL)
def test_born_digital_reports_are_read_without_a_fault(name: str) -> None:
    """Every cell, the template, every page from its text layer, and the JSON comes back."""
    document = extract(REPORTS / name)
    assert wrong_cells(document, name) == []
    assert {page.source for page in document.document.pages} == {"text_layer"}
    assert document.document.engine.ocr is None
    assert document.warnings == ()
    assert Document.from_json(document.to_json()) == document


@pytest.mark.usefixtures("no_ocr")
@pytest.mark.parametrize("name", DIGITAL)
def test_results_are_of_one_piece(name: str) -> None:
    """Fields stand on pages that are there, within them; checks and fields name each other."""
    document = extract(str(REPORTS / name))
    pages = {page.number: page for page in document.document.pages}
    ids = {field.id for field in document.fields}
    assert len(ids) == len(document.fields)
    for field in document.fields:
        assert 0 <= field.confidence <= 1
        if field.bbox is not None and field.page is not None:
            page = pages[field.page]
            assert -1 <= field.bbox.x0 <= field.bbox.x1 <= page.width + 1
            assert -1 <= field.bbox.y0 <= field.bbox.y1 <= page.height + 1
        assert set(field.checks) <= {check.id for check in document.checks}
    for check in document.checks:
        assert set(check.fields) <= ids
    for table in document.tables:
        covered = sum(cell.row_span * cell.column_span for cell in table.cells)
        assert covered == table.rows * table.columns


@pytest.mark.slow
@pytest.mark.parametrize("name", ["amber-2021.office200.pdf", "inlet-enforcement.office200.png"])
def test_clean_scans_are_read_without_a_fault(name: str) -> None:
    """By the engine that users have, from a PDF and from a picture."""
    document = extract(REPORTS / name)
    assert wrong_cells(document, name) == []
    assert {page.source for page in document.document.pages} == {"ocr"}
    assert document.document.engine.ocr == Options().engine
    assert document.document.engine.models
    assert {field.source for field in document.fields if field.page} == {"ocr"}


@pytest.mark.slow
def test_a_mixed_pdf_tells_each_page_s_source() -> None:
    """The text layer where there is one, OCR for the pictures between."""
    name = "kelp-2021.mixed.pdf"
    document = extract(REPORTS / name)
    sources = [page.source for page in document.document.pages]
    assert sources == [("text_layer", "ocr")[i % 2] for i in range(len(sources))]
    assert wrong_cells(document, name) == []
    source_of = dict(enumerate(sources, start=1))
    assert all(f.source == source_of[f.page] for f in document.fields if f.page is not None)


@pytest.mark.usefixtures("silent_ocr")
@pytest.mark.parametrize(("pages", "torn"), [((TORN, PAGE), 1), ((PAGE, TORN), 2)])
def test_a_broken_page_is_a_warning(pages: tuple[bytes, bytes], torn: int, tmp_path: Path) -> None:
    """The rest is returned, and progress counts every page."""
    seen: list[tuple[int, int]] = []
    path = written(two_pages(*pages), tmp_path)
    document = extract(path, progress=lambda *counts: seen.append(counts))
    assert [(w.code, w.page) for w in document.warnings] == [("page_unreadable", torn)]
    assert document.document.page_count == 2
    assert [page.number for page in document.document.pages] == [3 - torn]
    assert seen == [(1, 2), (2, 2)]


def test_a_file_of_broken_pages_is_unreadable(tmp_path: Path) -> None:
    """Nothing is returned where nothing was read."""
    path = written(two_pages(TORN, TORN), tmp_path)
    with pytest.raises(UnreadableError, match="can be read") as caught:
        extract(path)
    assert caught.value.path == path


@pytest.mark.usefixtures("no_ocr")
def test_a_page_over_the_pixel_limit_is_a_warning(tmp_path: Path) -> None:
    """One fold-out plan does not lose the report."""
    plan = PAGE.replace(b"595 842", b"14400 14400")
    document = extract(written(two_pages(PAGE, plan), tmp_path), Options(max_pixels=10_000_000))
    assert [(w.code, w.page) for w in document.warnings] == [("page_unreadable", 2)]


def test_reading_takes_no_longer_than_allowed(tmp_path: Path) -> None:
    """The error names the page that was not begun."""
    path = written(bad.good_pdf(), tmp_path)
    with pytest.raises(TimedOutError, match="raise --timeout") as caught:
        extract(path, Options(timeout_s=1e-9))
    assert (caught.value.path, caught.value.page) == (path, 1)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (bad.empty_file(), UnreadableError),
        (bad.truncated_pdf(), UnreadableError),
        (bad.no_pages_pdf(), UnreadableError),
        (bad.not_a_pdf(), UnsupportedError),
        (bad.encrypted_pdf("sesame"), EncryptedError),
        (bad.bomb_png(), TooLargeError),
    ],
)
def test_a_bad_file_is_an_error_that_names_it(
    data: bytes, error: type[Exception], tmp_path: Path
) -> None:
    """Of its own class."""
    with pytest.raises(error, match=r"report\.pdf"):
        extract(written(data, tmp_path))


def test_a_template_that_is_not_there_is_told_first() -> None:
    """Before a page is read, before the file is opened."""
    with pytest.raises(OptionsError, match="there is no template x"):
        extract("nowhere.pdf", Options(template="x"))


def test_a_missing_model_is_no_fault_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that cannot be loaded ends the run: every page would fail the same way."""

    def fail(options: Options) -> None:
        raise EngineError("the model is not there; install it")

    monkeypatch.setattr("extractor.pipeline.load_engine", fail)
    with pytest.raises(EngineError, match="the model is not there"):
        extract(written(bad.invisible_layer_pdf(), tmp_path))


@pytest.mark.usefixtures("no_ocr")
def test_a_password_is_taken(tmp_path: Path) -> None:
    """The text layer is read as if it were not locked."""
    path = written(bad.encrypted_pdf("sesame"), tmp_path)
    document = extract(path, Options(password="sesame"))
    assert document.document.pages[0].source == "text_layer"


@pytest.mark.usefixtures("silent_ocr")
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bad.mojibake_pdf(), "text is garbled"),
        (bad.unmapped_glyphs_pdf(), "glyphs without Unicode mapping"),
        (bad.invisible_layer_pdf(), "invisible text"),
        (bad.invisible_layer_pdf(strips=4), "invisible text"),
    ],
)
def test_a_text_layer_that_is_not_trusted_is_told(data: bytes, reason: str, tmp_path: Path) -> None:
    """The page goes to OCR, and a warning says why."""
    document = extract(written(data, tmp_path))
    (warning,) = document.warnings
    assert (warning.code, warning.page) == ("text_layer_not_used", 1)
    assert reason in warning.message


def test_every_doubt_has_its_words() -> None:
    """In the table of the notice, and none besides."""
    assert set(DOUBTS) == set(get_args(Doubt))


def colored(gray: bytes, text: bytes = b"Annual report 2023", size: int = 14) -> bytes:
    """A page that shows `text` in a grey from 0 to 1."""
    lines = bad.text_page(text).replace(b" 14 Tf", b" %d Tf" % size)
    return bad.one_page(gray + b" g " + lines)


@pytest.mark.usefixtures("silent_ocr")
@pytest.mark.parametrize(
    ("data", "source", "codes"),
    [
        (colored(b"0"), "text_layer", []),
        (colored(b".85", size=24), "text_layer", []),
        (colored(b".85", size=6), "blank", ["text_layer_not_used"]),
        (colored(b"1"), "blank", ["text_layer_not_used"]),
        (colored(b".85", text=b"  "), "blank", []),
    ],
)
def test_pale_text_is_kept_or_told(
    data: bytes, source: str, codes: list[str], tmp_path: Path
) -> None:
    """A page is blank without a word only where neither pixels nor text layer show anything."""
    document = extract(written(data, tmp_path))
    assert document.document.pages[0].source == source
    assert [w.code for w in document.warnings] == codes


@pytest.mark.usefixtures("silent_ocr")
def test_the_text_layer_can_be_left_alone(tmp_path: Path) -> None:
    """On request every page is read from its pixels."""
    document = extract(written(bad.good_pdf(), tmp_path), Options(text_layer="never"))
    assert document.document.pages[0].source != "text_layer"


@pytest.mark.usefixtures("no_ocr")
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (60, 80), (1240, 1754), (3000, 40)])
@pytest.mark.parametrize("shade", [0, 255])
def test_a_blank_picture_is_a_blank_page(size: tuple[int, int], shade: int, tmp_path: Path) -> None:
    """White or black, of any size: nothing is read and nothing fails."""
    packed = io.BytesIO()
    Pictures.new("L", size, shade).save(packed, "PNG")
    document = extract(written(packed.getvalue(), tmp_path, "page.png"))
    assert [page.source for page in document.document.pages] == ["blank"]
    assert (document.fields, document.tables, document.entities) == ((), (), ())
    assert document.document.template is None


OFFLINE = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("the network was asked for")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = refuse
from extractor import extract
document = extract(sys.argv[1])
print(document.document.pages[0].source, len(document.fields))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "source"),
    [("tide-enforcement.digital.pdf", "text_layer"), ("inlet-enforcement.office200.png", "ocr")],
)
def test_nothing_is_asked_of_the_network(name: str, source: str) -> None:
    """A fresh process in which every connection fails reads a document, models and all."""
    command = [sys.executable, "-c", OFFLINE, str(REPORTS / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[0] == source
    assert int(done.stdout.split()[1]) > 40


def test_a_second_report_in_the_file_is_told_and_left_out(tmp_path: Path) -> None:
    """Two reports in one PDF give the first, with a warning at the page where the other begins."""
    import pypdfium2

    both = pypdfium2.PdfDocument.new()
    for name in ("heron-2021.digital.pdf", "reed-2019.digital.pdf"):
        both.import_pages(pypdfium2.PdfDocument(REPORTS / name))
    both.save(tmp_path / "both.pdf")
    document = extract(tmp_path / "both.pdf")
    (notice,) = document.warnings
    assert (notice.code, notice.page) == ("several_reports", 4)
    assert document.document.template == "gov-disclosure-annual/2021"
    assert {page for table in document.tables for page in table.pages} == {1, 2, 3}
