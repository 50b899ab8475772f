"""Which documents a command line names, and what their results are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.batch.discover import discover, result_names


def names(*paths: str) -> list[str]:
    return result_names([Path(path) for path in paths])


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (["a.b.pdf"], ["a.b"]),
        (["report"], ["report"]),
        (["2022/a.pdf", "2023/a.pdf"], ["2022/a", "2023/a"]),
        (["a.pdf", "a.png", "b.pdf"], ["a.pdf", "a.png", "b"]),
        (["a.pdf", "a.png", "a.pdf.tif"], ["a.pdf", "a.png", "a.pdf.tif"]),
        (["a", "a.pdf"], ["a", "a.pdf"]),
        (["a.pdf", "a.pdf"], ["a.pdf", "a.pdf-2"]),
        (["a.pdf", "a.pdf", "a.pdf-2"], ["a.pdf", "a.pdf-3", "a.pdf-2"]),
    ],
)
def test_a_result_is_named_after_its_document(inputs: list[str], expected: list[str]) -> None:
    """Without the last extension; with it where two would collide; numbered where that collides."""
    assert names(*inputs) == expected


@given(st.lists(st.sampled_from(["a", "a.pdf", "a.png", "a.pdf.png", "a.pdf-2", "b/a.pdf"])))
def test_no_two_results_share_a_name(inputs: list[str]) -> None:
    """Whatever is named, no result overwrites another."""
    result = names(*inputs)
    assert len(set(result)) == len(result) == len(inputs)


def test_a_folder_gives_its_readable_files_in_order(tmp_path: Path) -> None:
    """At any depth, by extension in any case; hidden files and other kinds are left out."""
    for name in ("b.PDF", "a.tiff", "notes.txt", ".hidden.pdf", "in/c.jpeg", ".git/d.pdf"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    found = discover([tmp_path])
    assert [item.name for item in found] == ["a", "b", "in/c"]
    assert [item.path for item in found] == [tmp_path / n for n in ("a.tiff", "b.PDF", "in/c.jpeg")]


def test_a_named_file_is_tried_whatever_it_is_called(tmp_path: Path) -> None:
    """Its extension does not matter, and a missing one is left for the reader to complain of."""
    (tmp_path / "scan.dat").touch()
    found = discover([tmp_path / "scan.dat", tmp_path / "gone.pdf"])
    assert [item.name for item in found] == ["scan", "gone"]


def test_a_document_named_twice_is_read_once(tmp_path: Path) -> None:
    """By itself and in its folder: the first naming counts."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").touch()
    found = discover([tmp_path / "in" / "a.pdf", tmp_path])
    assert [item.name for item in found] == ["a"]
