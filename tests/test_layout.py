"""Words → lines → paragraphs → sections, on pages set by hand."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.document import Char, Word
from extractor.geometry import Box
from extractor.layout import Prose, read_prose, to_sections
from tests.typeset import LEFT, PITCH, RIGHT, SIZE, TOP, centred, page, word, wrapped

LONG = (
    "今年以来，云湖街道办事处认真落实各级关于政务公开的要求，坚持以群众需求为导向，"
    "及时公开群众关心的事项，不断健全工作机制，持续提升公开的质量和水平，各项工作平稳有序。"
)
OTHER = (
    "一年来，街道共整理各类公开事项三十余条，全部按时在公告栏和网站上发布，并安排专人负责解答，"
    "群众的知晓率和满意度都有明显提高。"
)


def text_of(prose: Prose, number: str | None) -> str:
    return "".join(p.text for s in prose.sections if s.number == number for p in s.paragraphs)


def paragraphs_of(prose: Prose, number: str | None) -> list[str]:
    return [p.text for s in prose.sections if s.number == number for p in s.paragraphs]


def report(*body: str | Word) -> Prose:
    title = centred("云湖街道办事处2022年政府信息公开工作年度报告", TOP, 18)
    return read_prose([page(title, *body)])


# --- lines


def test_report_with_indents() -> None:
    """Paragraphs are rejoined, sub-headings stay in their section, the signature is the tail."""
    prose = report(
        LONG, "一、总体情况", LONG, "（一）主动公开情况", OTHER, "二、存在的主要问题", OTHER, LONG,
        word("云湖街道办事处", 420, 700), word("2023年1月12日", 420, 720),
    )  # fmt: skip
    assert prose.title == "云湖街道办事处2022年政府信息公开工作年度报告"
    assert [(s.number, s.heading) for s in prose.sections] == [
        (None, ""), ("一", "总体情况"), ("二", "存在的主要问题"),
    ]  # fmt: skip
    assert paragraphs_of(prose, None) == [LONG]
    assert paragraphs_of(prose, "一") == [LONG, "（一）主动公开情况", OTHER]
    assert [line.text for line in prose.tail] == ["云湖街道办事处", "2023年1月12日"]
    assert paragraphs_of(prose, "二") == [OTHER, LONG, "云湖街道办事处", "2023年1月12日"]


def test_report_without_indents() -> None:
    """Early ends and numbering tell the paragraphs apart where no line stands in."""
    title = centred("2022年政府信息公开工作年度报告", TOP, 18)
    prose = read_prose(
        [page(title, "一、总体情况", LONG, OTHER, "二、问题", "1. " + LONG, indent=0)]
    )
    assert paragraphs_of(prose, "一") == [LONG, OTHER]
    assert text_of(prose, "二").replace(" ", "") == "1." + LONG


def test_paragraph_goes_on_over_a_page_break() -> None:
    """With a page number at the foot and a running header on top of the next page."""
    lines = wrapped(LONG + OTHER)
    first = [word(t, x, 700 + i * PITCH) for i, (x, t) in enumerate(lines[:2])]
    rest = [word(t, x, 90 + i * PITCH) for i, (x, t) in enumerate(lines[2:])]
    pages = [
        page(word("一、总体情况", LEFT, 680), *first, word("- 1 -", 290, 800)),
        page(
            *rest,
            word("二、问题", LEFT, 400),
            word("无。", LEFT + 24, 420),
            word("- 2 -", 290, 800),
            number=2,
        ),
    ]
    prose = read_prose(pages)
    assert paragraphs_of(prose, "一") == [LONG + OTHER]
    places = prose.sections[0].paragraphs[0].places
    assert {number for number, _ in places} == {1, 2}
    assert len(places) == len(LONG + OTHER)


def test_table_parts_paragraphs() -> None:
    """What stands above and below a table are two paragraphs, though the line above is full."""
    lines = [text for _, text in wrapped(LONG, 0)]
    above = word(lines[0], LEFT, 100)
    below = word(lines[1], LEFT, 300)
    pages = [
        page(
            word("一、情况", LEFT, 80),
            above,
            below,
            word("二、其他", LEFT, 500),
            tables=[Box(72, 120, 528, 290)],
        )
    ]
    assert paragraphs_of(read_prose(pages), "一") == lines[:2]


def test_heading_with_prose_run_in() -> None:
    """六、其他需要报告的事项：无。 and its likes: the prose is the section's first paragraph."""
    prose = report(
        "一、总体情况。" + LONG,
        "二、存在的主要问题及改进情况",
        OTHER,
        "三、其他需要报告的事项：无。",
    )
    assert [s.heading for s in prose.sections] == [
        "总体情况", "存在的主要问题及改进情况", "其他需要报告的事项",
    ]  # fmt: skip
    assert paragraphs_of(prose, "一") == [LONG]
    assert paragraphs_of(prose, "三") == ["无。"]


