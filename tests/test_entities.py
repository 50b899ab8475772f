"""The prose tagger: what it tags, what it must not, values, subjects, places."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import spacy

from extractor.document import Normalized
from extractor.entities import load_pipeline, tag
from extractor.geometry import Box
from extractor.layout import Paragraph, Prose, ProseSection
from extractor.tagging.compact import squeeze
from extractor.tagging.pipeline import LABELS, PRECISION, with_meaning
from extractor.template import load_templates
from models.evaluate import evaluate, load

if TYPE_CHECKING:
    from spacy.tokens import Doc

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT.parent / "shared" / "samples" / "entities"


def read(text: str, *, title: str = "", year: str | None = None) -> Doc:
    """The text through the pipeline, as `tag` does it."""
    nlp = load_pipeline()
    doc = nlp.make_doc(text)
    doc.user_data.update(title=title, year=year)
    return nlp(doc)


def tagged(text: str, label: str, *, title: str = "") -> list[str]:
    """The printed texts of one label."""
    return [span.text for span in read(text, title=title).ents if span.label_ == label]


def paragraph(text: str, page: int = 1, y: float = 100.0) -> Paragraph:
    """A paragraph of one line, a character every ten points."""
    return Paragraph(
        text, tuple((page, Box(i * 10, y, i * 10 + 10, y + 12)) for i in range(len(text)))
    )


def section(number: str | None, *paragraphs: Paragraph, level: int = 1) -> ProseSection:
    """A section of a report."""
    return ProseSection(number, "", level, 1, paragraphs)


@pytest.mark.parametrize(
    ("text", "agencies"),
    [
        ("柳浦街道办事处负责", ["柳浦街道办事处"]),
        ("由青屿市澄湖区人民政府办公室编制", ["青屿市澄湖区人民政府办公室"]),
        ("围绕区委区政府中心工作", ["区委", "区政府"]),
        ("落实青屿市委市政府部署", ["青屿市委", "市政府"]),
        ("党中央国务院决策", ["党中央", "国务院"]),
        ("国务院办公厅政府信息与政务公开办公室", ["国务院办公厅政府信息与政务公开办公室"]),
        ("澄湖区人民政府柳浦街道办事处", ["澄湖区人民政府柳浦街道办事处"]),
        ("充实街道办事处政务公开领导小组", ["街道办事处政务公开领导小组"]),
        ("挂靠在街道党政综合办公室", ["街道党政综合办公室"]),
        ("成立了政务公开、政府信息领导小组", ["政务公开、政府信息领导小组"]),
        ("送交市档案馆及市图书馆", ["市档案馆", "市图书馆"]),
        ("在市府办指导下，党政办牵头", ["市府办", "党政办"]),
        ("中心管委会始终坚持", ["中心管委会"]),
        ("根据国务院有关部委要求", ["国务院"]),
        ("澄湖区政府门户网站", ["澄湖区政府"]),
        ("依托区政府网站", ["区政府"]),
        ("澄湖区政府信息公开工作", ["澄湖区政府"]),
        ("市财政局、教育局和县卫生健康局", ["市财政局", "教育局", "县卫生健康局"]),
        ("国家税务总局青屿市税务局", ["国家税务总局青屿市税务局"]),
        ("兰汀师范大学学校办公室", ["兰汀师范大学学校办公室"]),
        ("以柳浦街道综合文化站为依托", ["柳浦街道综合文化站"]),
        ("青屿市澄湖区\n人民政府门户网站", ["青屿市澄湖区\n人民政府"]),
        ("2022年度柳浦街道办事处工作", ["柳浦街道办事处"]),
        ("地址：青屿市澄湖区人民政府大楼3楼", ["青屿市澄湖区人民政府"]),
        ("恩施土家族苗族自治州人民政府", ["恩施土家族苗族自治州人民政府"]),
    ],
)
def test_agencies(text: str, agencies: list[str]) -> None:
    """Organs with their regions, offices joined to their organ, joined organs split."""
    assert tagged(text, "AGENCY") == agencies


@pytest.mark.parametrize(
    "text",
    [
        "我街道高度重视，街道、社区公开栏", "各部门、各科室、本机关、有关部门",
        "领导小组下设办公室", "“书香柳浦”微信公众号",
        "政府门户网站", "“柳浦街道”微信公众号推送", "我区政府信息公开工作",
        "全市政府信息公开", "各区政府", "贯彻中央、省、青屿市关于公开的部署", "送交市“两馆”",
        "22个村党员活动室、综治服务中心", "围绕中心工作", "便民服务大厅", "城镇居民和乡镇街道",
        "指定街道政府信息公开工作的经办人", "政府信息公开条例",
        "地址：澄湖区渡口路18号柳浦街道办事处",
        "二级学院和各学院", "办理科学技术成果", "县级以上人民政府",
    ],
)  # fmt: skip
def test_class_words_are_no_agencies(text: str) -> None:
    """Levels, classes, web sites, accounts and addresses name no organ."""
    assert tagged(text, "AGENCY") == []


def test_a_title_vouches_for_a_town() -> None:
    """A town that the title names is known in the middle of a clause too."""
    assert tagged("近期东岬镇认真落实", "AGENCY", title="云栈县东岬镇2021年报告") == ["东岬镇"]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2020年1月1日至12月31日", ["2020年1月1日", "12月31日"]),
        ("自 2023 年 1 月 1 日起", ["2023 年 1 月 1 日"]),
        ("移交2006—2010年文书档案30年453件", ["2006—2010年"]),
        ("成文日期: 2021-01-25 17:15", ["2021-01-25"]),
        ("2021年年度报告和2021年度计划", ["2021年", "2021年度"]),
        ("12月1日至8日", ["12月1日", "8日"]),
        ("二〇二一年五月六日", ["二〇二一年五月六日"]),
        ("2020-2021学年", ["2020-2021学年"]),
        ("今年、本年度、每月、周三、全年、年底，3个月，30年", []),
        ("索引号:004017030009125/2021-118305", []),
        ("电话0700-3216548", []),
        ("建党一百周年", []),
    ],
)
def test_dates(text: str, dates: list[str]) -> None:
    """Definite years, months and days; terms, index numbers and telephones are none."""
    assert tagged(text, "DATE") == dates


def test_month_days_take_the_year_before_them() -> None:
    """截止12月31日 belongs to the year named before it, the title's at first."""
    values = [
        span._.normalized.value for span in read("截止12月31日，2021年，5月", year="2020").ents
    ]
    assert values == ["2020-12-31", "2021", "2021-05"]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (
            "102条，1件，18场次，30 余人，12个，十二个",
            ["102条", "1件", "18场次", "30 余人", "12个", "十二个"],
        ),
        ("公开1,208条，近百人", ["1,208条", "百人"]),
        ("每周一次，至少一次", ["一次", "一次"]),
        ("举办3—5场", ["3—5场"]),
        ("第一项，第711号，第三、四条，“三审”，“两馆”", []),
        ("一楼至三楼，一是，二是，一种，统一个", []),
        ("让群众“只跑一次”，最多跑一次", []),
        ("“四个意识”，八项规定，第七次全国人口普查", []),
        ("应急管理类21，电话32165487", []),
        ("8部门，10条例，3项目", []),
    ],
)
def test_counts(text: str, counts: list[str]) -> None:
    """Numbers with a measure word; ordinals, names and bare numbers are none."""
    assert tagged(text, "COUNT") == counts


