"""Addresses of this site that readers are sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from fastapi import Request

START = "/archive"
PASSWORD_PAGE = "/account/password"  # noqa: S105  an address
READING = frozenset({"GET", "HEAD"})


def here(request: Request) -> str:
    """The path and query of a page that was asked for, the start page of a form that was sent."""
    if request.method not in READING:
        return START
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def own_path(wanted: str | None) -> str:
    """Where to go on: an address of this site, the start page where it is none."""
    text = wanted or ""
    plain = text.isprintable() and "\\" not in text and not text.startswith("//")
    parts = urlsplit(text) if plain else None
    if parts is None or parts.scheme or parts.netloc or not text.startswith("/"):
        return START
    return text
