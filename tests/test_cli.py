"""The command line: what is printed where, exit codes, flags, and how fast help is."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal, get_args, get_origin

import openpyxl
import pytest

from extractor import Options, __version__
from extractor.cli import main
from extractor.cli.flags import FORMATS, OPTION_FLAGS, options_of, parser, size
from extractor.document import Document
from extractor.errors import ExtractorError
from extractor.ocr import ENGINES
from tests.fake_reader import READER

ROOT = Path(__file__).parent.parent
HEAVY = (
    "numpy", "cv2", "pdfplumber", "pydantic", "spacy", "camelot", "openvino", "rapidocr", "pandas",
    "rich", "xlsxwriter", "pebble", "fastapi", "onnxruntime", "PIL", "pypdfium2",
)  # fmt: skip


def run(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments], reader=READER)


def document(folder: Path, name: str, fate: str = "ok") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(fate, encoding="utf-8")
    return path


def started(*arguments: str | Path, **more: object) -> subprocess.Popen[bytes]:
    words = [str(argument) for argument in arguments]
    code = f"import sys; from extractor.cli import main; sys.exit(main({words}, reader={READER!r}))"
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, **more)  # type: ignore[call-overload, no-any-return]


def test_one_document_piped_is_its_json(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The whole result on stdout, nothing on stderr."""
    assert run("extract", document(tmp_path, "a.pdf", "ok 2")) == 0
    out, err = capsysbinary.readouterr()
    assert Document.from_json(out).document.page_count == 2
    assert err == b""