def test_money_and_percent() -> None:
    """Amounts and shares."""
    assert tagged("投入15903365.56元、3.2万元、三百元", "MONEY") == [
        "15903365.56元",
        "3.2万元",
        "三百元",
    ]
    assert tagged("占18.2%，增长百分之二十", "PERCENT") == ["18.2%", "百分之二十"]


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


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("累计主动公开政府信息102条，其中机构职能类28条", ["主动公开政府信息", "机构职能类"]),
        ("政策、规范性文件类5条，其他类信息12条", ["政策、规范性文件类", "其他类信息"]),
        ("街道共收到依申请公开1件", ["依申请公开"]),
        ("我街道新收依申请公开16件，办结16件", ["依申请公开", "办结"]),
        ("全街道12个社区均设立公开栏", ["社区"]),
        ("共有22个市政府部门", ["部门"]),
        ("推送党史知识20条", ["党史知识"]),
        ("参与区级业务技能培训1次", ["业务技能培训"]),
        ("每周一次进行线上学习", ["线上学习"]),
        ("累计有 100 余人次参与", [None]),
        ("主动公开信息数 215 条", ["主动公开信息"]),
        ("网络申请20件、信函申请15件，合计35件", ["网络申请", "信函申请", "网络申请"]),
        ("机构职能类信息2条，占18.2%", ["机构职能类信息", "机构职能类信息"]),
        ("按期办结率99.6%", ["按期办结率"]),
        ("全年收取信息处理费 0 元", ["信息处理费"]),
        ("共发布7条防控通知精神", ["防控通知精神"]),
        ("已答复件数为1件", ["已答复"]),
    ],
)
def test_subjects(text: str, subjects: list[str | None]) -> None:
    """What is counted: after 个, else before the number, without agency, adverb and verb."""
    assert [span._.subject for span in read(text).ents if span.label_ != "AGENCY"] == subjects


