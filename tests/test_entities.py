"""The prose tagger: what it tags, what it must not, values, subjects, places."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from extractor.document import Normalized
from extractor.entities import load_pipeline, read_texts, tag
from extractor.geometry import Box
from extractor.layout import Paragraph, Prose, ProseSection
from extractor.tagging.compact import squeeze
from extractor.tagging.confidence import EntityConfidence
from extractor.tagging.pipeline import LABELS
from extractor.tagging.subjects import MEASURED
from extractor.template import load_templates
from models.calibration.measures import calibration_error
from models.evaluate import Tally, evaluate, load

if TYPE_CHECKING:
    from spacy.tokens import Doc

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT.parent / "shared" / "samples" / "entities"


def read(text: str, *, title: str = "", year: str | None = None) -> Doc:
    """The text through the pipeline, as `tag` does it."""
    (doc,) = read_texts(title, [text], year=year)
    return doc


def paragraph(text: str, page: int = 1, y: float = 100.0) -> Paragraph:
    """A paragraph of one line, a character every ten points."""
    return Paragraph(
        text, tuple((page, Box(i * 10, y, i * 10 + 10, y + 12)) for i in range(len(text)))
    )


def section(number: str | None, *paragraphs: Paragraph, level: int = 1) -> ProseSection:
    """A section of a report."""
    return ProseSection(number, "", level, 1, paragraphs)


def test_month_days_take_the_year_before_them() -> None:
    """截止12月31日 belongs to the year named before it, the title's at first."""
    values = [
        span._.normalized.value for span in read("截止12月31日，2021年，5月", year="2020").ents
    ]
    assert values == ["2020-12-31", "2021", "2021-05"]


def test_a_title_loses_its_marks() -> None:
    """The spaces of a line break go with them, those between Western words stay."""
    values = [span._.normalized.value for span in read("《新\n条例》和《Open Data 指南》").ents]
    assert values == ["新条例", "Open Data指南"]


def test_titles_and_numbers_hold_nothing() -> None:
    """Nothing inside a title or number is tagged; a title within a title stays inside."""
    text = "《青屿市人民政府2020年〈条例〉12条的通知》（青政办函〔2021〕3 号、国务院令第711号）"
    assert [(s.label_, s.text) for s in read(text).ents] == [
        ("DOC_TITLE", "《青屿市人民政府2020年〈条例〉12条的通知》"),
        ("DOC_NUMBER", "青政办函〔2021〕3 号"),
        ("DOC_NUMBER", "国务院令第711号"),
    ]


def test_words_beside_a_number_make_it_approximate() -> None:
    """约 and 以上 are outside the span but in the value."""
    first, second, third = read("约50份，100人以上，30余人").ents
    assert [s.text for s in (first, second, third)] == ["50份", "100人", "30余人"]
    assert first._.normalized == Normalized(50, "份", approximate=True)
    assert second._.normalized.approximate
    assert third._.normalized.approximate


@pytest.mark.parametrize(
    "text",
    ["线上举办12场", "网站上公开50条", "预约12人次", "附近5个社区", "签约3家", "超市3家"],
)
def test_words_that_only_end_alike_leave_a_number_exact(text: str) -> None:
    """线上, 预约 and 附近 say nothing of how exact the number is."""
    assert [span._.normalized.approximate for span in read(text).ents] == [False]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("去年12月", "2020-12"), ("上年12月31日", "2020-12-31"), ("次年1月31日前", "2022-01-31"),
        ("今年5月", "2021-05"), ("5月", "2021-05"),
    ],
)  # fmt: skip
def test_a_month_of_another_year(text: str, value: str) -> None:
    """The word before a month tells its year, by the report's."""
    (date,) = read(f"{text}召开会议", title="柳浦街道2021年报告").ents
    assert date._.normalized.value == value


def test_a_very_long_sentence_is_read() -> None:
    """A text without a stop loses nothing of what stands in it."""
    text = "公开" * 2000 + "，主动公开政府信息102条" + "公开" * 2000
    assert [span.text for span in read(text).ents] == ["102条"]


@pytest.mark.parametrize(
    "text",
    [
        "公开信息" + "9" * 5000 + "条", "百分之" + "九" * 20000, "1条" * 3000, "一" * 20000,
        "\n" * 5000, "公开\ud83d政府信息102条", "《〈" * 2000, "\x00\u202e😀" * 500,
    ],
)  # fmt: skip
def test_odd_texts_are_read_in_time(text: str) -> None:
    """Neither an error nor minutes: what a broken text layer may hold."""
    begun = time.process_time()
    read(text)
    assert time.process_time() - begun < 20


def test_tag_takes_the_preamble_and_sections_one_five_six() -> None:
    """Other sections are left out; offsets count joined paragraphs; the title gives the year."""
    prose = Prose(
        head=(),
        title="柳浦街道2021年政府信息公开工作年度报告",
        sections=(
            section(None, paragraph("截止12月31日。")),
            section("一", paragraph("概述。"), paragraph("公开信息12条。", page=2)),
            section("二", paragraph("制发3件。")),
            section("六", paragraph("收费0元。")),
        ),
        tail=(),
    )
    date, count, money = tag(prose)
    assert (date.section, date.text, date.normalized.value) == (None, "12月31日", "2021-12-31")
    assert (count.section, count.start, count.end, count.page) == ("一", 8, 11, 2)
    assert count.bbox == Box(40, 100, 70, 112)
    assert (money.section, money.normalized) == ("六", Normalized(0, "元"))
    assert 0.5 < count.confidence < 1


