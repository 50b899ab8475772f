"""The agency that issues a report: from its title, and its full name as the prose gives it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from extractor.frame import is_agency
from extractor.passages import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.passages import Passage

_YEAR = r"(?:(?:19|20)\d\d|二[〇○零0Oo][〇○零0Oo一二三四五六七八九]{2})年(?:度)?"
_SUBJECT = re.compile(r"(?:政府|政务)?信息公开|政务公开|(?:部门|单位)?(?:决算|预算)")
_WHEN = r"(?:20\d\d年(?:度)?(?:以)?来?|一年来|今年(?:以)?来?|近年来|本年度)"
_REGION = re.compile(r"(?:[一-鿿]{2,5}?(?:省|自治区|自治州|市|州|盟|区|县|旗)){1,3}")
_VAGUE = re.compile(r"^(?:我|本|全|各|该|区委|市委|县委|省委|党)|^.{0,2}(?:政府|办事处|委员会)$")
# The organ that a place name in a title stands for.
_ORGANS = (("街道", "办事处"), ("镇", "人民政府"), ("乡", "人民政府"), ("区", "人民政府"),
           ("县", "人民政府"), ("市", "人民政府"))  # fmt: skip


def agency_in_title(title: str) -> str | None:
    """The agency that a title starts with, or names between year and subject, or None.

    >>> agency_in_title("澄屿市统计局关于2021年政府信息公开工作年度报告")
    '澄屿市统计局'
    """
    bare = re.sub(r"^关于", "", title)
    if found := re.match(rf"(?P<name>.+?)(?:关于)?(?:的)?{_YEAR}", bare):
        return _clean(found.group("name"))
    bare = re.sub(rf"^{_YEAR}", "", bare)
    subject = _SUBJECT.search(bare)
    return _clean(bare[: subject.start()]) if subject is not None else None


def _clean(name: str) -> str | None:
    name = re.sub(r"(?:关于|的|本级)$", "", name.strip("“”\"'《》()（）"))
    return name if len(name) >= 3 else None


def full_name(name: str, organs: Sequence[str]) -> str:
    """The name as the organs of the prose complete it: 东湖街道 → 江州市东湖街道办事处.

    Only what is printed somewhere is added: the organ behind, the region before.

    >>> full_name("东湖街道", ["东湖街道办事处", "江州市东湖街道办事处", "江州市政府"])
    '江州市东湖街道办事处'
    """
    organ = "|".join(end for place, end in _ORGANS if name.endswith(place)) or "(?!)"
    full = re.compile(rf"(?:{_REGION.pattern})?{re.escape(name)}(?:{organ})?")
    found = Counter(match[0] for organ in organs if (match := full.match(organ)))
    return max(found, key=lambda o: (len(o), found[o]), default=name)


def is_plausible(name: str) -> bool:
    """Whether a name is an organ's own, and not a word for organs (我局, 区政府) or a web site."""
    if re.search(r"网站?$|门户|管理员|微信|公众号", name):
        return False
    return is_agency(name) and not _VAGUE.search(name)


def speaking_agency(organs: Sequence[str], passages: Sequence[Passage]) -> Span | None:
    """The organ that most clauses of the prose begin with, where it first does."""
    found: dict[str, list[Span]] = {}
    for organ in dict.fromkeys(filter(is_plausible, organs)):
        clause = re.compile(rf"(?:^|[。，,；;：:])(?:{_WHEN}[,，]?)?({re.escape(organ)})")
        for passage in passages:
            for match in clause.finditer(passage.printed):
                found.setdefault(organ, []).append(Span(passage, *match.span(1)))
    # The first of the most frequent: reports open with the agency's full name.
    return max(found.values(), key=len)[0] if found else None
