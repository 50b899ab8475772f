"""Report templates as data: which tables, rows, columns, relations and metadata a report prints.

A template is one TOML file; the built-in ones lie in `reports/`. It is checked when it is loaded,
so that a mistake in a user's file is told with the file and the key.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from extractor.document import Kind, Severity
from extractor.errors import OptionsError
from extractor.headings import mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

BUILT_IN = Path(__file__).parent / "reports"

# Sections whose prose is tagged where no template says which: those of the annual report's prose.
TAGGED_SECTIONS = ("一", "五", "六")

_PART = "[a-z][a-z0-9_]*"


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return pattern


def _has_value(pattern: str) -> str:
    if "value" not in re.compile(pattern).groupindex:
        raise ValueError(f"{pattern!r} has no group (?P<value>…)")
    return pattern


def _is_numbered(heading: str) -> str:
    if _numbered(heading) is None:
        raise ValueError(f"{heading!r} does not start with a number as 一、 does")
    return heading


def _numbered(heading: str) -> tuple[str, str] | None:
    """The number of a heading (二) and the wording behind it."""
    mark = mark_of(heading)
    if mark is None or mark.style != "han" or not heading[mark.end :]:
        return None
    return mark.number, heading[mark.end :]


Name = Annotated[str, StringConstraints(pattern=rf"^{_PART}$")]
Path_ = Annotated[str, StringConstraints(pattern=rf"^{_PART}(\.{_PART})*$")]
Regex = Annotated[str, AfterValidator(_compiles)]
ValueRegex = Annotated[str, AfterValidator(_compiles), AfterValidator(_has_value)]
Label = Annotated[str, StringConstraints(min_length=1)]
Heading = Annotated[str, AfterValidator(_is_numbered)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Strict):
    """A row: its id in the table, its labels from the outermost in, and variants of the last."""

    id: Path_
    path: Annotated[tuple[Label, ...], Field(min_length=1)]
    aliases: tuple[Label, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The innermost label and its printed variants."""
        return (self.path[-1], *self.aliases)


class Column(Row):
    """A column: as a row, with the kind and unit of its values."""

    kind: Literal["count", "money", "text"] = "count"
    unit: str | None = None


class Block(_Strict):
    """Rows that share a header row."""

    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]


