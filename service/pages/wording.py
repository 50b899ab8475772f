"""What codes of the program are called on pages, in English; the catalogues have the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.pages.catalogue import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES = {  # of documents
    "queued": N_("Waiting"),
    "reading": N_("Being read"),
    "done": N_("Read"),
    "failed": N_("Not read"),
}
FIELD_STATES = {
    "printed": N_("printed"),
    "blank": N_("left blank"),
    "not_applicable": N_("not applicable"),
    "missing": N_("not found"),
}
REVIEWS = {
    "accepted": N_("accepted"),
    "needs_review": N_("to review"),
    "confirmed": N_("confirmed"),
    "corrected": N_("corrected"),
}
SOURCES = {  # of pages and fields
    "text_layer": N_("text layer"),
    "ocr": N_("OCR"),
    "blank": N_("blank page"),
    "reviewer": N_("reviewer"),
}
LABELS = {  # of entities in the prose
    "AGENCY": N_("Agency"),
    "DATE": N_("Date"),
    "COUNT": N_("Count"),
    "MONEY": N_("Amount"),
    "PERCENT": N_("Percentage"),
    "DOC_NUMBER": N_("Document number"),
    "DOC_TITLE": N_("Document title"),
}
BANDS = {  # qualities of pages
    "digital": N_("digital"),
    "clean": N_("clean scan"),
    "worn": N_("worn copy"),
}
FORMS = {
    "gov-disclosure-annual/2021": N_("Annual disclosure report, form of 2021"),
    "gov-disclosure-annual/2019": N_("Annual disclosure report, form of 2019"),
    "enforcement-statistics": N_("Annual law enforcement statistics"),
}
WARNINGS = {
    "page_unreadable": N_("Page not read"),
    "page_damaged": N_("Page damaged"),
    "cells_covered": N_("Numbers covered"),
    "text_layer_not_used": N_("Text layer not used"),
    "several_reports": N_("Several reports"),
    "certificate_expired": N_("Certificate expired"),
    "certificate_drift": N_("Certificate does not apply"),
}
FAILURES = {  # why a document was not read, by the code of its error
    "unreadable": N_("Damaged"),
    "encrypted": N_("Locked"),
    "unsupported": N_("Unsupported kind"),
    "too_large": N_("Too large"),
    "timed_out": N_("Took too long"),
    "crashed": N_("Reader crashed"),
    "engine": N_("OCR not available"),
    "options": N_("Wrong setting"),
    "bug": N_("Program fault"),
    "disk_full": N_("Disk full"),
    "quota": N_("Quota reached"),
    "request": N_("Upload broken"),
}
ROLES = {
    "uploader": N_("Uploader"),
    "reviewer": N_("Reviewer"),
    "administrator": N_("Project administrator"),
}
ROLE_HINTS = {
    "uploader": N_("reads and uploads"),
    "reviewer": N_("also reviews"),
    "administrator": N_("also deletes documents and sets up webhooks"),
}
PERMISSIONS = {
    "read": N_("read documents and results"),
    "upload": N_("upload documents, have them read again"),
    "review": N_("review"),
    "admin": N_("delete documents, administer"),
}
EVENTS = {
    "document.done": N_("a document was read"),
    "document.failed": N_("a document could not be read"),
    "document.deleted": N_("a document was deleted"),
}
DELIVERIES = {
    "queued": N_("waiting"),
    "delivered": N_("delivered"),
    "failed": N_("given up"),
}
ACTIONS = {  # of the audit log
    "document.upload": N_("document uploaded"),
    "document.read_again": N_("document read again"),
    "document.delete": N_("document deleted"),
    "document.done": N_("document read"),
    "document.failed": N_("document not read"),
    "login": N_("logged in"),
    "login.failed": N_("login failed"),
    "logout": N_("logged out"),
    "password.change": N_("password changed"),
    "password.reset": N_("password reset"),
    "token.create": N_("token made"),
    "token.delete": N_("token removed"),
    "user.create": N_("user made"),
    "user.change": N_("user changed"),
    "project.create": N_("project made"),
    "project.change": N_("project changed"),
    "project.delete": N_("project removed"),
    "webhook.create": N_("webhook made"),
    "webhook.delete": N_("webhook removed"),
}
SHEETS = {  # of exports
    "fields": N_("Fields"),
    "reports": N_("Reports"),
    "tables": N_("Tables"),
    "checks": N_("Checks"),
    "entities": N_("Entities"),
}


def called(table: Mapping[str, str], code: str | None) -> str:
    """What a code is called; the code itself where the table does not have it."""
    return "" if code is None else table.get(code, code)
