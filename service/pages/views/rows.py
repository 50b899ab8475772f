"""Documents as rows of the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from service.rows import Document

OPEN = frozenset({"queued", "reading"})


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in a list.

    Numbers are None until it is read, and those of fields where it is of no known form.
    """

    id: str
    folder: str
    file: str
    agency: str | None
    year: int | None
    form: str | None
    state: str
    pages: int | None
    pages_done: int
    needs_review: int | None
    broken: int | None
    error_code: str | None
    error: str | None
    uploaded_at: datetime
    is_read_again: bool

    @property
    def is_open(self) -> bool:
        """Whether it will change by itself."""
        return self.state in OPEN or self.is_read_again

    @property
    def is_locked(self) -> bool:
        """Whether a password would open it."""
        return self.error_code == "encrypted"

    @property
    def is_formless(self) -> bool:
        """Whether it was read, but no form was recognised."""
        return self.state == "done" and self.form is None

    @property
    def title(self) -> str:
        """Agency and year where they are known, else the name of the file."""
        known = [str(part) for part in (self.agency, self.year) if part is not None]
        return " ".join(known) if self.agency is not None else self.file


def row_of(document: Document) -> DocumentRow:
    """A document as a row."""
    folder, _, file = document.name.rpartition("/")
    return DocumentRow(
        id=document.id,
        folder=folder,
        file=file,
        agency=document.agency,
        year=document.year,
        form=document.form,
        state=document.state,
        pages=document.pages,
        pages_done=document.pages_done,
        needs_review=document.needs_review if document.fields else None,
        broken=document.broken if document.fields else None,
        error_code=document.error_code,
        error=document.error,
        uploaded_at=document.uploaded_at,
        is_read_again=document.next_id is not None,
    )
