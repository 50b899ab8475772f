"""Fields from whole tables: every printed way, and every way a table can be damaged."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from extractor.document import Alternative, Cell, Field, Table
from extractor.fields import fill_fields
from extractor.geometry import Box
from extractor.template import Template, load_templates
from tests.printed_tables import (
    HEADER,
    LABELS_ONE_ROW,
    applications,
    disclosure_2019,
    disclosure_2021,
    filled,
    grid,
    numbers,
    review,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

BY_ID = {template.id: template for template in load_templates()}
NEW, OLD = BY_ID["gov-disclosure-annual/2021"], BY_ID["gov-disclosure-annual/2019"]
SEVEN = [
    "natural_person", "business", "research", "public_welfare", "legal_services",
    "other_organisation", "total",
]  # fmt: skip


def read(template: Template, *tables: Table) -> dict[str, Field]:
    """The fields by id, all pages from OCR."""
    return {field.id: field for field in fill_fields(template, tables, {})}


def texts(fields: dict[str, Field], prefix: str = "") -> dict[str, str]:
    """The text of the fields that were found."""
    return {k: f.text for k, f in fields.items() if k.startswith(prefix) and f.state != "missing"}


def row(fields: dict[str, Field], name: str) -> list[object]:
    """The values of a row of 三."""
    return [fields[f"applications.{name}.{column}"].value for column in SEVEN]


def placed(field: Field) -> float:
    """How sure row and column are together."""
    return (field.evidence.row or 0.0) * (field.evidence.column or 0.0)


STATES = [
    ("0", 0, "printed"),
    ("", None, "blank"),
    ("/", None, "not_applicable"),
    ("—", None, "not_applicable"),
    ("无", None, "not_applicable"),
    ("1,024", 1024, "printed"),
    ("１２", 12, "printed"),
    ("3①", 3, "printed"),
    ("见附件", None, "printed"),
]


@pytest.mark.parametrize(("text", "value", "state"), STATES)
def test_states(text: str, value: object, state: str) -> None:
    """Value and state of what a cell can print."""
    rows = applications()
    rows[4][4] = text
    field = read(NEW, grid(rows))["applications.carried_in.business"]
    assert (field.value, field.state, field.text) == (value, state, text)


def test_unit_from_cell_and_label() -> None:
    """An amount has the unit of its cell, else of its column; a count may have a measure word."""
    values = numbers()
    rows = disclosure_2019(values)
    rows[-1][2] = "15903365.56 元"
    rows[2][1] = "16件"
    fields = read(OLD, grid(rows))
    amount = fields["disclosure.procurement.amount"]
    assert (amount.value, amount.unit) == (15903365.56, "元")
    count = fields["disclosure.regulations.made"]
    assert (count.value, count.unit) == (16, "件")
    fee = read(NEW, grid(disclosure_2021(numbers())))["disclosure.fees.amount"]
    assert (fee.value, fee.unit, fee.kind) == (110, "万元", "money")


@pytest.mark.parametrize(("text", "value"), [("-3", -3), ("增2", 2), ("减少1", -1), ("－4", -4)])
def test_change(text: str, value: int) -> None:
    """本年增/减 may print a sign or a word."""
    rows = disclosure_2019(numbers())
    rows[6][2] = text
    assert read(OLD, grid(rows))["disclosure.licensing.change"].value == value


def test_confused_letters() -> None:
    """O and l are digits where OCR read them, with less evidence; never in a text layer."""
    rows = applications()
    rows[3][3], rows[3][4] = "l0", "O"
    table = grid(rows, confidence=0.9)
    fields = read(NEW, table)
    assert row(fields, "new_received")[:2] == [10, 0]
    assert fields["applications.new_received.business"].text == "O"
    assert (fields["applications.new_received.business"].evidence.reading or 1) < 0.6
    clean = fill_fields(NEW, (table,), {1: "text_layer"})
    assert {f.id: f.value for f in clean}["applications.new_received.business"] is None


def test_alternatives() -> None:
    """Other readings of a cell become values; those that are no number are dropped."""
    other = tuple(Alternative(text, 0.1) for text in ("10", "abc", "/", "1,601"))
    table = grid(applications())
    cells = tuple(
        Cell(c.row, c.column, 1, 1, "16", 0.8, 1, c.bbox, 0.9, other) if c.text == "101" else c
        for c in table.cells
    )
    table = Table("t", "", (1,), table.rows, table.columns, cells)
    field = read(NEW, table)["applications.new_received.natural_person"]
    others = Alternative(10, 0.1), Alternative(None, 0.1, "/"), Alternative(1601, 0.1, "1,601")
    assert field.alternatives == others
    assert (field.evidence.reading, field.evidence.structure) == (0.8, 0.9)


def test_header_on_one_page_and_row_on_the_next() -> None:
    """Rows of a part without header take the columns of the part before by their place."""
    rows = applications()
    first, second = grid(rows[:5], 1), grid([["", "", *rows[5][2:]], *rows[6:]], 2)
    whole = read(NEW, grid(rows))
    assert texts(read(NEW, first, second), "app") == texts(whole, "app")
    values = numbers()
    one = disclosure_2021(values)
    parts = grid(one[:9], 1), grid(one[9:], 2)
    assert texts(read(NEW, *parts)) == texts(read(NEW, grid(one)))


def test_other_grid_on_the_next_page() -> None:
    """A part may have fewer grid columns: the label area is cut only where rows need it."""
    rows = applications()
    narrow = [[r[0], *r[3:]] for r in rows[:5]]
    edges = [0.0, 120, 160, 200, 240, 280, 320, 360, 400]
    later = [[r[0] if k else "三", *r[1:]] for k, r in enumerate(rows[5:])]
    fields = read(NEW, grid(narrow, 1, edges=edges), grid(later, 2))
    assert texts(fields) == texts(read(NEW, grid(rows)))
    assert all(placed(f) == pytest.approx(1, abs=0.02) for f in fields.values()
               if f.id.startswith("applications"))  # fmt: skip


def test_header_repeated() -> None:
    """A header that is printed again on the next page, stitched in or not, changes nothing."""
    rows = applications()
    again = [*rows[:9], *HEADER, ["", "", *rows[9][2:]], *rows[10:]]
    assert texts(read(NEW, grid(again))) == texts(read(NEW, grid(rows)))
    parts = grid(rows[:9], 1), grid([*HEADER, ["", "", *rows[9][2:]], *rows[10:]], 2)
    assert texts(read(NEW, *parts)) == texts(read(NEW, grid(rows)))


def test_blocks_as_tables_of_their_own() -> None:
    """The sub-blocks of 二 may be separate grids, with or without their heading row."""
    rows = disclosure_2021(numbers())
    blocks = [rows[0:4], rows[5:7], rows[7:11], rows[12:14]]
    assert texts(read(NEW, *map(grid, blocks))) == texts(read(NEW, grid(rows)))


def test_permuted_columns() -> None:
    """Columns are found by their label where their order is another one."""
    rows = applications()
    moved = [[*r[:3], r[9], *r[3:9]] for r in rows]
    moved[0] = [rows[0][0], "<", "<", "申请人情况", *"<<<<<<"]
    moved[1] = ["^", "^", "^", "总计", "自然人", "法人或其他组织", *"<<<<"]
    moved[2] = ["^", "^", "^", "^", "^", *rows[2][4:9]]
    assert texts(read(NEW, grid(moved))) == texts(read(NEW, grid(rows)))


def test_missing_column() -> None:
    """A column that is not printed is missing, and the others stay where they are."""
    rows = [[*r[:5], *r[6:]] for r in applications()]
    fields = read(NEW, grid(rows))
    assert fields["applications.granted.research"].state == "missing"
    assert row(fields, "granted")[3:] == [118, 119, 120, 121]


@pytest.mark.parametrize("head", ["备注", "说明事项"])
def test_note_column(head: str) -> None:
    """A column of notes is nobody's, also where it stands for a missing one."""
    rows = [[*r, ""] for r in applications()]
    rows[0][-1], rows[1][-1], rows[2][-1] = head, "^", "^"
    rows[5][-1], rows[6][-1] = "含往年结转", "其中重大事项"
    assert row(read(NEW, grid(rows)), "granted") == list(range(115, 122))
    without = [[*r[:9], r[10]] for r in rows]
    fields = read(NEW, grid(without))
    assert fields["applications.granted.total"].state == "missing"
    assert row(fields, "granted")[:6] == list(range(115, 121))


