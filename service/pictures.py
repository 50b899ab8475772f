"""Pictures of pages, and pieces of them around a field."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from extractor.document import Field
    from service.rows import Picture
    from service.service import Service

WEBP = "image/webp"
POINTS_PER_INCH = 72.0


def crop(service: Service, picture: Picture, field: Field, margin_pt: float) -> bytes:
    """The piece of a page's picture around a field's box, as WebP. The field has a box."""
    assert field.bbox is not None
    box = field.bbox.grown(margin_pt)
    scale = picture.dpi / POINTS_PER_INCH
    left, top = max(int(box.x0 * scale), 0), max(int(box.y0 * scale), 0)
    right, bottom = (round(v * scale) for v in (box.x1, box.y1))
    with Image.open(io.BytesIO(service.store.read(picture.key))) as page:
        size = max(min(right, page.width), left + 1), max(min(bottom, page.height), top + 1)
        piece = page.crop((left, top, *size))
    out = io.BytesIO()
    piece.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()
