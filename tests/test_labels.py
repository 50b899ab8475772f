"""Likeness of labels, and alignment of two sequences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor import labels


@pytest.mark.parametrize(
    ("printed", "label"),
    [
        ("1.属于国家秘密", "1.属于国家秘密"),
        ("1、属于国家秘密", "1.属于国家秘密"),
        ("属于国家秘密", "1.属于国家秘密"),
        ("3.危及\"三安全一稳定\"", "3.危及“三安全一稳定”"),
        ("总 计", "总计"),
        ("⼀、本年新收政府信息公开申请数量", "一、本年新收政府信息公开申请数量"),
        ("三、本年度办理结果", "三 、本 年 度 办 理 结 果"),
    ],
)  # fmt: skip
def test_same_label(printed: str, label: str) -> None:
    """Numbering may be missing, and punctuation, spaces and radicals do not count."""
    assert labels.likeness(printed, label) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("printed", "label", "other"),
    [
        ("2.其他法律行政止公开", "2.其他法律行政法规禁止公开", "7.属于行政执法案卷"),
        ("本机关不掌握", "1.本机关不掌握相关政府信息", "2.没有现成信息需要另行制作"),
        ("社会组织", "社会公益组织", "科研机构"),
        ("3.其池", "3.其他", "2.重复申请"),
        ("3.其他", "3.其他", "（六）其他处理"),
    ],
)
def test_more_like_its_own(printed: str, label: str, other: str) -> None:
    """A shortened or misread label is alike to its own, and less so to another."""
    assert labels.likeness(printed, label) >= labels.ALIKE
    assert labels.likeness(printed, label) > labels.likeness(printed, other) + 0.2


def test_other_number_counts_against() -> None:
    """Another numbering is evidence against a label."""
    assert labels.likeness("2.重复申请", "3.重复申请") < labels.likeness("重复申请", "3.重复申请")


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_is_a_share(a: str, b: str) -> None:
    """Likeness lies from 0 to 1."""
    assert 0 <= labels.likeness(a, b) <= 1


shares = st.floats(0, 1)


@given(shares, shares, st.integers(0, 2), shares)
def test_certainty_is_monotone(own: float, rival: float, support: int, more: float) -> None:
    """More likeness or support never makes an assignment less sure, a nearer rival never more."""
    sure = labels.certainty(own, rival, support)
    assert 0 <= sure <= 1
    assert labels.certainty(max(own, more), rival, support) >= sure
    assert labels.certainty(own, max(rival, more), support) <= sure
    assert labels.certainty(own, rival, 2) >= sure


tables = st.integers(0, 6).flatmap(
    lambda width: st.lists(st.lists(shares, min_size=width, max_size=width), max_size=6)
)


@given(tables)
def test_alignment_is_in_order(scores: list[list[float]]) -> None:
    """Each template row is used once, in order, and only where it is alike."""
    found = labels.align(scores)
    used = [j for j in found if j is not None]
    assert len(found) == len(scores)
    assert used == sorted(set(used))
    assert all(scores[i][j] >= labels.ALIKE for i, j in enumerate(found) if j is not None)


def test_alignment_leaves_gaps() -> None:
    """A row that is not printed stays alone, and so does a foreign one."""
    scores = [[0.9, 0.2, 0.1], [0.1, 0.2, 0.3], [0.1, 0.4, 0.8]]
    assert labels.align(scores) == [0, None, 2]


def test_first_of_two_alike() -> None:
    """Of two printed rows that are alike the first is taken."""
    assert labels.align([[1.0], [1.0]]) == [0, None]


def test_any_order() -> None:
    """Permuted columns are assigned, the most alike first."""
    assert labels.assign([[0.1, 0.9], [0.8, 0.7]]) == [1, 0]


def test_between() -> None:
    """Order fills gaps with as many printed as template rows, and no others."""
    assert labels.between([0, None, 2], 3) == [(1, 1)]
    assert labels.between([0, None, None, 2], 3) == []
    assert labels.between([None, 1], 2) == [(0, 0)]
    assert labels.between([0, None], 3) == []