def test_heading_over_two_lines() -> None:
    """A heading in large type that does not fit on its line."""
    first, second = "二、因政府信息公开工作被申请行政复议和提起行政", "诉讼的有关情况"
    prose = report(
        "一、总体情况", LONG, word(first, LEFT, 300, 19), word(second, LEFT, 328, 19),
        word("本年度没有。", LEFT + 24, 360),
    )  # fmt: skip
    assert prose.sections[-1].heading == (first + second)[2:]
    assert paragraphs_of(prose, "二") == ["本年度没有。"]


@pytest.mark.parametrize("sign", ["## ", "**", "# "])
def test_printed_markup(sign: str) -> None:
    """Reports pasted from Markdown print its signs."""
    close = "**" if sign == "**" else ""
    words = [
        word(f"{sign}{n}、{text}{close}", LEFT, y)
        for n, text, y in (("一", "总体情况", 120), ("二", "问题", 240))
    ]
    body = [word("**（一）要点：**工作平稳。", LEFT + 24, 140), word("无。", LEFT + 24, 260)]
    prose = read_prose([page(words[0], body[0], words[1], body[1])])
    assert [(s.number, s.heading) for s in prose.sections] == [("一", "总体情况"), ("二", "问题")]
    assert paragraphs_of(prose, "一") == ["（一）要点：工作平稳。"]


@pytest.mark.parametrize(
    ("heads", "numbers"),
    [
        (("第一部分 概述", "第二部分 问题"), ["一", "二"]),
        (("（一）概述", "（二）问题"), ["一", "二"]),
        (("1、概述", "2、问题"), ["1", "2"]),
        (("# 概述", "# 问题"), [None, None]),
    ],
)
def test_other_numbering_of_the_top_level(
    heads: tuple[str, str], numbers: list[str | None]
) -> None:
    """Where no 一、 is printed, the outermost numbering makes the sections."""
    prose = report(word(heads[0], LEFT, 120), LONG, word(heads[1], LEFT, 400), OTHER)
    assert [(s.number, s.heading) for s in prose.sections] == [
        (numbers[0], "概述"), (numbers[1], "问题"),
    ]  # fmt: skip


def test_text_without_any_heading_is_one_section() -> None:
    """Nothing is lost where a report is not divided."""
    prose = report(LONG, OTHER)
    assert [(s.number, [p.text for p in s.paragraphs]) for s in prose.sections] == [
        (None, [LONG, OTHER])
    ]


def test_nothing_printed() -> None:
    """Blank pages give empty prose."""
    assert read_prose([page()]) == read_prose([]) == Prose((), "", (), ())


# --- title, head and tail


@pytest.mark.parametrize(
    "rows",
    [
        ["云湖街道办事处", "2022年政府信息公开工作年度报告"],
        ["云湖经济开发区管理委员会关于2022年度", "政府信息公开工作年度报告"],
        ["二〇二二年政府信息公开工作报告"],
        ["2022年度部门决算公开情况说明"],
    ],
)
def test_title_over_lines(rows: list[str]) -> None:
    """Letterheads and wrapped titles are joined; the number above and the date below are not."""
    title = [centred(text, 100 + 30 * i, 20) for i, text in enumerate(rows)]
    number = centred("云街办〔2023〕4号", 70)
    date = centred("（2023年1月12日）", 170)
    prose = read_prose([page(number, *title, date, word("一、总体情况", LEFT, 220), "无。")])
    assert prose.title == "".join(rows)
    texts = ["云街办〔2023〕4号", *rows, "（2023年1月12日）"]
    assert [line.text for line in prose.head] == texts
    assert paragraphs_of(prose, None) == []


def test_a_red_letterhead_is_no_part_of_the_title() -> None:
    """It names the agency, then says that this is one of its papers."""
    title = "云湖区人民政府2022年政府信息公开工作年度报告"
    rows = [centred("云湖区人民政府文件", 70, 20), centred(title, 100, 20)]
    prose = read_prose([page(*rows, word("一、总体情况", LEFT, 220), "无。")])
    assert prose.title == title


