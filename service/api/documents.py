"""Documents over HTTP: list, look at, result, read again, delete."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from service import archive, erasing
from service.api.schemas import DocumentList, DocumentOut, PasswordIn
from service.api.shapes import document_out
from service.http.access import Asking, TheService, chosen_projects, one_document
from service.http.conditions import is_unchanged
from service.http.problems import ProblemError, responses
from service.repository import documents
from service.repository.documents import Filter, Order, Sort, State
from service.results import result_json, run_with_result
from service.streams import Streamed, read

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])

Limit = Annotated[int, Query(ge=1, le=500)]
MEDIA = {
    "pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg", "bmp": "image/bmp",
    "webp": "image/webp", "tiff": "image/tiff",
}  # fmt: skip
BUSY = "it is being read at this moment: wait until that has ended"


def chosen_filter(
    service: TheService,
    asking: Asking,
    project: Annotated[str | None, Query(description="id or name")] = None,
    q: Annotated[str | None, Query(max_length=200, description="in names and agencies")] = None,
    agency: Annotated[str | None, Query(max_length=200)] = None,
    year: Annotated[int | None, Query(ge=0, le=9999)] = None,
    form: Annotated[str | None, Query(max_length=200)] = None,
    state: State | None = None,
    needs_review: bool | None = None,
) -> Filter:
    """The filter that a request names, within what the principal may read."""
    with service.database.read() as session:
        projects = chosen_projects(session, asking, project)
    return Filter(projects, q, agency, year, form, state, needs_review)


@router.get("", responses=responses(404))
def list_documents(
    service: TheService,
    chosen: Annotated[Filter, Depends(chosen_filter)],
    sort: Sort = "uploaded",
    order: Literal["ascending", "descending"] = "descending",
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> DocumentList:
    """Lists documents. For the following part send the same request with `cursor` = `next`."""
    with service.database.read() as session:
        by = Order(sort, descending=order == "descending")
        page = documents.listed(session, chosen, by, limit=limit, cursor=cursor)
        return DocumentList(items=[document_out(d) for d in page.documents], next=page.next)


@router.get("/{document_id}", responses=responses(404))
def get_document(service: TheService, asking: Asking, document_id: str) -> DocumentOut:
    """A document and how far it is."""
    with service.database.read() as session:
        return document_out(one_document(session, asking, "read", document_id))


@router.get(
    "/{document_id}/result",
    responses={
        200: {"description": "The result, as extractor extract --format json gives it."},
        304: {"description": "It has not changed."},
        **responses(404, 409),
    },
    response_class=Response,
)
def get_result(service: TheService, asking: Asking, document_id: str, request: Request) -> Response:
    """What was read: fields, tables, sections, entities, checks, warnings, review plan."""
    with service.database.read() as session:
        document = one_document(session, asking, "read", document_id)
        run = run_with_result(session, document)
    tag = f'"{run.result}-{document.id}"'
    if is_unchanged(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
    body = result_json(service, run, document)
    return Response(body, media_type="application/json", headers={"ETag": tag})


@router.get(
    "/{document_id}/original",
    responses={
        200: {
            "description": "The file as it was uploaded.",
            "content": {media: {} for media in MEDIA.values()},
        },
        **responses(404),
    },
    response_class=StreamingResponse,
)
def get_original(service: TheService, asking: Asking, document_id: str) -> Response:
    """The file as it was uploaded."""
    with service.database.read() as session:
        document = one_document(session, asking, "read", document_id)
        headers = attachment(document.name) | {"Content-Length": str(document.size)}
        media = MEDIA.get(document.kind, "application/octet-stream")
    return Streamed(read(service.store.open(document.sha256)), media, headers)


def attachment(name: str) -> dict[str, str]:
    """The header that has a browser save what comes under a name (RFC 6266)."""
    quoted = quote(name.rpartition("/")[2], safe="")
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quoted}"}


@router.post(
    "/{document_id}/read",
    status_code=202,
    responses=responses(404, 409),
)
def read_again(service: TheService, asking: Asking, document_id: str) -> DocumentOut:
    """Has a document read again: after an update, or when reading failed.

    The result it has stays until there is a new one.
    """
    return _read_again(service, asking, document_id, None)


@router.post(
    "/{document_id}/password",
    status_code=202,
    responses=responses(404, 409),
)
def give_password(
    service: TheService, asking: Asking, document_id: str, given: PasswordIn
) -> DocumentOut:
    """Has a locked document read with its password, which is kept sealed."""
    return _read_again(service, asking, document_id, given.password)


def _read_again(
    service: TheService, asking: Asking, document_id: str, password: str | None
) -> DocumentOut:
    with service.database.write() as session:
        document = one_document(session, asking, "upload", document_id)
        if not archive.read_again(service, session, document, asking.name, password=password):
            raise ProblemError(HTTPStatus.CONFLICT, "busy", BUSY)
        session.flush()
        session.refresh(document)
        return document_out(document)


@router.delete(
    "/{document_id}",
    status_code=204,
    responses=responses(404),
    response_class=Response,
)
def delete_document(service: TheService, asking: Asking, document_id: str) -> Response:
    """Deletes a document for good: the file, its result and its pictures."""
    with service.database.write() as session:
        document = one_document(session, asking, "admin", document_id)
        keys = archive.delete(service, session, document, asking.name)
    erasing.erase_now(service, keys)
    return Response(status_code=HTTPStatus.NO_CONTENT)
