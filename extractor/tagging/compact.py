"""The text without white space, with the way back: print breaks words anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.normalize import half_width

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spacy.tokens import Doc, Span

MASK = "■"  # stands for what is tagged already: no rule looks into it or across it
PROPOSED = "proposed"  # the span group the rules write into

_HEADING = re.compile(r"\s*(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]|#)")
_JOINS = re.compile(r"[\u3400-\u9fff〇A-Za-z\d〔〕、《]")


@dataclass(frozen=True, slots=True)
class Compact:
    """`text[i]` stands at `offsets[i]` of the printed text; figures are half width."""

    text: str
    offsets: tuple[int, ...]

    def printed(self, start: int, end: int) -> tuple[int, int]:
        """The range of the printed text that text[start:end] was made of."""
        return self.offsets[start], self.offsets[end - 1] + 1

    def masked(self, ranges: Iterable[tuple[int, int]]) -> Compact:
        """The same with printed ranges blotted out."""
        chars = list(self.text)
        where = {offset: i for i, offset in enumerate(self.offsets)}
        for start, end in ranges:
            for offset in range(start, end):
                if offset in where:
                    chars[where[offset]] = MASK
        return Compact("".join(chars), self.offsets)


def squeeze(printed: str) -> Compact:
    """Drop all white space but the newlines that end a sentence, a heading or a list item.

    A newline between two characters of a word stays out: a line break may split a name.
    """
    kept: list[int] = []
    lines = printed.split("\n")
    start = 0
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        kept.extend(start + i for i, c in enumerate(line) if not c.isspace() or _parts(line, i))
        start += len(line) + 1
        if following is not None and not _continues(line, following):
            kept.append(start - 1)
    return Compact(half_width("".join(printed[i] for i in kept)), tuple(kept))


def _parts(line: str, i: int) -> bool:
    """Whether white space keeps two Latin words or figures apart (2021-01-25 17:15)."""
    around = line[i - 1 : i] + line[i + 1 : i + 2]
    return len(around) == 2 and around.isascii() and around.isalnum()


def _continues(line: str, following: str) -> bool:
    """Whether a line runs on into the next one in the middle of a sentence."""
    last, first = line.rstrip()[-1:], following.lstrip()[:1]
    if not (_JOINS.fullmatch(last) and _JOINS.fullmatch(first)) or _HEADING.match(following):
        return False
    return len(line) > 20 or not _HEADING.match(line)


def compact_of(doc: Doc, *, masked: bool = True) -> Compact:
    """The compact text of a Doc, made once; `masked` blots proposed titles and numbers out."""
    whole = doc.user_data.get("compact")
    if not isinstance(whole, Compact):
        whole = doc.user_data["compact"] = squeeze(doc.text)
    if not masked or PROPOSED not in doc.spans:
        return whole
    done = doc.user_data.get("compact_masked")
    if not isinstance(done, Compact):
        opaque = [s for s in doc.spans[PROPOSED] if s.label_ in ("DOC_TITLE", "DOC_NUMBER")]
        done = whole.masked((s.start_char, s.end_char) for s in opaque)
        doc.user_data["compact_masked"] = done
    return done


def propose(doc: Doc, label: str, ranges: Iterable[tuple[int, int]]) -> None:
    """Add ranges of the compact text to the proposed spans."""
    source = compact_of(doc, masked=False)
    spans: list[Span] = list(doc.spans[PROPOSED]) if PROPOSED in doc.spans else []
    for start, end in ranges:
        span = doc.char_span(*source.printed(start, end), label=label, alignment_mode="expand")
        if span is not None:
            spans.append(span)
    doc.spans[PROPOSED] = spans
