"""The result of one document as a person reads it in a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from extractor.document import Check, Document, Field, ReviewPlan

DOUBT = "?"  # after a value that somebody should look at
SHOWN = {"blank": "", "not_applicable": "/", "missing": "missing"}
WITHOUT_TABLE = "report"
SEPARATOR = " / "  # between the parts of a label
LINE = 77  # characters of a narrow terminal, without its margins
LABEL_WIDTH = 27  # of a row's name, at least
LEAST_WIDTH = 6  # of a column: three characters of its heading
NARROW: dict[str, Any] = {"box": SIMPLE_HEAD, "padding": (0, 1, 0, 0), "pad_edge": False}
_NOTE = re.compile(r"(?<=.)（[^（）]*）$")  # of a label: how to fill in the row


def summary(document: Document) -> Group:
    """Facts, metadata, the fields of each table, what to look at, broken relations and warnings."""
    return Group(*_parts(document))


def _parts(document: Document) -> Iterator[RenderableType]:
    yield _facts(document)
    for name, fields in grouped(document.fields).items():
        yield ""
        yield _values(name, fields) if name == WITHOUT_TABLE else _grid(name, fields)
    yield from _section("To look at", _doubts(document))
    yield from _section("Broken relations", _broken(document))
    yield from _section("Warnings", _warnings(document))


def _section(title: str, lines: Sequence[Text]) -> Iterator[RenderableType]:
    if lines:
        yield Text(f"\n{title} ({len(lines)})", style="bold")
        yield from lines


def grouped(fields: Iterable[Field]) -> dict[str, list[Field]]:
    """Fields by the first part of their id: the metadata, and one group a table."""
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.id.split(".", 1)[0], []).append(field)
    return groups


def _facts(document: Document) -> RenderableType:
    source = document.document
    pages = ", ".join(
        f"{sum(page.source == kind for page in source.pages)} {kind.replace('_', ' ')}"
        for kind in dict.fromkeys(page.source for page in source.pages)
    )
    template = "none fits: tables and text only"
    if source.template is not None:
        template = f"{source.template} ({source.template_confidence or 0:.1%})"
    doubtful = sum(field.review == "needs_review" for field in document.fields)
    facts = {
        "document": source.filename,
        "pages": f"{source.page_count} ({pages})",
        "template": template,
        "read by": source.engine.ocr or "text layer",
        "fields": f"{len(document.fields)}, {doubtful} to look at (marked {DOUBT})",
        "relations": f"{len(document.checks)}, {len(_broken(document))} broken",
    }
    if document.review is not None:
        facts |= _plan(document.review)
    return _pairs(facts.items())


def _plan(plan: ReviewPlan) -> dict[str, str]:
    """From what confidence on fields are accepted, why, and what the fewest looks are worth."""
    looks = (
        f"{len(plan.looks)} of them bring {plan.expected_wrong:.2f} fields expected to be wrong "
        f"down to {plan.expected_left:.2f}"
    )
    facts = {"accepted": "; ".join(_floor(plan, band) for band in plan.thresholds)}
    facts["fewest looks"] = looks if plan.looks else "none: the document is safe as it is"
    if plan.drawn:
        facts["drawn by lot"] = f"{len(plan.drawn)} fields, see review.drawn in the result"
    return facts


def _floor(plan: ReviewPlan, band: str) -> str:
    """The threshold of a band and what it is worth."""
    floor = f"{band} pages from {plan.thresholds[band]:.4g}"
    own = plan.certificate
    if own is None or band not in own.bounds:
        return f"{floor}, not certified"
    return f"{floor}, certified {own.issued_on}: at most {own.target:.2%} of all accepted are wrong"


def _pairs(rows: Iterable[tuple[str, str | Text]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(name, Text(value) if isinstance(value, str) else value)
    return table


def _values(name: str, fields: Sequence[Field]) -> RenderableType:
    pairs = _pairs((field.label, shown(field)) for field in fields)
    return Group(Text(name, style="bold"), pairs)


def _grid(name: str, fields: Sequence[Field]) -> Table:
    """Rows and columns by the ids, named by the labels ("group / row / column")."""
    columns: dict[str, str] = {}
    rows: dict[str, tuple[list[str], dict[str, Text]]] = {}
    for field in fields:
        row_id, _, column_id = field.id.removeprefix(f"{name}.").rpartition(".")
        *path, column_label = field.label.split(SEPARATOR)
        columns.setdefault(column_id, column_label)
        _, cells = rows.setdefault(row_id, (path or [field.label], {}))
        cells[column_id] = shown(field)
    table = Table(title=name, title_justify="left", title_style="bold", **NARROW)
    room = max(LABEL_WIDTH, LINE - (LEAST_WIDTH + 1) * len(columns))
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=room)
    for column, label in columns.items():
        widest = max(cells[column].cell_len for _, cells in rows.values() if column in cells)
        width = max(widest, LEAST_WIDTH)
        table.add_column(Text(label), justify="right", overflow="fold", width=width)
    for row, cells in _with_groups(rows.values()):
        table.add_row(row, *(cells.get(column, Text("")) for column in columns))
    return table


def _with_groups(
    rows: Iterable[tuple[list[str], dict[str, Text]]],
) -> Iterator[tuple[Text, dict[str, Text]]]:
    """Labels indented by their depth; a group that begins has a row of its own."""
    above: list[str] = []
    for path, cells in rows:
        for depth, group in enumerate(path[:-1]):
            if above[: depth + 1] != path[: depth + 1]:
                yield Text(" " * depth + group, style="dim"), {}
        above = path
        yield Text(" " * (len(path) - 1) + _NOTE.sub("", path[-1])), cells


def shown(field: Field) -> Text:
    """The value as it stands in a table, marked where it is doubtful, "/" where it has no place."""
    printed = field.text if field.value is None else str(field.value)
    text = printed if field.state == "printed" else SHOWN[field.state]
    if field.review != "needs_review":
        return Text(text, style="dim" if field.state == "missing" else "")
    return Text(f"{text}{DOUBT}", style="bold yellow")


def _doubts(document: Document) -> list[Text]:
    """What is to be looked at: the fewest looks in their order, then the other doubtful fields."""
    looks = document.review.looks if document.review is not None else ()
    order = {field_id: place for place, field_id in enumerate(looks)}
    doubtful = [f for f in document.fields if f.review == "needs_review" or f.id in order]
    doubtful.sort(key=lambda field: (order.get(field.id, len(order)), field.confidence))
    return [_doubt(field) for field in doubtful]


def _doubt(field: Field) -> Text:
    line = Text(f"  {field.label}: ")
    line.append(str(shown(field)), style="bold yellow")
    line.append(f"  {field.confidence:.1%}", style="dim")
    if field.page is not None:
        line.append(f"  page {field.page}", style="dim")
    others = {str(a): a.confidence for a in reversed(field.alternatives)}
    others.pop(str(field.value), None)
    if others:
        told = ", ".join(f"{name} ({p:.1%})" for name, p in reversed(others.items()))
        line.append(f"  or {told}", style="dim")
    return line


def _broken(document: Document) -> list[Text]:
    labels = {field.id: field.label for field in document.fields}
    return [
        Text(f"  {check.message}  [{check.expression}]{_odds(check, labels)}", style=_style(check))
        for check in document.checks
        if not check.passed
    ]


def _odds(check: Check, labels: Mapping[str, str]) -> str:
    """Whether a number was rather misread or printed wrong, and which."""
    if check.misread is None or not check.suspects:
        return ""
    first, *others = check.suspects
    what = "misread" if check.misread > 0.5 else "printed wrong"
    odds = max(check.misread, 1 - check.misread)
    more = f" and {len(others)} more" if others else ""
    suspect = f"{labels.get(first.field, first.field)} ({first.probability:.0%}){more}"
    return f"  rather {what} ({odds:.1%}), suspect: {suspect}"


def _style(check: Check) -> str:
    return "red" if check.severity == "error" else "yellow"


def _warnings(document: Document) -> list[Text]:
    return [
        Text(f"  page {w.page}: {w.message}" if w.page else f"  {w.message}", style="yellow")
        for w in document.warnings
    ]


def overview(documents: Iterable[Document]) -> Table:
    """One line a document, for several at once."""
    table = Table("document", "template", **NARROW)
    for title in ("pages", "fields", "to look at", "broken", "warnings"):
        table.add_column(title, justify="right")
    for document in documents:
        source = document.document
        doubtful = sum(field.review == "needs_review" for field in document.fields)
        counts = (
            source.page_count, len(document.fields), doubtful, len(_broken(document)),
            len(document.warnings),
        )  # fmt: skip
        table.add_row(Text(source.filename), source.template or "—", *map(str, counts))
    return table
