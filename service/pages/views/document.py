"""A document's page: its head, and all that is shown of its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.pages.views.checks import CheckView, check_views
from service.pages.views.fields import FieldView, field_views
from service.pages.views.grids import Group, groups_of
from service.pages.views.overlay import PageView, page_views
from service.pages.views.printed import PrintedTable, printed_tables
from service.pages.views.prose import Part, labels_of, parts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from extractor.document import Document, Notice, ReviewPlan
    from extractor.template import Template


@dataclass(frozen=True, slots=True)
class Trust:
    """What a review goes by: the certificate in force, and the qualities of pages it is for.

    `without` are the qualities that occur and that nothing is certified for; `least` is the
    confidence below which a field is marked there.
    """

    target: float | None
    confidence: float | None
    issued_on: str
    bands: tuple[str, ...]
    without: tuple[str, ...]
    least: float | None

    @property
    def is_certified(self) -> bool:
        """Whether a certificate is in force for all pages."""
        return self.target is not None and not self.without


@dataclass(frozen=True, slots=True)
class ResultView:
    """Everything that was read, as it is shown."""

    groups: tuple[Group, ...]
    doubtful: tuple[FieldView, ...]
    fields: int
    tables: tuple[PrintedTable, ...]
    parts: tuple[Part, ...]
    labels: tuple[tuple[str, int], ...]
    checks: tuple[CheckView, ...]
    warnings: tuple[Notice, ...]
    pages: tuple[PageView, ...]
    form: str | None
    form_confidence: float | None
    engine: str | None
    version: str
    trust: Trust | None

    @property
    def broken(self) -> int:
        """How many relations do not hold."""
        return sum(not check.passed for check in self.checks)


def result_view(
    document: Document, template: Template | None, pictures: Collection[int]
) -> ResultView:
    """What is shown of a result; `template` is its form, `pictures` are the pages that have one."""
    fields = field_views(document)
    source = document.document
    return ResultView(
        groups=groups_of(fields, template),
        doubtful=doubtful_first(fields, document.review),
        fields=len(fields),
        tables=printed_tables(document),
        parts=parts_of(document),
        labels=labels_of(document),
        checks=check_views(document),
        warnings=document.warnings,
        pages=page_views(document, pictures),
        form=source.template,
        form_confidence=source.template_confidence,
        engine=source.engine.ocr,
        version=source.engine.extractor,
        trust=trust_of(document.review),
    )


def doubtful_first(fields: Sequence[FieldView], plan: ReviewPlan | None) -> tuple[FieldView, ...]:
    """The fields that somebody should look at: the best looks first, then as the form has them."""
    order = {field_id: place for place, field_id in enumerate(plan.looks if plan else ())}
    doubtful = [field for field in fields if field.is_doubtful]
    return tuple(sorted(doubtful, key=lambda field: order.get(field.id, len(order))))


def trust_of(plan: ReviewPlan | None) -> Trust | None:
    """What a review plan rests on; None where there is none."""
    if plan is None:
        return None
    found = sorted(set(plan.bands))
    certified = plan.certificate.bounds if plan.certificate is not None else {}
    without = tuple(band for band in found if band not in certified)
    in_force = plan.certificate if len(without) < len(found) else None
    return Trust(
        target=in_force.target if in_force else None,
        confidence=in_force.confidence if in_force else None,
        issued_on=in_force.issued_on if in_force else "",
        bands=tuple(band for band in found if band in certified),
        without=without,
        least=_least(plan.thresholds, without),
    )


def _least(thresholds: Mapping[str, float], bands: Sequence[str]) -> float | None:
    own = [thresholds[band] for band in bands if band in thresholds]
    return max(own) if own else None
