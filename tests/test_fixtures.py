"""The sample reports: truth adds up, files are the committed ones, seeds decide everything."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fixtures import bad, files, scan
from fixtures.committed import MANIFEST, RECIPES, Recipe, sha256
from fixtures.generate import Job, main, write_report
from fixtures.grids import Grid
from fixtures.look import Look, check_look
from fixtures.make import make_report
from fixtures.relations import broken_relations, number
from fixtures.reports import FORMS, Form, Report, truth_json

REPORTS = Path(__file__).parent.parent / "fixtures" / "reports"


def needs(program: str) -> pytest.MarkDecorator:
    """Skips where a renderer is not installed."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@pytest.mark.parametrize("form", FORMS)
@given(seed=st.integers(0, 10**6), brief=st.booleans())
def test_numbers_satisfy_every_relation(form: Form, seed: int, brief: bool) -> None:
    """Whatever the seed, the printed cells add up."""
    assert make_report(seed, form, brief=brief).truth()["broken"] == []


@pytest.mark.parametrize("form", ["2021", "2021-one-row", "2019"])
def test_a_broken_report_names_what_is_broken(form: Form) -> None:
    """A sum spoiled on purpose shows in the truth."""
    assert all(make_report(seed, form, broken=True).truth()["broken"] for seed in range(20))


@pytest.mark.parametrize("form", FORMS)
def test_the_seed_decides_the_truth(form: Form) -> None:
    """Same seed, same words and numbers; another seed, others."""
    first, again, other = (truth_json(make_report(s, form).truth()) for s in (3, 3, 4))
    assert first == again != other


@pytest.mark.parametrize(("form", "count"), [("2021", 200), ("2021-one-row", 186), ("2019", 198)])
def test_every_cell_of_the_form_is_there(form: Form, count: int) -> None:
    """As many cells as the official form prints."""
    assert len(make_report(1, form).cells) == count


@pytest.mark.parametrize("form", FORMS)
@given(seed=st.integers(0, 500))
def test_spans_tile_every_grid(form: Form, seed: int) -> None:
    """Each place of a grid is covered exactly once."""
    for grid in make_report(seed, form).blocks:
        if isinstance(grid, Grid):
            covered = [
                (slot.row + i, slot.column + j)
                for slot in grid.slots
                for i in range(slot.row_span)
                for j in range(slot.column_span)
            ]
            whole = [(i, j) for i in range(grid.rows) for j in range(len(grid.widths))]
            assert sorted(covered) == whole
            assert sum(grid.widths) == pytest.approx(1)


@pytest.mark.parametrize("form", FORMS)
def test_grids_print_the_truth(form: Form) -> None:
    """Every cell of the truth is printed in some grid, as often as it is in the truth."""
    report = make_report(8, form)
    grids = [block for block in report.blocks if isinstance(block, Grid)]
    values = [slot.text for grid in grids for slot in grid.slots if slot.kind == "value"]
    remarks = 5 if form == "enforcement" else 0  # 备注 is never filled and no field
    assert sorted(values) == sorted([text for _, text in report.cells] + [""] * remarks)


def test_printed_numbers_are_read_back() -> None:
    """Blanks and dashes count as nothing, separators and units are dropped."""
    assert [int(number(t)) for t in ("", "/", "—", "0", "1,204", "35万元")] == [
        0,
        0,
        0,
        0,
        1204,
        35,
    ]


def test_relations_name_the_place() -> None:
    """One cell changed breaks the three relations it takes part in."""
    cells = dict(make_report(2, "2021", brief=True).cells)
    cells["applications.granted.natural_person"] = "99999"
    assert broken_relations(cells) == ("results:natural_person", "total:applications.granted")


def committed_files() -> list[str]:
    """Names in the manifest."""
    return sorted(json.loads((REPORTS / MANIFEST).read_text()))


def test_the_manifest_lists_every_committed_file() -> None:
    """Nothing extra, nothing missing, less than five megabytes."""
    there = {path.name for path in REPORTS.iterdir()} - {MANIFEST}
    assert there == set(committed_files())
    assert sum(path.stat().st_size for path in REPORTS.iterdir()) < 5_000_000


