"""Typefaces of the training data, from Debian packages, and others for the measurement alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from PIL import ImageFont

if TYPE_CHECKING:
    from pathlib import Path

# File → how often, and the Debian package it is in.
TRAINED = {
    "gbsn00lp.ttf": (3, "fonts-arphic-gbsn00lp"),  # Songti
    "gkai00mp.ttf": (1, "fonts-arphic-gkai00mp"),  # Kaiti
    "uming.ttc": (3, "fonts-arphic-uming"),  # Mingti
    "ukai.ttc": (1, "fonts-arphic-ukai"),
    "cwfs.ttf": (2, "fonts-cwtex-fs"),  # Fangsong
    "wqy-zenhei.ttc": (1, "fonts-wqy-zenhei"),  # Heiti
    "NotoSerifCJK-Regular.ttc": (4, "fonts-noto-cjk"),
    "NotoSerifCJK-Bold.ttc": (1, "fonts-noto-cjk"),
    "NotoSansCJK-Regular.ttc": (2, "fonts-noto-cjk"),
    "NotoSansCJK-Bold.ttc": (1, "fonts-noto-cjk"),
    "DroidSansFallbackFull.ttf": (2, "fonts-droid-fallback"),
    "LiberationSerif-Regular.ttf": (4, "fonts-liberation2"),  # Times New Roman
    "LiberationSerif-Bold.ttf": (1, "fonts-liberation2"),
    "LiberationSans-Regular.ttf": (2, "fonts-liberation2"),  # Arial
    "LiberationSans-Bold.ttf": (1, "fonts-liberation2"),
    "LiberationMono-Regular.ttf": (1, "fonts-liberation2"),  # Courier New
    "LiberationSansNarrow-Regular.ttf": (1, "fonts-liberation"),
    "DejaVuSans.ttf": (1, "fonts-dejavu-core"),
    "DejaVuSerif.ttf": (1, "fonts-dejavu-core"),
    "DejaVuSansMono.ttf": (1, "fonts-dejavu-core"),
    "FreeSerif.ttf": (2, "fonts-freefont-ttf"),
    "FreeSerifBold.ttf": (1, "fonts-freefont-ttf"),
    "FreeSans.ttf": (1, "fonts-freefont-ttf"),
    "FreeMono.ttf": (1, "fonts-freefont-ttf"),
    "texgyreschola-regular.otf": (1, "fonts-texgyre"),
    "texgyrepagella-regular.otf": (1, "fonts-texgyre"),
    "texgyreheroscn-regular.otf": (1, "fonts-texgyre"),
    "lmroman10-regular.otf": (1, "fonts-lmodern"),
    "lmsans10-regular.otf": (1, "fonts-lmodern"),
    "Carlito-Regular.ttf": (2, "fonts-crosextra-carlito"),  # Calibri
    "Carlito-Bold.ttf": (1, "fonts-crosextra-carlito"),
    "Courier Prime.otf": (1, "fonts-courier-prime"),
}
HELD_OUT = {
    "cwming.ttf": (2, "fonts-cwtex-ming"),
    "LXGWWenKai-Regular.ttf": (1, "fonts-lxgw-wenkai"),
    "wqy-microhei.ttc": (1, "fonts-wqy-microhei"),
    "ipam.ttf": (2, "fonts-ipafont-mincho"),
    "Caladea-Regular.ttf": (1, "fonts-crosextra-caladea"),  # Cambria
    "Caladea-Bold.ttf": (1, "fonts-crosextra-caladea"),
    "texgyretermes-regular.otf": (2, "fonts-texgyre"),  # Times
    "texgyrecursor-regular.otf": (1, "fonts-texgyre"),  # Courier
    "Aerial.ttf": (1, "fonts-arkpandora"),  # Arial
}
FALLBACK = {"NotoSansCJK-Regular.ttc": (1, "fonts-noto-cjk")}  # draws what a typeface lacks
NOWHERE = "\uffff"


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font file and how often it is taken."""

    path: Path
    weight: int


class MissingFontError(Exception):
    """A typeface that the training data needs is not installed; says which packages to install."""


def find_typefaces(wanted: dict[str, tuple[int, str]], folder: Path) -> tuple[Typeface, ...]:
    """The wanted files below a folder; raises MissingFontError with their packages."""
    found = {path.name: path for path in sorted(folder.rglob("*")) if path.name in wanted}
    missing = sorted({wanted[name][1] for name in wanted if name not in found})
    if missing:
        raise MissingFontError(f"fonts are missing in {folder}: apt install {' '.join(missing)}")
    return tuple(Typeface(found[name], weight) for name, (weight, _) in wanted.items())


@lru_cache(maxsize=48)
def loaded(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels."""
    return ImageFont.truetype(str(path), size)


@cache
def has_glyph(path: Path, character: str) -> bool:
    """Whether the font draws the character as something else than an unknown one."""
    font = loaded(path, 32)
    return bytes(font.getmask(character)) != bytes(font.getmask(NOWHERE))
