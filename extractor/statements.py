"""What the prose says of the tables: counts with what they count, compared with printed fields.

The tagger says which numbers are counts, their values and what they count; a template says by
which words (`prose_counts`) a count is that of a field. Only wordings that leave no doubt count.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.document import Check
from extractor.normalize import compact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.document import Entity, Field, Section
    from extractor.template import ProseCount, Template

_SENTENCE = re.compile("[。！？!?\n]")
_CLAUSE = re.compile("[，,。：:；;\n（()）]")
# Words by which a clause counts a part, another time or another place than those of the report.
_PART = re.compile(
    r"其中|某单位|某日|半年|季度|去年|前年|同期|年来|近[一二三四五两\d]年|[全我][省市]|各[部区县级镇单]|涉及|"
    r"要求|转来|直接|分别|撤回|提案|建议|信访|资金|咨询|留言|举报|投诉|部分|有的|至今|人次|以来|累计|历年|"
    r"[\d一二三四五六七八九十]月|通过|网[上络]|平均|每|“|社区|村"
)
_OTHER_YEAR = re.compile("[上下某](?:一)?年")


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells entities by what they are to the report: its year, None where unknown, its agency."""

    year: int | None
    agency: str = ""

    def told(self, entity: Entity) -> str:
        """A date by its year's place to the report's; a count ends its clause; other organs."""
        if entity.label == "COUNT":
            return "，"
        if entity.label == "AGENCY":
            own = compact(entity.text)
            return own if own in self.agency or self.agency in own else "某单位"
        if entity.label != "DATE" or self.year is None:
            return "" if entity.label == "DATE" else entity.text
        named = str(entity.normalized.value)
        if not named[:4].isdecimal():
            return "某年"
        year = {-1: "上年", 0: "本年", 1: "下年"}.get(int(named[:4]) - self.year, "某年")
        return year if len(named) == 4 else f"{year}某日"


@dataclass(frozen=True, slots=True)
class Statement:
    """A count of the prose: its value, what it counts, its clause and sentence up to the number.

    Dates are told by their year's place to the report's: 上年, 本年, 下年, else 某年; `year` is the
    last one of the sentence before the clause, where the clause names none. Organs but the report's
    own are told as 某单位.
    """

    value: int
    subject: str
    clause: str
    sentence: str
    year: str
    page: int | None


def prose_checks(
    template: Template,
    fields: Mapping[str, Field],
    entities: Sequence[Entity],
    sections: Sequence[Section],
) -> Iterator[Check]:
    """A warning-level check for every rule whose count the prose states."""
    year = _year(fields)
    stated = statements(entities, sections, Teller(year, _agency(fields)))
    texts = [compact(paragraph) for section in sections for paragraph in section.paragraphs]
    for rule in template.prose_counts:
        total = _printed_total(rule, fields)
        found = {s.value: s.page for s in stated if _says(rule, s)}
        if any(_says_none(rule, text, year) for text in texts):
            found.setdefault(0, None)
        # Several numbers may count parts or other years: only a lone one speaks against the table.
        if total is None or not found or (len(found) > 1 and total not in found):
            continue
        yield _check(rule, [fields[f] for f in rule.fields], total, found)


def _year(fields: Mapping[str, Field]) -> int | None:
    year = fields.get("report.year")
    return year.value if year is not None and isinstance(year.value, int) else None


def _agency(fields: Mapping[str, Field]) -> str:
    agency = fields.get("report.agency")
    return agency.value if agency is not None and isinstance(agency.value, str) else ""


def statements(
    entities: Sequence[Entity], sections: Sequence[Section], teller: Teller
) -> list[Statement]:
    """The exact counts of the prose, in order."""
    found = []
    for section in sections:
        text = "\n".join(section.paragraphs)
        own = [e for e in entities if e.section == section.number and _stands(e, text)]
        ends = [0, *(match.end() for match in _SENTENCE.finditer(text))]
        starts = [entity.start for entity in own]
        for i, entity in enumerate(own):
            value = entity.normalized.value
            exact = isinstance(value, int) and not entity.normalized.approximate
            if entity.label == "COUNT" and exact:
                assert isinstance(value, int)
                start = ends[bisect.bisect_right(ends, entity.start) - 1]
                before = own[bisect.bisect_left(starts, start) : i]
                found.append(_statement(entity, value, text, start, before, teller))
    return found


def _stands(entity: Entity, text: str) -> bool:
    """Whether it is an entity of this text: sections without a number share None."""
    return text[entity.start : entity.end] == entity.text


def _statement(
    count: Entity, value: int, text: str, start: int, before: Sequence[Entity], teller: Teller
) -> Statement:
    """The statement of a count; `before` are the entities of its sentence, which starts there."""
    told, position, year = "", start, ""
    for other in before:
        words = teller.told(other)
        told += text[position : other.start] + words
        position = other.end
        if other.label == "DATE":
            year = words if _CLAUSE.search(text, other.end, count.start) else ""
    sentence = compact(told + text[position : count.start])
    clause = _CLAUSE.split(sentence)[-1]
    subject = compact(count.subject or "")
    return Statement(value, subject, clause, sentence, year, count.page)


def _says(rule: ProseCount, statement: Statement) -> bool:
    """Whether a statement is by its words that of the rule, and of the report's own year.

    What is counted stands right before a number for which the tagger knows no subject.
    """
    before = re.search(rule.before, statement.clause)
    counted = (
        re.fullmatch(rule.counted, statement.subject)
        if statement.subject
        else re.search(f"(?:{rule.counted})$", statement.clause)
    )
    if before is None or counted is None:
        return False
    if rule.sentence is not None and not re.search(rule.sentence, statement.sentence):
        return False
    rest = statement.clause[: before.start()] + statement.clause[before.end() :]
    if _PART.search(rest):
        return False
    return not _OTHER_YEAR.search(rest) and not _OTHER_YEAR.match(statement.year)


def _says_none(rule: ProseCount, text: str, year: int | None) -> bool:
    """Whether a paragraph says that there was none in the report's year, not only in a part."""
    for pattern in rule.zero:
        if (match := re.search(pattern, text)) is None:
            continue
        before = _SENTENCE.split(text[: match.start()])[-1]
        years = {int(found) for found in re.findall(r"(?:19|20)\d\d(?=年)", before)}
        if not _PART.search(before) and not _OTHER_YEAR.search(before) and years <= {year}:
            return True
    return False


def _printed_total(rule: ProseCount, fields: Mapping[str, Field]) -> int | None:
    """The sum of the rule's fields, None where one is missing or none is printed.

    As in the relations of the tables a blank and "/" count as 0 beside a printed one.
    """
    found = [field for name in rule.fields if (field := fields.get(name)) is not None]
    known = all(f.state != "missing" and isinstance(f.value, int | None) for f in found)
    if len(found) < len(rule.fields) or not known:
        return None
    values = [f.value for f in found if f.state == "printed" and isinstance(f.value, int)]
    return sum(values) if values else None


def _check(
    rule: ProseCount, fields: Sequence[Field], total: int, found: Mapping[int, int | None]
) -> Check:
    passed = total in found
    stated = total if passed else next(iter(found))
    page = "" if found[stated] is None else f" on page {found[stated]}"
    verb = "also says" if passed else "says"
    labels = " + ".join(field.label for field in fields)
    return Check(
        id=rule.id,
        passed=passed,
        severity="warning",
        expression=f"{total} = {stated}",
        message=f"The table says {total} for {labels}, the prose{page} {verb} {stated}.",
        fields=tuple(field.id for field in fields),
    )
