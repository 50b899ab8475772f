"""Checks of what is printed: arithmetic (勾稽关系), plausible dates; `statements` has the prose.

A broken check is reported and changes no value: the paper may be wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from extractor.document import Check, Field
from extractor.normalize import compact
from extractor.statements import prose_checks
from extractor.template import term_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.document import Entity, Section
    from extractor.template import Relation, TableForm, Template

CENT = 0.005  # sums of amounts may differ by rounding of less


@dataclass(frozen=True, slots=True)
class Equation:
    """A relation for one column or row: the fields of `left` and of `right` sum up alike.

    `name` is the id of the column or row, `label` what is printed for it.
    """

    relation: Relation
    name: str
    label: str
    left: tuple[Field, ...]
    right: tuple[Field, ...]

    @property
    def id(self) -> str:
        """The id of its check."""
        return f"{self.relation.id}.{self.name}"

    @property
    def fields(self) -> tuple[Field, ...]:
        """All that take part."""
        return self.left + self.right


def run_checks(
    template: Template,
    fields: Sequence[Field],
    entities: Sequence[Entity],
    sections: Sequence[Section],
) -> tuple[Check, ...]:
    """Every relation of the template that can be tried, then the prose, then dates.

    A relation with a missing or unreadable operand is not tried. A blank operand and "/" count as 0
    where another operand is printed.
    """
    by_id = {field.id: field for field in fields}
    return (
        *map(_checked, equations(template, by_id)),
        *prose_checks(template, by_id, entities, sections),
        *_dates(by_id),
    )


def attach_checks(fields: Sequence[Field], checks: Sequence[Check]) -> tuple[Field, ...]:
    """The fields with the ids of their checks, and how many arithmetic relations held and broke."""
    of_field: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        for field_id in check.fields:
            of_field[field_id].append(check)
    return tuple(_with_checks(field, of_field[field.id]) for field in fields)


def _with_checks(field: Field, checks: Sequence[Check]) -> Field:
    # Warnings compare with prose and dates: they hold or break for reasons beside the reading.
    errors = [check for check in checks if check.severity == "error"]
    held = sum(check.passed for check in errors)
    evidence = replace(field.evidence, relations_held=held, relations_broken=len(errors) - held)
    return replace(field, checks=tuple(check.id for check in checks), evidence=evidence)


# --- arithmetic -----------------------------------------------------------------------------------


def equations(template: Template, fields: Mapping[str, Field]) -> Iterator[Equation]:
    """Every relation of the template that can be tried, with the fields that it sums."""
    forms = {form.id: form for form in template.tables}
    for relation in template.relations:
        for name, label in _names(relation, forms[relation.table]):
            left = _operands(relation.left, name, fields)
            right = _operands(relation.right, name, fields)
            if left and right and _can_be_tried(relation, name, (left, right), fields):
                yield Equation(relation, name, label, tuple(left), tuple(right))


def _names(relation: Relation, form: TableForm) -> Iterator[tuple[str, str]]:
    """The columns or rows that a relation is tried for, each once, with its printed label."""
    parts = {
        part.id: part.path[-1]
        for block in form.blocks
        for part in (block.rows if relation.over == "row" else block.columns)
    }
    yield from parts.items()


def _can_be_tried(
    relation: Relation,
    name: str,
    sides: tuple[list[Field], list[Field]],
    fields: Mapping[str, Field],
) -> bool:
    needs = _operands(relation.needs, name, fields) or [side[0] for side in sides if len(side) == 1]
    operands = sides[0] + sides[1]
    return (
        all(_testable(field) for field in operands)
        and any(_printed(field) for field in operands)
        and all(_printed(field) for field in needs)
    )


def _checked(equation: Equation) -> Check:
    sides = equation.left, equation.right
    sums = sum(map(amount, sides[0])), sum(map(amount, sides[1]))
    passed = abs(sums[0] - sums[1]) < CENT
    shown = [" + ".join(_shown(amount(f)) for f in side) for side in sides]
    return Check(
        id=equation.id,
        passed=passed,
        severity=equation.relation.severity,
        expression=" = ".join(shown),
        message=_message(equation, sums, passed=passed),
        fields=tuple(field.id for field in equation.fields),
    )


def _operands(terms: Sequence[str], name: str, fields: Mapping[str, Field]) -> list[Field]:
    """The fields that the terms name, each once, in the order of the document."""
    found: dict[str, Field] = {}
    for term in terms:
        if "*" in term:
            pattern = term_pattern(term, name)
            found |= {key: field for key, field in fields.items() if pattern.fullmatch(key)}
        elif field := fields.get(term.replace("{column}", name).replace("{row}", name)):
            found[field.id] = field
    return list(found.values())


def _testable(field: Field) -> bool:
    """Missing is unknown, and so is a printed text that is no number."""
    return field.state in ("blank", "not_applicable") or _printed(field)


def _printed(field: Field) -> bool:
    return field.state == "printed" and isinstance(field.value, int | float)


def amount(field: Field) -> int | float:
    """What a field adds to a sum: nothing where it prints no number."""
    return field.value if isinstance(field.value, int | float) else 0


def _shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6f}".rstrip("0").rstrip(".")


def _message(equation: Equation, sums: tuple[float, float], *, passed: bool) -> str:
    over = equation.relation.over
    place = f"In {over} {equation.label}"
    names = [_side_name(side, over) for side in (equation.left, equation.right)]
    if passed:
        return f"{place}, {names[0]} and {names[1]} agree: {_shown(sums[0])}."
    return (
        f"{place}, {names[0]} is {_shown(sums[0])}, but {names[1]} is {_shown(sums[1])}: "
        "one of these values is misread or misprinted."
    )


def _side_name(side: Sequence[Field], over: str) -> str:
    """What a side of a relation is called: its labels where they are few."""
    labels = []
    for field in side:
        path = field.label.split(" / ")
        labels.append(path[-1] if over == "row" else path[-2])
    if len(labels) > 2:
        return f"the sum of {labels[0]} to {labels[-1]}"
    return " + ".join(labels)


# --- dates ---------------------------------------------------------------------------------------


def _dates(fields: Mapping[str, Field]) -> Iterator[Check]:
    """Year, title, period and date of issue against each other."""
    year = fields.get("report.year")
    if year is None or not isinstance(year.value, int):
        return
    title = fields.get("report.title")
    if title is not None and isinstance(title.value, str):
        named = [int(y) for y in re.findall(r"(?<!\d)(?:19|20)\d{2}(?=年)", compact(title.value))]
        if named:
            yield _plausible("report.year.title", year, title, year.value in named, "the title")
    for key, what in (("period_start", "the start"), ("period_end", "the end")):
        found = fields.get(f"report.{key}")
        if found is not None and isinstance(found.value, str):
            same = found.value.startswith(f"{year.value}-")
            yield _plausible(f"report.year.{key}", year, found, same, f"{what} of the period")
    yield from _issue(year, fields)


def _plausible(check_id: str, year: Field, other: Field, passed: bool, what: str) -> Check:
    verb = "agrees" if passed else "does not agree"
    return Check(
        id=check_id,
        passed=passed,
        severity="warning",
        expression=f"{year.value} ~ {other.value}",
        message=f"The year {year.value} of the report {verb} with {what}, {other.value}.",
        fields=(year.id, other.id),
    )


def _issue(year: Field, fields: Mapping[str, Field]) -> Iterator[Check]:
    """A report is issued and published after the year it reports on."""
    assert isinstance(year.value, int)
    for key, verb in (("issued_on", "issued"), ("published_on", "published")):
        found = fields.get(f"report.{key}")
        if found is None or not isinstance(found.value, str):
            continue
        end = date(year.value, 12, 31).isoformat()
        passed = found.value >= end
        order = "after" if passed else "before"
        yield Check(
            id=f"report.{key}.after_year",
            passed=passed,
            severity="warning",
            expression=f"{found.value} >= {end}",
            message=f"The report was {verb} on {found.value}, {order} the end of its year.",
            fields=(found.id, year.id),
        )
