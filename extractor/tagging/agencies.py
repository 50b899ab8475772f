"""AGENCY: an organ is found by the word it ends in and read to the left: function, level, region.

Neighbouring pieces are then joined (街道办事处 + 政务公开领导小组) or left apart (区委 | 区政府).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from extractor.tagging import lexicon
from extractor.tagging.regions import Prefix, region_before, run_before, stops_at


class Piece(NamedTuple):
    """One organ: `rank` of its region or level, `part` where it may join the organ before it."""

    start: int
    end: int
    head: str
    rank: int = 0
    part: bool = False
    alone: bool = True  # may stand without the organ before it


_HEADS = lexicon.guarded("heads")
_LEVELLED = frozenset(lexicon.words("levelled"))
_NAMED = frozenset(lexicon.words("named"))
_PARTS = frozenset(lexicon.words("parts"))
_OFFICES = frozenset(lexicon.words("offices"))
_OFFICE_LEVELS = lexicon.words("office_levels")
_GROUPS = frozenset(lexicon.words("groups"))
_GENERIC = frozenset(lexicon.words("generic_names"))
_CLASSES = frozenset(lexicon.words("classes"))
_NATIONAL = frozenset(lexicon.NATIONAL)
_LEVEL_HEADS = _OFFICES | {
    "委",
    "局",
    "厅",
    "党工委",
    "指挥部",
}  # 市委, 省厅 stand without function

_WORDS = sorted((*_NATIONAL, *_HEADS), key=lambda word: (-len(word), word))
HEAD = re.compile("|".join(lexicon.guard(w, _HEADS.get(w, "")) for w in _WORDS))
_TOWN = re.compile(r"街道|镇(?![村级区域长容])|乡(?![村镇级愁贤])")
_TOKENS = "|".join(sorted((t[::-1] for t in lexicon.FUNCTIONS), key=len, reverse=True))
_STEM = re.compile(rf"(?:{_TOKENS})(?:[与和及]?(?:{_TOKENS}))*")
_LISTED = re.compile(rf"、(?:{_TOKENS})+")
# The region printed once stays with the first: 市档案馆、图书馆.
_LISTED_HALL = re.compile(r"[、和及与](?:档案|图书|博物|文化|美术|方志)$")
# Before an office these make it a class of many: 各科, 22个村党员活动室、综治服务中心.
_CLASS_BEFORE = re.compile(r"(?:[各等级类个设家所村]|社区|基层|网上|\d+个[^，。；]{0,12}[、和])$")
# Behind the quotation mark of a name one of these makes it an account, not an organ.
_ACCOUNT = re.compile(
    '[”"’」](?:官方)?(?:政务)?(?:微信|微博|公众号|抖音|客户端|小程序|视频号|头条号|[aA][pP]{2}|'
    "专栏|栏目|频道|品牌|平台)"
)
_ADDRESS = re.compile(r"(?:通[讯信])?地址(?:位于|为|是|[：:])+[^，,；;。）)\n■]*")
_BUILDING = re.compile(r"(?:办公)?(?:大楼|大院|大厦|楼|院内|机关|\d|[一二三四五六]楼)")


def find_agencies(text: str, known: frozenset[str] = frozenset()) -> list[tuple[int, int]]:
    """Organs in the compact text; `known` are names of regions the document is about."""
    pieces: list[Piece] = []
    for match in HEAD.finditer(text):
        piece = _piece(text, match, pieces[-1] if pieces else None, known)
        if piece is not None:
            pieces.append(piece)
    organs = _joined(pieces)
    organs += _towns(text, organs, known)
    shut = [m.span() for m in _ADDRESS.finditer(text)]
    return sorted((p.start, p.end) for p in organs if _stands(text, p, shut))


def _piece(
    text: str, match: re.Match[str], last: Piece | None, known: frozenset[str]
) -> Piece | None:
    """The organ that ends in a head word, None where the word is only a class (机关, 各部门)."""
    head, floor = match[0], last.end if last else 0
    if head in _NATIONAL:
        return Piece(match.start(), match.end(), head, rank=lexicon.NATIONAL_RANK)
    stem = _stem_start(text, match.start(), floor)
    prefix = region_before(text, stem, floor, known)
    if prefix.units:
        return _levelled(text, match, stem, prefix)
    if last and stem == last.end and head in _PARTS:
        return Piece(stem, match.end(), head, part=True, alone=_own_name(match, stem))
    office = _own_level(text, stem, head, floor)
    if office < stem:
        return Piece(office, match.end(), head, part=True)
    return _unlevelled(text, match, stem, floor)


def _stem_start(text: str, end: int, floor: int) -> int:
    """Where the chain of function words before a head begins (政务公开工作|领导小组)."""
    window = text[max(floor, end - 30) : end][::-1]
    match = _STEM.match(window)
    return end - match.end() if match else end


def _own_name(match: re.Match[str], stem: int) -> bool:
    """Whether an organ may stand without level: with its function, or named whole (党政办)."""
    return stem < match.start() or match[0] == "党政办"


def _levelled(text: str, match: re.Match[str], stem: int, prefix: Prefix) -> Piece | None:
    """An organ behind a region or a level (青岚区政府, 市财政局, 街道办公室)."""
    head = match[0]
    plain = stem == match.start() and head not in _LEVELLED | _NAMED
    if plain and (head not in _LEVEL_HEADS or (head == "委" and prefix.rank < 2)):
        return None
    if not prefix.named and _is_generic(text, prefix, head):
        return None
    if head == "政府" and text[prefix.start : stem].endswith("街道"):
        return None  # 街道政府信息公开: a street has an office, no government
    return Piece(prefix.start, match.end(), head, prefix.rank, part=prefix.named)


def _is_generic(text: str, prefix: Prefix, head: str) -> bool:
    """各区政府, 全市公安局, 我区政府信息公开 name no one organ."""
    before = text[prefix.start - 1 : prefix.start]
    return before in ("各", "全") or (before in ("我", "本") and head in ("政府", "委"))


def _own_level(text: str, stem: int, head: str, floor: int) -> int:
    """The start of a bare organ kind before its own office (局办公室, 中心管委会), else `stem`."""
    if head not in _OFFICES:
        return stem
    for level in _OFFICE_LEVELS:
        start = stem - len(level)
        if start >= floor and text.startswith(level, start):
            own = start > floor and text[start - 1] in lexicon.SOFT_STOPS
            return start if own or stops_at(text, floor, start) else stem
    return stem


def _unlevelled(text: str, match: re.Match[str], stem: int, floor: int) -> Piece | None:
    """An organ without region: a school by its name, an office by its function alone (宣传科)."""
    if match[0] == "馆":
        listed = _LISTED_HALL.search(text, 0, match.start())
        return Piece(match.start() - 2, match.end(), "馆") if listed else None
    if match[0] in _NAMED:
        return _named(text, match, floor)
    if match[0] in _LEVELLED or not _own_name(match, stem):
        return None
    start = _listed_start(text, stem, match[0], floor)
    if (
        _CLASS_BEFORE.search(text[max(0, start - 16) : start])
        or text[start : match.end()] in _CLASSES
    ):
        return None
    return Piece(start, match.end(), match[0])


def _named(text: str, match: re.Match[str], floor: int) -> Piece | None:
    """A school or hospital by its own name (澄屿师范学院); bare kinds are None."""
    start = run_before(text, match.start(), floor)
    name = text[start : match.start()]
    if not 2 <= len(name) <= 12 or name in _GENERIC or name[0] in "各全":
        return None
    return Piece(start, match.end(), match[0], part=name.startswith("附属"))


def _listed_start(text: str, stem: int, head: str, floor: int) -> int:
    """A 、 inside one office's modifier does not split it: 政务公开、政府信息|领导小组."""
    if head in _GROUPS and text[stem - 1 : stem] == "、":
        match = _LISTED.match(text[floor:stem][::-1])
        if match is not None and stops_at(text, floor, stem - match.end()):
            return stem - match.end()
    return stem


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Offices joined to the organ they stand right behind."""
    organs: list[Piece] = []
    for piece in pieces:
        last = organs[-1] if organs else None
        if last and last.end == piece.start and _belongs(last, piece):
            rank = piece.rank or last.rank
            organs[-1] = last._replace(end=piece.end, head=piece.head, rank=rank)
        elif piece.alone:
            organs.append(piece)
    return organs


def _belongs(organ: Piece, piece: Piece) -> bool:
    """Whether a piece is a part of the organ before it or lower (市人民政府|白蘋街道办事处)."""
    if piece.rank == 0:
        return piece.part
    branch = organ.head.endswith(("局", "银行", "总署"))  # 国家税务总局|福建省税务局
    return piece.rank < organ.rank and (branch or organ.rank < lexicon.NATIONAL_RANK)


def _towns(text: str, organs: list[Piece], known: frozenset[str]) -> list[Piece]:
    """Streets and towns by their proper names (白蘋街道) that no organ holds."""
    found = []
    for match in _TOWN.finditer(text):
        if any(o.start < match.end() and match.start() < o.end for o in organs):
            continue
        prefix = region_before(text, match.end(), 0, known)
        if prefix.named and prefix.rank == 1 and _is_town(text, prefix, match, known):
            found.append(Piece(prefix.start, match.end(), match[0], 1))
    return found


def _is_town(text: str, prefix: Prefix, match: re.Match[str], known: frozenset[str]) -> bool:
    """A town is believed where the title or a region in front vouches, or it opens a clause."""
    name = text[prefix.start : match.start()]
    if prefix.units > 1 or name in known:
        return True
    before = text[prefix.start - 1 : prefix.start]
    opens = not before or before in "，,。；;：:“”（(\n■、年在由与和及向经对为 0123456789"
    return opens and 2 <= len(name) <= 3 and not re.search(r"[村社乡镇小城各全]", name)


def _stands(text: str, piece: Piece, shut: list[tuple[int, int]]) -> bool:
    """Not an account's name in quotes, and in a postal address only as a building's name."""
    if text[piece.start - 1 : piece.start] in tuple('“"‘「') and _ACCOUNT.match(text, piece.end):
        return False
    if any(start <= piece.start < end for start, end in shut):
        return _BUILDING.match(text, piece.end) is not None and piece.rank != 1
    return True
