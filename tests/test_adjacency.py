"""Adjacency relations, and the truth files they are measured against."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from benchmarks.adjacency import Agreement, Slot, compared, normalised, relations
from benchmarks.tables import agreement, read_truth, summary, truths_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def cells(*rows: Sequence[str]) -> list[Slot]:
    """Cells without spans."""
    return [Slot(r, c, 1, 1, text) for r, row in enumerate(rows) for c, text in enumerate(row)]


def test_each_cell_is_related_to_the_next_on_its_right_and_below() -> None:
    assert relations(cells(["a", "b"], ["c", "d"])) == Counter(
        {
            ("A", "B", "right"): 1,
            ("C", "D", "right"): 1,
            ("A", "C", "below"): 1,
            ("B", "D", "below"): 1,
        }
    )


def test_blank_cells_are_passed_over() -> None:
    assert relations(cells(["a", " ", "b"])) == Counter({("A", "B", "right"): 1})


def test_a_spanning_cell_has_several_neighbours_and_each_pair_one_relation() -> None:
    """It stands over two cells, and beside one that is two rows high."""
    table = [
        Slot(0, 0, 1, 2, "head"),
        Slot(0, 2, 2, 1, "side"),
        Slot(1, 0, 1, 1, "x"),
        Slot(1, 1, 1, 1, "y"),
    ]
    assert relations(table) == Counter(
        {
            ("HEAD", "SIDE", "right"): 1,
            ("Y", "SIDE", "right"): 1,
            ("X", "Y", "right"): 1,
            ("HEAD", "X", "below"): 1,
            ("HEAD", "Y", "below"): 1,
        }
    )


def test_relations_count_as_often_as_they_are_there() -> None:
    assert relations(cells(["1", "1"], ["1", "1"])) == Counter(
        {("1", "1", "right"): 2, ("1", "1", "below"): 2}
    )


@pytest.mark.parametrize(
    ("text", "expected"), [("Margin of\nerror (±)", "MARGINOFERROR___"), ("–", "_"), (" ", "")]
)
def test_contents_are_compared_without_blanks_case_and_signs(text: str, expected: str) -> None:
    assert normalised(text) == expected


def test_each_true_table_takes_the_found_one_that_is_most_like_it() -> None:
    """A second found table takes nothing from the first, and counts as false."""
    true = relations(cells(["a", "b", "c"]))
    half, other = relations(cells(["a", "b"])), relations(cells(["x", "y"]))
    assert compared([true], [other, half]) == Agreement(right=1, found=2, true=2)
    assert compared([true, true], [half]) == Agreement(right=1, found=1, true=4)


def test_precision_recall_and_f1() -> None:
    score = Agreement(right=3, found=4, true=6)
    assert (score.precision, score.recall, score.f1) == (0.75, 0.5, 0.6)
    assert (Agreement().precision, Agreement().recall, Agreement().f1) == (0.0, 0.0, 0.0)


TRUTH = """<?xml version="1.0" encoding="UTF-8"?>
<document filename='x'><table id='1'><region id='1' page='2'>
  <cell id='1' start-row='0' start-col='0' end-col='1'>
    <bounding-box x1='26ß' y1='1' x2='2' y2='3'/><content>Head</content></cell>
  <cell id='1' start-row='1' start-col='0'>
    <bounding-box x1='1' y1='1' x2='2' y2='3'/><content>a</content></cell>
  <cell id='1' start-row='1' start-col='1' col-end='2'>
    <bounding-box x1='1' y1='1' x2='2' y2='3'/><content>b</content></cell>
</region></table></document>
"""


def test_truth_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x-str.xml"
    path.write_text(TRUTH, encoding="utf-8")
    assert read_truth(path) == {
        2: [[Slot(0, 0, 1, 2, "Head"), Slot(1, 0, 1, 1, "a"), Slot(1, 1, 1, 2, "b")]]
    }


def test_tables_of_other_pages_do_not_match() -> None:
    table = cells(["a", "b"])
    assert agreement({1: [table]}, {1: [table]}).f1 == 1.0
    assert agreement({1: [table]}, {2: [table]}) == Agreement(right=0, found=1, true=1)


def test_a_document_may_have_two_truths(tmp_path: Path) -> None:
    for name in ("u-1a-str.xml", "u-1b-str.xml", "u-2-str.xml"):
        (tmp_path / name).write_text(TRUTH, encoding="utf-8")
    names = [path.name for path in truths_of(tmp_path / "u-1a.pdf")]
    assert names == ["u-1a-str.xml", "u-1b-str.xml"]
    assert truths_of(tmp_path / "u-3.pdf") == []


def test_the_summary_averages_documents_and_relations() -> None:
    lines = list(summary([Agreement(1, 1, 1), Agreement(0, 0, 3)]))
    assert [line.split()[-1] for line in lines] == ["0.5000", "0.4000"]
