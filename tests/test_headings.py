"""Lines, page furniture and headings, on words set by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.document import Word
from extractor.furniture import without_furniture
from extractor.geometry import Box
from extractor.headings import Start, damaged_mark, mark_of, official_number, top_level
from extractor.layout import PageText, lines_of, read_prose
from extractor.template import load_templates, official_headings
from tests.typeset import HEIGHT, WIDTH, page, word

OFFICIAL = official_headings(load_templates())


def test_words_of_uneven_height_share_a_line() -> None:
    """OCR boxes move a little up and down; words come in any order."""
    words = [word("中文", 100, 101.5), word("左边", 72, 100), word("下一行", 72, 120)]
    assert [line.text for line in lines_of(words, 1)] == ["左边中文", "下一行"]


def test_wide_gap_parts_columns_and_latin_keeps_its_space() -> None:
    """A gap of two characters is kept in a line's text, that between Chinese and digits is not."""
    words = [
        word("索引号:", 72, 80),
        word("A 12", 160, 80),
        word("2020", 230, 100),
        word("年", 257, 100),
    ]
    first, second = lines_of(words, 3)
    assert (first.text, second.text, first.page) == ("索引号: A 12", "2020年", 3)


def test_no_words_make_no_lines() -> None:
    """A blank page and white space."""
    blank = Word("　", Box(1, 1, 5, 5))
    assert lines_of([], 1) == lines_of([blank], 1) == ()


def test_words_without_characters_get_even_boxes() -> None:
    """An engine that gives no boxes for characters still gives places."""
    prose = read_prose(
        [PageText(1, WIDTH, HEIGHT, (Word("一二三四。", Box(72, 80, 132, 92)),), ())]
    )
    assert prose.sections[0].paragraphs[0].places[1] == (1, Box(84, 80, 96, 92))


def test_radicals_of_fonts_become_characters() -> None:
    """Some fonts map ⼀ and ⼯ (radicals) where 一 and 工 are printed."""
    assert lines_of([word("⼀、⼯作⺠⼾", 72, 80)], 1)[0].text == "一、工作民户"


# --- furniture


@pytest.mark.parametrize(
    "mark",
    ["- 2 -", "2", "—2—", "第2页 共5页", "第 2 页", "2/5", "Page 2 of 5", "-2一", "·2·",
     "https://www.example.gov.cn/art/2022/1/5.html 2/5", "2022/1/5 09:12 年度报告"],
)  # fmt: skip
def test_page_marks_are_dropped(mark: str) -> None:
    """Page numbers and a browser's marks in the margins, not the same text inside the page."""
    foot, inside = word(mark, 280, 800), word(mark, 280, 400)
    lines = lines_of([foot, inside], 1)
    assert [line.bbox.y0 for line in without_furniture(lines, {1: HEIGHT})] == [400]


def test_running_header_is_dropped_where_it_repeats() -> None:
    """The same line at the same height of two pages; a lone one is text."""
    pages = [[word("云湖街道年度报告", 72, 40), word(f"正文{n}", 72, 300)] for n in (1, 2)]
    lines = [line for n, words in enumerate(pages, 1) for line in lines_of(words, n)]
    heights = {1: HEIGHT, 2: HEIGHT}
    assert [line.text for line in without_furniture(lines, heights)] == ["正文1", "正文2"]
    assert len(without_furniture(lines[:2], heights)) == 2


def test_repeated_footer_is_found_in_spite_of_ocr() -> None:
    """One character is read differently on the second page."""
    words = [
        word(text, 72, 800, confidence=0.9) for text in ("云湖街道办事处编印", "云湖街道办事处编卬")
    ]
    lines = [line for n, item in enumerate(words, 1) for line in lines_of([item], n)]
    assert without_furniture(lines, {1: HEIGHT, 2: HEIGHT}) == ()


def test_subheadings_at_the_same_height_are_no_header() -> None:
    """（一） and （二） with like texts at the top of two pages stay."""
    texts = ("（一）主动公开工作情况", "（二）主动公开工作情况")
    lines = [line for n, t in enumerate(texts, 1) for line in lines_of([word(t, 72, 80)], n)]
    assert len(without_furniture(lines, {1: HEIGHT, 2: HEIGHT})) == 2