@pytest.mark.parametrize("name", committed_files())
def test_committed_files_are_unchanged(name: str) -> None:
    """The sha256 of each file is the manifest's."""
    assert sha256(REPORTS / name) == json.loads((REPORTS / MANIFEST).read_text())[name]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_committed_truth_is_what_the_recipe_gives(recipe: Recipe) -> None:
    """The truth beside a file is its recipe's and adds up unless it is marked broken."""
    truth = json.loads((REPORTS / f"{recipe.name}.truth.json").read_text(encoding="utf-8"))
    assert truth == json.loads(truth_json(recipe.report().truth()))
    assert bool(truth["broken"]) == recipe.broken
    assert list(broken_relations(truth["cells"])) == truth["broken"]
    assert (REPORTS / f"{recipe.name}.{recipe.level}.{recipe.suffix}").exists()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_recipes_say_what_was_rendered(recipe: Recipe) -> None:
    """A look that its renderer leaves out would be told and not be there."""
    check_look(recipe.look, recipe.renderer)


@pytest.mark.parametrize(
    ("look", "renderer"),
    [(Look(split="merged"), "docx"), (Look(split="row", landscape=True), "html")],
)
def test_a_look_that_cannot_be_printed_is_refused(
    look: Look, renderer: str, tmp_path: Path
) -> None:
    """Before anything is written."""
    job = Job(out=tmp_path, seed=1, levels=("digital",), renderer=renderer)
    with pytest.raises(ValueError, match="split"):
        write_report(make_report(1, "2021", look=look), job)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Look, str]]:
    """Looks and renderers of what is rendered, with a page of its own in place of the report."""
    looks: list[tuple[Look, str]] = []

    def render(report: Report, path: Path, renderer: str) -> None:
        looks.append((report.look, renderer))
        path.write_bytes(bad.good_pdf())

    monkeypatch.setattr("fixtures.generate.render", render)
    return looks


def test_random_looks_can_be_printed_in_word(
    tmp_path: Path, printed: list[tuple[Look, str]]
) -> None:
    """Whatever the seed draws."""
    assert main(["--out", str(tmp_path), "--count", "20", "--renderer", "docx"]) == 0
    assert len(printed) == 60
    assert {(look.split, renderer) for look, renderer in printed} == {("none", "docx")}


def test_scans_leave_the_digital_pdf_alone(tmp_path: Path, printed: list[tuple[Look, str]]) -> None:
    """One that an earlier command wrote stays; with the level digital it is written again."""
    report = make_report(1, "enforcement")
    digital = tmp_path / f"{report.id}.digital.pdf"
    digital.write_bytes(b"earlier")
    truth, scan = write_report(report, Job(out=tmp_path, seed=1, levels=("low120",)))
    assert digital.read_bytes() == b"earlier"
    assert scan.name == f"{report.id}.low120.pdf"
    assert sorted(tmp_path.iterdir()) == sorted([truth, scan, digital])
    _, again = write_report(report, Job(out=tmp_path, seed=1, levels=("digital",)))
    assert again == digital
    assert digital.read_bytes() == bad.good_pdf()


def test_committed_documents_open() -> None:
    """Every PDF has pages, every picture is one."""
    import pypdfium2

    for path in REPORTS.iterdir():
        if path.suffix == ".pdf":
            with pypdfium2.PdfDocument(path) as document:
                assert 1 <= len(document) <= 6
        elif path.suffix in (".png", ".tif"):
            with Image.open(path) as picture:
                assert picture.size[0] > 1000


def page(height: int = 330, width: int = 240) -> scan.Image:
    """A small page with a ruled box and strokes like text."""
    paper = np.full((height, width, 3), 255, np.uint8)
    paper[40:300:20, 30:210] = 0
    paper[40:300, 30:210:60] = 0
    paper[48:52, 40:70] = 0
    return paper


@pytest.mark.parametrize("level", scan.LEVELS)
@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0, 2.0])
def test_scans_keep_their_size_and_repeat(level: str, severity: float) -> None:
    """Same seed, same pixels; the size stays, sides may swap where the page is turned."""
    clean = page()
    once, twice = (scan.degrade(clean, level, severity, seed=5) for _ in range(2))
    assert once.dtype == np.uint8
    assert sorted(once.shape) == sorted(clean.shape)
    assert level == "sideways200" or once.shape == clean.shape
    assert np.array_equal(once, twice)
    assert np.array_equal(clean, page())


@pytest.mark.parametrize("level", [name for name in scan.LEVELS if name != "sideways200"])
def test_severity_is_graded(level: str) -> None:
    """More severe is further from the clean page."""
    clean = page().astype(int)
    mild, bad_scan = (
        np.mean([np.abs(scan.degrade(page(), level, s, seed) - clean).mean() for seed in range(3)])
        for s in (0.2, 1.5)
    )
    assert mild < bad_scan


def test_a_negative_severity_is_refused() -> None:
    """Below 0 has no meaning."""
    with pytest.raises(ValueError, match="severity is -1"):
        scan.degrade(page(), "office200", -1, seed=0)


