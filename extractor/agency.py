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
_REGION = re.compile(r"(?:[一-鿿]{2,5}?(?:省|自治区|自治州|市|州|盟|区|县|旗)){1,3}")
# What may stand right before a name that starts with its region.
_BEFORE = re.compile(r"[^一-鿿]|[由与和及向在是对为将到据经报请于以至]")
# The verbs by which the prose says what its subject, the agency, did.
_VERBS = (
    r"(?=坚持|认真|严格|按照|根据|深入|全面|紧紧|积极|高度|始终|不断|切实|进一步|扎实|围绕|结合|"
    r"在(?:区|市|县|省|上级|党|习)|以习|以(?:公开|“)|共(?:主动|收到|受理)|继续|贯彻|落实|持续|着力|牢固|依法)"
)
_SPEAKER = re.compile(
    rf"(?:^|[。，,；;])(?:(?:20\d\d年(?:度)?(?:以)?来?|一年来|今年(?:以)?来?)[,，]?)?"
    rf"(?P<name>[一-鿿]{{4,25}}?){_VERBS}"
)
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


def full_name(name: str, passages: Sequence[Passage]) -> str:
    """The name as the prose completes it: 东湖街道 → 江州市东湖街道办事处.

    Only what is printed somewhere is added: the organ behind, the region before.
    """
    text = "\n".join(passage.printed for passage in passages)
    for place, organ in _ORGANS:
        if name.endswith(place) and name + organ in text:
            name += organ
            break
    regions = Counter(
        region
        for found in re.finditer(re.escape(name), text)
        if (region := _region_before(text[max(0, found.start() - 14) : found.start()]))
    )
    return regions.most_common(1)[0][0] + name if regions else name


def _region_before(text: str) -> str | None:
    """The shortest name of a region that the text ends with, where a word ends right before it."""
    for start in range(len(text) - 2, -1, -1):
        if _REGION.fullmatch(text, start) and (start == 0 or _BEFORE.match(text, start - 1)):
            return text[start:]
    return None


def is_plausible(name: str) -> bool:
    """Whether a name is an organ's own, and not a word for organs (我局, 区政府) or a web site."""
    if re.search(r"网站?$|门户|管理员|微信|公众号", name):
        return False
    return is_agency(name) and not _VAGUE.search(name)


def speaking_agency(passages: Sequence[Passage]) -> Span | None:
    """The name that most sentences of the prose have as their subject, where it first stands."""
    found: dict[str, list[Span]] = {}
    for passage in passages:
        for match in _SPEAKER.finditer(passage.text):
            name = match.group("name")
            if is_plausible(name):
                found.setdefault(name, []).append(Span(passage, *match.span("name")))
    # The first of the most frequent: reports open with the agency's full name.
    return max(found.values(), key=len)[0] if found else None