def test_several_documents_piped_are_json_lines(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """In the order of the command line, whatever ends first; failures on stderr, exit code 1."""
    document(tmp_path, "a.pdf", "slow 1")
    document(tmp_path, "b.pdf", "encrypted")
    document(tmp_path, "c.pdf", "ok")
    assert run("extract", tmp_path, "--workers", "2") == 1
    out, err = capsysbinary.readouterr()
    names = [Document.from_json(line).document.filename for line in out.splitlines()]
    assert names == ["a.pdf", "c.pdf"]
    assert b"1 of 3 documents failed:" in err
    assert b"b.pdf: it needs a password: give one with --password [encrypted]" in err
    assert b"3 documents: 2 read, 1 failed; 2 pages" in err


def test_a_summary_is_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for by name it is printed through a pipe too, without colours."""
    assert run("extract", document(tmp_path, "a.pdf"), "--format", "summary") == 0
    out = capsys.readouterr().out
    assert "To look at (1)" in out
    assert "\x1b" not in out


def test_a_terminal_gets_a_summary(tmp_path: Path) -> None:
    """Without `--format`, one document in a terminal is a summary."""
    ours, theirs = pty.openpty()
    path = document(tmp_path, "a.pdf")
    with started("extract", path, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        shown = _drain(ours)
    assert process.returncode == 0
    assert "Broken relations (1)" in shown


def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    """On stderr: documents, pages and failures; failures are listed below it at the end."""
    ours, theirs = pty.openpty()
    document(tmp_path, "in/a.pdf", "ok 3")
    document(tmp_path, "in/b.pdf", "encrypted")
    command = ("extract", tmp_path / "in", "--out", tmp_path / "out")
    with started(*command, stderr=theirs) as process:
        os.close(theirs)
        shown = _drain(ours)
    assert process.returncode == 1
    assert "documents" in shown
    assert "3 pages · 1 failed" in shown
    assert "1 of 2 documents failed:" in shown


def _drain(handle: int) -> str:
    parts = []
    try:
        while part := os.read(handle, 65536):
            parts.append(part)
    except OSError:  # the other end is closed
        pass
    os.close(handle)
    return b"".join(parts).decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("fate", "code"), [("encrypted", 4), ("crash", 9), ("bug", 70), ("hang", 7)]
)
def test_one_failing_document_ends_with_its_own_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fate: str, code: int
) -> None:
    """One sentence on stderr that names the file; nothing on stdout."""
    path = document(tmp_path, "a.pdf", fate)
    assert run("extract", path, "--timeout", "2" if fate == "hang" else "60") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"extractor: {path}: ")
    assert err.count("\n") == 1


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the code of unreadable files; a name that no file can have is one of them."""
    assert main(["extract", str(tmp_path / "gone.pdf")]) == 3
    assert "gone.pdf: No such file or directory; check the name" in capsys.readouterr().err
    assert main(["extract", str(tmp_path / ("x" * 300))]) == 3
    assert "File name too long; check the name" in capsys.readouterr().err


def test_an_empty_folder_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that read nothing is no success."""
    assert run("extract", tmp_path) == 3
    assert "no PDF or image" in capsys.readouterr().err


def test_results_go_below_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON a document, named as the contract says, and nothing on stdout."""
    for name in ("in/x/a.b.pdf", "in/c.pdf", "in/c.png"):
        document(tmp_path, name)
    out = tmp_path / "out"
    assert run("extract", tmp_path / "in", "--out", out) == 0
    results = sorted(str(p.relative_to(out)) for p in out.rglob("*.json"))
    assert results == ["c.pdf.json", "c.png.json", "x/a.b.json"]
    assert capsys.readouterr().out == ""


def test_a_second_run_says_what_an_earlier_one_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It continues, and says so."""
    document(tmp_path, "in/a.pdf")
    document(tmp_path, "in/b.pdf", "encrypted")
    assert run("extract", tmp_path / "in", "--out", tmp_path / "out") == 1
    document(tmp_path, "in/b.pdf")
    assert run("extract", tmp_path / "in", "--out", tmp_path / "out") == 0
    assert "2 documents: 2 read (1 by an earlier run), 0 failed" in capsys.readouterr().err


def test_csv_of_a_folder(tmp_path: Path) -> None:
    """One file a kind of row, for all documents; a rerun gives the same."""
    document(tmp_path, "in/a.pdf")
    document(tmp_path, "in/b.pdf")
    out = tmp_path / "out"
    for _ in range(2):
        assert run("extract", tmp_path / "in", "--out", out, "--format", "csv", "--quiet") == 0
    assert sorted(p.name for p in out.glob("[!.]*")) == [
        "checks.csv", "entities.csv", "fields.csv", "reports.csv", "tables.csv",
    ]  # fmt: skip
    with (out / "reports.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert [row["file"] for row in csv.DictReader(stream)] == ["a.pdf", "b.pdf"]


def test_excel_of_one_document_bears_its_name(tmp_path: Path) -> None:
    """And of a folder `reports.xlsx`."""
    path, out = document(tmp_path, "in/a.pdf"), tmp_path / "out"
    assert run("extract", path, "--out", out, "--format", "xlsx", "--quiet") == 0
    assert run("extract", path.parent, "--out", out, "--format", "xlsx", "--quiet") == 0
    assert sorted(p.name for p in out.glob("[!.]*")) == ["a.xlsx", "reports.xlsx"]
    book = openpyxl.load_workbook(out / "a.xlsx")
    assert book["reports"].max_row == 2
    book.close()


def test_csv_on_stdout_is_a_row_a_field(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Of all documents together."""
    document(tmp_path, "a.pdf")
    document(tmp_path, "b.pdf")
    assert run("extract", tmp_path, "--format", "csv", "--quiet") == 0
    text = capsysbinary.readouterr().out.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["file"] for row in rows} == {"a.pdf", "b.pdf"}


