"""Templates (Jinja2) in both languages, and the few words that they share beside the catalogue."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.intake.limits import KIB, size_text
from service.pages import wording
from service.pages.catalogue import load_words
from service.pages.language import NAMES, TAGS
from service.pages.sentences import phrasebook
from service.pages.statics import address, version

if TYPE_CHECKING:
    from service.pages.language import Language

LEAST_SHARE = 0.001
TEMPLATES = Path(__file__).parent.parent / "templates"


@functools.cache
def environment(language: Language) -> Environment:
    """The templates in a language. What they are given is escaped unless it is Markup."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = load_words(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True
    )
    made.globals |= {
        "language": language,
        "language_tag": TAGS[language],
        "language_names": NAMES,
        "static": address,
        "version": version(),
        "wording": wording,
        "called": lambda table, code: words.gettext(wording.called(table, code)),
        "named": lambda table, codes: [(c, words.gettext(wording.called(table, c))) for c in codes],
        "pairs": lambda values: [(value, value) for value in values],
    }
    made.filters |= {
        "word": words.gettext,  # of a value: `_` would take a "%" in it for a place
        "told": functools.partial(told, language),
        "moment": moment_text,
        "iso": iso_text,
        "percent": percent_text,
        "size": bytes_text,
    }
    return made


def render(language: Language, template: str, **context: object) -> str:
    """A template with its values, as HTML."""
    return environment(language).get_template(template).render(**context)


def told(language: Language, sentence: str) -> str:
    """A sentence of the program in a language; as it is where no translation is known."""
    own = load_words(language).table.get(sentence)
    return own or phrasebook(language).told(sentence) or sentence


def moment_text(moment: datetime | str | None) -> str:
    """A moment to the minute, by the clock of this machine."""
    if moment is None:
        return ""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def iso_text(moment: datetime | str | None) -> str:
    """A moment for machines."""
    if moment is None:
        return ""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return at.astimezone(UTC).isoformat(timespec="seconds")


def bytes_text(size: int) -> str:
    """A number of bytes, in units that are alike in all languages."""
    return size_text(size) if size >= KIB else f"{size} B"


def percent_text(share: float | None) -> str:
    """A share of 1 in percent; only what is certain is 0 or 100 %."""
    if share is None:
        return ""
    if 0 < share < LEAST_SHARE:
        return f"<{LEAST_SHARE:.1%}"
    thousandths = int(share * 1000 + 1e-9)
    return f"{thousandths / 10:.1f}%" if thousandths < 1000 else "100%"