@pytest.mark.parametrize("suffix", ["pdf", "tif", "png", "jpg", "webp", "bmp"])
@pytest.mark.parametrize("level", ["office200", "copy200", "stamp200"])
def test_scans_are_written_in_every_format(tmp_path: Path, level: str, suffix: str) -> None:
    """Grey, one-bit and colour pages become files that open again, the same bytes each time."""
    pages = [files.as_picture(scan.degrade(page(), level, 1, seed), level) for seed in (1, 2)]
    path = tmp_path / f"report.{suffix}"
    files.write_scan(pages, path, dpi=200)
    once = path.read_bytes()
    files.write_scan(pages, path, dpi=200)
    assert path.read_bytes() == once
    if suffix == "pdf":
        assert len(files.render_pages(path, 72)) == 2
    else:
        with Image.open(path) as picture:
            assert picture.size == (240, 330)
            assert getattr(picture, "n_frames", 1) == (2 if suffix == "tif" else 1)


def test_mixed_pdfs_take_pages_in_turn(tmp_path: Path) -> None:
    """Page 1 keeps its text, page 2 is a picture."""
    import pypdfium2

    digital, pictures, mixed = (tmp_path / f"{name}.pdf" for name in ("digital", "scan", "mixed"))
    with pypdfium2.PdfDocument(bad.good_pdf()) as good, pypdfium2.PdfDocument.new() as twice:
        twice.import_pages(good, [0])
        twice.import_pages(good, [0])
        twice.save(str(digital))
    shots = [Image.fromarray(shot) for shot in files.render_pages(digital, 72)]
    files.write_scan(shots, pictures, dpi=72)
    files.mix_pdfs(digital, pictures, mixed)
    with pypdfium2.PdfDocument(mixed) as document:
        assert [bool(p.get_textpage().get_text_range()) for p in document] == [True, False]


def test_bad_inputs_are_bad_in_their_own_way() -> None:
    """Those that do not open do not, those that do show what they are for."""
    import pypdfium2

    for data in (
        bad.truncated_pdf(),
        bad.not_a_pdf(),
        bad.no_pages_pdf(),
        bad.encrypted_pdf("key"),
    ):
        with pytest.raises(pypdfium2.PdfiumError):
            pypdfium2.PdfDocument(data)
    with pypdfium2.PdfDocument(bad.encrypted_pdf("key"), password="key") as document:
        assert "Annual report" in document[0].get_textpage().get_text_range()
    with pypdfium2.PdfDocument(bad.huge_page_pdf()) as document:
        assert document[0].get_size() == (14400, 14400)
    with pypdfium2.PdfDocument(bad.mojibake_pdf()) as document:
        assert "Õþ¸®" in document[0].get_textpage().get_text_range()
    with pypdfium2.PdfDocument(bad.invisible_layer_pdf()) as document:
        assert "Draft" in document[0].get_textpage().get_text_range()
    with pypdfium2.PdfDocument(bad.unmapped_glyphs_pdf()) as document:
        assert not document[0].get_textpage().get_text_range().strip().isprintable()
    assert bad.empty_file() == b""


def test_the_bomb_is_small_and_claims_to_be_huge() -> None:
    """A header of 1.6 gigapixels in well under a megabyte."""
    data = bad.bomb_png(side=4000)
    assert len(data) < 20_000
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (4000, 4000)


@pytest.mark.parametrize(
    "arguments", [["--forms", "2018"], ["--levels", "x"], ["--severity", "-1"]]
)
def test_wrong_commands_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 with a sentence that says what to choose."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "choose" in (said := capsys.readouterr().err) or "must be" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    "renderer",
    [pytest.param("html", marks=needs("chromium")), pytest.param("docx", marks=needs("soffice"))],
)
def test_a_report_is_rendered_and_scanned(tmp_path: Path, renderer: str) -> None:
    """The digital PDF carries the printed title; the scan has as many pages and no text."""
    pypdfium2 = pytest.importorskip("pypdfium2")
    if renderer == "docx":
        pytest.importorskip("docx", reason="the dependency group fixtures is not installed")
    report = make_report(1, "enforcement")
    job = Job(out=tmp_path, seed=1, levels=("digital", "low120"), renderer=renderer)
    _, digital, scanned = write_report(report, job)
    with pypdfium2.PdfDocument(digital) as text, pypdfium2.PdfDocument(scanned) as pictures:
        said = "".join(text[0].get_textpage().get_text_range().split())
        assert "年度行政执法统计年报" in said
        assert len(text) == len(pictures)
        assert pictures[0].get_textpage().get_text_range() == ""