def test_out_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, before anything is read."""
    blocked = document(tmp_path, "out")
    assert run("extract", document(tmp_path, "a.pdf"), "--out", blocked / "x") == 2
    assert "cannot write here (Not a directory): choose another --out" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dpi", "9"], ["--dpi", "x"], ["--workers", "0"], ["--max-bytes", "1X"], ["--nonsense"],
        ["--out", "o", "--format", "summary"], ["--text-layer", "x"], ["--engine", "x"],
        ["--quiet", "--verbose"], ["--timeout", "nan"], ["--recording", "x"],
        ["--detection-model", "x"], ["--template", "x"], ["--templates", "/nowhere.toml"],
        ["--memory-limit", "infG"], ["--memory-limit", "1e30G"], ["--memory-limit", "0"],
        ["--max-bytes=-5"],
    ],
)  # fmt: skip
def test_a_wrong_option_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """Exit code 2, also where argparse finds the fault."""
    try:
        code: object = run("extract", document(tmp_path, "a.pdf"), *arguments)
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    """Exit code 130, one sentence, no traceback from any process; the same command continues."""
    for n in range(6):
        document(tmp_path, f"in/{n}.pdf", "slow 0.7")
    command = ("extract", tmp_path / "in", "--out", tmp_path / "out")
    with started(*command, stderr=subprocess.PIPE, start_new_session=True) as process:
        journal = tmp_path / "out" / ".extractor-journal.jsonl"
        deadline = time.monotonic() + 60
        while not (journal.exists() and journal.stat().st_size):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"extractor: stopped; " in err
    assert b"the same command continues" in err
    assert run(*command) == 0


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`extractor ... | head` ends quietly."""
    path = document(tmp_path, "a.pdf")
    ours, theirs = os.pipe()
    os.close(ours)
    with started("extract", path, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        _, err = process.communicate(timeout=60)
    assert err == b""
    assert process.returncode == 141


def test_every_option_has_a_flag_and_every_flag_an_option() -> None:
    """A knob that is renamed in one place and not in the other is found here."""
    assert set(OPTION_FLAGS) == {field.name for field in dataclasses.fields(Options)}


def test_flags_become_options() -> None:
    """Each value under its own name and with its own type; without flags, the defaults."""
    given = {
        "engine": "paddleocr", "runtime": "onnxruntime", "detection_model": Path("d"),
        "recognition_model": Path("r"), "threads": 3, "dpi": 300, "password": "p",
        "template": "t", "templates": (Path("a"), Path("b")),
        "text_layer": "never", "second_reader": "never", "review_below": 0.5, "timeout_s": 9.5,
        "drawn_share": 0.1, "max_bytes": 2 * 1024**2, "max_pages": 7, "max_pixels": 1000,
    }  # fmt: skip
    replay = {"engine": "replay", "recording": Path("x"), "certificate": Path("c")}
    assert set(given) | set(replay) == set(OPTION_FLAGS)
    assert options_of(parser().parse_args(words_of(given))) == Options(**given)  # type: ignore[arg-type]
    assert options_of(parser().parse_args(words_of(replay))) == Options(**replay)  # type: ignore[arg-type]
    assert options_of(parser().parse_args(["extract", "x.pdf"])) == Options()


def words_of(given: dict[str, object]) -> list[str]:
    words = ["extract", "x.pdf"]
    for name, value in given.items():
        texts = value if isinstance(value, tuple) else ["2M" if name == "max_bytes" else value]
        words += [word for text in texts for word in (OPTION_FLAGS[name].name, str(text))]
    return words


def test_flags_offer_what_the_options_take() -> None:
    """Each choice of a flag is one of its option, and the other way round."""
    (commands,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    flags = {a.dest: a.choices for a in commands.choices["extract"]._actions if a.choices}
    literals = {
        f.name: get_args(f.type)
        for f in dataclasses.fields(Options)
        if get_origin(f.type) is Literal
    }
    assert flags == {**literals, "engine": tuple(ENGINES), "format": FORMATS}


def test_sizes() -> None:
    """Plain bytes or with a unit."""
    assert [size(text) for text in ("300", "1K", "1.5M", "2g")] == [300, 1024, 1572864, 2**31]


@pytest.mark.parametrize("command", [[], ["extract"], ["serve"], ["doctor"]])
def test_every_command_has_help_with_examples(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """On stdout, exit code 0."""
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "example" in out
    assert "extractor" in out


def test_without_a_command_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, as a wrong command line."""
    assert main([]) == 2
    assert "usage: extractor" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The package's own."""
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"extractor {__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    """What is imported at start is what `--help` waits for."""
    code = (
        "import sys, json; import extractor, extractor.cli.flags as f; f.parser().format_help();"
        f"print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert json.loads(done.stdout) == []


def test_help_answers_within_a_third_of_a_second() -> None:
    """Processor time of the best of three: other work on the machine is not what is measured."""
    seconds = []
    for _ in range(3):
        command = [sys.executable, "-m", "extractor.cli", "--help"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        seconds.append(used.ru_utime + used.ru_stime)
    assert min(seconds) <= 0.3


def test_exit_codes_are_told_in_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Each class of error has its own, and all are listed."""
    codes = [kind.exit_code for kind in ExtractorError.__subclasses__()]
    assert len(set(codes)) == len(codes)
    with pytest.raises(SystemExit):
        main(["extract", "--help"])
    listed = capsys.readouterr().out.partition("exit codes:")[2]
    assert all(f" {code} " in listed for code in (*codes, 0, 1, 70, 130))


def test_the_public_face() -> None:
    """Four names, typed, loaded when asked for."""
    import extractor

    assert extractor.ExtractorError is ExtractorError
    assert set(extractor.__all__) <= set(dir(extractor))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = extractor.nonsense
