"""Other documents from the written ones: other places, organs and figures, worn by OCR.

Everything is done to the marked text, so that the tags stay where they belong.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.tagging import lexicon
from models.ner.markup import Passage, Tagged, Written, mark, parse

if TYPE_CHECKING:
    import random

MOVED = 0.8  # share of documents set in another place
LED = 0.06  # share of organs with another word right before them
REFIGURED = 0.4  # share of quantities with other digits
WEAR = (0, 0, 0, 0, 0.005, 0.015)  # shares of characters misread, a third of the documents worn

_KINDS = (
    *("自治州", "自治县", "自治旗", "街道", "地区"),
    *("省", "市", "州", "盟", "县", "区", "旗", "镇", "乡"),
)
_UNIT = re.compile(rf"([\u3400-\u9fff]{{1,6}}?)({'|'.join(_KINDS)})")
_SPAN = re.compile(r"\{A:([^{}]*)\}")
_FIGURE = re.compile(r"\{([CMP]):([^{}|]*)")
# What OCR takes for each other.
_ALIKE = (  # noqa: SIM905 - easier to read so
    "己已巳 未末 日曰目 人入八 土士 千干于 天夫无 大太犬 办力 市巿 间问 申甲由 末本木 政攻 县具 "
    "区叵 局屑 厅斤 街衔 镇填 处外 件伴 条务 次欢 项顶 名各 期朝 场扬 户尸 元兀 第笫 年午 月用"
).split()
_EXACT = ("DATE", "COUNT", "MONEY", "PERCENT", "DOC_NUMBER")
_LIKE = {c: group for group in _ALIKE for c in group}


def varied(document: Written, rng: random.Random) -> Written:
    """The document as another agency's: mostly elsewhere, with other figures, sometimes worn."""
    if rng.random() < MOVED:
        document = moved(document, rng)
    rate = rng.choice(WEAR)
    sections = {}
    for key, passage in document.sections.items():
        other = parse(led(refigured(mark(passage), rng, REFIGURED), rng, LED))
        sections[key] = worn(other, rng, rate) if rate else other
    return replace(document, sections=sections)


@functools.cache
def places() -> dict[str, tuple[str, ...]]:
    """Names of regions by the kind they end in, of `places.txt`."""
    text = Path(__file__).with_name("places.txt").read_text("utf-8")
    names = re.findall(r"[\u3400-\u9fff]{2,}", re.sub("(?m)^#.*", "", text))
    kinds: dict[str, list[str]] = {}
    for name in names:
        kind = next((k for k in _KINDS if name.endswith(k)), None)
        if kind is not None:
            kinds.setdefault(kind, []).append(name)
    return {kind: tuple(dict.fromkeys(group)) for kind, group in kinds.items()}


def regions_of(organ: str) -> list[tuple[str, str]]:
    """The named regions an organ begins with: 青屿市澄湖区政府 → (青屿, 市), (澄湖, 区)."""
    found, position = [], 0
    organ = organ.removeprefix("中共").removeprefix("国家税务总局")
    while match := _UNIT.match(organ, position):
        name, kind = match.groups()
        if (len(name) > 4 and "族" not in name) or name + kind in lexicon.NOT_REGIONS:
            break
        if name in _KINDS or re.search("[省市县区镇乡村旗]", name):
            break
        found.append((name, kind))
        position = match.end()
    return [(name, kind) for name, kind in found if len(name) >= 2]


def moved(document: Written, rng: random.Random) -> Written:
    """The document in another place: each region it names in an organ gets another name."""
    marked = {key: mark(p) for key, p in document.sections.items()}
    names: dict[str, str] = {}
    for text in marked.values():
        for match in _SPAN.finditer(text):
            names.update(regions_of(match[1]))
    others = {name: _other(name, kind, rng) for name, kind in names.items()}
    if not others:
        return document
    pattern = re.compile("|".join(sorted(map(re.escape, others), key=len, reverse=True)))
    return replace(
        document,
        sections={
            key: parse(pattern.sub(lambda m: others[m[0]], text)) for key, text in marked.items()
        },
    )


