"""DOC_TITLE and DOC_NUMBER: what is quoted by 《》 or numbered by an issuing organ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HAN = r"[\u3400-\u9fff]"
TITLE = re.compile(r"《[^《》]{1,120}(?:《[^《》]{1,80}》[^《》]{0,60}){0,3}》")
BRACKETED = re.compile(
    rf"({_HAN}{{2,16}})[\[［(（【〔﹝〈](?:19|20)\d\d年?[\]］)）】〕﹞〉]第?\d{{1,5}}号"
)
DECREE = re.compile(
    rf"({_HAN}{{0,16}}?(?:国务院|国|主席|政府|部|委员会|委|总局|局|署|厅|院))"
    r"(?:令第?[\d一二三四五六七八九十百零〇]+号|第?[\d一二三四五六七八九十百零〇]+号令)"
)
# Words that lead to a number and are no part of the issuing organ's sign.
_LEAD = re.compile(
    r".*(?:收到|见|转来|批复|根据|按照|依据|依照|遵照|贯彻|落实|执行|印发|下发|转发|发布|公布|文件|文号|编号|参照|通过|结合|对照|"
    r"修订|通知|以及|(?<!共)和|[的为与及以在对由至从])"
)
# An organ's name before its sign is not part of it: 省政府办公厅|湘政办发.
_ORGAN = re.compile(
    ".*(?:人民政府|[省市县区]政府|政府办公[厅室]|[我本贵][局镇乡县市区省厅委院校]|街道)(?=..)"
)


def find_titles(text: str) -> Iterator[tuple[int, int]]:
    """Every 《…》 with its marks, the outer one where they are nested."""
    for match in TITLE.finditer(text):
        yield match.span()


def find_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Numbers of documents (青蘋办〔2021〕1号) and decrees (国务院令第711号)."""
    for pattern, leads in ((BRACKETED, (_LEAD, _ORGAN)), (DECREE, (_LEAD,))):
        for match in pattern.finditer(text):
            start = match.start(1)
            for lead in leads:
                if found := lead.match(text, start, match.end(1) - 1):
                    start = found.end()
            if start < match.end(1):
                yield start, match.end()
