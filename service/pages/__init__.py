"""The pages for people, rendered here; they work without scripts, and better with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from fastapi import APIRouter

STATIC = Path(__file__).parent.parent / "static"
ROUTERS: tuple[APIRouter, ...] = ()


def static_files() -> StaticFiles:
    """Style sheets and scripts."""
    return StaticFiles(directory=STATIC)
