"""The speed benchmark: which documents it takes, whose turn it is, and what its ratios are."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pypdfium2
import pytest

from benchmarks.speed import CONTESTS, Contestant, Item, Times, find_items, race, result_of


def test_pictures_and_pages_without_text_are_scans_and_other_files_are_left(tmp_path: Path) -> None:
    """Two frames of a TIFF are two pages; a truth file is no document."""
    frame = PIL.Image.new("L", (30, 40), 255)
    frame.save(tmp_path / "a.tif", save_all=True, append_images=[frame])
    (tmp_path / "a.truth.json").write_text("{}")
    blank = pypdfium2.PdfDocument.new()
    blank.new_page(100, 100)
    blank.save(tmp_path / "b.pdf")
    assert find_items(tmp_path) == [
        Item(tmp_path / "a.tif", "scans", 2),
        Item(tmp_path / "b.pdf", "scans", 1),
    ]


def test_contestants_take_turns_and_the_first_round_does_not_count() -> None:
    """What a program takes to load is not told, and neither goes first twice in a row."""
    order: list[str] = []

    def contestant(name: str, seconds: list[float]) -> Contestant:
        def timed(_: Path) -> tuple[float, float]:
            order.append(name)
            return seconds.pop(0), 1.0

        return Contestant(timed, lambda: 0.0)

    item = Item(Path("a.pdf"), "digital", 2)
    ours, theirs = contestant("ours", [90.0, 1.0, 3.0]), contestant("theirs", [80.0, 4.0, 4.0])
    assert race(item, ours, theirs, 2) == Times(item, 2.0, 4.0, 1.0, 1.0)
    assert order == ["theirs", "ours", "ours", "theirs", "theirs", "ours"]


def test_a_ratio_is_of_all_seconds_together() -> None:
    """A page is the unit of the seconds, and slow documents weigh more than quick ones."""
    items = Item(Path("a.pdf"), "digital", 3), Item(Path("b.pdf"), "digital", 1)
    times = [Times(items[0], 3.0, 2.0, 3.0, 2.0), Times(items[1], 1.0, 2.0, 1.0, 6.0)]
    result = result_of(CONTESTS[1], times, (200.0, 100.0))
    assert (result.pages, result.seconds, result.baseline_seconds) == (4, 1.0, 1.0)
    assert result.ratio == pytest.approx(1.0)
    assert result.cpu_ratio == pytest.approx(0.5)