def test_another_form_names_its_own_sections() -> None:
    """The template says which sections are tagged."""
    (form,) = (t for t in load_templates() if t.id == "enforcement-statistics")
    texts = {None: "1件", "一": "2件", "二": "3件", "四": "4件", "五": "5件"}
    sections = tuple(section(number, paragraph(f"办结{t}。")) for number, t in texts.items())
    found = tag(Prose((), "", sections, ()), form.tagged_sections)
    assert [entity.text for entity in found] == ["1件", "2件", "4件"]


def test_a_name_across_pages_takes_the_first_box() -> None:
    """The box of a span that a page break splits is that of its first part."""
    prose = Prose((), "", (section("一", paragraph("由区", 1), paragraph("政府负责", 2)),), ())
    (entity,) = tag(prose)
    assert (entity.text, entity.normalized.value, entity.page) == ("区\n政府", "区政府", 1)
    assert entity.bbox == Box(10, 100, 20, 112)


def test_a_doubtful_character_makes_an_entity_doubtful() -> None:
    """On a scan an entity is no surer than its least certain character; other ones do not count."""
    text = "公开信息12条。"
    places = paragraph(text).places
    sure = tag(Prose((), "", (section("一", Paragraph(text, places, (0.3,) + (1.0,) * 7)),), ()))
    doubtful = tag(
        Prose((), "", (section("一", Paragraph(text, places, (1.0,) * 5 + (0.5,) * 3)),), ())
    )
    assert doubtful[0].confidence == pytest.approx(sure[0].confidence / 2, abs=1e-4)


def test_subsections_belong_to_the_section_above() -> None:
    """A lower level is tagged with its top-level section, whatever its own number."""
    text = paragraph("公开信息12条。")
    prose = Prose((), "", (section("一"), section("二", text, level=2), section("二", text)), ())
    assert [entity.text for entity in tag(prose)] == ["12条"]


def test_empty_prose_and_odd_text() -> None:
    """No prose, no entities; white space and marks alone are no error."""
    assert tag(Prose((), "", (), ())) == ()
    assert list(read(" \n \n。　").ents) == []


def test_a_missing_model_is_told(tmp_path: Path) -> None:
    """An installation without its trained pipeline says so."""
    with pytest.raises(OSError, match="Can't find model"):
        load_pipeline(tmp_path / "none")


def test_confidence_is_a_probability_that_differs() -> None:
    """Every label has weights; what reads oddly is less sure than what reads plainly."""
    component = load_pipeline().get_pipe("entity_confidence")
    assert isinstance(component, EntityConfidence)
    assert set(component.weights) == set(LABELS)
    plain = read("由柳浦街道办事处编制，全年主动公开政府信息102条。").ents
    assert all(0.5 < span._.confidence < 1 for span in plain)
    assert len({span._.confidence for span in plain}) == len(plain)


def test_squeeze_keeps_what_parts_sentences() -> None:
    """A newline in a sentence goes, one behind a heading or a full stop stays."""
    assert squeeze("区\n政府").text == "区政府"
    assert squeeze("（一）概述\n区政府").text == "（一）概述\n区政府"
    assert squeeze("结束。\n区政府").text == "结束。\n区政府"
    spaced = squeeze("30 余人")
    assert spaced.printed(0, len(spaced.text)) == (0, 5)


GOALS = {
    "AGENCY": 0.93,
    "DATE": 0.99,
    "COUNT": 0.98,
    "MONEY": 0.99,
    "PERCENT": 0.99,
    "DOC_NUMBER": 0.99,
    "DOC_TITLE": 0.99,
}


def reaches_the_goals(tally: Tally) -> None:
    """F of exact spans by label, values and subjects of those found, calibration."""
    for label, goal in GOALS.items():
        if tally.wanted[label]:
            f_score = 2 * tally.right[label] / (tally.wanted[label] + tally.found[label])
            assert f_score >= goal, (label, tally.mistakes)
    assert tally.values.total() >= 0.99 * tally.valued.total()
    asked = sum(tally.right[label] for label in MEASURED)
    assert tally.subjects.total() >= 0.85 * asked, tally.mistakes
    confidence, right = (
        np.array(column) for column in zip(*(row[1:] for row in tally.confidence), strict=True)
    )
    assert calibration_error(confidence, right) <= 0.03


def test_fixtures_are_tagged_as_annotated() -> None:
    """The project's own annotated prose, held out from training."""
    documents = load(ROOT / "fixtures" / "entities")
    for document in documents:
        for entity in document.entities:
            assert document.sections[entity.section][entity.start : entity.end] == entity.text
    reaches_the_goals(evaluate(documents, load_pipeline()))


@pytest.mark.samples
def test_samples_are_tagged_as_annotated() -> None:
    """The shared annotated prose, where it is there."""
    if not SAMPLES.is_dir():
        pytest.skip("../shared/samples is not there")
    reaches_the_goals(evaluate(load(SAMPLES), load_pipeline()))


def test_spacy_is_imported_only_to_tag() -> None:
    """Importing the module leaves spaCy alone: `--help` must be fast."""
    code = "import sys, extractor.entities; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
