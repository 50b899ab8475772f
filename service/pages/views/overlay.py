"""The pages with the boxes that lie over their pictures, in points of the upright page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.pages.views.fields import anchor_of
from service.pages.views.printed import box_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from extractor.document import Document, Page
    from extractor.geometry import Box


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A box over a picture: where it stands and where its link leads.

    `kind` is what it is of: field, cell, entity. `text` says it in words.
    """

    id: str
    kind: str
    target: str
    text: str
    x: float
    y: float
    width: float
    height: float
    is_doubtful: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class PageView:
    """A page: its size in points, how it was read, and its boxes by kind."""

    number: int
    width: float
    height: float
    source: str
    has_picture: bool
    fields: tuple[Overlaid, ...]
    cells: tuple[Overlaid, ...]
    entities: tuple[Overlaid, ...]


def page_views(document: Document, pictures: Collection[int]) -> tuple[PageView, ...]:
    """All pages; `pictures` are the numbers of those that have one."""
    boxes = {
        "field": list(_field_boxes(document)),
        "cell": list(_cell_boxes(document)),
        "entity": list(_entity_boxes(document)),
    }

    def on(page: Page, kind: str) -> tuple[Overlaid, ...]:
        return tuple(box for number, box in boxes[kind] if number == page.number)

    return tuple(
        PageView(
            page.number, page.width, page.height, page.source, page.number in pictures,
            on(page, "field"), on(page, "cell"), on(page, "entity"),
        )
        for page in document.document.pages
    )  # fmt: skip


def _field_boxes(document: Document) -> Iterator[tuple[int, Overlaid]]:
    for field in document.fields:
        if field.page is not None and field.bbox is not None:
            yield field.page, Overlaid(
                f"box-{field.id}", "field", anchor_of(field.id), f"{field.label}: {field.text}",
                *_rounded(field.bbox), is_doubtful=field.review == "needs_review",
            )  # fmt: skip


def _cell_boxes(document: Document) -> Iterator[tuple[int, Overlaid]]:
    for table in document.tables:
        for cell in table.cells:
            box = box_of(table, cell)
            yield cell.page, Overlaid(box, "cell", f"of-{box}", cell.text, *_rounded(cell.bbox))


def _entity_boxes(document: Document) -> Iterator[tuple[int, Overlaid]]:
    for number, entity in enumerate(document.entities):
        if entity.page is not None and entity.bbox is not None:
            yield entity.page, Overlaid(
                f"box-entity-{number}", "entity", f"entity-{number}", entity.text,
                *_rounded(entity.bbox), label=entity.label,
            )  # fmt: skip


def _rounded(box: Box) -> tuple[float, float, float, float]:
    return round(box.x0, 1), round(box.y0, 1), round(box.width, 1), round(box.height, 1)
