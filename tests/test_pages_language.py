"""Which language a page is in, and that everything it says is translated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from service.pages import wording
from service.pages.catalogue import Words, load_words, path_of
from service.pages.errors import ADVICE, OTHER, TITLES
from service.pages.language import language_of
from service.pages.messages import SOURCES, found
from service.pages.notes import DOUBTFUL, NOTES

if TYPE_CHECKING:
    from service.pages.catalogue import Domain

PLACE = re.compile(r"%\(\w+\)s")
HAN = re.compile("[一-鿿]")
SAME = {"Excel (XLSX)"}  # what needs no Chinese characters


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        (None, None, "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "zh-Hant-TW", "zh"),
        (None, "en-GB,zh;q=0.9", "en"),
        (None, "fr;q=0.9, zh;q=0.4, en;q=0.3", "zh"),
        (None, "zh;q=0, en", "en"),
        (None, "de, *", "en"),
        (None, "zh;q=nonsense, en;q=0.1", "en"),
        ("en", "zh-CN", "en"),
        ("zh", "en", "zh"),
        ("xx", "zh", "zh"),
        ("", ",,;;q=", "en"),
    ],
)
def test_the_reader_chooses_before_the_browser(
    cookie: str | None, accept: str | None, language: str
) -> None:
    """The cookie counts first, then the weights of the header; nonsense does not count."""
    assert language_of(cookie, accept) == language


def texts(domain: Domain, form: int = 0) -> dict[str, str]:
    """The messages of the Chinese catalogue, in one of their forms, with their translations."""
    with path_of("zh", domain).open("rb") as file:
        catalogue = read_po(file, locale="zh", abort_invalid=True)
    assert not catalogue.obsolete
    assert not any(message.fuzzy for message in catalogue if message.id)
    return {
        (m.id if isinstance(m.id, str) else m.id[form]): "".join(m.string or "")
        for m in catalogue
        if m.id
    }


def keys(domain: Domain) -> set[str]:
    """The messages that templates, pages and scripts have."""
    return {m if isinstance(m, str) else m[0] for _, m in found(domain)}


@pytest.mark.parametrize("domain", SOURCES)
def test_everything_is_translated_and_nothing_else(domain: Domain) -> None:
    """Every message of the source is in the catalogue, and none more."""
    known, wanted = texts(domain), keys(domain)
    assert wanted - set(known) == set(), "run python -m service.pages.messages"
    assert set(known) - wanted == set(), "run python -m service.pages.messages"
    assert [message for message, text in known.items() if not text] == []


@pytest.mark.parametrize("domain", ["pages", "scripts", "sentences"])
def test_translations_have_the_same_places_and_are_chinese(domain: Domain) -> None:
    """A place that is lost would be a number that nobody sees."""
    for message, text in texts(domain, form=-1).items():
        assert sorted(PLACE.findall(message)) == sorted(PLACE.findall(text)), message
        assert HAN.search(text) or message in SAME or not re.search("[a-z]{3}", text), message


def test_all_codes_have_names_that_are_translated() -> None:
    """Tables of codes are marked for translation, entry by entry."""
    tables = [v for name, v in vars(wording).items() if name.isupper() and isinstance(v, dict)]
    tables += [TITLES, ADVICE, NOTES, {"": OTHER}]
    table = load_words("zh").table
    for named in tables:
        assert {text for text in named.values() if text not in table} == set()
    assert set(NOTES) >= DOUBTFUL


def test_messages_with_numbers() -> None:
    """English has two forms, Chinese one."""
    english, chinese = Words("en", {}), Words("zh", {"%(n)s page": "%(n)s页"})
    assert [english.ngettext("one", "many", n) for n in (0, 1, 2)] == ["many", "one", "many"]
    assert [chinese.ngettext("%(n)s page", "pages", n) for n in (1, 2)] == ["%(n)s页"] * 2
    assert english.gettext("page") == "page"


def test_a_code_without_a_name_is_shown_as_it_is() -> None:
    """A newer reader may know more codes than the pages."""
    assert wording.called(wording.STATES, "done") == "Read"
    assert wording.called(wording.STATES, "resting") == "resting"
    assert wording.called(wording.STATES, None) == ""
