"""The text without white space, with the way back: print breaks words anywhere."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.normalize import half_width

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spacy.tokens import Doc, Span

MASK = "■"  # stands for what is tagged already: no rule looks into it or across it

_HEADING = re.compile(r"\s*(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]|#)")
_HALF = re.compile(r"\d[^\n]*\D\d+[.．]\s*$|[\u3400-\u9fff]\d+[.．]\s*$")
_JOINS = re.compile(r"[\u3400-\u9fff〇A-Za-z\d〔〕、《]")


@dataclass(frozen=True, slots=True)
class Compact:
    """`text[i]` stands at `offsets[i]` of the `whole` printed text; figures are half width."""

    text: str
    offsets: tuple[int, ...]
    whole: str

    def printed(self, start: int, end: int) -> tuple[int, int]:
        """The range of the printed text that text[start:end] was made of."""
        return self.offsets[start], self.offsets[end - 1] + 1

    def of_printed(self, start: int, end: int) -> tuple[int, int]:
        """The range of the text that is printed within start:end."""
        return bisect.bisect_left(self.offsets, start), bisect.bisect_left(self.offsets, end)

    def masked(self, spans: Iterable[Span]) -> str:
        """The text with the spans of a document blotted out."""
        chars = list(self.text)
        for span in spans:
            start, end = self.of_printed(span.start_char, span.end_char)
            chars[start:end] = MASK * (end - start)
        return "".join(chars)


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
    return Compact(half_width("".join(printed[i] for i in kept)), tuple(kept), printed)


def _parts(line: str, i: int) -> bool:
    """Whether white space keeps two Latin words or figures apart (2021-01-25 17:15)."""
    around = line[i - 1 : i] + line[i + 1 : i + 2]
    return len(around) == 2 and around.isascii() and around.isalnum()


def _continues(line: str, following: str) -> bool:
    """Whether a line runs on into the next one in the middle of a sentence."""
    if _HALF.search(line) and re.match(r"\s*\d", following):
        return True  # 18.⏎2%
    last, first = line.rstrip()[-1:], following.lstrip()[:1]
    if not (_JOINS.fullmatch(last) and _JOINS.fullmatch(first)) or _HEADING.match(following):
        return False
    return len(line) > 20 or not _HEADING.match(line)


def compact_of(doc: Doc) -> Compact:
    """The compact text of a document, made once."""
    made = doc.user_data.get("compact")
    if not isinstance(made, Compact):
        made = doc.user_data["compact"] = squeeze(doc.text)
    return made
