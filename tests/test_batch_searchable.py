"""Searchable PDFs of a folder, and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest

from extractor.batch import Batch, Finished, discover, read_batch
from extractor.cli import main
from extractor.document import Document
from extractor.errors import OptionsError
from extractor.options import Options
from fixtures import bad
from tests.proving_reader import READER, TEXT

if TYPE_CHECKING:
    from pathlib import Path


def folder(tmp_path: Path, *names: str) -> Path:
    """A folder of PDFs."""
    place = tmp_path / "in"
    for name in names:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bad.good_pdf())
    return place


def run(place: Path, out: Path) -> list[Finished]:
    batch = Batch(
        discover([place]), Options(), out, ".searchable", reader=READER, workers=1, searchable=True
    )
    return sorted(read_batch(batch), key=lambda finished: finished.index)


def text_of(data: bytes | Path) -> str:
    return str(pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range())


def extract(*arguments: str | Path) -> int:
    return main(["extract", *map(str, arguments), "--quiet"], reader=READER)


def test_each_document_has_its_pdf(tmp_path: Path) -> None:
    """Beside its result; one that cannot be read has none, and no older one either."""
    place, out = folder(tmp_path, "a.pdf", "sub/b.pdf", "bad.pdf"), tmp_path / "out"
    out.mkdir()
    (out / "bad.pdf").write_text("of an earlier state")
    failures = [f.failure.code for f in run(place, out) if f.failure]
    assert failures == ["unreadable"]
    assert sorted(p.name for p in out.rglob("*.pdf")) == ["a.pdf", "b.pdf"]
    assert text_of(out / "sub" / "b.pdf").strip() == TEXT
    result = (out / ".searchable" / "sub" / "b.json").read_bytes()
    assert Document.from_json(result).document.filename == "b.pdf"


def test_a_second_run_makes_only_what_is_missing(tmp_path: Path) -> None:
    """A PDF that was taken away is made again, the others stay."""
    place, out = folder(tmp_path, "a.pdf", "b.pdf"), tmp_path / "out"
    run(place, out)
    made = (out / "a.pdf").read_bytes()
    (out / "a.pdf").unlink()
    assert [finished.resumed for finished in run(place, out)] == [False, True]
    assert (out / "a.pdf").read_bytes() == made


def test_no_document_is_overwritten(tmp_path: Path) -> None:
    """Neither in its own folder nor through a link to it, before anything is read."""
    place = folder(tmp_path, "a.pdf")
    (tmp_path / "link").symlink_to(place)
    for out in (place, tmp_path / "link"):
        with pytest.raises(OptionsError, match="another --out"):
            run(place, out)
    assert (place / "a.pdf").read_bytes() == bad.good_pdf()
    assert [path.name for path in place.iterdir()] == ["a.pdf"]


def test_a_pdf_that_has_no_place_fails_alone(tmp_path: Path) -> None:
    """A folder of its name is in the way."""
    place, out = folder(tmp_path, "a.pdf", "b.pdf"), tmp_path / "out"
    (out / "a.pdf").mkdir(parents=True)
    first, second = run(place, out)
    assert first.failure is not None
    assert (first.failure.code, first.failure.exit_code) == ("options", 2)
    assert "Is a directory" in first.failure.sentence
    assert second.failure is None


def test_a_pdf_for_each_document_of_a_folder(tmp_path: Path) -> None:
    """With `--out`; the results they were made with are out of sight."""
    place, out = folder(tmp_path, "a.pdf", "b.pdf"), tmp_path / "out"
    assert extract(place, "--format", "pdf", "--out", out) == 0
    assert sorted(p.name for p in out.glob("[!.]*")) == ["a.pdf", "b.pdf"]
    assert text_of(out / "a.pdf").strip() == TEXT


def test_one_pdf_goes_through_a_pipe(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The file itself, nothing on stderr; of several it is said that they need a folder."""
    place = folder(tmp_path, "a.pdf", "b.pdf")
    assert extract(place / "a.pdf", "--format", "pdf") == 0
    out, err = capsysbinary.readouterr()
    assert text_of(out).strip() == TEXT
    assert err == b""
    assert extract(place, "--format", "pdf") == 2
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert err.count(b"\n") == 1
    assert b"--out DIR" in err


@pytest.mark.parametrize(
    ("name", "said"),
    [("pdf", "> FILE.pdf"), ("xlsx", "> FILE.xlsx"), ("parquet", "> FILE.parquet")],
)
def test_files_are_not_for_a_terminal(
    name: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is said how to get them, before anything is read."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert extract(folder(tmp_path, "a.pdf") / "a.pdf", "--format", name) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_parquet_of_a_folder_and_of_a_pipe(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A file a kind of row; in a pipe the fields."""
    place, out = folder(tmp_path, "a.pdf", "b.pdf"), tmp_path / "out"
    assert extract(place, "--format", "parquet", "--out", out) == 0
    assert sorted(p.stem for p in out.glob("*.parquet")) == [
        "checks", "entities", "fields", "reports", "tables",
    ]  # fmt: skip
    assert extract(place, "--format", "parquet") == 0
    assert capsysbinary.readouterr().out == (out / "fields.parquet").read_bytes()