def test_words_beside_a_number_make_it_approximate() -> None:
    """约 and 以上 are outside the span but in the value."""
    first, second, third = read("约50份，100人以上，30余人").ents
    assert [s.text for s in (first, second, third)] == ["50份", "100人", "30余人"]
    assert first._.normalized == Normalized(50, "份", approximate=True)
    assert second._.normalized.approximate
    assert third._.normalized.approximate


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
    assert count.confidence == PRECISION["COUNT"]


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


def test_subsections_belong_to_the_section_above() -> None:
    """A lower level is tagged with its top-level section, whatever its own number."""
    text = paragraph("公开信息12条。")
    prose = Prose((), "", (section("一"), section("二", text, level=2), section("二", text)), ())
    assert [entity.text for entity in tag(prose)] == ["12条"]


def test_empty_prose_and_odd_text() -> None:
    """No prose, no entities; white space and marks alone are no error."""
    assert tag(Prose((), "", (), ())) == ()
    assert list(read(" \n \n。　").ents) == []


def test_a_trained_pipeline_drops_in(tmp_path: Path) -> None:
    """A pipeline on disk is used instead of the rules, and gets values and subjects behind it."""
    trained = spacy.blank("zh")
    patterns = [{"label": "COUNT", "pattern": "12条"}, {"label": "AGENCY", "pattern": "某办"}]
    trained.add_pipe("entity_ruler").add_patterns(patterns)  # type: ignore[attr-defined]
    (tmp_path / "ner").mkdir()
    trained.to_disk(tmp_path / "ner" / "v1")
    nlp = load_pipeline(tmp_path / "ner")
    assert "agency_rules" not in nlp.pipe_names
    agency, count = nlp("某办发布消息12条").ents
    assert agency._.normalized == Normalized("某办")
    assert (count._.normalized, count._.subject) == (Normalized(12, "条"), "消息")
    assert with_meaning(nlp).pipe_names.count("entity_values") == 1


def test_the_newest_trained_pipeline_is_taken(tmp_path: Path) -> None:
    """Versions are numbers: v10 is newer than v9."""
    for number in (9, 10):
        trained = spacy.blank("zh")
        trained.meta["description"] = f"v{number}"
        trained.to_disk(tmp_path / f"v{number}")
    assert load_pipeline(tmp_path).meta["description"] == "v10"


def test_every_label_has_a_measured_precision() -> None:
    """The table of confidences covers the labels of the guideline."""
    assert set(PRECISION) == set(LABELS)


def test_squeeze_keeps_what_parts_sentences() -> None:
    """A newline in a sentence goes, one behind a heading or a full stop stays."""
    assert squeeze("区\n政府").text == "区政府"
    assert squeeze("（一）概述\n区政府").text == "（一）概述\n区政府"
    assert squeeze("结束。\n区政府").text == "结束。\n区政府"
    spaced = squeeze("30 余人")
    assert spaced.printed(0, len(spaced.text)) == (0, 5)


def test_fixtures_are_tagged_as_annotated() -> None:
    """Spans of the project's own annotated prose: all labels at least 0.95 F."""
    documents = load(ROOT / "fixtures" / "entities")
    for document in documents:
        for entity in document.entities:
            assert document.sections[entity.section][entity.start : entity.end] == entity.text
    tally = evaluate(documents, load_pipeline())
    for label in LABELS:
        f_score = 2 * tally.right[label] / (tally.wanted[label] + tally.found[label])
        assert f_score >= 0.95, (label, tally.mistakes)


@pytest.mark.samples
def test_samples_are_tagged_as_annotated() -> None:
    """The shared annotated prose, where it is there."""
    if not SAMPLES.is_dir():
        pytest.skip("../shared/samples is not there")
    tally = evaluate(load(SAMPLES), load_pipeline())
    assert 2 * tally.right.total() / (tally.wanted.total() + tally.found.total()) >= 0.95


def test_spacy_is_imported_only_to_tag() -> None:
    """Importing the module leaves spaCy alone: `--help` must be fast."""
    code = "import sys, extractor.entities; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
