"""Hand-made tables for tests: the official forms as grids, every value different."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from extractor.document import Cell, Table
from extractor.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLUMN_PT, ROW_PT = 40.0, 20.0


def grid(
    rows: Sequence[Sequence[str]],
    page: int = 1,
    *,
    confidence: float = 1.0,
    edges: Sequence[float] | None = None,
) -> Table:
    """A table from rows of texts; "<" is merged with the cell to the left, "^" with the one above.

    `edges` are the x coordinates of the vertical rulings; all columns are alike where it is None.
    """
    width = len(rows[0])
    edges = edges or [k * COLUMN_PT for k in range(width + 1)]
    cells = []
    for r, c in itertools.product(range(len(rows)), range(width)):
        if rows[r][c] in ("<", "^"):
            continue
        across = 1
        while c + across < width and rows[r][c + across] == "<":
            across += 1
        down = 1
        while r + down < len(rows) and rows[r + down][c] == "^":
            down += 1
        box = Box(edges[c], r * ROW_PT, edges[c + across], (r + down) * ROW_PT)
        cells.append(Cell(r, c, down, across, rows[r][c], confidence, page, box))
    return Table("t", "", (page,), len(rows), width, tuple(cells))


def numbers(start: int = 101) -> Iterator[str]:
    """Different numbers, one after the other."""
    return (str(k) for k in itertools.count(start))


NOTE = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
HEADER = [
    [NOTE, "<", "<", "申请人情况", *"<<<<<<"],
    ["^", "^", "^", "自然人", "法人或其他组织", *"<<<<", "总计"],
    ["^", "^", "^", "^", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "^"],
]
RESULTS = "三、本年度办理结果"
LABELS_ONE_ROW = [
    ["一、本年新收政府信息公开申请数量", "<", "<"],
    ["二、上年结转政府信息公开申请数量", "<", "<"],
    [RESULTS, "（一）予以公开", "<"],
    ["^", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "<"],
    ["^", "（三）不予公开", "1.属于国家秘密"],
    ["^", "^", "2.其他法律行政法规禁止公开"],
    ["^", "^", "3.危及“三安全一稳定”"],
    ["^", "^", "4.保护第三方合法权益"],
    ["^", "^", "5.属于三类内部事务信息"],
    ["^", "^", "6.属于四类过程性信息"],
    ["^", "^", "7.属于行政执法案卷"],
    ["^", "^", "8.属于行政查询事项"],
    ["^", "（四）无法提供", "1.本机关不掌握相关政府信息"],
    ["^", "^", "2.没有现成信息需要另行制作"],
    ["^", "^", "3.补正后申请内容仍不明确"],
    ["^", "（五）不予处理", "1.信访举报投诉类申请"],
    ["^", "^", "2.重复申请"],
    ["^", "^", "3.要求提供公开出版物"],
    ["^", "^", "4.无正当理由大量反复申请"],
    ["^", "^", "5.要求行政机关确认或重新出具已获取信息"],
    ["^", "（六）其他处理", "<"],
    ["^", "（七）总计", "<"],
    ["四、结转下年度继续办理", "<", "<"],
]
LABELS_THREE_ROWS = [
    *LABELS_ONE_ROW[:20],
    ["^", "（六）其他处理", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"],
    ["^", "^", "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"],
    ["^", "^", "3.其他"],
    *LABELS_ONE_ROW[21:],
]


def filled(labels: Sequence[Sequence[str]], count: int, values: Iterator[str]) -> list[list[str]]:
    """Rows of labels with `count` values each."""
    return [[*row, *itertools.islice(values, count)] for row in labels]


def applications(
    values: Iterator[str] | None = None, *, three_rows: bool = False
) -> list[list[str]]:
    """The rows of 三、收到和处理政府信息公开申请情况, header included."""
    labels = LABELS_THREE_ROWS if three_rows else LABELS_ONE_ROW
    return [*HEADER, *filled(labels, 7, values or numbers())]


def disclosure_2021(values: Iterator[str]) -> list[list[str]]:
    """The rows of 二、主动公开政府信息情况 on the form of 2021."""
    return [
        ["第二十条第（一）项", "<", "<", "<"],
        ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"],
        ["规章", next(values), next(values), next(values)],
        ["行政规范性文件", next(values), next(values), next(values)],
        ["第二十条第（五）项", "<", "<", "<"],
        ["信息内容", "本年处理决定数量", "<", "<"],
        ["行政许可", next(values), "<", "<"],
        ["第二十条第（六）项", "<", "<", "<"],
        ["信息内容", "本年处理决定数量", "<", "<"],
        ["行政处罚", next(values), "<", "<"],
        ["行政强制", next(values), "<", "<"],
        ["第二十条第（八）项", "<", "<", "<"],
        ["信息内容", "本年收费金额（单位：万元）", "<", "<"],
        ["行政事业性收费", next(values), "<", "<"],
    ]


def disclosure_2019(values: Iterator[str]) -> list[list[str]]:
    """The rows of 二、主动公开政府信息情况 on the form of 2019."""
    items = ["信息内容", "上一年项目数量", "本年增/减", "处理决定数量"]
    return [
        ["第二十条第（一）项", "<", "<", "<"],
        ["信息内容", "本年新制作数量", "本年新公开数量", "对外公开总数量"],
        ["规章", next(values), next(values), next(values)],
        ["规范性文件", next(values), next(values), next(values)],
        ["第二十条第（五）项", "<", "<", "<"],
        items,
        ["行政许可", next(values), next(values), next(values)],
        ["其他对外管理服务事项", next(values), next(values), next(values)],
        ["第二十条第（六）项", "<", "<", "<"],
        items,
        ["行政处罚", next(values), next(values), next(values)],
        ["行政强制", next(values), next(values), next(values)],
        ["第二十条第（八）项", "<", "<", "<"],
        ["信息内容", "上一年项目数量", "本年增/减", "<"],
        ["行政事业性收费", next(values), next(values), "<"],
        ["第二十条第（九）项", "<", "<", "<"],
        ["信息内容", "采购项目数量", "采购总金额", "<"],
        ["政府集中采购", next(values), next(values), "<"],
    ]


def review(values: Iterator[str]) -> list[list[str]]:
    """The rows of 四、政府信息公开行政复议、行政诉讼情况."""
    results = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    return [
        ["行政复议", *"<<<<", "行政诉讼", *"<<<<<<<<<"],
        [*results, "未经复议直接起诉", *"<<<<", "复议后起诉", *"<<<<"],
        [*"^^^^^", *results, *results],
        [next(values) for _ in range(15)],
    ]
