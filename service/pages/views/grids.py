"""Fields in the grid of their form: rows and columns with labels that span, as they are printed.

What is printed for rows and columns comes from the template. Of a form that is not known any more
the labels of the fields have to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.pages.views.fields import FieldView  # noqa: TC001  the dataclasses are looked at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.template import Block, TableForm, Template

    Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A label that stands over several columns, or beside several rows."""

    text: str
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True, slots=True)
class GridRow:
    """The labels that begin in a row, and its fields; None where the form has none."""

    headings: tuple[Heading, ...]
    cells: tuple[FieldView | None, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows that share a head. `stub` is how many columns the labels of rows take."""

    head: tuple[tuple[Heading, ...], ...]
    stub: int
    rows: tuple[GridRow, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The fields of one table of the form; those of metadata have no grid, and no title."""

    id: str
    title: str
    grids: tuple[Grid, ...]
    fields: tuple[FieldView, ...]

    @property
    def doubtful(self) -> int:
        """How many somebody should look at."""
        return sum(field.is_doubtful for field in self.fields)


def groups_of(fields: Sequence[FieldView], template: Template | None) -> tuple[Group, ...]:
    """The fields by the tables of their form, metadata first."""
    forms = {form.id: form for form in template.tables} if template is not None else {}
    by_group: dict[str, list[FieldView]] = {}
    for field in fields:
        by_group.setdefault(field.group, []).append(field)
    return tuple(_group(name, own, forms.get(name)) for name, own in by_group.items())


def _group(name: str, fields: Sequence[FieldView], form: TableForm | None) -> Group:
    if form is not None:
        grids = tuple(_of_form(form, {field.id: field for field in fields}))
        return Group(name, form.title, grids, tuple(fields))
    is_table = all(len(field.path) > 1 for field in fields)
    grids = (_of_labels(fields),) if is_table else ()
    return Group(name, name if is_table else "", grids, tuple(fields))


def _of_form(form: TableForm, fields: Mapping[str, FieldView]) -> Iterator[Grid]:
    """One grid for each block; rows that the report does not print are left out."""
    for block in form.blocks:
        rows = [
            (row.path, cells)
            for row in block.rows
            if any(cells := [fields.get(f"{form.id}.{row.id}.{c.id}") for c in block.columns])
        ]
        if rows:
            yield grid_of(_column_paths(block), rows)


def _column_paths(block: Block) -> list[Path]:
    return [column.path for column in block.columns]


def _of_labels(fields: Sequence[FieldView]) -> Grid:
    """A grid from ids and labels: the last part of both is the column's."""
    columns: dict[str, Path] = {}
    rows: dict[str, tuple[Path, dict[str, FieldView]]] = {}
    for field in fields:
        row, _, column = field.id.rpartition(".")
        columns.setdefault(column, field.path[-1:])
        rows.setdefault(row, (field.path[:-1], {}))[1][column] = field
    listed = [(path, [own.get(column) for column in columns]) for path, own in rows.values()]
    return grid_of(list(columns.values()), listed)


def grid_of(
    columns: Sequence[Path], rows: Sequence[tuple[Path, Sequence[FieldView | None]]]
) -> Grid:
    """A grid from the paths of its columns and rows, each from the outermost label in."""
    stub = max(len(path) for path, _ in rows)
    beside = spans([path for path, _ in rows], stub)
    head_depth = max(map(len, columns))
    over = spans(columns, head_depth)
    head = tuple(
        tuple(
            Heading(label.text, label.depth, label.length) for label in over if label.level == level
        )
        for level in range(head_depth)
    )
    made = (
        GridRow(
            tuple(Heading(b.text, b.length, b.depth) for b in beside if b.start == index),
            tuple(cells),
        )
        for index, (_, cells) in enumerate(rows)
    )
    return Grid(head, stub, tuple(made))


@dataclass(frozen=True, slots=True)
class Span:
    """A label in a tree of labels: where it starts, how many leaves it covers, how deep it goes."""

    text: str
    level: int
    start: int
    length: int
    depth: int


def spans(paths: Sequence[Path], depth: int) -> list[Span]:
    """The labels of paths, outer ones once over the leaves that share them, in reading order.

    A path that is shorter than `depth` has its last label go down to the end.
    """
    found = []
    for level in range(depth):
        start = 0
        while start < len(paths):
            path = paths[start]
            end = start + 1
            if level < len(path):
                last = level == len(path) - 1
                while not last and end < len(paths) and _share(paths[end], path, level):
                    end += 1
                found.append(
                    Span(path[level], level, start, end - start, depth - level if last else 1)
                )
            start = end
    return sorted(found, key=lambda span: (span.start, span.level))


def _share(other: Path, path: Path, level: int) -> bool:
    """Whether two paths go on below the same label of a level."""
    return len(other) > level + 1 and other[: level + 1] == path[: level + 1]
