"""The report's own data, on reports set by hand and on the built-in templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.agency import agency_in_title, full_name
from extractor.document import Cell, Field, Table, Word
from extractor.entities import tag
from extractor.geometry import Box
from extractor.layout import read_prose, with_head
from extractor.metadata import metadata_fields
from extractor.passages import of_line
from extractor.report import MetadataPattern, Template, load_templates
from tests.typeset import LEFT, centred, page, word

TITLE = "云湖街道2022年政府信息公开工作年度报告"
PROSE = "今年以来，各项工作平稳有序，群众的知晓率和满意度都有明显提高，没有发生争议。"
CONTACT = (
    "本报告中所列数据的统计期限自2022年1月1日起至12月31日止。电子版可在云湖区门户网站"
    "（http://www.yunhu.example.cn/）下载。如有疑问，请与云湖街道办事处联系（地址：江州市云湖区湖滨路8号；"
    "电话：0000-12345678；邮编：123456；电子邮箱：yunhu_01@example.com）。"
)


def template() -> Template:
    return next(t for t in load_templates() if t.id.endswith("/2021"))


def fields_of(
    *items: str | Word,
    head: tuple[Word, ...] = (),
    title: str = TITLE,
    tables: tuple[Table, ...] = (),
) -> dict[str, Field]:
    """The fields of a report whose body is `items`, by name."""
    top = [centred(title, 110, 18)] if title else []
    prose = read_prose([page(*head, *top, *items)])
    entities = tag(with_head(prose))
    fields = metadata_fields(template(), prose, tables, {1: "text_layer"}, entities)
    return {field.id.removeprefix("report."): field for field in fields}


def test_every_field_of_the_template_is_there() -> None:
    """A blank document: all are missing, nothing is invented."""
    fields = metadata_fields(template(), read_prose([]), ())
    assert [f.id for f in fields] == [f"report.{name}" for name in template().metadata]
    assert {(f.state, f.value, f.text, f.page) for f in fields} == {("missing", None, "", None)}


def test_preamble_states_period_and_contact() -> None:
    """The usual first paragraph; the second date takes its year from the first."""
    fields = fields_of(CONTACT, "一、总体情况", PROSE)
    assert {name: fields[name].value for name in (
        "year", "period_start", "period_end", "website", "address", "phone", "postcode", "email",
    )} == {
        "year": 2022,
        "period_start": "2022-01-01",
        "period_end": "2022-12-31",
        "website": "http://www.yunhu.example.cn/",
        "address": "江州市云湖区湖滨路8号",
        "phone": "0000-12345678",
        "postcode": "123456",
        "email": "yunhu_01@example.com",
    }  # fmt: skip


def test_a_clock_time_does_not_cut_the_day() -> None:
    """Words part day and time on one line; run together the day is not guessed."""
    words = [
        word(text, LEFT + 90 * i, 140) for i, text in enumerate(("发布日期: 2023-1-1", "17:15"))
    ]
    fields = fields_of("一、总体情况", PROSE, head=tuple(words))
    assert fields["published_on"].value == "2023-01-01"
    head = (word("发布日期: 2023-11-21 8:05", LEFT, 140),)
    assert fields_of("一、总体情况", PROSE, head=head)["published_on"].value is None


def test_place_text_and_evidence() -> None:
    """A field says where it stands; a text layer gives no reading confidence."""
    field = fields_of(CONTACT, "一、总体情况", PROSE)["postcode"]
    assert (field.text, field.page, field.source, field.state) == (
        "123456",
        1,
        "text_layer",
        "printed",
    )
    assert field.bbox is not None
    assert field.bbox.width == pytest.approx(36, abs=0.2)
    assert field.evidence.reading is None
    assert field.evidence.label == pytest.approx(0.98)


def test_reading_is_that_of_the_least_certain_character() -> None:
    """The contact was read by OCR, one digit of the postcode badly."""
    line = word("邮编：123456。", LEFT, 200, confidence=0.99)
    chars = [c if c.text != "4" else type(c)(c.text, c.bbox, 0.4) for c in line.chars]
    fields = fields_of(Word(line.text, line.bbox, 0.99, tuple(chars), 12), "一、总体情况", PROSE)
    assert fields["postcode"].evidence.reading == 0.4


def test_contact_in_the_last_section() -> None:
    """Some reports end with whom to ask."""
    fields = fields_of("一、总体情况", PROSE, "二、其他", "联系电话：12345678，邮政编码：123456。")
    assert (fields["phone"].value, fields["postcode"].value) == ("12345678", "123456")


def test_contact_read_with_half_width_marks() -> None:
    """OCR and web pages print : ( , for ：（ ，."""
    text = "如有疑问,请联系(地址:湖滨路8号,邮编:123456,电话:1234567,电子邮箱:a.b@example.com)。"
    fields = fields_of(text, "一、总体情况", PROSE)
    values = [fields[name].value for name in ("address", "postcode", "phone", "email")]
    assert values == ["湖滨路8号", "123456", "1234567", "a.b@example.com"]


@pytest.mark.parametrize(
    ("signature", "agency", "date"),
    [
        (["江州市云湖区人民政府云湖街道办事处", "2023年1月12日"],
         "江州市云湖区人民政府云湖街道办事处", "2023-01-12"),
        (["云湖街道办事处 2023年1月12日"], "云湖街道办事处", "2023-01-12"),
        (["云湖街道办事处", "二〇二三年一月十二日", "（此件主动公开）"],
         "云湖街道办事处", "2023-01-12"),
        (["云湖区统计局", "2023 年 1 月 12 日"], "云湖区统计局", "2023-01-12"),
    ],
)  # fmt: skip
def test_signature(signature: list[str], agency: str, date: str) -> None:
    """Who signs is the agency, and the date below is the report's."""
    lines = [word(text, 320, 700 + 20 * i) for i, text in enumerate(signature)]
    fields = fields_of("一、总体情况", PROSE, "二、其他", "无。", *lines)
    assert (fields["agency"].value, fields["issued_on"].value) == (agency, date)
    assert fields["title"].value == TITLE


def test_head_of_a_web_page() -> None:
    """Labels with values beside them, two on a line, one of them without a value."""
    head = (
        word("索引号: X0123/2023-00045", LEFT, 60), word("文件编号:", 360, 60),
        word("发布机构: 云湖街道", LEFT, 80), word("成文日期: 2023-01-12", 360, 80),
    )  # fmt: skip
    below = word("发布日期: 2023-01-13 17:15 来源: 云湖街道", LEFT, 140)
    fields = fields_of(below, "一、总体情况", PROSE, head=head)
    assert {name: fields[name].value for name in (
        "index_number", "document_number", "agency", "issued_on", "published_on",
    )} == {
        "index_number": "X0123/2023-00045",
        "document_number": None,
        "agency": "云湖街道",
        "issued_on": "2023-01-12",
        "published_on": "2023-01-13",
    }  # fmt: skip
    assert fields["document_number"].state == "blank"
    assert fields["index_number"].evidence.label == 1.0


def test_labels_glued_together_or_misread() -> None:
    """OCR joins the columns of a head to one line, and misreads one character of a label."""
    head = (word("索引号:X01/2023-4发布机构:云湖街道生戍日期:2023-01-12", LEFT, 60),)
    fields = fields_of("一、总体情况", PROSE, head=head)
    assert fields["index_number"].value == "X01/2023-4发布机构:云湖街道"[:10]
    head = (word("生戍日期:2023-01-12", LEFT, 60),)
    assert fields_of("一、总体情况", PROSE, head=head)["issued_on"].value == "2023-01-12"


def test_head_in_a_table() -> None:
    """Web pages rule their head: the label's cell, and the value's to its right."""
    texts = [
        ["索 引 号：", "X0123/2023-00045", "发文字号", "云街办〔2023〕4号"],
        ["发布机构：云湖街道办事处", "", "", ""],
    ]
    cells = tuple(
        Cell(r, c, 1, 1, text, 0.97, 1, Box(c * 100.0, r * 20.0, c * 100.0 + 99, r * 20.0 + 19))
        for r, row in enumerate(texts)
        for c, text in enumerate(row)
    )
    table = Table("t1", "", (1,), 2, 4, cells)
    fields = fields_of("一、总体情况", PROSE, tables=(table,))
    assert fields["index_number"].value == "X0123/2023-00045"
    assert fields["document_number"].value == "云街办〔2023〕4号"
    assert fields["agency"].value == "云湖街道办事处"
    assert fields["index_number"].evidence.reading == 0.97


def test_document_number_is_not_one_that_the_prose_cites() -> None:
    """国办公开办函〔2021〕30号 in the preamble is another paper's."""
    cited = (
        "根据《通知》（国办公开办函〔2021〕30号）的要求，编制本报告，现予以公布，请社会各界监督。"
    )
    assert fields_of(cited, "一、总体情况", PROSE)["document_number"].state == "missing"
    head = (centred("云街办[2023] 4号", 70),)
    assert (
        fields_of(cited, "一、总体情况", PROSE, head=head)["document_number"].value
        == "云街办〔2023〕4号"
    )


def test_agency_from_title_completed_by_the_prose() -> None:
    """The organ that a place stands for, where the prose prints it."""
    speech = "2022年，云湖街道办事处坚持以群众需求为导向，认真开展各项工作，群众的满意度明显提高。"
    assert fields_of("一、总体情况", speech)["agency"].value == "云湖街道办事处"
    assert fields_of("一、总体情况", PROSE)["agency"].value == "云湖街道"


def test_agency_that_speaks_in_the_prose() -> None:
    """Neither title nor signature names one; 我街道 and 区政府 are no names."""
    speech = (
        "2022年云湖街道办事处坚持以群众需求为导向，我街道认真贯彻区政府的要求，积极开展各项工作。"
    )
    fields = fields_of("一、总体情况", speech, title="政府信息公开工作年度报告")
    assert (fields["agency"].value, fields["year"].value) == ("云湖街道办事处", 2022)
    assert fields["title"].value == "政府信息公开工作年度报告"


def test_agency_that_compiled_the_report() -> None:
    """本报告由…编制, where nothing else names the agency."""
    text = "本报告由云湖区市场监督管理局编制，全文已经公布，欢迎社会各界监督并提出宝贵的意见建议。"
    fields = fields_of(text, "一、总体情况", PROSE, title="2022年政府信息公开工作年度报告")
    assert fields["agency"].value == "云湖区市场监督管理局"


def test_letterhead_is_the_agency_with_its_full_name() -> None:
    """A letterhead on its own line; the prose prints the region before the name."""
    text = "本报告由江州市云湖区人民政府办公室根据规定编制，全文已经公布，欢迎社会各界监督。"
    head = (centred("云湖区人民政府", 84, 18),)
    fields = fields_of(
        text, "一、总体情况", PROSE, head=head, title="2022年政府信息公开工作年度报告"
    )
    assert fields["title"].value == "江州市云湖区人民政府2022年政府信息公开工作年度报告"
    assert fields["title"].text == "云湖区人民政府2022年政府信息公开工作年度报告"
    assert fields["agency"].value == "江州市云湖区人民政府"


def test_year_in_chinese_digits_and_from_the_period() -> None:
    """二〇二二年 in the title; else the year in which the period ends."""
    assert (
        fields_of("一、总体情况", PROSE, title="云湖区二〇二二年政府信息公开工作年度报告")[
            "year"
        ].value
        == 2022
    )
    fields = fields_of(CONTACT, "一、总体情况", PROSE, title="云湖街道政府信息公开工作年度报告")
    assert fields["year"].value == 2022


@pytest.mark.parametrize(
    ("title", "agency"),
    [
        ("云湖市统计局关于2021年政府信息公开工作年度报告", "云湖市统计局"),
        ("2021年云湖街道政府信息公开工作年度报告", "云湖街道"),
        ("关于云湖县教育局2021年度政府信息公开工作情况的报告", "云湖县教育局"),
        ("云湖镇二〇二一年政府信息公开年报", "云湖镇"),
        ("政府信息公开工作年度报告", None),
        ("2021年政府信息公开工作年度报告", None),
    ],
)
def test_agency_in_title(title: str, agency: str | None) -> None:
    """Before the year, or between year and subject."""
    assert agency_in_title(title) == agency


@pytest.mark.parametrize(
    ("name", "organs", "full"),
    [
        ("云湖区人民政府", ["江州市云湖区人民政府办公室"], "江州市云湖区人民政府"),
        ("云湖镇", ["镇政府", "云湖镇人民政府"], "云湖镇人民政府"),
        ("云湖区统计局", ["云湖区统计局", "某省江州市云湖区统计局"], "某省江州市云湖区统计局"),
        ("云湖街道", ["云湖街道文化站", "江州市云湖区统计局"], "云湖街道"),
        ("云湖街道", [], "云湖街道"),
    ],
)
def test_full_name(name: str, organs: list[str], full: str) -> None:
    """Only what is printed is added."""
    assert full_name(name, organs) == full


def test_the_period_is_a_span_of_days() -> None:
    """Days that the prose joins by 至; two days of other things are none."""
    spanned = fields_of(PROSE, "本报告反映2022年1月1日起到12月31日的情况。")
    assert spanned["period_start"].value == "2022-01-01"
    assert spanned["period_end"].value == "2022-12-31"
    other = fields_of(PROSE, "于2022年3月1日、5月1日两次召开会议。")
    assert other["period_start"].state == "missing"


def test_another_template_brings_its_own_patterns() -> None:
    """Fields and patterns are data: full-width marks in a pattern fit the paper's."""
    own = template().model_copy(
        update={
            "metadata": {
                "contact": MetadataPattern(
                    label="联系人", patterns=("联系人：(?P<value>[^，。]+)",)
                )
            }
        }
    )
    prose = read_prose([page("一、情况", "联系人：王小湖，欢迎来电咨询有关的各项工作情况。")])
    (field,) = metadata_fields(own, prose, ())
    assert (field.id, field.value, field.source) == ("report.contact", "王小湖", None)


def test_how_a_field_is_found_is_data_too() -> None:
    """No name means anything: finder, weak labels, stops and rejects are the template's."""
    metadata = {
        "heading": MetadataPattern(label="题名", finder="title"),
        "title": MetadataPattern(label="书名", labels=("书名",)),
        "place": MetadataPattern(label="位置", labels=("位置",), rejects="www"),
        "office": MetadataPattern(
            label="单位", patterns=("由(?P<value>.+?)编制",), weak_labels=("来源",)
        ),
    }
    own = template().model_copy(update={"metadata": metadata, "stop_labels": ("装帧",)})
    head = (word("书名: 湖志装帧: 线装 来源: 湖报", LEFT, 60), word("位置: www.hu.cn", LEFT, 80))
    items = (
        *head,
        centred(TITLE, 110, 18),
        "本报告由云湖镇编制，欢迎来电咨询。",
        "一、情况",
        PROSE,
    )
    fields = {f.id: f.value for f in metadata_fields(own, read_prose([page(*items)]), ())}
    assert fields == {
        "report.heading": TITLE,
        "report.title": "湖志",
        "report.place": None,
        "report.office": "云湖镇",
    }
    box = Box(72, 200, 500, 220)
    cells = tuple(
        Cell(0, k, 1, 1, text, 1.0, 1, box) for k, text in enumerate(("位置", "湖滨路8号"))
    )
    table = Table("t1", "", (1,), 1, 2, cells)
    assert metadata_fields(own, read_prose([]), (table,))[2].value == "湖滨路8号"


@given(st.text(alphabet="索引号：: 2023-年月日〔〕号云湖局无，。", max_size=60))
def test_any_text_gives_fields_of_the_right_kind(text: str) -> None:
    """Nothing breaks on odd text; dates are ISO, years plausible, missing fields have no value."""
    items = [word(text, LEFT, 60)] if text.strip() else []
    prose = read_prose([page(*items, "一、总体情况", PROSE)])
    for field in metadata_fields(template(), prose, ()):
        assert (field.value is None) == (field.state != "printed")
        assert field.kind != "date" or field.value is None or len(str(field.value)) == 10


def test_passages_keep_places_without_spaces() -> None:
    """Folded and printed text are of one length; a space has no place."""
    prose = read_prose([page(word("A 1：云 湖", LEFT, 60))])
    (line,) = prose.head or (None,)
    assert line is not None
    passage = of_line(line, "head")
    assert (passage.text, passage.printed) == ("A1:云湖", "A1：云湖")
    assert len(passage.places) == 5
