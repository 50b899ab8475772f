"""Counts, money and percentages: small cases and round trips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.quantities import Quantity, count, money, number, percent

if TYPE_CHECKING:
    from decimal import Decimal


@given(st.integers(0, 10**9), st.sampled_from(["", ",", " "]))
def test_arabic_numbers_with_separators(value: int, separator: str) -> None:
    """Thousands separators and spaces do not change a number."""
    assert number(f"{value:,}".replace(",", separator)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十二", 12), ("三百零五", 305), ("两千", 2000), ("一万二", 12000), ("一百二", 120),
        ("一百零二", 102), ("一亿二千万", 120000000), ("一万亿", 10**12), ("二〇二一", 2021),
        ("1,234", 1234), ("3.2万", 32000), ("1.5亿", 150000000), ("１２", 12), ("0.5", 0.5),
        ("", None), ("条", None), ("十a", None), ("1.2.3", None),
    ],
)  # fmt: skip
def test_number(text: str, value: float | None) -> None:
    """Arabic, Chinese and mixed numbers; anything else is None."""
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("102条", Quantity(102, "条")),
        ("30 余人", Quantity(30, "人", approximate=True)),
        ("100余人次", Quantity(100, "人次", approximate=True)),
        ("十二个", Quantity(12, "个")),
        ("1.5万人次", Quantity(15000, "人次")),
        ("3万余条", Quantity(30000, "条", approximate=True)),
        ("30余万条", Quantity(300000, "条", approximate=True)),
        ("百余件", Quantity(100, "件", approximate=True)),
        ("约50份", Quantity(50, "份", approximate=True)),
        ("近百人", Quantity(100, "人", approximate=True)),
        ("100人以上", Quantity(100, "人", approximate=True)),
        ("20多场", Quantity(20, "场", approximate=True)),
        ("3—5个", Quantity("3/5", "个", approximate=True)),
        ("三至五个", Quantity("3/5", "个", approximate=True)),
        ("100人（次）", Quantity(100, "人次")),
        ("多次", None),
        ("条", None),
    ],
)
def test_count(text: str, read: Quantity | None) -> None:
    """Value, measure word and whether it is approximate."""
    assert count(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("15903365.56元", Quantity(15903365.56, "元")),
        ("3.2万元", Quantity(32000, "元")),
        ("0 元", Quantity(0, "元")),
        ("¥500", Quantity(500, "元")),
        ("三百元", Quantity(300, "元")),
        ("人民币三万元", Quantity(30000, "元")),
        ("5万余元", Quantity(50000, "元", approximate=True)),
        ("10万美元", Quantity(100000, "美元")),
        ("元", None),
    ],
)
def test_money(text: str, read: Quantity | None) -> None:
    """Amounts in 元 unless another currency is printed."""
    assert money(text) == read


@pytest.mark.parametrize(
    ("text", "value"),
    [("18.2%", 18.2), ("18.2 ％", 18.2), ("百分之二十", 20), ("百分之十八点二", 18.2),
     ("百分之百", 100), ("百分之18", 18), ("5‰", 0.5), ("18", None), ("百分之点", None)],
)  # fmt: skip
def test_percent(text: str, value: float | None) -> None:
    """Percentages in figures and words."""
    read = percent(text)
    assert (read.value if read else None) == value


MEASURES = st.sampled_from(["条", "件", "人次", "场（次）", "个", "平方米"])
BLANKS = st.sampled_from(["", " ", "\n", "　"])


@given(st.integers(0, 10**7), MEASURES, BLANKS)
def test_a_count_is_read_back(value: int, measure: str, blank: str) -> None:
    """Whatever white space print puts between number and measure word."""
    unit = measure.replace("（次）", "次")
    assert count(f"{value}{blank}{measure}") == Quantity(value, unit)
    assert count(f"{value:,}{blank}{measure}") == Quantity(value, unit)


@given(st.integers(1, 999), st.sampled_from(["余", "多"]), st.sampled_from(["", "万", "亿"]))
def test_vague_counts_are_approximate(value: int, vague: str, scale: str) -> None:
    """30余万条, 30多条: the value as printed, and that it is about that."""
    factor = {"": 1, "万": 10**4, "亿": 10**8}[scale]
    read = Quantity(value * factor, "条", approximate=True)
    assert count(f"{value}{vague}{scale}条") == read
    assert count(f"约{value}{scale}条") == read
    assert count(f"{value}{scale}条以上") == read


@given(st.integers(1, 500), st.integers(1, 500), st.sampled_from(["至", "到", "-", "—", "～"]))
def test_ranges_keep_both_ends(first: int, more: int, to: str) -> None:
    """3至5个 is "3/5", about that many."""
    read = Quantity(f"{first}/{first + more}", "个", approximate=True)
    assert count(f"{first}{to}{first + more}个") == read


@given(st.decimals(0, 10**6, places=2), st.sampled_from(["", "万", "亿"]))
def test_money_is_read_to_the_cent(amount: Decimal, scale: str) -> None:
    """Amounts in 元, multiplied out without the noise of binary fractions."""
    factor = {"": 1, "万": 10**4, "亿": 10**8}[scale]
    read = money(f"{amount}{scale}元")
    assert read is not None
    assert (float(read.value), read.unit) == (float(amount * factor), "元")


@given(st.decimals(0, 100, places=2))
def test_percentages_are_read_back(share: Decimal) -> None:
    """18.25% and 18.25％ are 18.25."""
    for text in (f"{share}%", f"{share} ％"):
        read = percent(text)
        assert read is not None
        assert float(read.value) == float(share)


@given(st.text(max_size=20))
def test_no_text_is_an_error(text: str) -> None:
    """Whatever is printed, a reading or None comes back."""
    for read in (number, count, money, percent):
        read(text)
