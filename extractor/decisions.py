"""Decisions of reviewers, as they are exported: one JSON object a line.

Each line says of one field of one document what a person saw. Keys that are not known here are
passed over, so that an export may say more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from extractor.certificate import PROGRAM, Verdicts, merged
from extractor.certificate.drift import doubts_of
from extractor.certificate.verdicts import Verdict
from extractor.confidence.bands import band_of, band_of_field
from extractor.document import Document, State
from extractor.errors import OptionsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from extractor.certificate.drift import Doubt
    from extractor.confidence.bands import Band
    from extractor.document import Field


class Decision(BaseModel):
    """What a person saw in a field: `value` and `state` are right as they stand here.

    sha256: of the document's file; text: as printed; drawn: the field was chosen by lot, so the
    decision checks the certificate and is not learnt from; moved: the right cell is another one
    than that which was read.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    sha256: str
    field: str
    decision: Literal["confirmed", "corrected"]
    state: State
    value: int | float | str | None = None
    text: str | None = None
    drawn: bool = False
    moved: bool = False
    reviewer: str | None = None
    decided_at: AwareDatetime | None = None


def read_decisions(path: Path) -> list[Decision]:
    """The decisions of a file, of each field the last; OptionsError where a line is none."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise OptionsError(error.strerror or str(error), path=path) from None
    except UnicodeDecodeError:
        raise OptionsError("it is no UTF-8 text: export it as JSON Lines", path=path) from None
    found: dict[tuple[str, str], Decision] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            decision = _decision(line, number, path)
            before = found.get((decision.sha256, decision.field))
            if before is not None and before.drawn:  # once drawn, always drawn
                decision = decision.model_copy(update={"drawn": True})
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
    of_all = list(documents)
    found = [v for doc, own in decided(of_all, decisions) for v in _of_document(doc, own, drawn)]
    if decisions and not found:
        raise OptionsError(_unfit(of_all, decisions))
    planned = [doc for doc in of_all if doc.review is not None]
    if not planned:
        raise OptionsError(
            "no result has a confidence that is calibrated: read the documents again"
        )
    model, models = _one_model(planned)
    return Verdicts(
        source="decisions of reviewers",
        model=model,
        models=models,
        verdicts=merged(found),
        doubts=tuple(one for doc in planned for one in _doubts(doc)),
        drawn=sum(len(doc.review.drawn) for doc in planned if doc.review is not None),
    )


def _unfit(documents: Sequence[Document], decisions: Sequence[Decision]) -> str:
    """Why none of the decisions is of use."""
    known = {doc.document.sha256: {field.id for field in doc.fields} for doc in documents}
    here = [one for one in decisions if one.field in known.get(one.sha256, ())]
    if not here:
        return f"none of {len(decisions)} decisions is about a field of these {len(known)} results"
    return (
        f"{len(here)} decisions are about these results, but none about a field that the lot fell "
        "on (review.drawn in the result): look at those, or give --all-decisions to threshold"
    )


def _one_model(documents: Sequence[Document]) -> tuple[str, dict[str, str]]:
    """The model of confidence, and the models and the program that read all of the documents."""
    versions = sorted({doc.review.model for doc in documents if doc.review is not None})
    if len(versions) > 1:
        names = ", ".join(versions)
        raise OptionsError(f"the results are of several models ({names}): read all with one")
    models: dict[str, str] = {}
    for document in documents:
        engine = document.document.engine
        for name, digest in {**engine.models, PROGRAM: engine.extractor}.items():
            if models.setdefault(name, digest) != digest:
                raise OptionsError(f"the results were read with several {name}: read all with one")
    return versions[0], models


def _of_document(
    document: Document,
    own: Mapping[str, Decision],
    drawn: bool,
) -> Iterator[Verdict]:
    if document.review is None:
        return
    bands, lot = _bands(document), frozenset(document.review.drawn)
    for field in document.fields:
        decision = own.get(field.id)
        # That a line says it was drawn is not enough: the lot is in the result.
        if decision is not None and (not drawn or (decision.drawn and field.id in lot)):
            yield Verdict(
                document=document.document.sha256,
                band=band_of_field(field, bands),
                confidence=field.confidence,
                right=is_right(field, decision),
            )


def _doubts(document: Document) -> tuple[Doubt, ...]:
    bands = _bands(document)
    fields = ((band_of_field(field, bands), field.confidence) for field in document.fields)
    return doubts_of(document.document.sha256, fields)


def _bands(document: Document) -> dict[int, Band]:
    return {page.number: band_of(page.quality) for page in document.document.pages}


def is_right(field: Field, decision: Decision) -> bool:
    """Whether a field was read as the person saw it, whichever reading that was of."""
    same = field.state == decision.state and field.value == decision.value
    return same and not decision.moved