def test_head_of_a_web_page() -> None:
    """Labels before and behind the title are the head; the preamble is running text."""
    prose = read_prose(
        [
            page(
                word("首页 > 政府信息公开 > 年报", LEFT, 60),
                word("索引号: X12/2023-1", LEFT, 80), word("成文日期: 2023-01-12", 320, 80),
                centred("云湖街道2022年度政府信息公开工作年度报告", 110, 18),
                word("发布日期: 2023-01-13 10:05 来源: 云湖街道 字体:[大 中 小]", LEFT, 140),
                LONG, "一、总体情况", OTHER, "二、其他", "无。",
                word("【打印本页】【关闭窗口】", LEFT + 24, 700),
                word("扫一扫在手机打开当前页", LEFT + 24, 720),
                word("上一篇：云湖街道公告", LEFT + 24, 740),
                word("版权所有：云湖街道办事处", LEFT + 24, 760),
            )
        ]
    )  # fmt: skip
    assert prose.title == "云湖街道2022年度政府信息公开工作年度报告"
    assert len(prose.head) == 4
    assert paragraphs_of(prose, None) == [LONG]
    assert [line.text[:3] for line in prose.tail] == ["【打印", "扫一扫", "上一篇", "版权所"]
    assert paragraphs_of(prose, "二")[0] == "无。"


@pytest.mark.parametrize(
    "signature",
    [
        ["云湖街道办事处", "2023年1月12日"],
        ["云湖街道办事处 2023年1月12日"],
        ["二〇二三年一月十二日"],
        ["云湖街道党工委", "云湖街道办事处", "2023年1月12日", "（此件主动公开）"],
        ["（此件公开发布）", "2023年1月12日"],
    ],
)
def test_signature_is_the_tail(signature: list[str]) -> None:
    """特此报告。 and the contact are prose; signature, date and remark are not."""
    lines = [word(text, 400, 700 + 20 * i) for i, text in enumerate(signature)]
    prose = report(
        "一、总体情况", LONG, "二、其他", "如有疑问，请致电0000-1234567。", "特此报告。", *lines
    )
    assert len(prose.tail) == len(signature)
    assert paragraphs_of(prose, "二")[:2] == ["如有疑问，请致电0000-1234567。", "特此报告。"]


def test_agency_inside_prose_is_no_signature() -> None:
    """A short paragraph that names an organ stays where more text follows."""
    prose = report("一、总体情况", LONG, "二、其他", "云湖街道办公室", LONG, OTHER)
    assert prose.tail == ()


def test_sections_of_a_result() -> None:
    """The result carries texts only."""
    sections = to_sections(report("一、总体情况", LONG, OTHER))
    assert [(s.number, s.level, s.page, s.paragraphs) for s in sections] == [
        ("一", 1, 1, (LONG, OTHER))
    ]


# --- noise


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_noise_of_ocr_changes_no_text(seed: int) -> None:
    """Boxes off by a point, lines in fragments, any order: the same text."""
    rng = random.Random(seed)
    clean = page(
        "一、总体情况", LONG, OTHER, "二、存在的主要问题及改进情况", OTHER, LONG, "三、其他", "无。"
    )
    words: list[Word] = []
    for whole in clean.words:
        cut = rng.randrange(1, len(whole.chars))
        for chars in (whole.chars[:cut], whole.chars[cut:]):
            dx, dy = rng.uniform(-1, 1), rng.uniform(-1, 1)
            moved = tuple(Char(c.text, c.bbox.moved(dx, dy).grown(0.5), 0.9) for c in chars)
            box = Box(moved[0].bbox.x0, moved[0].bbox.y0, moved[-1].bbox.x1, moved[0].bbox.y1)
            words.append(Word("".join(c.text for c in moved), box, 0.9, moved, SIZE))
    rng.shuffle(words)
    assert to_sections(read_prose([replace(clean, words=tuple(words))])) == to_sections(
        read_prose([clean])
    )


@given(st.text(alphabet="甲乙丙丁戊，。", min_size=1, max_size=200))
def test_every_character_has_its_place(text: str) -> None:
    """Text, places and confidences are of one length, and the characters keep their order."""
    prose = read_prose([page("一、总体情况", "子" + text + "丑。")])
    paragraphs = [p for s in prose.sections for p in s.paragraphs]
    assert "".join(p.text for p in paragraphs) == "子" + text + "丑。"
    for paragraph in paragraphs:
        assert len(paragraph.text) == len(paragraph.places) == len(paragraph.confidences)
        assert all(box.x1 <= RIGHT + 1 for _, box in paragraph.places)
