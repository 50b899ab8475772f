"""Style sheets and scripts under an address that changes with them, so that browsers keep them."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.staticfiles import StaticFiles

from service.pages.catalogue import LOCALE

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

STATIC = Path(__file__).parent.parent / "static"
FOREVER = "public, max-age=31536000, immutable"
ASKED_AGAIN = "public, no-cache"
_VERSION = re.compile(r"^/[0-9a-f]{12}(?=/)")


@functools.cache
def version() -> str:
    """12 hexadecimal digits that change with any of the files, or of the words in them."""
    digest = hashlib.sha256()
    for path in sorted([*STATIC.rglob("*.*"), *LOCALE.rglob("*.po")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """The address of a file of the folder `static`."""
    return f"/static/{version()}/{name}"


class VersionedFiles(StaticFiles):
    """Serves the folder; what is asked for by its version is kept by browsers for good.

    Modules import each other by relative addresses, so the version is a part of the path.
    """

    def get_path(self, scope: Scope) -> str:
        """The path in the folder, without the version."""
        root, path = scope.get("root_path", ""), scope["path"]
        asked = path.removeprefix(root)
        return super().get_path({**scope, "path": root + _VERSION.sub("", asked)})

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        is_this = f"/{version()}/" in scope["path"]
        response.headers["cache-control"] = FOREVER if is_this else ASKED_AGAIN
        return response
