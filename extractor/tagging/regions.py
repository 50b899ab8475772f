"""Where a name with its region prefix begins: read from right to left."""

from __future__ import annotations

import re
from typing import NamedTuple

from extractor.tagging import lexicon
from extractor.tagging.compact import MASK

_HAN = re.compile(r"[\u3400-\u9fff〇]")
_SUFFIXES = sorted(lexicon.RANK, key=len, reverse=True)
_STOPS = frozenset(w for w in lexicon.STOP_WORDS if len(w) > 1)
_SOFT = lexicon.SOFT_STOPS | {w for w in lexicon.STOP_WORDS if len(w) == 1}
_PLACES = frozenset(lexicon.PROVINCES) | frozenset(lexicon.CITIES)
_FUNCTIONS = frozenset(lexicon.FUNCTIONS)
_SPLITTERS = "省市区县旗盟"
_STATE = ("中国共产党", "中共", "中华人民共和国", "共青团")
_LONGEST_NAME = 12


class Prefix(NamedTuple):
    """A chain of regions that starts at `start`; `rank` of its last unit (4 省 … 1 街道), else 0.

    `named` tells 青岚区 from a bare 区; `units` counts the chain.
    """

    start: int
    rank: int
    named: bool
    units: int


def is_han(char: str) -> bool:
    """Whether the character is a Chinese one."""
    return _HAN.fullmatch(char) is not None


def stops_at(text: str, floor: int, i: int, *, but: frozenset[str] = frozenset()) -> bool:
    """Whether a word that cannot be part of a name ends at i."""
    if i <= floor or not is_han(text[i - 1]) or text[i - 1] in lexicon.HARD_STOPS:
        return True
    if text[i - 1] == "度" and text[i - 2 : i - 1] in ("年", MASK):
        return True
    return any(
        i - n >= floor and text[i - n : i] in _STOPS and text[i - n : i] not in but
        for n in (2, 3, 4)
    )


def region_before(text: str, end: int, floor: int, known: frozenset[str]) -> Prefix:
    """The regions that end at `end`: 澄屿市青岚区, 福建省, or a bare level (区, 街道)."""
    start, rank, units = end, 0, 0
    while suffix := _suffix_at(text, start, floor):
        name_end = start - len(suffix)
        name_start = _name_start(text, name_end, floor, known)
        unit = text[name_start:start]
        if unit in lexicon.NOT_REGIONS or _is_class(text, name_start, name_end, floor):
            break
        if name_start == name_end and units:
            break
        rank = rank or lexicon.RANK[suffix]
        start, units = name_start, units + 1
        if name_start == name_end:
            return Prefix(start, rank, named=False, units=1)
    return Prefix(_with_province(text, start, floor, units), rank, units > 0, units)


def _suffix_at(text: str, end: int, floor: int) -> str | None:
    for suffix in _SUFFIXES:
        if text.endswith(suffix, floor, end):
            return suffix
    return None


def _is_class(text: str, name_start: int, name_end: int, floor: int) -> bool:
    """A bare level behind another level names no region: 县区, 省市区, 社区街道."""
    before = text[name_start - 1 : name_start] if name_start > floor else ""
    return name_start == name_end and before != "" and before in "省市区县旗盟镇乡级"


def _name_start(text: str, end: int, floor: int, known: frozenset[str]) -> int:
    for length in (6, 5, 4, 3, 2):
        if end - length >= floor and text[end - length : end] in known | _PLACES:
            return end - length
    if end > floor and text[end - 1] in _SOFT:
        return end
    start = end
    while not stops_at(text, floor, start) and end - start < _LONGEST_NAME:
        if text[start - 1] in _SPLITTERS and end - start != 1:
            break
        start -= 1
    return _plausible(text, start, end)


def _plausible(text: str, start: int, end: int) -> int:
    """Cut what a region's name cannot hold: function words in front, more than four characters."""
    for word in _STATE:
        if text.startswith(word, start, end) and start + len(word) < end:
            return start
    if "族" in text[start:end]:
        return start
    if end - start >= 3 and text[start] in _SOFT:
        start += 1
    return start if end - start <= 4 else end - 2


def _with_province(text: str, start: int, floor: int, units: int) -> int:
    """Take a province printed without 省, or 中共, in front of a chain."""
    if units:
        for word in (*lexicon.PROVINCES, *_STATE):
            if text.endswith(word, floor, start):
                return start - len(word)
    return start


def run_before(text: str, end: int, floor: int) -> int:
    """Where the run of name-like characters before `end` begins; offices do not stop it."""
    start = end
    while not stops_at(text, floor, start, but=_FUNCTIONS) and end - start < _LONGEST_NAME + 4:
        start -= 1
    while end - start > 2 and text[start] in _SOFT and text[start : start + 2] not in _PLACES:
        start += 1
    return start


_TITLE_REGION = re.compile(r"([\u3400-\u9fff]{2,6}?)(?:街道|自治[区州县]|[省市区县旗镇乡])")


def names_in_title(title: str) -> frozenset[str]:
    """Names of regions a title begins with: 澄屿市青岚区人民政府… → 澄屿, 青岚."""
    names, position = set(), 0
    while match := _TITLE_REGION.match(title, position):
        names.add(match[1])
        position = match.end()
    return frozenset(names)
