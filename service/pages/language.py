"""Which language a page is in: what the reader chose, else what the browser asks for."""

from __future__ import annotations

from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES: dict[Language, str] = {"en": "English", "zh": "中文"}
TAGS: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}  # BCP 47, for the lang attribute
COOKIE = "extractor_language"
_SOURCE: Language = "en"


def language_of(cookie: str | None, accept: str | None) -> Language:
    """The language of a request, from its cookie or its Accept-Language header."""
    for wanted in (cookie or "", *_wanted(accept or "")):
        primary = wanted.strip().lower().partition("-")[0]
        for language in LANGUAGES:
            if language == primary:
                return language
    return _SOURCE


def _wanted(accept: str) -> list[str]:
    """The tags of an Accept-Language header (RFC 9110), the most wanted first."""
    weighted = []
    for item in accept[:1000].split(","):
        tag, _, weight = item.partition(";")
        quality = _quality(weight)
        if quality > 0:
            weighted.append((-quality, tag))
    return [tag for _, tag in sorted(weighted, key=lambda one: one[0])]


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
