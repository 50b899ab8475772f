"""Results as Parquet files, for pandas, DuckDB and their like: every column has one type.

Values are of several kinds, so they come twice: `value` as text, just as in CSV, and `number`
beside it, which is NULL where the value is no number. It is a double: sums need no conversion, and
it tells all numbers of up to 15 digits apart. In `reports`, a column a field, counts and years are
integers, amounts are doubles, all others are text. What is unknown is NULL.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from extractor.export.rows import REPORT_COLUMNS, SHEETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from extractor.export.rows import Documents, Row, Scalar

    Type = Literal["string", "int64", "double", "bool"]

INTEGERS = frozenset(
    (
        "page", "row", "column", "row_span", "column_span", "start", "end", "look",
        "pages", "needs_review", "broken_relations", "warnings",
    )
)  # fmt: skip
DOUBLES = frozenset(
    (
        "x0", "y0", "x1", "y1", "confidence", "right_cell", "right_state", "right_reading",
        "misread",
    )
)  # fmt: skip
TRUTHS = frozenset(("passed", "drawn", "approximate"))
KINDS: dict[str, Type] = {"count": "int64", "year": "int64", "money": "double"}
ARROW: dict[Type, str] = {  # by the names that pyarrow has for them
    "string": "string", "int64": "int64", "double": "float64", "bool": "bool",
}  # fmt: skip
WIDER: tuple[Type, ...] = ("int64", "double", "string")  # each holds what those before it hold
LARGEST = 2**63 - 1
GROUP = 400_000  # values that are in memory at a time: the rows of one row group


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: which value of a row it holds, and as what."""

    name: str
    source: int
    type: Type


def write_parquet(documents: Documents, stream: BinaryIO, sheet: str = "fields") -> None:
    """One sheet as a Parquet file; written a row group at a time, so memory stays flat."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    rows = SHEETS[sheet](documents)
    columns = columns_of(next(rows), field_types(documents) if sheet == "reports" else {})
    schema = pa.schema([(column.name, ARROW[column.type]) for column in columns])
    # In a file of its own: a pipe cannot tell how far it is written.
    with tempfile.TemporaryFile() as file:
        with ParquetWriter(file, schema, compression="zstd") as writer:
            for group in _grouped(rows, max(GROUP // len(columns), 1)):
                values = [_values(column, group) for column in columns]
                writer.write_table(pa.table(values, schema=schema))
        file.seek(0)
        shutil.copyfileobj(file, stream)


def _grouped(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while group := list(itertools.islice(rows, size)):
        yield group


def _values(column: Column, rows: Sequence[Row]) -> list[Scalar]:
    convert = CONVERTED[column.type]
    return [convert(row[column.source]) for row in rows]


def columns_of(header: Row, fields: dict[str, Type]) -> tuple[Column, ...]:
    """The columns of a sheet; `fields` are the types of those that are fields of a report."""
    found = []
    for index, title in enumerate(header):
        name = str(title)
        of_field = index >= len(REPORT_COLUMNS) and name in fields
        found.append(Column(name, index, fields[name] if of_field else _type(name)))
        if name == "value":
            found.append(Column("number", index, "double"))
    return tuple(found)


def _type(name: str) -> Type:
    if name in INTEGERS:
        return "int64"
    if name in DOUBLES:
        return "double"
    return "bool" if name in TRUTHS else "string"


def field_types(documents: Documents) -> dict[str, Type]:
    """The type of each field: that of its kind, or a wider one where a value asks for it."""
    found: dict[str, Type] = {}
    for document in documents:
        for item in document.fields:
            asked = found.get(item.id, "int64"), KINDS.get(item.kind, "string"), _least(item.value)
            found[item.id] = max(asked, key=WIDER.index)
    return found


def _least(value: Scalar) -> Type:
    """The narrowest type that holds a value."""
    if isinstance(value, str):
        return "string"
    whole = value is None or (isinstance(value, int) and abs(value) <= LARGEST)
    return "int64" if whole else "double"


def _text(value: Scalar) -> str | None:
    return None if value is None else str(value).encode("utf-8", "replace").decode()


def _number(value: Scalar) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _as_is(value: Scalar) -> Scalar:
    return value


CONVERTED: dict[Type, Callable[[Scalar], Scalar]] = {
    "string": _text,
    "int64": _as_is,
    "double": _number,
    "bool": _as_is,
}