def test_a_turned_page_repeats_its_footer_from_the_foot() -> None:
    """Its height is another: the footers stand alike only measured from below."""
    words = [word("云湖街道办事处编印", 72, y) for y in (800, 562, 567)]
    lines = [line for n, item in enumerate(words, 1) for line in lines_of([item], n)]
    assert without_furniture(lines, {1: 840.0, 2: 600.0, 3: 600.0}) == ()
    assert len(without_furniture(lines[:2], {1: 840.0, 2: 640.0})) == 2


@pytest.mark.parametrize("note", ["（续表）", "接下页", "（未完，接下页）", "续上表"])
def test_notes_of_a_page_break_are_dropped(note: str) -> None:
    """They belong to the paper, not to the text."""
    assert without_furniture(lines_of([word(note, 280, 400)], 1), {1: HEIGHT}) == ()


# --- headings


@pytest.mark.parametrize(
    ("text", "style", "number", "rest"),
    [
        ("一、总体情况", "han", "一", "总体情况"),
        ("十二．其他", "han", "十二", "其他"),
        ("（一）主动公开", "paren", "一", "主动公开"),
        ("(2) 主动公开", "paren", "2", "主动公开"),
        ("1. 组织领导", "arabic", "1", "组织领导"),
        ("3、组织领导", "arabic", "3", "组织领导"),
        ("第一部分 概述", "part", "一", "概述"),
        ("## 六、其他", "han", "六", "其他"),
        ("**（二）办法：**", "paren", "二", "办法：**"),
        ("# 概述", "hash", "", "概述"),
    ],
)
def test_numbering_styles(text: str, style: str, number: str, rest: str) -> None:
    """Every style of numbering in use, with printed markup before it."""
    mark = mark_of(text)
    assert mark is not None
    assert (mark.style, mark.number, text[mark.end :]) == (style, number, rest)


@pytest.mark.parametrize(
    "text", ["2020年，街道", "一是加强领导", "18.2%的信息", "总体情况", "362000）。"]
)
def test_prose_has_no_numbering(text: str) -> None:
    """Years, 一是 and decimals are no numbering."""
    assert mark_of(text) is None


@pytest.mark.parametrize(
    "text", ["、总体情况", "-、总体情况", "大、其他需要报告的事项", "六其他需要报告的事项"]
)
def test_damaged_number_of_an_official_heading(text: str) -> None:
    """OCR lost or misread the number; the official wording tells it."""
    mark = damaged_mark(text, OFFICIAL)
    assert mark is not None
    assert mark.number == ("一" if "总体" in text else "六")


def test_headings_of_another_form_are_known_too() -> None:
    """The number of section 四 is lost; its template says which it is."""
    body = [
        "一、概况",
        "办理案件三件，全部按时办结。",
        "、需要说明的事项",
        "无其他需要说明的情况。",
    ]
    found = [s.number for s in read_prose([page(*body)], OFFICIAL).sections]
    assert (found, [s.number for s in read_prose([page(*body)]).sections]) == (["一", "四"], ["一"])


def test_official_heading_with_a_wrong_character() -> None:
    """One character of ten may be misread, other text is no official heading."""
    assert official_number("其他需要报吿的事项", OFFICIAL) == "六"
    assert official_number("加强组织领导的情况", OFFICIAL) is None


def test_list_inside_a_section_does_not_break_the_sequence() -> None:
    """一、二、 inside section 五 are no sections; neither is a table row 四、结转."""
    texts = ["一、总体情况", "二、主动公开政府信息情况", "三、申请情况", "四、结转下年度继续办理",
             "四、政府信息公开行政复议、行政诉讼情况", "五、问题", "一、认识不足",
             "二、人员不足", "六、其他"]  # fmt: skip
    marks = top_level([Start(i, text, 0.3) for i, text in enumerate(texts)], OFFICIAL)
    assert list(marks) == [0, 1, 2, 4, 5, 8]


@given(
    st.lists(st.sampled_from(["一、甲", "二、乙", "三、丙", "（一）丁", "1.戊", "己"]), max_size=12)
)
def test_top_level_rises(texts: list[str]) -> None:
    """Whatever is printed, the numbers of the top level rise and are of one style."""
    marks = top_level([Start(i, text, 0.0) for i, text in enumerate(texts)])
    values = [mark.value for mark in marks.values()]
    assert values == sorted(set(values))
    assert len({mark.style for mark in marks.values()}) <= 1


# --- sections
