"""Results as files for other programs: of one document, or of a selection as a stream."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from service.api.documents import attachment, chosen_filter
from service.exports import FORMATS, exported
from service.http.access import Asking, TheService, one_document
from service.http.problems import responses
from service.repository.documents import Filter
from service.results import result_json, run_with_result
from service.streams import Streamed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

router = APIRouter(prefix="/api/v1", tags=["exports"])

Format = Literal["json", "csv", "xlsx", "parquet"]
OneFormat = Literal["json", "csv", "xlsx", "parquet", "pdf"]
PDF, JSON = "application/pdf", "application/json"
Sheet = Literal["fields", "reports", "tables", "checks", "entities"]
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A file.",
        "content": {found.media: {} for found in FORMATS.values()},
    }
}


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={**FILES, **responses(404)},
)
def export_selection(
    request: Request,
    service: TheService,
    asking: Asking,
    chosen: Annotated[Filter, Depends(chosen_filter)],
    format: Format = "csv",  # noqa: A002  the name of the parameter
    sheet: Annotated[Sheet, Query(description="of CSV and Parquet")] = "fields",
    ids: Annotated[list[str] | None, Query(max_length=500, description="of these alone")] = None,
) -> Response:
    """The results of all documents that the filter chooses, oldest first.

    JSON is JSON Lines, one result a line. An Excel file has all sheets.
    """
    if ids is not None:
        chosen = replace(chosen, ids=tuple(ids))
    pieces = exported(service, request.app.state.exports, asking, chosen, format, sheet)
    return _file(pieces, format, sheet, "documents")


@router.get(
    "/documents/{document_id}/export",
    response_class=StreamingResponse,
    responses={
        200: {"description": "A file.", "content": {**FILES[200]["content"], PDF: {}, JSON: {}}},
        **responses(404, 409, 500),
    },
)
def export_document(
    service: TheService,
    asking: Asking,
    document_id: str,
    request: Request,
    format: OneFormat = "csv",  # noqa: A002
    sheet: Annotated[Sheet, Query(description="of CSV and Parquet")] = "fields",
) -> Response:
    """The result of one document as a file; its JSON is a document, not JSON Lines.

    A PDF is the original with what was read as invisible text: it can be searched and copied from.
    """
    with service.database.read() as session:
        document = one_document(session, asking, "read", document_id)
        run = run_with_result(session, document)
        session.expunge(run)
        chosen = Filter((document.project_id,), ids=(document.id,))
        session.expunge(document)
    name = document.name.rpartition("/")[2].rpartition(".")[0] or document.name
    state = request.app.state
    if format == "pdf":
        late: dict[str, str] = {}
        pdf: AsyncGenerator[bytes, None] = state.converter.searchable(
            state.conversions, asking, run, late
        )
        return Streamed(pdf, PDF, attachment(f"{name}-searchable.pdf"), late)
    if format == "json":
        body = result_json(service, run, document)
        return Response(body, media_type=JSON, headers=attachment(f"{name}.json"))
    pieces = exported(service, state.exports, asking, chosen, format, sheet)
    return _file(pieces, format, sheet, name)


def _file(
    pieces: AsyncGenerator[bytes, None], format_name: Format, sheet: Sheet, name: str
) -> Response:
    found = FORMATS[format_name]
    part = f"-{sheet}" if found.has_sheets else ""
    return Streamed(pieces, found.media, attachment(f"{name}{part}.{found.ending}"))
