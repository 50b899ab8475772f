"""Holds annotations against the guidelines: `python -m models.ner.lint FILE...`.

Errors are what the guidelines rule out whatever the context: a bare level as AGENCY, a 《title》
without its tag, a range A至B in one DATE, a value that cannot be read. Warnings are worth a look: a
number left untagged, a text that is tagged here and not there.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from extractor import quantities
from extractor.normalize import iso_date, unspaced
from extractor.tagging import lexicon
from models.ner.markup import MarkupError, Passage, Tagged, Written, read_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Finding(NamedTuple):
    """What is wrong (or, for a warning, odd) with a span or a piece of text, and where."""

    document: str
    section: str
    text: str
    message: str
    error: bool = True


_BARE = re.compile(
    "(?:我|本|各|全|该|有关|相关|上级|下级|各级)*"
    "(?:街道|社区|村|部门|科室|机关|单位|政府|中央|省市?|市|区|县|镇|乡|办事处|中心|领导小组|办公室|"
    "委员会|单位|窗口|主管部门|职能部门)"
)
_NOT_AGENCY = re.compile(
    "(?:网站?|公众号|客户端|微博|抖音|[aA][pP]{2}|平台|栏目|专栏|大厅|窗口|专区|[览案阅议务话播训]室)$"
)
_TWO_ORGANS = re.compile(r"[区市县省旗镇](?:委|党委)(?:[、和与及]?)[区市县省旗镇]政府")
_UNTAGGED = (
    ("DOC_TITLE", re.compile("《[^《》]+》")),
    ("PERCENT", re.compile(r"\d+(?:\.\d+)?\s*[%％‰]|百分之[一二三四五六七八九十]")),
    ("MONEY", re.compile(r"\d\s*[万亿千百余]*\s*(?:元|美元)(?![旦月宵])")),
    ("DOC_NUMBER", re.compile(r"[〔\[［﹝]\s*(?:19|20)\d\d\s*[〕\]］﹞]\s*第?\s*\d+\s*号")),
    ("DATE", re.compile(r"(?:19|20)\d\d\s*年|(?<!\d)\d{1,2}\s*月\s*\d{1,2}\s*日")),
    ("DATE", re.compile("二[〇○0零][一二三四五六七八九〇○零]{2}年")),
)
_SENTENCE_END = re.compile("[。！？\n]")
_UNIT = "|".join(sorted(lexicon.guarded("measures"), key=len, reverse=True))
_NUMBER = re.compile(rf"(?<![第\d.])\d[\d,.]*\s*[余多]?[万千百亿]*[余多]?\s*(?:{_UNIT})")
_VALUES = {
    "COUNT": quantities.count,
    "MONEY": quantities.money,
    "PERCENT": quantities.percent,
}
_UNITS = frozenset(lexicon.guarded("measures"))


def lint(documents: Iterable[Written]) -> Iterator[Finding]:
    """Everything to mend or to look at, document by document, then across them."""
    documents = list(documents)
    for document in documents:
        context = None
        for section, passage in document.sections.items():
            for span in passage.spans:
                text = passage.text[span.start : span.end]
                if span.label == "DATE":
                    context = iso_date(text, context) or context
                yield from (
                    Finding(document.id, section, text, message, error)
                    for message, error in _span(passage, span, text, context)
                )
            yield from (
                Finding(document.id, section, text, message, error)
                for text, message, error in _rest(passage)
            )
    yield from _unlike(documents)


def _span(
    passage: Passage, span: Tagged, text: str, context: str | None
) -> Iterator[tuple[str, bool]]:
    """What is wrong with one span."""
    if text != text.strip():
        yield "white space at its ends", True
    if span.subject is not None and span.label not in _VALUES:
        yield "only a quantity has a subject", True
    if span.label == "AGENCY":
        yield from _agency(text)
    elif span.label == "DATE":
        yield from _date(text, context)
    elif span.label in _VALUES:
        yield from _quantity(passage, span, text)
    elif span.label == "DOC_TITLE" and not (text.startswith("《") and text.endswith("》")):
        yield "a DOC_TITLE is 《…》 with its marks", True


def _agency(text: str) -> Iterator[tuple[str, bool]]:
    bare = unspaced(text)
    if _BARE.fullmatch(bare):
        yield "a level or a class word alone is no AGENCY", True
    if _NOT_AGENCY.search(bare):
        yield "a web site, account, hall or window is no AGENCY", True
    if _TWO_ORGANS.search(bare):
        yield "two organs in one span", True
    if re.match("[我该]|本(?!溪)", bare):
        yield "a pronoun in the span", True
    if re.search("[，。；：！？“”‘’《》\n]", bare):
        yield "punctuation in the span", True
    if re.search("[、和与及]", bare):
        yield "two organs joined? (fine inside one office's modifier)", False


def _date(text: str, context: str | None) -> Iterator[tuple[str, bool]]:
    if re.search(r"[年月日]\s*[至到\-—–~～]+\s*[\d二一]", text):
        yield "A至B is two DATEs", True
    if iso_date(text, context) is None:
        yield "no date can be read", True


def _quantity(passage: Passage, span: Tagged, text: str) -> Iterator[tuple[str, bool]]:
    read = _VALUES[span.label](text)
    if read is None:
        yield "no value can be read", True
    elif span.label == "COUNT" and read.unit not in _UNITS:
        yield f"unknown measure word {read.unit!r}", False
    if span.label == "COUNT" and passage.text[span.start - 1 : span.start] == "第":
        yield "an ordinal is no COUNT", True
    if span.subject is not None:
        yield from _subject(passage, span, span.subject)


def _subject(passage: Passage, span: Tagged, subject: str) -> Iterator[tuple[str, bool]]:
    """A subject is printed in the sentence of its number and outside of it."""
    before = _SENTENCE_END.split(passage.text[: span.start])[-1]
    behind = _SENTENCE_END.split(passage.text[span.end :])[0]
    if unspaced(subject) not in unspaced(f"{before}■{behind}"):
        yield f"the subject {subject} is not printed in the sentence", True


def _rest(passage: Passage) -> Iterator[tuple[str, str, bool]]:
    """What stands outside the spans and should be one."""
    chars = list(passage.text)
    for span in passage.spans:
        chars[span.start : span.end] = "■" * (span.end - span.start)
    rest = "".join(chars)
    for label, pattern in _UNTAGGED:
        for match in pattern.finditer(rest):
            yield _around(passage.text, match.span()), f"untagged {label}", True
    for match in _NUMBER.finditer(rest):
        yield _around(passage.text, match.span()), "untagged number with a measure word", False


def _around(text: str, where: tuple[int, int]) -> str:
    return text[max(0, where[0] - 8) : where[1] + 4].replace("\n", "⏎")


def _unlike(documents: Sequence[Written]) -> Iterator[Finding]:
    """Texts that are tagged here and not there, or tagged with two labels."""
    labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for passage in document.sections.values():
            for span in passage.spans:
                labels[unspaced(passage.text[span.start : span.end])][span.label] += 1
    for text, counts in labels.items():
        if len(counts) > 1:
            yield Finding("all", "-", text, f"has several labels: {dict(counts)}", error=False)
    names = sorted((t for t, c in labels.items() if "AGENCY" in c and len(t) > 2), key=len)
    yield from _elsewhere(documents, names)


def _elsewhere(documents: Sequence[Written], names: Sequence[str]) -> Iterator[Finding]:
    """Names of organs that stand untagged."""
    pattern = re.compile("|".join(re.escape(name) for name in reversed(names)) or "(?!)")
    for document in documents:
        for section, passage in document.sections.items():
            for start, end in _untagged(passage, pattern):
                where = _around(passage.text, (start, end))
                message = f"{passage.text[start:end]} is an AGENCY elsewhere"
                yield Finding(document.id, section, where, message, error=False)


def _untagged(passage: Passage, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Matches that touch no span."""
    for match in pattern.finditer(passage.text):
        start, end = match.span()
        if not any(s.start < end and start < s.end for s in passage.spans):
            yield start, end


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 where nothing is an error, 1 where something is, 2 for a broken file."""
    parser = argparse.ArgumentParser(prog="python -m models.ner.lint", description="Lint a corpus.")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("-q", "--quiet", action="store_true", help="errors only")
    options = parser.parse_args(arguments)
    try:
        findings = list(lint(read_all(options.files)))
    except (MarkupError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for found in findings:
        if found.error or not options.quiet:
            kind = "error" if found.error else "look"
            sys.stdout.write(
                f"{kind:6s}{found.document} {found.section}: {found.text} - {found.message}\n"
            )
    return int(any(found.error for found in findings))


if __name__ == "__main__":
    raise SystemExit(main())