class TableForm(_Strict):
    """One printed table: rows `down` the page, or rows and columns both `across` the header.

    A numbered title (二、…) and its aliases, which have no number, are headings of the prose.
    """

    id: Name
    title: Label
    aliases: tuple[Label, ...] = ()
    layout: Literal["down", "across"] = "down"
    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all blocks in printed order."""
        return tuple(row for block in self.blocks for row in block.rows)


# What `metadata` finds by code before labels and patterns are tried.
Finder = Literal["title", "agency", "year", "signed_on", "period_start", "period_end"]


class MetadataPattern(_Strict):
    """How metadata is found: by a finder, beside a label, or in running text, in this order."""

    label: Label
    kind: Kind = "text"
    finder: Finder | None = None
    labels: tuple[Label, ...] = ()
    patterns: tuple[ValueRegex, ...] = ()
    weak_labels: tuple[Label, ...] = ()  # those that may name another thing, tried last
    in_prose: bool = True  # patterns; not where the prose rather cites another document's
    rejects: Regex | None = None  # a value that this is found in is none
    year_of: Name | None = None  # the date field that tells the year where the title does not


class Relation(_Strict):
    """An arithmetic relation (勾稽关系): `left` and `right` are field ids that are summed.

    `{column}` and `{row}` stand for each column or row of `table`, `*` for parts of an id. `needs`
    are ids that must be printed for the relation to be tried; by default a side of one id.
    """

    id: Path_
    table: Name
    left: Annotated[tuple[str, ...], Field(min_length=1)]
    right: Annotated[tuple[str, ...], Field(min_length=1)]
    needs: tuple[str, ...] = ()
    severity: Severity = "error"

    @property
    def over(self) -> Literal["column", "row"]:
        """What the relation is tried for, one after the other."""
        return "row" if any("{row}" in term for term in self.left + self.right) else "column"


class ProseCount(_Strict):
    """A count that the prose states of a field, or of the sum of several.

    It is one whose subject is `counted`, whose clause says `before` in front of the number and
    whose sentence says `sentence`; years are told as 上年, 本年, 下年, 某年. `zero` patterns say
    that there was none.
    """

    id: Path_
    fields: Annotated[tuple[Path_, ...], Field(min_length=1)]
    before: Regex
    counted: Regex
    sentence: Regex | None = None
    zero: tuple[Regex, ...] = ()


class Template(_Strict):
    """A kind of report."""

    id: Annotated[str, StringConstraints(min_length=1)]
    name: Label
    first_year: int | None = None  # reports on these years print this form, mostly
    last_year: int | None = None
    title_patterns: tuple[Regex, ...] = ()
    headings: tuple[Heading, ...] = ()  # of the sections without a table, variants too
    tagged_sections: tuple[Label, ...] = TAGGED_SECTIONS  # numbers; the preamble is tagged always
    tables: Annotated[tuple[TableForm, ...], Field(min_length=1)]
    ways: tuple[
        tuple[tuple[Path_, ...], ...], ...
    ] = ()  # rows that are printed in one of several ways
    metadata: dict[Name, MetadataPattern] = {}
    stop_labels: tuple[Label, ...] = ()  # labels of no field, printed beside: a value ends there
    relations: tuple[Relation, ...] = ()
    prose_counts: tuple[ProseCount, ...] = ()

    @property
    def row_labels(self) -> frozenset[str]:
        """Every label of a row, as the form prints it and in its variants."""
        rows = (row for form in self.tables for row in form.rows)
        return frozenset(label for row in rows for label in row.labels)

    @model_validator(mode="after")
    def _consistent(self) -> Template:
        ids = [field_id for field_id, *_ in self.cells()] + [f"report.{k}" for k in self.metadata]
        if twice := sorted(k for k, n in Counter(ids).items() if n > 1):
            raise ValueError(f"field {twice[0]} is there twice")
        rows = {f"{form.id}.{row.id}" for form in self.tables for row in form.rows}
        for row in (row for ways in self.ways for way in ways for row in way):
            if row not in rows:
                raise ValueError(f"ways names {row}, which is no row of a table")
        for name, pattern in self.metadata.items():
            if pattern.year_of is not None and pattern.year_of not in self.metadata:
                raise ValueError(f"metadata {name}: year_of names {pattern.year_of}, which is none")
        self._check_relations(set(ids))
        return self

    def _check_relations(self, ids: set[str]) -> None:
        for count in self.prose_counts:
            if unknown := [name for name in count.fields if name not in ids]:
                raise ValueError(f"prose_counts {count.id}: no field {unknown[0]}")
        for relation in self.relations:
            if relation.table not in {form.id for form in self.tables}:
                raise ValueError(f"relation {relation.id}: no table {relation.table}")
            for term in relation.left + relation.right + relation.needs:
                if not any(term_pattern(term).fullmatch(field_id) for field_id in ids):
                    raise ValueError(f"relation {relation.id}: {term} fits no field")

    def cells(self) -> Iterator[tuple[str, TableForm, Row, Column]]:
        """Every field of the tables in printed order: id, table, row, column."""
        for form in self.tables:
            for block in form.blocks:
                for row in block.rows:
                    for column in block.columns:
                        yield f"{form.id}.{row.id}.{column.id}", form, row, column

    @property
    def printed_labels(self) -> tuple[str, ...]:
        """All labels that may stand beside metadata."""
        patterns = self.metadata.values()
        own = (label for p in patterns for label in (*p.labels, *p.weak_labels))
        return (*own, *self.stop_labels)

    def official_headings(self) -> Iterator[tuple[str, str]]:
        """The headings that the form orders: wording and number."""
        for heading, aliases in (
            *((heading, ()) for heading in self.headings),
            *((form.title, form.aliases) for form in self.tables),
        ):
            if (found := _numbered(heading)) is not None:
                number, wording = found
                yield from ((text, number) for text in (wording, *aliases))

    def covers(self, year: int) -> bool:
        """Whether reports on that year mostly print this form."""
        return (self.first_year or year) <= year <= (self.last_year or year)


def official_headings(templates: Iterable[Template]) -> dict[str, str]:
    """The wordings of all headings with their numbers; one that two forms number apart is none."""
    numbers: dict[str, set[str]] = {}
    for template in templates:
        for wording, number in template.official_headings():
            numbers.setdefault(wording, set()).add(number)
    return {wording: next(iter(found)) for wording, found in numbers.items() if len(found) == 1}


@functools.lru_cache(maxsize=512)
def term_pattern(term: str, name: str | None = None) -> re.Pattern[str]:
    """A term of a relation as a pattern over field ids; `name` stands for {row} or {column}."""
    own = re.escape(name) if name is not None else rf"{_PART}(?:\.{_PART})*"
    pieces = re.split(r"(\{row\}|\{column\}|\*)", term)
    return re.compile(
        "".join(
            own if piece.startswith("{") else rf"{_PART}(?:\.{_PART})*" if piece == "*"
            else re.escape(piece)
            for piece in pieces
        )
    )  # fmt: skip


def load_templates(extra: Sequence[Path] = (), only: str | None = None) -> tuple[Template, ...]:
    """The templates of the `extra` files, then the built-in ones that they do not replace.

    With `only`, the one of that id. Raises OptionsError where there is none, and one that names
    file and key where a file cannot be read or is not a template.
    """
    templates = _built_in() if not extra else _with_extra(extra)
    if only is None:
        return templates
    chosen = tuple(template for template in templates if template.id == only)
    if not chosen:
        known = ", ".join(template.id for template in templates)
        raise OptionsError(f"there is no template {only}: choose {known}")
    return chosen


def _with_extra(extra: Sequence[Path]) -> tuple[Template, ...]:
    raw = {table["id"]: table for table in (_read(path) for path in _built_in_paths())}
    own = tuple(_validated(path, _extended(_read(path), raw, path)) for path in extra)
    ids = {template.id for template in own}
    return own + tuple(template for template in _built_in() if template.id not in ids)


@functools.cache
def _built_in() -> tuple[Template, ...]:
    raw = {path: _read(path) for path in _built_in_paths()}
    by_id = {table["id"]: table for table in raw.values()}
    return tuple(_validated(path, _extended(table, by_id, path)) for path, table in raw.items())


def _built_in_paths() -> list[Path]:
    """Newest form first."""
    return sorted(BUILT_IN.glob("*.toml"), reverse=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise OptionsError(f"the template cannot be read: {reason}", path=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionsError(f"the template is not TOML: {error}", path=path) from error


def _extended(
    raw: dict[str, Any], known: Mapping[str, dict[str, Any]], path: Path
) -> dict[str, Any]:
    """The template with what it takes over from the one it `extends`.

    Tables are replaced by id, and the counts in the prose of a replaced table go with it.
    """
    own = dict(raw)
    base_id = own.pop("extends", None)
    if base_id is None:
        return own
    if base_id not in known or known[base_id].get("extends") is not None:
        raise OptionsError(f"extends: {base_id!r} is not a built-in template", path=path)
    base = known[base_id]
    tables = own.get("tables", [])
    replaced = {table.get("id"): table for table in tables if isinstance(table, dict)}
    old = [table["id"] for table in base["tables"]]
    own["tables"] = [replaced.get(table["id"], table) for table in base["tables"]]
    own["tables"] += [table for table in tables if table.get("id") not in old]
    kept = [
        count
        for count in base.get("prose_counts", [])
        if not any(field.partition(".")[0] in replaced for field in count["fields"])
    ]
    own["prose_counts"] = [*kept, *own.get("prose_counts", [])]
    return {**base, **own}


def _validated(path: Path, raw: dict[str, Any]) -> Template:
    try:
        return Template.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        message = f"{key}: {reason}" if key else reason
        raise OptionsError(f"the template cannot be used: {message}", path=path) from error