_ENDS = "溪河湖山岭坪塘桥店铺营坝湾口门头尾庄坡岗墩屯渡港沟泉寨堡关集城台洲浦岸埔"
_BEGINS = "东西南北上下新古大小长青白黄红金银石龙凤虎马牛羊云平安永和兴福宝双三五七九太清江梅柳松竹"


def _other(name: str, kind: str, rng: random.Random) -> str:
    """Another name of such a kind without the kind: a real one, or one made as they are made."""
    if kind in ("街道", "镇", "乡"):
        draw = rng.random()
        if draw < 0.35:
            stem = rng.choice(places()["区"] + places()["县"])
            return stem[:-1] if len(stem) > 2 and "族" not in stem else stem
        if draw < 0.5 and kind == "街道":
            return rng.choice(_BEGINS) + rng.choice(_ENDS) + rng.choice("路街门桥园里")
        return rng.choice(_BEGINS) + rng.choice(_ENDS)
    real = rng.choice(places().get(kind, places()["县"]))
    return real.removesuffix(kind) if len(real) - len(kind) > 1 else name


_LEADS = """
经由 借助 全靠 多次 请示 函询 走进 赶赴 驻 赴 找 见 借 给 往 到 把 将 让 对 为 从 按 经 同 与
和 及 用 像 比 跟 网址见 详见 参见 原属 现属 汇集 汇总 编制 编印 抄告 呈送 报经 商请 转请 征得 听从
服从 接到 接受 反映到 提交到 公布于 挂靠 归口 隶属 走访 暗访 每个 各有 全部 属于 设在 位于 请到 交由
交给 传给 发给 送往 移至 并报 再由 均由
"""


def _leads() -> list[str]:
    """Words that lead to a name and are no part of it."""
    return [*_LEADS.split(), *(word for word in lexicon.STOP_WORDS if len(word) > 1)]


def led(text: str, rng: random.Random, share: float) -> str:
    """Marked text with other words before some organs: what leads to a name is no part of it."""
    words = _leads()

    def other(match: re.Match[str]) -> str:
        return (rng.choice(words) if rng.random() < share else "") + match[0]

    return re.sub(r"\{A:", other, text)


def refigured(text: str, rng: random.Random, share: float) -> str:
    """Marked text with some of its quantities given other digits, more or fewer."""

    def other(match: re.Match[str]) -> str:
        if rng.random() >= share:
            return match[0]
        return f"{{{match[1]}:" + re.sub(r"\d+", lambda _: _digits(rng), match[2], count=1)

    return _FIGURE.sub(other, text)


def _digits(rng: random.Random) -> str:
    size = rng.choice((1, 1, 2, 2, 2, 3, 3, 4, 5))
    return str(rng.randrange(10 ** (size - 1) if size > 1 else 0, 10**size))


def worn(passage: Passage, rng: random.Random, rate: float) -> Passage:
    """The passage with some characters read as others; figures, dates and marks stay."""
    chars = list(passage.text)
    kept = {i for s in passage.spans if s.label in _EXACT for i in range(s.start, s.end)}
    for i, char in enumerate(chars):
        if i not in kept and "\u4e00" <= char <= "\u9fff" and rng.random() < rate:
            other = rng.choice(_LIKE.get(char) or passage.text)
            chars[i] = other if "\u4e00" <= other <= "\u9fff" else char
    text = "".join(chars)
    spans = tuple(replace(s, subject=_follow(passage, s, text)) for s in passage.spans)
    return Passage(text, spans)


def _follow(passage: Passage, span: Tagged, text: str) -> str | None:
    """The subject as it is read now: the place nearest to its quantity."""
    if span.subject is None:
        return None
    places = [m.start() for m in re.finditer(re.escape(span.subject), passage.text)]
    nearest = min(places, key=lambda p: abs(p - span.start), default=None)
    return None if nearest is None else text[nearest : nearest + len(span.subject)]
