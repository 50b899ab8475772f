"""What the trained components read: units of the text, not its tokens.

A unit is a character, a run of digits or of Latin letters, or an entity that is found already.
White space is dropped as `compact` does, so a name that print breaks reads like one that it does
not.
"""

from __future__ import annotations

import bisect
import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from spacy.strings import get_string_id

from extractor.tagging.compact import compact_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt
    from spacy.tokens import Doc, Span

    from extractor.tagging.compact import Compact

    Hashes = npt.NDArray[np.uint64]

_UNIT = re.compile(r"\d+|[A-Za-z]+|.", re.DOTALL)
_ENDS = frozenset("。！？!?\n")
_PAUSES = frozenset(",;:、")
_LONG = 300  # units
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: spreads the bits of a hash


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a text: `starts[i]`, `ends[i]` in the compact text, `keys[i]` what is read.

    `labels[i]` is that of an entity that is found already, else empty.
    """

    source: Compact
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    keys: tuple[str, ...]
    labels: tuple[str, ...]

    def sentences(self) -> Iterator[tuple[int, int]]:
        """Ranges of units from one end of a sentence to the next.

        A very long one is cut at a comma: its length bounds what reading it takes.
        """
        start = 0
        for i, key in enumerate(self.keys):
            long = i - start >= _LONG and (key in _PAUSES or i - start >= 2 * _LONG)
            if key in _ENDS or long:
                yield start, i + 1
                start = i + 1
        if start < len(self.keys):
            yield start, len(self.keys)

    def within(self, start: int, end: int) -> tuple[int, int] | None:
        """The first and last unit of a range of the compact text; None where it cuts a unit."""
        first, last = bisect.bisect_left(self.starts, start), bisect.bisect_left(self.ends, end)
        if first >= len(self.starts) or last >= len(self.ends) or first > last:
            return None
        return (first, last) if (self.starts[first], self.ends[last]) == (start, end) else None

    def at(self, start: int, end: int) -> tuple[int, int] | None:
        """The first and last unit of a range of the printed text."""
        return self.within(*self.source.of_printed(start, end))

    def printed(self, first: int, last: int) -> tuple[int, int]:
        """The characters of the printed text that the units first…last stand for."""
        return self.source.printed(self.starts[first], self.ends[last])

    def nearest(self, wanted: str, to: int, start: int = 0) -> tuple[int, int] | None:
        """The units that print `wanted` nearest to a unit, from unit `start` on."""
        text, origin = self.source.text, self.starts[to]
        places = []
        position = text.find(wanted, self.starts[start])
        while position >= 0 and position < origin + 200:
            places.append(position)
            position = text.find(wanted, position + 1)
        found = [r for p in places if (r := self.within(p, p + len(wanted)))]
        return min(found, key=lambda r: min(abs(to - r[1]), abs(r[0] - to)), default=None)


def units_of(doc: Doc) -> Units:
    """The units of a text, the entities in `doc.ents` as one each."""
    source = compact_of(doc)
    found: list[tuple[int, int, str, str]] = []
    position = 0
    for span in doc.ents:
        start, end = source.of_printed(span.start_char, span.end_char)
        found += _plain(source.text, position, start)
        found.append((start, end, f"<{span.label_}{source.text[end - 1]}>", span.label_))
        position = end
    found += _plain(source.text, position, len(source.text))
    starts, ends, keys, labels = zip(*found, strict=True) if found else ((), (), (), ())
    return Units(source, starts, ends, keys, labels)


def _plain(text: str, start: int, end: int) -> Iterator[tuple[int, int, str, str]]:
    """The units of a stretch without entities: start, end, key, no label."""
    for match in _UNIT.finditer(text, start, end):
        yield match.start(), match.end(), key_of(match[0]), ""


def span_at(doc: Doc, printed: tuple[int, int], label: str) -> Span:
    """The span of a range of the printed text; a token that it cuts is taken whole."""
    span = doc.char_span(*printed, label=label, alignment_mode="expand")
    assert span is not None  # only a range outside of the text has none
    return span


@functools.lru_cache(maxsize=1 << 16)
def key_of(text: str) -> str:
    """What a unit reads as: figures by their kind, punctuation in one width.

    >>> key_of("2021"), key_of("12"), key_of("1208"), key_of("（")
    ('<year>', '<12>', '<4>', '(')
    """
    if text.isdecimal():
        return _figure(unicodedata.normalize("NFKC", text))
    if len(text) > 1:
        return text.lower()
    return unicodedata.normalize("NFKC", text).replace("○", "〇") if text != "…" else text


def _figure(digits: str) -> str:
    """The kind of a run of digits: a year, a month, a day, or how many digits."""
    if len(digits) == 4 and digits[:2] in ("19", "20"):
        return "<year>"
    if len(digits) <= 2:
        value = int(digits)
        return "<0>" if value == 0 else f"<{12 if value <= 12 else 31 if value <= 31 else 99}>"
    return f"<{len(digits)}>" if digits[0] != "0" else f"<0{len(digits)}>"


def hashed(keys: Iterable[str]) -> Hashes:
    """A hash for each key, the same on every machine."""
    return np.array([_hash(key) for key in keys], dtype=np.uint64)


@functools.lru_cache(maxsize=1 << 16)
def _hash(key: str) -> int:
    return int(get_string_id(key))


def context(keys: Sequence[str]) -> Hashes:
    """What a network is told of each unit, (n, 3): the unit, with the one before, with the next."""
    own = hashed(keys)
    edge = np.zeros(1, dtype=np.uint64)
    before, behind = np.concatenate((edge, own[:-1])), np.concatenate((own[1:], edge))
    pairs = (before * _MIX) ^ (own + _MIX), (own * _MIX) ^ (behind + _MIX)
    return np.stack((own, *pairs), axis=1)