def test_serial_number_column() -> None:
    """Numbers before the labels are no values."""
    rows = [[str(k), *r] for k, r in enumerate(disclosure_2019(numbers()))]
    for k in (0, 4, 8, 12, 15):
        rows[k] = [rows[k][1], "<", "<", "<", "<"]
    assert texts(read(OLD, grid(rows))) == texts(read(OLD, grid(disclosure_2019(numbers()))))


def test_printed_variants() -> None:
    """Other words for a label, shortened and misprinted ones are found."""
    rows = applications()
    rows[2][6] = "社会组织"
    rows[8][2] = "2.其他法律行政止公开"
    rows[15][2] = "1.本机关不掌握"
    fields = read(NEW, grid(rows))
    assert texts(fields) == texts(read(NEW, grid(applications()))) | {}
    assert len(texts(fields, "applications")) == 161


def test_one_label_column() -> None:
    """All levels of a label may stand in one cell."""
    rows = [
        ["项目", "自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
    ]
    levels = ["", "", ""]
    for label, values in zip(LABELS_ONE_ROW, filled([[]] * 23, 7, numbers()), strict=True):
        levels = [
            old if new == "^" else new.strip("<") for old, new in zip(levels, label, strict=True)
        ]
        rows.append(["".join(levels), *values])
    assert texts(read(NEW, grid(rows))) == texts(read(NEW, grid(applications())))


def test_dropped_row_stays_missing() -> None:
    """A row that is not printed takes nobody else's values."""
    rows = applications()
    del rows[19]  # 2.重复申请
    fields = read(NEW, grid(rows))
    assert set(row(fields, "not_processed.duplicate")) == {None}
    assert row(fields, "not_processed.publication")[0] == 101 + 7 * 17


def test_inserted_row() -> None:
    """A row that no form has is nobody's."""
    rows = applications()
    rows.insert(19, ["^", "^", "1-1.其中通过网络提交的", *(str(k) for k in range(7))])
    assert texts(read(NEW, grid(rows))) == texts(read(NEW, grid(applications())))


def test_inserted_for_dropped_row() -> None:
    """A foreign row where one of the form is missing is not taken for it."""
    rows = applications()
    rows[19] = ["^", "^", "其中通过网络提交的件数", *(str(k) for k in range(7))]
    assert set(row(read(NEW, grid(rows)), "not_processed.duplicate")) == {None}


def test_unreadable_label_between_certain_ones() -> None:
    """A row without any legible label is given by order, with less evidence."""
    rows = applications()
    rows[19][2] = ""
    fields = read(NEW, grid(rows))
    assert row(fields, "not_processed.duplicate") == list(range(101 + 7 * 16, 101 + 7 * 17))
    assert placed(fields["applications.not_processed.duplicate.total"]) <= 0.6


def test_unreadable_header() -> None:
    """Seven values in a row are the seven columns where no header is, with less evidence."""
    fields = read(NEW, grid(applications()[3:]))
    assert row(fields, "granted") == list(range(115, 122))
    assert placed(fields["applications.granted.total"]) <= 0.6
    rows = [r[:9] for r in applications()[3:]]
    assert set(row(read(NEW, grid(rows)), "granted")) == {None}


def test_merged_values_are_nobodys() -> None:
    """A printed cell over several columns or rows cannot be given to one of them."""
    rows = applications()
    rows[5][4] = "<"
    fields = read(NEW, grid(rows))
    assert row(fields, "granted") == [None, None, 117, 118, 119, 120, 121]
    rows = applications()
    rows[6][3] = "^"
    fields = read(NEW, grid(rows))
    assert row(fields, "granted")[0] is None
    assert row(fields, "partly_granted")[0] is None


def test_review_split_by_a_page() -> None:
    """四 with its header on one page and its numbers on the next."""
    rows = review(numbers())
    assert texts(read(NEW, grid(rows[:3], 1), grid(rows[3:], 2))) == texts(read(NEW, grid(rows)))


def test_review_with_rows_down() -> None:
    """四 with a row for each kind of case."""
    rows = [
        ["类型", "结果维持", "结果纠正", "其他结果", "尚未审结", "总计"],
        ["行政复议", "1", "2", "3", "4", "10"],
        ["未经复议直接起诉", "5", "6", "7", "8", "26"],
        ["复议后起诉", "9", "10", "11", "12", "42"],
    ]
    found = texts(read(NEW, grid(rows)), "review")
    assert list(found.values()) == [text for r in rows[1:] for text in r[1:]]


def test_tables_in_another_order() -> None:
    """三 before 二 is found as well."""
    values = numbers()
    two, three = grid(disclosure_2021(values)), grid(applications(values))
    assert texts(read(NEW, three, two)) == texts(read(NEW, two, three))


def test_prose_in_a_frame() -> None:
    """A frame around text, a page of one column, holds no field."""
    frame = grid([["本报告由某区人民政府办公室编制"], ["一、总体情况"], ["全年新收申请 16 件"]])
    assert texts(read(NEW, frame)) == {}
    assert texts(read(NEW, frame, grid(applications()))) == texts(read(NEW, grid(applications())))


def test_enforcement_statistics() -> None:
    """Another kind of report is another file: two tables, amounts, a column of remarks."""
    cases = [
        ["执法类别", "案件数量（件）", "<", "<", "<", "罚没金额（万元）", "备注"],
        ["^", "上年结存", "本年立案", "本年办结", "年末未结", "^", "^"],
        ["行政处罚", "12", "340", "338", "14", "56.30", ""],
        ["行政强制", "1", "2", "3", "0", "/", ""],
        ["行政征收", "4", "5", "6", "3", "1.20", ""],
        ["行政检查", "7", "8", "9", "6", "/", ""],
        ["合计", "24", "355", "356", "23", "57.50", ""],
    ]
    decisions = [
        ["处罚种类", "<", "适用程序", "<", "合计"],
        ["^", "^", "简易程序", "普通程序", "^"],
        ["决定情况", "警告、通报批评", "1", "2", "3"],
        ["^", "罚款", "4", "5", "9"],
        ["^", "没收违法所得、没收非法财物", "6", "7", "13"],
        ["^", "暂扣或者吊销许可证件", "8", "9", "17"],
        ["^", "责令停产停业", "10", "11", "21"],
        ["总计", "<", "29", "34", "63"],
    ]
    fields = read(BY_ID["enforcement-statistics"], grid(cases), grid(decisions))
    expected = [t for r in cases[2:] for t in r[1:6]] + [t for r in decisions[2:] for t in r[2:]]
    assert [f.text for f in fields.values()] == expected
    assert fields["cases.penalties.amount"].value == 56.3
    assert fields["cases.penalties.amount"].unit == "万元"
    assert fields["cases.penalties.opened"].unit == "件"


OTHER = (
    "的一是不了和这中为上个国我以要他时来用们到作地于出就分对成会可主发年动同工也能下过子说产种面"
)


def damaged(text: str, rate: float, chance: random.Random) -> str:
    """The label with some characters misread and, half the time, its numbering lost."""
    if text in ("<", "^") or text.isdigit():
        return text
    if chance.random() < 0.5:
        text = text[text.find("）") + 1 :] if text.startswith("（") else text.split(".", 1)[-1]
    return "".join(chance.choice(OTHER) if chance.random() < rate else c for c in text)


def without(rows: list[list[str]], gone: Sequence[int]) -> list[list[str]]:
    """The rows without some of them; labels that were merged down start one row later."""
    rows = [list(r) for r in rows]
    for k in sorted(gone, reverse=True):
        for c in range(3):
            if rows[k][c] not in ("<", "^") and k + 1 < len(rows) and rows[k + 1][c] == "^":
                rows[k + 1][c] = rows[k][c]
        del rows[k]
    return rows


@pytest.mark.parametrize("rate", [0.05, 0.10, 0.15])
@pytest.mark.parametrize("seed", range(4))
def test_damaged_labels_never_shift_a_value(rate: float, seed: int) -> None:
    """With misread labels, lost numbering and dropped rows, a value is its own or missing."""
    chance = random.Random(seed)
    template, form = ((NEW, disclosure_2021), (OLD, disclosure_2019))[seed % 2]
    values = numbers()
    rows = form(values), applications(values, three_rows=seed % 2 == 0), review(values)
    right = texts(read(template, *map(grid, rows)))
    gone = chance.sample(range(3, len(rows[1])), 3)
    lost = {text for k in gone for text in rows[1][k]}
    tables = [
        grid([[damaged(text, rate, chance) for text in r] for r in part])
        for part in (rows[0], without(rows[1], gone), rows[2])
    ]
    found = texts(read(template, *tables))
    assert {k: text for k, text in found.items() if right.get(k) != text} == {}
    assert len(found) >= 0.95 * sum(text not in lost for text in right.values())


def test_places() -> None:
    """A field has the page and box of its cell."""
    field = read(NEW, grid(applications(), 3))["applications.new_received.natural_person"]
    assert (field.page, field.bbox, field.source) == (3, Box(120, 60, 160, 80), "ocr")
