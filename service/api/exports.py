"""Results as files for other programs: of one document, or of a selection as a stream."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from extractor.options import MIB
from service.api.documents import attachment, chosen_filter
from service.exports import FORMATS, written
from service.http.access import Asking, TheService, one_document
from service.http.problems import responses
from service.repository.documents import Filter
from service.results import Results, run_with_result
from service.streams import streamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.conversion import Converter
    from service.rows import Run
    from service.service import Service

router = APIRouter(prefix="/api/v1", tags=["exports"])

Format = Literal["json", "csv", "xlsx", "parquet"]
OneFormat = Literal["json", "csv", "xlsx", "parquet", "pdf"]
PDF = "application/pdf"
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
    service: TheService,
    chosen: Annotated[Filter, Depends(chosen_filter)],
    format: Format = "csv",  # noqa: A002  the name of the parameter
    sheet: Annotated[Sheet, Query(description="of CSV and Parquet")] = "fields",
) -> Response:
    """The results of all documents that the filter chooses, oldest first.

    JSON is JSON Lines, one result a line. An Excel file has all sheets.
    """
    return _file(service, chosen, format, sheet, "documents")


@router.get(
    "/documents/{document_id}/export",
    response_class=StreamingResponse,
    responses={
        200: {"description": "A file.", "content": {**FILES[200]["content"], PDF: {}}},
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
    """The result of one document as a file.

    A PDF is the original with what was read as invisible text: it can be searched and copied from.
    """
    with service.database.read() as session:
        document = one_document(session, asking, "read", document_id)
        run = run_with_result(session, document)
        session.expunge(run)
        chosen = Filter((document.project_id,), ids=(document.id,))
        name = document.name.rpartition("/")[2].rpartition(".")[0] or document.name
    if format == "pdf":
        return _searchable(request.app.state.converter, run, name)
    return _file(service, chosen, format, sheet, name)


def _searchable(converter: Converter, run: Run, name: str) -> Response:
    stack = ExitStack()
    path = stack.enter_context(converter.searchable(run))

    def pieces() -> Iterator[bytes]:
        with stack, path.open("rb") as stream:
            while piece := stream.read(MIB):
                yield piece

    headers = attachment(f"{name}.pdf") | {"Content-Length": str(path.stat().st_size)}
    return StreamingResponse(pieces(), media_type=PDF, headers=headers)


def _file(
    service: Service, chosen: Filter, format_name: Format, sheet: Sheet, name: str
) -> Response:
    found = FORMATS[format_name]
    part = f"-{sheet}" if found.has_sheets and sheet != "fields" else ""
    headers = attachment(f"{name}{part}.{found.ending}")
    results = Results(service, chosen)
    pieces = streamed(lambda stream: written(results, format_name, sheet, stream))
    return StreamingResponse(pieces, media_type=found.media, headers=headers)
