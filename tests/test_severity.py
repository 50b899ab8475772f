"""The severity sweep without OCR: damage is what it says, scoring is the same for every reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from benchmarks import severity
from benchmarks.baselines import IMG2TABLE, NEAREST, OURS, Word, nearest_grid
from benchmarks.row_scores import TrueRow, cells_right, plain, true_rows, values_right
from fixtures import damage
from fixtures.damage import DAMAGES, DPI, RENDERED_DPI, damaged
from fixtures.make import make_report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fixtures.reports import Form
    from fixtures.scan import Image


def page(dpi: int = DPI) -> Image:
    """A page of 6 × 6 inches with a table of 10 × 6 cells and a stroke in each."""
    paper = np.full((6 * dpi, 6 * dpi, 3), 255, np.uint8)
    left, right, pitch = dpi // 2, dpi * 11 // 2, dpi // 2
    for at in range(left, right + 1, pitch):
        paper[at : at + 3, left : right + 3] = 0
        paper[left : right + 3, at : at + 3] = 0
        paper[at + 30 : at + 42, left + 30 : right : pitch] = 0
    return paper


def rng(seed: int = 1) -> np.random.Generator:
    """Fixed, so that a failure comes again."""
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", DAMAGES)
def test_no_damage_changes_nothing(kind: str) -> None:
    """At its amount that does nothing; JPEG and resolution are what a mild scan has."""
    if kind not in ("jpeg", "resolution"):
        assert np.array_equal(DAMAGES[kind].apply(page(), 0, rng()), page())
    once = damaged(page(RENDERED_DPI), kind, DAMAGES[kind].none, seed=3)
    assert np.array_equal(once, damaged(page(RENDERED_DPI), "skew", 0, seed=3))


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_repeats_and_grows(kind: str) -> None:
    """Same seed, same pixels; the clean page stays as it is; the worst is far from the mild."""
    clean = page(RENDERED_DPI)
    amounts = DAMAGES[kind].amounts
    first, again, other = (damaged(clean, kind, amounts[-1], seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(clean, page(RENDERED_DPI))
    if kind != "resolution":
        mild, middle = (damaged(clean, kind, amounts[i], 3).astype(int) for i in (0, 2))
        assert 0 < np.abs(mild - middle).mean() < np.abs(mild - first).mean()


def test_resolution_is_that_of_the_amount() -> None:
    """Six inches give so many pixels."""
    assert damage.resolution(page(RENDERED_DPI), 75, rng()).shape == (450, 450, 3)
    assert damaged(page(RENDERED_DPI), "blur", 1.2, seed=1).shape == (6 * DPI, 6 * DPI, 3)


def test_skew_turns_by_the_amount() -> None:
    """A ruling of 5 inches rises by its tangent."""
    paper = np.full((6 * DPI, 6 * DPI, 3), 255, np.uint8)
    paper[600:603, 100:1100] = 0
    turned = damage.skew(paper, 4, rng()).min(axis=2) < 128
    ends = [np.flatnonzero(turned[:, x]).mean() for x in (150, 1050)]
    assert abs(ends[0] - ends[1]) == pytest.approx(900 * np.tan(np.radians(4)), abs=2)


def test_curl_is_as_deep_as_the_amount() -> None:
    """Highest and lowest place of a straight ruling differ by the share of the height."""
    paper = np.full((6 * DPI, 6 * DPI, 3), 255, np.uint8)
    paper[600:603] = 0
    ink = damage.curl(paper, 1.5, rng()).min(axis=2) < 128
    middles = [np.flatnonzero(column).mean() for column in ink.T]
    assert np.ptp(middles) == pytest.approx(0.015 * 6 * DPI, abs=2)


@pytest.mark.parametrize("percent", [10, 25, 40, 55])
def test_line_loss_takes_its_share_of_rulings_only(percent: float) -> None:
    """About so much of the ink of long strokes is gone, and nothing of the short ones."""
    clean = page()
    shares = []
    for seed in range(4):
        worn = damage.line_loss(clean, percent, rng(seed))
        ruling = np.zeros(clean.shape[:2], np.bool_)
        ruling[DPI // 2 : DPI // 2 + 3, DPI // 2 : DPI * 11 // 2] = True
        shares.append(100 * (worn.min(axis=2)[ruling] > 128).mean())
        strokes = worn[DPI // 2 + 35, DPI // 2 + 30 : DPI * 11 // 2 : DPI // 2]
        assert (strokes == 0).all()
    assert np.mean(shares) == pytest.approx(percent, abs=8)


def test_line_loss_leaves_the_shading() -> None:
    """A gap shows what is around it."""
    shaded = np.where(page() == 0, np.uint8(0), np.uint8(217))
    assert damage.line_loss(shaded, 55, rng()).max() == 217


@pytest.mark.parametrize("percent", [2, 5, 10, 20])
def test_seals_cover_their_share_of_the_table(percent: float) -> None:
    """Inside the rims, as far as they lie in the table; black ink stays dark under them."""
    clean = page()
    sealed = damage.seal_cover(clean, percent, rng())
    tables = damage.table_area(clean)
    assert tables.sum() == pytest.approx((5 * DPI) ** 2, rel=0.02)
    red = (sealed[..., 0].astype(int) - sealed[..., 1] > 20).astype(np.uint8)
    red = np.asarray(cv2.dilate(red, np.ones((11, 11), np.uint8)), np.uint8)  # rulings cut it
    rims, _ = cv2.findContours(red, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    inside = np.zeros_like(red)
    cv2.fillPoly(inside, rims, (1,))
    covered = 100 * (tables & (inside > 0)).sum() / tables.sum()
    assert covered == pytest.approx(percent, rel=0.25)
    assert sealed[clean == 0].max() == 0


def test_a_lone_line_is_no_table() -> None:
    """Under a letterhead."""
    paper = np.full((400, 1200, 3), 255, np.uint8)
    paper[200:203, 100:1100] = 0
    assert not damage.table_area(paper).any()
    assert np.array_equal(damage.seal_cover(paper, 20, rng()), paper)


TRUTH = (
    TrueRow("1.属于国家秘密", ("1", "0", "2")),
    TrueRow("2.重复申请", ("0", "0", "0")),
    TrueRow("3.其他", ("", "/", "7")),
    TrueRow("", ("4", "5", "6", "9")),
)
EXACT = (
    ["（三）不予公开", "1.属于国家秘密", "1", "0", "2"],
    ["（三）不予公开", "2.重复申请", "0", "0", "0"],
    ["（三）不予公开", "3.其他", "", "/", "7"],
    ["4", "5", "6", "9"],
)


def test_an_exact_reading_scores_all() -> None:
    """Also between rows that belong to no value, spaces and full-width signs aside."""
    assert cells_right(TRUTH, EXACT) == 13
    around = [["表头", "甲", "乙"], *EXACT[:1], ["其他", "0", "0"], *EXACT[1:], ["五、"]]
    assert cells_right(TRUTH, around) == 13
    spaced = [[f" {cell} ".replace("2", "２") for cell in row] for row in EXACT]
    assert cells_right(TRUTH, spaced) == 13


def test_nothing_read_scores_nothing() -> None:
    """No rows, empty rows, prose."""
    assert cells_right(TRUTH, []) == 0
    assert cells_right(TRUTH, [[], [""], ["其他需要报告的事项"]]) == 0


def test_numbers_in_the_row_below_are_wrong() -> None:
    """The label says which row it is."""
    above = [["", "", "8", "8", "8"], *EXACT[:2]]
    shifted = [[*a[:2], *b[2:]] for a, b in zip(EXACT[:3], above, strict=True)]
    assert cells_right(TRUTH[:3], shifted) == 1  # one 0 stands where another has been


def test_a_missing_column_makes_what_is_left_of_it_wrong() -> None:
    """Columns count from the right; a blank that is not there is wrong as well."""
    assert values_right(TRUTH[0], ["1.属于国家秘密", "0", "2"]) == 2
    assert values_right(TRUTH[0], ["1.属于国家秘密", "1", "0"]) == 0
    assert values_right(TRUTH[2], ["/", "7"]) == 2
    assert cells_right(TRUTH, [row[:-1] for row in EXACT[:3]]) == 2


def test_a_row_counts_once() -> None:
    """One read row is no reading of two true rows."""
    twice = (TrueRow("罚款", ("0", "0")), TrueRow("罚款", ("0", "0")))
    assert cells_right(twice, [["罚款", "0", "0"]]) == 2


@pytest.mark.parametrize("form", severity.FORMS)
def test_true_rows_hold_every_cell_of_the_truth(form: Form) -> None:
    """The same texts as the truth file, in some order; labels stand beside the values."""
    report = make_report(9999, form)
    rows = true_rows(report)
    values = sorted(value for row in rows for value in row.values)
    assert values == sorted(plain(text) for _, text in report.cells)
    assert [row.label for row in rows].count("") == 1


def words(rows: Sequence[tuple[int, Sequence[tuple[int, str]]]]) -> list[Word]:
    """Words 20 px high at (y, [(x, text)]), 20 px for each character."""
    half = 10
    return [
        Word(text, x - half * len(text), x + half * len(text), y, 20)
        for y, row in rows
        for x, text in row
    ]


def test_the_nearest_grid_fills_blanks() -> None:
    """Columns come from the widest of a few rows."""
    rows = [(100, [(50, "甲"), (200, "1"), (300, "2")]), (140, [(52, "乙"), (301, "3")])]
    assert nearest_grid(words(rows)) == [["甲", "1", "2"], ["乙", "", "3"]]


def test_the_nearest_grid_of_many_rows_stands_a_few_stray_words() -> None:
    """A header of two columns parts none, and seals make none."""
    rows = [(100 + 40 * i, [(50, "甲"), (200, "1"), (300, "2")]) for i in range(9)]
    head = (60, [(50, "项目"), (250, "合　　　　　　计")])
    stray = (460, [(50, "乙"), (120, "印"), (300, "3")])
    found = nearest_grid(words([head, *rows, stray]))
    assert found[1:] == [*[["甲", "1", "2"]] * 9, ["乙印", "", "3"]]


def test_the_nearest_grid_joins_lines_of_a_label() -> None:
    """A line above and one below the numbers."""
    lines = [(88, [(50, "其他")]), (101, [(200, "1"), (300, "2")]), (114, [(52, "处理")])]
    below = [(160, [(50, "乙"), (200, "3"), (300, "4")])]
    found = nearest_grid(words([*lines, *below]))
    assert found == [["其他处理", "1", "2"], ["乙", "3", "4"]]


def test_prose_parts_grids() -> None:
    """Tables of other columns above and below a heading."""
    rows = [
        (100, [(50, "甲"), (400, "1")]),
        (200, [(200, "四、行政复议")]),
        (300, [(50, "1"), (150, "2"), (250, "3")]),
    ]
    assert nearest_grid(words(rows)) == [["甲", "1"], ["1", "2", "3"]]
    assert nearest_grid([]) == []


class Blind:
    """Readers: ours reads all but one row, the others nothing on damaged pages."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, reader: str, path: Path) -> list[list[str]]:
        self.read.append(f"{reader} {path.name}")
        whole = reader == OURS or "-0." in path.name
        return [list(row) for row in EXACT] if whole else []


