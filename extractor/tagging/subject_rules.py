"""What a COUNT, MONEY or PERCENT counts: the shortest noun phrase that says it, as printed.

With 个 it follows the number (12个|社区); otherwise it stands before it in the clause, without
agency, adverbs and verb (街道累计受理|政府信息公开申请|21件). A verb that stands
alone is the subject (办结|16件).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from extractor.quantities import count
from extractor.tagging import lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.tokens import Span

    from extractor.tagging.compact import Compact


def _choice(name: str) -> str:
    """A pattern for one of the words of a list, the longest first."""
    return "|".join(sorted(lexicon.words(name), key=lambda word: (-len(word), word)))


_REACH = 200  # characters in front of a quantity that may say what it counts
_EARLIER = 20  # quantities in front whose subject it may share
_BOUNDARY = re.compile(r"[，。；：！？\n（）()“”‘’】【,;:?!]")
_OWN = "(?:街道|单位|机关|部门|[省市区县镇乡局厅委办院校])"
_LEADING = re.compile(
    rf"(?:{_choice('adverbs')}|其(?![他余])|[我本全]{_OWN}|和(?!谐)|及(?!时)|[的、])+"
)
_TRAILING = re.compile(rf"(?:(?<=.)(?:{_choice('number_words')})|{_choice('sum_words')}|[、:：])+$")
_RHYTHM = re.compile(r"每(?:半?[年天日周月]|季度?)(?:至少)?$")
_VERB = re.compile(
    rf"(?:{_choice('verbs')})[了过到]?(?![类费率制量情栏会日]|工作|活动|系统|平台|结果)"
)
_ENDS_IN_VERB = re.compile(rf"{_VERB.pattern}$")
_DONE = re.compile(rf"(?<=.)(?:累计|共|已|先后|分别){_VERB.pattern}$")  # 发布会累计举行 → 发布会
_ADVERB_PHRASE = re.compile(
    r"^(?:通过|利用|依托|借助|围绕|针对|按照|根据|[经由向对在从以于将把与]).*?"
    r"(?=主动公开|公开|依申请|推送|发布|受理|收到|开展|召开|举办|组织|共|累计)"
)
_PREPOSITION = re.compile("通过|利用|依托|围绕|针对|按照|根据|对照")
# 各单位|公开预算: a verb behind its doer; in 政府信息公开申请 it is a part of the noun.
_PUBLISHED = re.compile(
    r"(?<=.)(?<!主动|不予|予以|信息|政务|申请|法定|部分|村务|院务|校务)公开(?=..)"
)
_QUOTED = re.compile("[“‘]([^“”‘’]{2,14})[”’]的(?:件数|条数|数量)?[为有共计]?$")
_STATUS = re.compile(rf"(?:{_choice('change_words')})+")
_RIGHT_STOP = re.compile(_choice("noun_ends"))
_RIGHT_NOUN = re.compile(r"[\u3400-\u9fffA-Za-z]+")
_LEAD = re.compile("■+(?!的)|进行|开展")  # an agency before what is counted, or its verb
_NOT_NOUN = re.compile(_choice("noun_never"))


class Measured(NamedTuple):
    """A tagged quantity in the compact text, with its label and unit."""

    start: int
    end: int
    label: str
    unit: str | None


def read_subjects(
    source: Compact, quantities: Sequence[Span], ents: Sequence[Span]
) -> list[str | None]:
    """What each of the quantities counts, in the order of the text; `ents` stop every subject."""
    taken = source.masked(span for span in ents if span.label_ != "DOC_TITLE")
    earlier: list[tuple[Measured, str | None]] = []
    for span in quantities:
        read = count(span.text) if span.label_ == "COUNT" else None
        place = source.of_printed(span.start_char, span.end_char)
        item = Measured(*place, span.label_, read.unit if read else None)
        earlier.append((item, subject_of(source.text, taken, item, earlier[-_EARLIER:])))
    return [subject for _, subject in earlier]


def subject_of(
    text: str, taken: str, item: Measured, earlier: list[tuple[Measured, str | None]]
) -> str | None:
    """The subject of one quantity; `taken` is the text with the entities blotted out by ■."""
    nearest = max(0, item.start - _REACH)
    sentence = max(*(taken.rfind(mark, nearest, item.start) for mark in "。\n；"), nearest - 1) + 1
    if item.label == "COUNT" and item.unit == "个":
        return _after(taken, item.end) or _before(taken, item.start, sentence)
    if item.label == "PERCENT":
        share = _share(taken, item, sentence, earlier)
        if share is not None:
            return share
    before = _before(taken, item.start, sentence)
    if item.label != "COUNT":
        return before
    if before is None or _ENDS_IN_VERB.search(before):
        after = _after(taken, item.end) or _total(text, item, sentence, earlier)
        return after or (_DONE.sub("", before) if before else None)
    return before


def _before(taken: str, end: int, sentence: int) -> str | None:
    """The noun phrase (or verb) that ends at `end`, within its clause."""
    clause = _BOUNDARY.split(taken[sentence:end])[-1].rpartition("■")[2]
    if _RHYTHM.search(clause):
        return None
    if clause.startswith("的") and (quoted := _QUOTED.search(taken[sentence:end])):
        return quoted[1]
    return _noun(_TRAILING.sub("", clause))


def _noun(clause: str) -> str | None:
    """Drop adverbs, 等 with what it sums up, and the verb; a bare verb stays."""
    if re.fullmatch(rf"[已未待]{_VERB.pattern}", clause):
        return clause
    clause = _strip(_ADVERB_PHRASE.sub("", clause))
    if _PREPOSITION.match(clause):
        return None
    listed, _, rest = clause.rpartition("等")
    clause = _strip(rest) if listed and len(rest) > 1 else clause
    if (disclosed := clause.rfind("主动公开")) >= 0 and clause[disclosed + 4 :]:
        return clause[disclosed:]
    if (published := _PUBLISHED.search(clause)) is not None:
        return clause[published.start() :]
    verbs = [m for m in _VERB.finditer(clause) if m.end() < len(clause)]
    if verbs and not clause.endswith("类"):
        clause = _strip(clause[verbs[-1].end() :])
    return clause.strip("、") or None


def _strip(phrase: str) -> str:
    """Without adverbs in front; what is only adverbs is nothing."""
    match = _LEADING.match(phrase)
    return phrase[match.end() :] if match else phrase


def _after(taken: str, start: int) -> str | None:
    """The noun that follows a number (12个|社区, 7条|…通知精神)."""
    lead = _LEAD.match(taken, start)
    match = _RIGHT_NOUN.match(taken, lead.end() if lead else start)
    if match is None or _NOT_NOUN.match(match[0]):
        return None
    noun = match[0].rpartition("的")[2] or match[0]
    ends = [m for m in (_RIGHT_STOP.search(noun, 1), _VERB.search(noun, 1)) if m is not None]
    stop = min(ends, key=lambda m: m.start(), default=None)
    return noun[: stop.start()] if stop else noun


def _share(
    taken: str, item: Measured, sentence: int, earlier: list[tuple[Measured, str | None]]
) -> str | None:
    """占18.2% and 同比增长20% say it of what was counted just before in the sentence."""
    head = taken[sentence : item.start]
    clause = _BOUNDARY.split(head)[-1].rpartition("■")[2]
    bare = "占" in clause or not _STATUS.sub("", clause)
    if not bare:
        phrase = re.split(r"同比|环比|比上年|较上年|增长|下降|上升", clause)[0]
        return _noun(_TRAILING.sub("", _ADVERB_PHRASE.sub("", phrase))) if phrase else None
    part = clause.partition("占")[0]
    if part and not _STATUS.fullmatch(part):
        return _noun(_TRAILING.sub("", part))
    return next((s for m, s in reversed(earlier) if m.start >= sentence), None)


def _total(
    text: str, item: Measured, sentence: int, earlier: list[tuple[Measured, str | None]]
) -> str | None:
    """合计, 总计, 共计: what the first quantity of the same unit in the sentence counts."""
    if not re.search(r"(?:合计|总计|共计|总共|历年累计)[为达有]?$", text[sentence : item.start]):
        return None
    return next((s for m, s in earlier if m.start >= sentence and m.unit == item.unit), None)
