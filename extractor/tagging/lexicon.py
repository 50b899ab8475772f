"""The words of lexicon.toml, and the kinds of regions with their rank."""

from __future__ import annotations

import tomllib
from pathlib import Path

_WORDS = tomllib.loads(Path(__file__).with_name("lexicon.toml").read_text("utf-8"))


def words(name: str) -> tuple[str, ...]:
    """A list of words by its name in the file; raises KeyError where there is none."""
    return tuple(str(_WORDS[name]).split())


def guarded(table: str) -> dict[str, str]:
    """Words of a table with the characters that may not follow them."""
    return {str(word): str(not_before) for word, not_before in _WORDS[table].items()}


def guard(word: str, not_before: str) -> str:
    """A pattern for the word where none of the characters follows."""
    return f"{word}(?![{not_before}])" if not_before else word


PROVINCES = words("provinces")
CITIES = words("cities")
NOT_REGIONS = frozenset(words("not_regions"))
FUNCTIONS = words("functions")
NATIONAL = words("national")
STOP_WORDS = words("stop_words")

# Kinds of regions, with the level of each: 4 省, 3 市, 2 县, 1 镇.
RANK = {
    **dict.fromkeys(("特别行政区", "自治区", "省"), 4),
    **dict.fromkeys(("自治州", "地区", "市", "盟", "州"), 3),
    **dict.fromkeys(("自治县", "自治旗", "开发区", "高新区", "新区", "林区", "区", "县", "旗"), 2),
    **dict.fromkeys(("街道", "镇", "乡"), 1),
}
NATIONAL_RANK = 5

# Single characters that end what can be a name to their right: anywhere, or only right before its
# kind and at the front of a longer run (为青岚区, but 无为市).
HARD_STOPS = frozenset(
    "的与由及和在对向把被让以是按据并或到至给等请因随当使了着过该某其此这那们也都还就均已"
)
HARD_STOPS |= frozenset("未不送交报凭年月日号从")
SOFT_STOPS = frozenset("为将经于上下中全本我各每新原两同与可只")
