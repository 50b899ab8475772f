"""Pictures of pages and of fields over HTTP. They never change: browsers may keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from service.http.access import Asking, TheService, one_document
from service.http.conditions import is_unchanged
from service.http.problems import not_found, responses
from service.pictures import WEBP, crop
from service.repository import runs
from service.results import result, run_with_result

if TYPE_CHECKING:
    from service.rows import Picture

router = APIRouter(prefix="/api/v1/documents/{document_id}", tags=["pictures"])

FOREVER = "private, max-age=31536000, immutable"
FRESH = "private, no-cache"
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A picture.", "content": {WEBP: {}}}
}
Number = Annotated[int, Path(ge=1, le=100_000)]


@router.get(
    "/pages/{number}/picture",
    responses={**PICTURE, 304: {"description": "It has not changed."},
               **responses(404, 409)},
    response_class=Response,
)  # fmt: skip
def page_picture(
    service: TheService, asking: Asking, request: Request, document_id: str, number: Number
) -> Response:
    """The page as it was read: upright and level, so that the boxes of the result fit."""
    with service.database.read() as session:
        document = one_document(session, asking, "read", document_id)
        run = run_with_result(session, document)
        found = runs.picture(session, run.id, number)
    if found is None:
        raise not_found("page")
    return _sent(request, service, found)


def _sent(request: Request, service: TheService, picture: Picture) -> Response:
    tag = f'"{picture.key}"'
    headers = {"ETag": tag, "Cache-Control": FRESH}
    if is_unchanged(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(service.store.read(picture.key), media_type=WEBP, headers=headers)


@router.get(
    "/fields/{field_id}/crop",
    responses={**PICTURE, **responses(404, 409)},
    response_class=Response,
)
def field_crop(
    service: TheService,
    asking: Asking,
    document_id: str,
    field_id: str,
    margin: Annotated[float, Query(ge=0, le=1000, description="points around its box")] = 6.0,
) -> Response:
    """The piece of its page where a field stands."""
    with service.database.read() as session:
        document = one_document(session, asking, "read", document_id)
        run = run_with_result(session, document)
        pictures = {picture.page: picture for picture in runs.pictures(session, run.id)}
    fields = {field.id: field for field in result(service, run, document).fields}
    field = fields.get(field_id)
    if field is None or field.bbox is None or field.page is None:
        raise not_found("field with a place")
    found = pictures.get(field.page)
    if found is None:
        raise not_found("page")
    return Response(
        crop(service, found, field, margin), media_type=WEBP, headers={"Cache-Control": FRESH}
    )
