"""Template files: the built-in ones, and clear errors for a user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.errors import OptionsError
from extractor.template import load_templates, official_headings, term_pattern

if TYPE_CHECKING:
    from pathlib import Path

SMALL = """
id = "own/small"
name = "小表"

[[tables]]
id = "counts"
title = "一、数量"
[[tables.blocks]]
columns = [{ id = "number", path = ["数量"] }]
rows = [{ id = "all", path = ["全部"] }]
"""


def test_built_in() -> None:
    """The two official forms and the third, with unique field ids."""
    templates = load_templates()
    assert [t.id for t in templates] == [
        "gov-disclosure-annual/2021",
        "gov-disclosure-annual/2019",
        "enforcement-statistics",
    ]
    for template in templates:
        ids = [field_id for field_id, *_ in template.cells()]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("template", "count", "first", "last"),
    [
        (0, 207, "disclosure.regulations.issued", "review.litigation_after_reconsideration.total"),
        (1, 219, "disclosure.regulations.made", "review.litigation_after_reconsideration.total"),
        (2, 43, "cases.penalties.carried_in", "decisions.total.total"),
    ],
)
def test_field_ids(template: int, count: int, first: str, last: str) -> None:
    """As many fields as the contract has, both ways of （六）其他处理 counted."""
    ids = [field_id for field_id, *_ in load_templates()[template].cells()]
    assert (len(ids), ids[0], ids[-1]) == (count, first, last)


def test_metadata_of_the_contract() -> None:
    """Every metadata field of the contract is there, each with a way to find it."""
    for template in load_templates()[:2]:
        assert list(template.metadata) == [
            "title", "agency", "year", "document_number", "index_number", "issued_on",
            "published_on", "period_start", "period_end", "website", "address", "phone",
            "postcode", "email",
        ]  # fmt: skip
        assert all(pattern.patterns for pattern in template.metadata.values())


def test_headings() -> None:
    """Those of the prose and of the tables, all wordings; what two forms number apart is none."""
    new, old, other = load_templates()
    headings = dict(new.official_headings())
    assert headings["总体情况"] == "一"
    assert headings["行政机关主动公开政府信息情况"] == headings["主动公开政府信息情况"] == "二"
    assert headings["政府信息公开行政复议、行政诉讼情况"] == "四"
    assert dict(old.official_headings()) == headings
    every = official_headings((new, old, other))
    assert every == headings | dict(other.official_headings())
    moved = other.model_copy(update={"headings": ("三、总体情况",)})
    assert "总体情况" not in official_headings((new, moved))


def test_extends() -> None:
    """The form of 2019 takes over all that it does not replace."""
    new, old = load_templates()[:2]
    assert [form.id for form in old.tables] == ["disclosure", "applications", "review"]
    assert old.tables[1:] == new.tables[1:]
    assert old.tables[0] != new.tables[0]
    assert (old.relations, old.metadata) == (new.relations, new.metadata)
    assert (old.covers(2020), old.covers(2021), new.covers(2030)) == (True, False, True)


def test_own_template(tmp_path: Path) -> None:
    """A user's template comes first, and may replace a built-in one."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    assert load_templates([path])[0].id == "own/small"
    assert len(load_templates([path])) == 4
    path.write_text(SMALL.replace("own/small", "enforcement-statistics"), encoding="utf-8")
    assert len(load_templates([path])) == 3


FAULTS = [
    ("id = ", "not TOML"),
    (SMALL.replace('name = "小表"', ""), "name: Field required"),
    (SMALL.replace('id = "counts"', 'id = "counts"\nwidth = 3'), "tables.0.width: Extra inputs"),
    (SMALL.replace('name = "小表"', 'name = "小表"\nheadings = ["概述"]'), "headings.0"),
    (SMALL.replace("columns", 'heading = "表头"\ncolumns'), "tables.0.blocks.0.heading"),
    (SMALL.replace('path = ["全部"]', "path = []"), "tables.0.blocks.0.rows.0.path"),
    (SMALL.replace('id = "all"', 'id = "总"'), "tables.0.blocks.0.rows.0.id"),
    (SMALL + "\n[metadata.title]\nlabel = '标题'\npatterns = ['(']", "is not a regular expression"),
    (SMALL + "\n[metadata.title]\nlabel = '标题'\npatterns = ['a']", "has no group"),
    (SMALL + "\n[metadata.year]\nlabel = '年度'\nyear_of = 'until'", "metadata year: year_of"),
    (SMALL + "\n[metadata.title]\nlabel = '标题'\nfinder = 'luck'", "metadata.title.finder"),
    (
        SMALL + '\n[[relations]]\nid = "a"\ntable = "counts"\nleft = ["counts.none.{column}"]\n'
        'right = ["counts.all.number"]',
        "relation a: counts.none.{column} fits no field",
    ),
    (SMALL.replace('name = "小表"', 'name = "小表"\nways = [[["counts.x"]]]'), "counts.x"),
    ('extends = "nobody"\n' + SMALL, "extends: 'nobody' is not a built-in template"),
    (
        SMALL.replace('["全部"] }]', '["全部"] }, { id = "all", path = ["全"] }]'),
        "counts.all.number is there",
    ),
]


@pytest.mark.parametrize(("text", "reason"), FAULTS)
def test_fault_is_told(tmp_path: Path, text: str, reason: str) -> None:
    """A bad file of the user is an OptionsError that names file and key."""
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionsError) as caught:
        load_templates([path])
    assert reason in str(caught.value)
    assert "bad.toml" in str(caught.value)


def test_only_one() -> None:
    """The one that is asked for; an id that nobody has would leave nothing to read by."""
    (template,) = load_templates(only="enforcement-statistics")
    assert template.id == "enforcement-statistics"
    with pytest.raises(OptionsError, match="no template 2021: choose gov-disclosure-annual/2021, "):
        load_templates(only="2021")


def test_absent_file(tmp_path: Path) -> None:
    """A file that is not there is told as well."""
    with pytest.raises(OptionsError, match="cannot be read"):
        load_templates([tmp_path / "none.toml"])


@pytest.mark.parametrize(
    ("term", "name", "field_id", "fits"),
    [
        ("a.{row}.total", "x", "a.x.total", True),
        ("a.{row}.total", "x", "a.y.total", False),
        ("a.{row}.total", None, "a.y.z.total", True),
        ("a.refused.*.{column}", "c", "a.refused.secret.c", True),
        ("a.refused.*.{column}", "c", "a.refused.c", False),
        ("a.other.{column}", "c", "a.other.other.c", False),
    ],
)
def test_terms(term: str, name: str | None, field_id: str, fits: bool) -> None:
    """What a term of a relation stands for."""
    assert bool(term_pattern(term, name).fullmatch(field_id)) is fits