def test_a_sweep_reads_clean_pages_once(tmp_path: Path) -> None:
    """Each reader once an amount; undamaged pages stand in every kind."""
    sheet = severity.Sheet("sample", 5, (page(RENDERED_DPI),), TRUTH)
    damages = severity.thinned(DAMAGES, "", 2)
    read = Blind()
    points = severity.sweep([sheet], {k: damages[k] for k in ("skew", "blur")}, read, tmp_path)
    assert len(read.read) == len(set(read.read)) == 9  # three readers of clean, skew 8, blur 2.5
    right = {(p.kind, p.amount, p.reader): p.right for p in points}
    assert len(right) == 12
    assert right["blur", 0, IMG2TABLE] == 13
    assert right["blur", 2.5, OURS] == 13
    assert right["skew", 8, NEAREST] == 0
    assert "13/13  100.0%" in severity.table(points)


def test_a_reader_that_is_not_set_up_stops_the_sweep(tmp_path: Path) -> None:
    """Rather than draw a curve at zero."""
    sheet = severity.Sheet("sample", 5, (page(RENDERED_DPI),), TRUTH)
    with pytest.raises(RuntimeError, match="not set up"):
        severity.sweep([sheet], {"skew": DAMAGES["skew"]}, lambda *_: [], tmp_path)


def test_amounts_are_thinned_to_the_ends_and_between() -> None:
    """For a quick run; a name that is no kind leaves none."""
    assert severity.thinned(DAMAGES, "skew", 2)["skew"].amounts == (0, 8)
    assert severity.thinned(DAMAGES, "reso", 3)["resolution"].amounts == (300, 120, 50)
    assert severity.thinned(DAMAGES, "", 9) == DAMAGES
    assert severity.main(["--only", "no such kind"]) == 2
