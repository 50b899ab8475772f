"""What rules read in the prose: organs, dates, quantities and what these count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.entities import load_pipeline
from extractor.tagging.agencies import find_agencies
from extractor.tagging.compact import compact_of, squeeze
from extractor.tagging.dates import find_dates
from extractor.tagging.figures import find_counts, find_money, find_percent
from extractor.tagging.regions import names_in_title
from extractor.tagging.subject_rules import read_subjects
from extractor.tagging.subjects import MEASURED
from extractor.tagging.titles import find_numbers, find_titles
from extractor.tagging.units import span_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from spacy.tokens import Doc

FINDERS: dict[str, Callable[[str], Iterable[tuple[int, int]]]] = {
    "AGENCY": find_agencies,
    "DOC_TITLE": find_titles,
    "DOC_NUMBER": find_numbers,
    "DATE": find_dates,
    "COUNT": find_counts,
    "MONEY": find_money,
    "PERCENT": find_percent,
}


def tagged(text: str, label: str, *, title: str = "") -> list[str]:
    """The printed texts that the rules of one label find."""
    source = squeeze(text)
    found: Iterable[tuple[int, int]]
    if label == "AGENCY":
        found = find_agencies(source.text, names_in_title(title))
    else:
        found = FINDERS[label](source.text)
    return [text[slice(*source.printed(*where))] for where in found]


def ruled(text: str) -> Doc:
    """The text with what all the rules find, none overlapping."""
    doc = load_pipeline().make_doc(text)
    source = compact_of(doc)
    spans = [
        span_at(doc, source.printed(*where), label)
        for label, finder in FINDERS.items()
        for where in finder(source.text)
    ]
    doc.ents = tuple(sorted(spans))
    return doc


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


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (
            "收到国办发〔2016〕80号、见沅政函〔2021〕8号",
            ["国办发〔2016〕80号", "沅政函〔2021〕8号"],
        ),
        ("转发省政府办公厅湘政办发〔2021〕3号", ["湘政办发〔2021〕3号"]),
        ("我局沅财函〔2021〕8号和省政府令第12号", ["沅财函〔2021〕8号", "省政府令第12号"]),
        ("国办公开办函〔2019〕60 号", ["国办公开办函〔2019〕60 号"]),
    ],
)
def test_document_numbers(text: str, numbers: list[str]) -> None:
    """The sign of the issuing organ, without the words and the organ in front of it."""
    assert tagged(text, "DOC_NUMBER") == numbers


def test_shares_in_ranges_and_broken_lines() -> None:
    """A dash between shares is no sign; a line break behind a decimal point parts no number."""
    assert tagged("增长10%-20%，下降为-3%", "PERCENT") == ["10%", "20%", "-3%"]
    assert tagged("占比18.\n2%", "PERCENT") == ["18.\n2%"]


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
    doc = ruled(text)
    spans = [span for span in doc.ents if span.label_ in MEASURED]
    assert read_subjects(compact_of(doc), spans, doc.ents) == subjects
