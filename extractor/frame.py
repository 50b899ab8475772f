"""What stands around the prose: head and title before, signature and navigation behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.headings import mark_of, without_markup
from extractor.normalize import compact, parse_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.paragraphs import Row

MAX_TITLE_ROWS = 4
MAX_TITLE = 90  # characters
MAX_SIGNATURE = 40  # characters
LARGE = 1.15  # times the body's size: type that is set apart

_TITLE_END = re.compile(
    r"(?:报告书?|年报|公报|总结|情况说明|决算|预算|统计表)(?:[(（].{1,12}[)）])?$|报告(?:全文|摘要)$"
)
_LABEL = re.compile(r"[\[【(（]?[一-鿿]{2,8}[\]】)）]?[::：]")
_DOC_NUMBER = re.compile(r"[一-鿿]{1,15}[〔\[［【({（]?(?:19|20)\d{2}[〕\]］】)}）]?第?\d{1,5}号")
_TRAIL = re.compile(r"当前位置|您的位置|首页|>{1,2}|»|›")
_AGENCY_END = re.compile(
    r"(?:人民政府|政府|街道|办公室|中心|银行|集团|公司|"
    r"[市县区乡镇州盟旗局厅部委办处所站院署会馆台社队校学组行])(?:[(（][^()（）]{1,12}[)）])?$"
)
_NAVIGATION = re.compile(
    r"[【\[〖]?(?:打印(?:本页|此页|页面|文章)?|关闭(?:本页|窗口|页面)?|(?:我要)?(?:纠错|收藏)|字体|分享(?:到|至)?[:：]?|"
    r"返回(?:顶部|首页|上页|列表)?|扫一扫.{0,30}|上一[篇条].{0,80}|下一[篇条].{0,80}|相关(?:链接|文章|附件|稿件|新闻|信息).{0,40})"
    r"[】\]〗]?"
)
_IMPRINT = re.compile(
    r"(?:版权所有|主办单位?[:：]|承办(?:单位)?[:：]|技术支持|网站(?:标识码|地图|声明)|联系我们|关于我们|友情链接|"
    r"(?:责任)?编辑[:：]|(?:信息|文章|稿件)来源[:：]|来源[:：]|(?:浏览|点击|阅读)(?:次数|量)|您是第|建议使用|"
    r"[一-鿿]{0,2}ICP备|[一-鿿]公网安备|Copyright|©|抄送[:：]?|抄报[:：]?|主送[:：]|附件(?:[:：]|\d|$)|附[:：])",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"[(（【\[]?(?:此|本)(?:件|文|报告)?(?:主动|依申请|不予)?公开(?:发布)?[)）】\]]?"
)
_PRINTING = re.compile(r".{0,30}(?:办公室|办公厅|办)\d{4}年\d{1,2}月\d{1,2}日印发")


@dataclass(frozen=True, slots=True)
class Head:
    """How the rows before the first heading divide: which are the title, where prose starts."""

    title: tuple[int, ...]
    prose: int


def find_head(rows: Sequence[Row]) -> Head:
    """Divides the rows before the first heading.

    The title is the run of rows, before any prose, that ends as titles do and is set largest; short
    rows behind it (date, source, labels) still belong to the head.
    """
    first_prose = next((i for i, row in enumerate(rows) if _is_prose(row)), len(rows))
    title = _with_letterhead(_title(rows[:first_prose]), rows)
    start = title[-1] + 1 if title else 0
    return Head(title, max(start, first_prose))


def title_text(rows: Sequence[Row]) -> str:
    """The title as one text; printed markup is left out."""
    return without_markup("".join(row.text for row in rows)).strip()


def _is_prose(row: Row) -> bool:
    """Whether a row runs on or ends a sentence, as labels, titles and dates do not."""
    if row.columns > 1 or _is_head_row(row):
        return False
    if row.ends_sentence and not row.centred:
        return True
    full = row.room < 2.5 and row.indent < 4 and len(row.text) >= 20
    return full and row.size < LARGE and not _TITLE_END.search(compact(row.text))


def _is_head_row(row: Row) -> bool:
    text = compact(row.text)
    return bool(
        (_LABEL.match(text) and len(text) <= 60 and "。" not in text)
        or _DOC_NUMBER.fullmatch(text)
        or _TRAIL.search(text)
        or _NAVIGATION.match(text)
        or (text.endswith("文件") and is_agency(text.removesuffix("文件")))  # a red letterhead
    )  # fmt: skip


def _title(rows: Sequence[Row]) -> tuple[int, ...]:
    """The best run of like rows that reads as a title: a year, then size, then length count."""
    found: list[tuple[tuple[bool, float, int], tuple[int, ...]]] = []
    for start in range(len(rows)):
        for end in range(start + 1, min(start + MAX_TITLE_ROWS, len(rows)) + 1):
            run = rows[start:end]
            if not _belong(run):
                break
            text = compact(title_text(run))
            if _TITLE_END.search(text) and len(text) <= MAX_TITLE:
                size = round(max(row.size for row in run), 1)
                year = re.search(r"20\d\d|二[〇○零]", text) is not None
                found.append(((year, size, len(run)), tuple(range(start, end))))
    if found:
        return max(found, key=lambda item: item[0])[1]
    return _largest(rows)


def _belong(run: Sequence[Row]) -> bool:
    """Whether the rows can be one title: one page, one size, close together, no labels."""
    if any(_is_head_row(row) or row.columns > 2 for row in run):
        return False
    sizes = [row.size for row in run]
    large = min(sizes) >= LARGE or all(row.centred or row.room < 3 for row in run)
    near = all(row.pitch is not None and row.pitch < 2.6 * row.size for row in run[1:])
    return large and near and max(sizes) <= 1.3 * min(sizes)


def _largest(rows: Sequence[Row]) -> tuple[int, ...]:
    """The rows set clearly larger than the text, where no row ends as a title does."""
    sized = [i for i, row in enumerate(rows) if row.size >= 1.25 and not _is_head_row(row)]
    if not sized:
        return ()
    first = sized[0]
    return tuple(i for i in range(first, first + MAX_TITLE_ROWS) if i in sized)


def _with_letterhead(title: tuple[int, ...], rows: Sequence[Row]) -> tuple[int, ...]:
    """The title with the agency above it, where it starts with the year or the subject."""
    if not title or title[0] == 0 or len(title) >= MAX_TITLE_ROWS:
        return title
    above = rows[title[0] - 1]
    bare = re.match(
        r"(?:关于)?(?:(?:19|20)\d\d|二[〇○零]|政府信息公开|信息公开)", title_text([rows[title[0]]])
    )
    near = (rows[title[0]].pitch or 99.0) < 5
    if bare and near and is_agency(above.text) and not _is_head_row(above):
        return (title[0] - 1, *title)
    return title


def is_agency(text: str) -> bool:
    """Whether a short line names an organ, as a letterhead or a signature does."""
    bare = compact(text)
    if not 3 <= len(bare) <= MAX_SIGNATURE or re.search(r"[。，；：:,;！？!?\d]", bare):
        return False
    return mark_of(bare) is None and _AGENCY_END.search(bare) is not None


def split_tail(rows: Sequence[Row]) -> int:
    """Index of the first row of the signature, date, remark or navigation that closes a report.

    `rows` are those behind the last heading; their number where nothing closes the report.
    """
    for i, row in enumerate(rows):
        if _closes(rows, i) and not _prose_follows(rows[i:]):
            return i
        if is_dated(row) and not _prose_follows(rows[i:]):
            return _signature_start(rows, i)
    last = len(rows) - 1
    if (
        last > 0
        and is_agency(rows[last].text)
        and rows[last].indent > 6
        and rows[last].columns == 1
    ):
        return last
    return len(rows)


def _closes(rows: Sequence[Row], i: int) -> bool:
    text = compact(rows[i].text)
    if _IMPRINT.match(text) or _REMARK.fullmatch(text) or _PRINTING.fullmatch(text):
        return True
    found = _NAVIGATION.match(text)
    return (
        found is not None and (found.end() == len(text) or text[0] in "【[〖") and len(text) < 120
    )


def is_dated(row: Row) -> bool:
    """Whether the row is a date, alone or behind a signature."""
    text = compact(row.text)
    found = re.search(r"[（(]?(?:(?:19|20)\d\d|[一二][九〇○零O0o][^年]{2})(?:年|[-/.])", text)
    if found is None or len(text) > MAX_SIGNATURE + 14 or parse_date(text[found.start() :]) is None:
        return False
    if not re.fullmatch(r".{6,12}[日\d][)）]?(?:印发)?", text[found.start() :]):
        return False
    return found.start() == 0 or is_agency(text[: found.start()])


def _signature_start(rows: Sequence[Row], dated: int) -> int:
    """The first row of the agencies that sign above the date."""
    start = dated
    while start > 0 and dated - start < 4 and is_agency(rows[start - 1].text):
        if rows[start - 1].room < 1.5 and rows[start - 1].indent < 4:
            break
        start -= 1
    return start


def _prose_follows(rows: Sequence[Row]) -> bool:
    """Whether running text goes on behind: then a lone date or link stands amid the prose."""
    return sum(row.ends_sentence and len(row.text) > 15 and row.columns == 1 for row in rows) >= 3
