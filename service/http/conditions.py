"""Requests for what somebody has already."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Request


def is_unchanged(request: Request, tag: str) -> bool:
    """Whether If-None-Match names a tag: in a list, as a weak one, or all by "*" (RFC 9110)."""
    given = ",".join(request.headers.getlist("if-none-match")).split(",")
    return any(one.strip() == "*" or one.strip().removeprefix("W/") == tag for one in given)
