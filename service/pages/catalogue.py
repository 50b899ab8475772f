"""The words of a language, from the Babel catalogues in service/locale; English is the source.

Three catalogues a language: `pages` (templates and this package), `scripts` (what runs in the
browser) and `sentences` (what the rest of the program says in English: service.pages.sentences).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.pages.language import Language

LOCALE = Path(__file__).parent.parent / "locale"
Domain = Literal["pages", "scripts", "sentences"]
Forms = str | tuple[str, ...] | list[str]


def N_(message: str) -> str:  # noqa: N802  gettext's name
    """Marks a message that is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Words:
    """The translations of a domain; what is not in there stays English."""

    language: Language
    table: Mapping[str, str]

    def gettext(self, message: str) -> str:
        """A message in this language."""
        return self.table.get(message, message)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """A message with a number; Chinese has one form for all numbers."""
        return self.table.get(one, one if number == 1 else many)


def path_of(language: Language, domain: Domain) -> Path:
    """Where a catalogue lies."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


@functools.cache
def load_words(language: Language, domain: Domain = "pages") -> Words:
    """The words of a language, read once. English has no catalogue."""
    if language == "en":
        return Words(language, {})
    with path_of(language, domain).open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    return Words(language, dict(_pair(m.id, m.string) for m in catalogue if m.id))


def _pair(message: Forms, text: Forms | None) -> tuple[str, str]:
    return _first(message), _first(text or "")


def _first(forms: Forms) -> str:
    """A message, or its first form where it has several for numbers."""
    return forms if isinstance(forms, str) else forms[0]
