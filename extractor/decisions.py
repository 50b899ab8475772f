"""Decisions of reviewers, as they are exported: one JSON object a line.

Each line says of one field of one document what a person saw. Keys that are not known here are
passed over, so that an export may say more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from extractor.certificate import Verdicts, merged
from extractor.certificate.verdicts import Verdict
from extractor.confidence.bands import BANDS
from extractor.document import Document, State
from extractor.errors import OptionsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from extractor.confidence.bands import Band
    from extractor.document import Field


class Decision(BaseModel):
    """What a person saw in a field: `value` and `state` are right as they stand here.

    sha256: of the document's file; page, bbox: where it is printed, where that was corrected too;
    drawn: the field was chosen by lot, so the decision checks the certificate and is not learnt
    from.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    sha256: str
    field: str
    decision: Literal["confirmed", "corrected"]
    state: State
    value: int | float | str | None = None
    text: str | None = None
    drawn: bool = False
    moved: bool = False  # the right cell is another one than that which was read
    reviewer: str | None = None
    decided_at: AwareDatetime | None = None


def read_decisions(path: Path) -> list[Decision]:
    """The decisions of a file, of each field the last; OptionsError where a line is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OptionsError(f"it cannot be read: {error}", path=path) from None
    found: dict[tuple[str, str], Decision] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            decision = _decision(line, number, path)
            found[decision.sha256, decision.field] = decision
    return list(found.values())


def _decision(line: str, number: int, path: Path) -> Decision:
    try:
        return Decision.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        message = f"line {number} is no decision: {place}: {first['msg'].lower()}"
        raise OptionsError(message, path=path) from None


def read_results(folder: Path) -> Iterator[Document]:
    """The results below a folder, each document once; files that are none are passed over."""
    if not folder.is_dir():
        raise OptionsError("this is no folder of results", path=folder)
    known: set[str] = set()
    for path in sorted(folder.rglob("*.json")):
        try:
            document = Document.from_json(path.read_bytes())
        except (ValueError, OSError):
            continue
        if document.document.sha256 not in known:
            known.add(document.document.sha256)
            yield document


def decided(
    documents: Iterable[Document], decisions: Sequence[Decision]
) -> Iterator[tuple[Document, dict[str, Decision]]]:
    """Every document that something was decided of, with its decisions by field."""
    by_document: dict[str, dict[str, Decision]] = {}
    for one in decisions:
        by_document.setdefault(one.sha256, {})[one.field] = one
    for document in documents:
        own = by_document.get(document.document.sha256)
        if own:
            yield document, own


def verdicts(
    documents: Iterable[Document], decisions: Sequence[Decision], *, drawn: bool
) -> Verdicts:
    """What the decisions say of the confidences; `drawn` takes only fields chosen by lot.

    Raises OptionsError where no decision fits, or where the results are of several models.
    """
    found: list[Verdict] = []
    versions: set[str] = set()
    models: dict[str, str] = {}
    for document, own in decided(documents, decisions):
        if document.review is not None:
            versions.add(document.review.model)
            models |= document.document.engine.models
            found += _of_document(document, own, drawn=drawn)
    if not found:
        kind = "drawn " if drawn else ""
        raise OptionsError(f"no {kind}field of these results was decided: are they of one archive?")
    if len(versions) > 1:
        names = ", ".join(sorted(versions))
        raise OptionsError(f"the results are of several models ({names}): read all with one")
    return Verdicts(
        source="decisions of reviewers", model=versions.pop(), models=models, verdicts=merged(found)
    )


def _of_document(
    document: Document, own: Mapping[str, Decision], *, drawn: bool
) -> Iterator[Verdict]:
    for field in document.fields:
        decision = own.get(field.id)
        if decision is not None and (decision.drawn or not drawn):
            yield Verdict(
                document=document.document.sha256,
                band=band_of_field(document, field),
                confidence=field.confidence,
                right=is_right(field, decision),
            )


def is_right(field: Field, decision: Decision) -> bool:
    """Whether a field was read as the person saw it."""
    if decision.decision == "confirmed":
        return True
    same = field.state == decision.state and field.value == decision.value
    return same and not decision.moved


def band_of_field(document: Document, field: Field) -> Band:
    """The quality of a field's page; of one that was not found that of the worst page."""
    assert document.review is not None
    names = {band: band for band in BANDS}
    bands = [names[band] for band in document.review.bands]  # type: ignore[index]
    if field.page is None:
        return max(bands, key=BANDS.index)
    numbers = [page.number for page in document.document.pages]
    return bands[numbers.index(field.page)]
