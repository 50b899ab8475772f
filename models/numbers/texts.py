"""What the cells of statistical tables hold: numbers, signs for nothing, and words among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.ocr.numbers import FOREIGN

if TYPE_CHECKING:
    from numpy.random import Generator

SYMBOLS = ("", *"0123456789.,/-+%无元万件", FOREIGN)  # by column of the network, first the blank

_DASHES = "-－—−–"
_WORDS = (
    "的是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
    "说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制"
    "机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数"
    "正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公系军很情者最立代想已通并提直题"
    "党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她"
    "手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东"
    "导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例"
    "真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需"
    "段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列"
    "习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王"
    "按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严"
)
_LATIN = "ABDEFHKMNQRTUVWXYabdefhkmnrtwyz()（）、。：《》*#=？"


@dataclass(frozen=True, slots=True)
class CellText:
    """What is printed in a cell, and what is to be read: a label has one symbol a character."""

    printed: str
    label: str

    @property
    def is_number(self) -> bool:
        """Whether nothing in it is foreign to numbers."""
        return FOREIGN not in self.label and bool(self.label)


def random_text(rng: Generator) -> CellText:
    """The text of one cell; most are counts of few digits, as in the tables themselves."""
    kinds = (_zero, _count, _money, _signed, _dash, _slash, _word, _mixed, _other, _nothing)
    shares = (0.15, 0.48, 0.06, 0.07, 0.07, 0.04, 0.05, 0.015, 0.025, 0.04)
    label = kinds[int(rng.choice(len(kinds), p=shares))](rng)
    if isinstance(label, CellText):
        return label
    return CellText(_printed(label, rng), label)


def _zero(_: Generator) -> str:
    return "0"


def _digits(rng: Generator, count: int) -> str:
    """Digits without a leading zero; runs of one digit are as frequent as wear makes them hard."""
    first, rest = str(rng.integers(1, 10)), "".join(map(str, rng.integers(0, 10, count - 1)))
    return first * count if rng.random() < 0.08 else first + rest


def _count(rng: Generator) -> str:
    count = int(rng.choice(7, p=(0.42, 0.26, 0.14, 0.1, 0.04, 0.02, 0.02))) + 1
    digits = _digits(rng, count)
    return _grouped(digits) if count > 3 and rng.random() < 0.5 else digits


def _grouped(digits: str) -> str:
    return f"{int(digits):,}"


def _money(rng: Generator) -> str:
    whole = _digits(rng, int(rng.integers(1, 8))) if rng.random() < 0.9 else "0"
    whole = _grouped(whole) if rng.random() < 0.4 else whole
    places = int(rng.choice((1, 2, 2, 2, 2, 4, 6)))
    unit = str(rng.choice(("", "", "", "元", "万元", "%")))
    return f"{whole}.{''.join(map(str, rng.integers(0, 10, places)))}{unit}"


def _signed(rng: Generator) -> str:
    sign = "-" if rng.random() < 0.7 else "+"
    number = _digits(rng, int(rng.choice((1, 1, 2, 2, 3, 4))))
    return sign + number + (f".{rng.integers(0, 100):02d}" if rng.random() < 0.1 else "")


def _dash(rng: Generator) -> CellText:
    """One dash, or two that stand for one; wear breaks one in two as well."""
    printed = str(rng.choice(tuple(_DASHES)))
    return CellText(printed * 2 if rng.random() < 0.15 else printed, "-")


def _slash(_: Generator) -> str:
    return "/"


def _word(rng: Generator) -> CellText:
    count = int(rng.integers(1, 5))
    pool = _WORDS if rng.random() < 0.85 else _LATIN
    printed = "".join(rng.choice(tuple(pool), count))
    return CellText(printed, _label(printed))


def _label(printed: str) -> str:
    """The text with one FOREIGN for each run of what is no sign of numbers."""
    return re.sub(f"{FOREIGN}+", FOREIGN, "".join(c if c in SYMBOLS else FOREIGN for c in printed))


def _mixed(rng: Generator) -> CellText:
    """A number among words: 第3条, 12个, （5）."""
    before, after = _word(rng), _word(rng)
    digits = _digits(rng, int(rng.integers(1, 4)))
    printed = ("" if rng.random() < 0.5 else before.printed[:1]) + digits + after.printed[:1]
    return CellText(printed, _label(printed))


def _other(rng: Generator) -> str:
    count = str(rng.integers(1, 200))
    return str(rng.choice(("无", count + "件", count + "%", count + "元", count + "万元", "0.00")))


def _nothing(_: Generator) -> CellText:
    """An empty cell: what is found in one is dirt."""
    return CellText("", "")


def _printed(label: str, rng: Generator) -> str:
    """The label in one of the forms it is printed in: full width, or with another dash or comma."""
    if rng.random() < 0.03:
        return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in label)
    dash = str(rng.choice(tuple(_DASHES)))
    wide = {"-": dash, "/": "／", ",": "，"} if rng.random() < 0.2 else {"-": dash}
    return "".join(wide.get(c, c) for c in label)
