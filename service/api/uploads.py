"""Uploads over HTTP: several files, folders, ZIP archives; safe to send again."""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from service import idempotency
from service.api.schemas import DOCUMENT, Uploaded, UploadOut
from service.api.shapes import document_out
from service.archive import Uploader
from service.http.access import Asking, TheService, asked_again, require_anywhere
from service.http.problems import STATUS, Problem, ProblemError, responses
from service.http.uploads import project_guard, upload_project
from service.idempotency import Kept
from service.intake.multipart import staged_request
from service.uploads import Outcome, take_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.accounts.roles import Principal
    from service.intake.multipart import Upload
    from service.service import Service

router = APIRouter(prefix="/api/v1", tags=["documents"])

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "PDFs, pictures, ZIP archives; the part may be repeated",
                        },
                        "project": {
                            "type": "string",
                            "description": "id or name; needed by those who have several; send "
                            "it before the files, so that a mistake is told before they are taken",
                        },
                        "password": {
                            "type": "string",
                            "format": "password",
                            "description": "opens locked files of this upload",
                        },
                    },
                }
            }
        },
    }
}
EXAMPLE = {
    "created": 1,
    "duplicates": 0,
    "refused": 1,
    "items": [
        {"name": "report-2021.pdf", "status": "created", "document": DOCUMENT, "problem": None},
        {
            "name": "notes.docx",
            "status": "refused",
            "document": None,
            "problem": {
                "title": "Unsupported Media Type", "status": 415, "code": "unsupported",
                "detail": "this is a Word document: export it as PDF",
            },
        },
    ],
}  # fmt: skip


def _shown(outcome: Outcome) -> Uploaded:
    refusal = outcome.refusal
    problem = None
    if refusal is not None:
        status = STATUS.get(refusal.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        problem = Problem(
            title=status.phrase, status=status, detail=refusal.sentence, code=refusal.code
        )
    document = document_out(outcome.document) if outcome.document is not None else None
    return Uploaded(name=outcome.name, status=outcome.status, document=document, problem=problem)


def _answer(outcomes: Sequence[Outcome]) -> Kept:
    """201 where there is something new, 200 where all was there; else that of the first refusal."""
    items = [_shown(outcome) for outcome in outcomes]
    count = {name: sum(i.status == name for i in items) for name in ("created", "duplicate")}
    refused = len(items) - sum(count.values())
    out = UploadOut(
        created=count["created"], duplicates=count["duplicate"], refused=refused, items=items
    )
    body = out.model_dump(mode="json")
    if out.created or out.duplicates:
        return Kept(201 if out.created else 200, json.dumps(body, ensure_ascii=False))
    first = items[0].problem
    assert first is not None
    detail = (
        f"{items[0].name}: {first.detail}"
        if len(items) == 1
        else (
            f"none of the {len(items)} files was taken; the first, {items[0].name}: {first.detail}"
        )
    )
    told = first.model_dump() | {"detail": detail, "items": body["items"]}
    return Kept(first.status, json.dumps(told, ensure_ascii=False))


def _fingerprint(upload: Upload) -> str:
    """What the same request has again: the files by content or refusal, and the fields."""
    files = [
        (item.name, getattr(item, "sha256", None) or getattr(item, "reason", None))
        for item in upload.files
    ]
    return hashlib.sha256(json.dumps([files, upload.fields]).encode()).hexdigest()


def _take(service: Service, asking: Principal, upload: Upload, key: str | None) -> Kept:
    if not upload.files:
        detail = 'the form has no file: send one or more parts named "file"'
        raise ProblemError(HTTPStatus.BAD_REQUEST, "request", detail)
    project = upload_project(service, asking, upload.field("project"))
    by = Uploader(asking.name, asking.user_id)

    def work() -> Kept:
        return _answer(take_in(service, project, upload, by, upload.field("password") or None))

    if key is None:
        return work()
    fingerprint = service.seal.tag(project.id, _fingerprint(upload))
    return idempotency.once(service, asking.name, key, fingerprint, work)


@router.post(
    "/documents",
    status_code=201,
    response_model=UploadOut,
    openapi_extra=FORM,
    responses={
        200: {"model": UploadOut, "description": "All files were there already."},
        201: {"content": {"application/json": {"example": EXAMPLE}}},
        **responses(404, 409, 415, 507),
    },
)
async def upload_documents(
    request: Request,
    service: TheService,
    asking: Asking,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> Response:
    """Uploads files; each is read once, however often it is sent.

    The same file in the same project is the same document. A ZIP archive is taken apart. What
    became of each file is told one by one; where none was taken, the answer is a problem document
    with the same `items`. With an `Idempotency-Key` a request that is sent again within a day gets
    the same answer.
    """
    require_anywhere(asking, "upload")
    guard = project_guard(service, asking)
    # Those beyond wait with their bodies unread, so that a flood of uploads holds nobody up who
    # only wants to look at something.
    async with (
        request.app.state.uploads.turn(asking.name),
        staged_request(request, request.app.state.staging, on_field=guard) as upload,
    ):
        asking = await asked_again(request, service)  # the body may have taken hours
        kept = await run_in_threadpool(_take, service, asking, upload, idempotency_key)
    media = "application/json" if kept.status < 400 else "application/problem+json"
    return Response(kept.body, kept.status, media_type=media)
