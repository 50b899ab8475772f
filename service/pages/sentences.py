"""What the rest of the program says in English, told in another language.

Checks, warnings, refusals and errors come as sentences with values in them. The catalogue
`sentences` has their patterns: "page %(number)s is damaged" fits "page 3 is damaged". Values that
are sentences themselves ("the sum of A to B") are told in their turn.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.pages.catalogue import load_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.pages.language import Language

_PLACE = re.compile(r"%\((\w+)\)s")
_DEEPEST = 3  # sentences in sentences
# Values that are words of the program; all others are names and numbers.
WORDS = frozenset({"band", "doubt", "left", "message", "permission", "right", "what", "why"})


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence with places for values, and what it is in another language."""

    expression: re.Pattern[str]
    translation: str


class Phrasebook:
    """Translates sentences by their patterns."""

    def __init__(self, table: Mapping[str, str]) -> None:
        """`table` has the translations by pattern."""
        self.exact = {
            message: text for message, text in table.items() if not _PLACE.search(message)
        }
        plainest_first = sorted(set(table) - set(self.exact), key=_openness)
        self.patterns = tuple(
            Pattern(re.compile(expression_of(message), re.DOTALL), table[message])
            for message in plainest_first
        )

    def told(self, sentence: str) -> str | None:
        """The sentence in the other language, None where no pattern fits."""
        return self._told(sentence, _DEEPEST)

    def for_scripts(self) -> list[tuple[str, str]]:
        """Regular expressions of JavaScript with their translations, in the order to try them."""
        exact = [(_escaped(message), text) for message, text in self.exact.items()]
        rest = [(_named(one.expression.pattern), one.translation) for one in self.patterns]
        return exact + rest

    def _told(self, sentence: str, depth: int) -> str | None:
        if sentence in self.exact:
            return self.exact[sentence]
        for pattern in self.patterns if depth else ():
            if (match := pattern.expression.fullmatch(sentence)) is not None:
                return self._filled(pattern.translation, match, depth - 1)
        return None

    def _filled(self, translation: str, match: re.Match[str], depth: int) -> str:
        def value(place: re.Match[str]) -> str:
            name, own = place[1], match[place[1]]
            return (self._told(own, depth) if name in WORDS else None) or own

        return _PLACE.sub(value, translation)


def _openness(message: str) -> tuple[bool, int]:
    """How much a pattern takes for anything: one that begins with a value the most."""
    return _PLACE.match(message) is not None, -len(_PLACE.sub("", message))


def _escaped(text: str) -> str:
    """A text that stands for itself; JavaScript does not know all escapes of Python."""
    return re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)


def _named(pattern: str) -> str:
    """A pattern of ours with groups as JavaScript names them."""
    return pattern.replace("?P<", "?<")


def expression_of(message: str) -> str:
    """A pattern as a regular expression with a named group for each place."""
    pieces = _PLACE.split(message)  # text, name, text, name, ... text
    return "".join(
        f"(?P<{piece}>.+?)" if index % 2 else _escaped(piece) for index, piece in enumerate(pieces)
    )


@functools.cache
def phrasebook(language: Language) -> Phrasebook:
    """The phrasebook of a language; that of English is empty."""
    return Phrasebook(load_words(language, "sentences").table)
