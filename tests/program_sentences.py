"""The English sentences that the program can say to users of the service, found in its source.

They are what error classes, notices and problem documents are made with, and what is called
`message` or `detail` on the way there. A value in a sentence stands as a number of its own.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
SAID_BY = {  # callable: which argument is the sentence
    "PrivateError": 0, "UnknownHostError": 0, "UnreadableError": 0, "UnsupportedError": 0,
    "WeakPasswordError": 0, "TakenError": 0,
    "UnknownProjectError": 0, "UrlError": 0, "CursorError": 0, "TimedOutError": 0,
    "CrashedError": 0, "CallError": 0, "ProblemError": 2, "Notice": 2,
}  # fmt: skip
NAMES = {"message", "detail"}
# Where the sentences of documents and pages come from. What is left out is told in the words of
# service.jobs.attempt: locked, too slow, crashed, engine.
FILES = (
    *(ROOT / "extractor" / name for name in ("pdf.py", "pictures.py", "pipeline.py", "review.py")),
    *sorted(
        path
        for path in (ROOT / "service").rglob("*.py")
        if not {"commands", "migrations"} & set(path.parts)
    ),
)
FOR_OPERATORS = {"sealing.py", "settings.py", "store.py", "tracing.py", "attempt.py"}
FLAG = " --"  # advice for the command line; the service has its own


def sentences() -> Iterator[tuple[str, str]]:
    """Each sentence with the place where it is said."""
    for path in FILES:
        if path.name in FOR_OPERATORS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for said in _said(node):
                text = _text(said)
                if text is not None and FLAG not in text:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text  # type: ignore[attr-defined]


def _said(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        place = SAID_BY.get(name)
        if place is not None and len(node.args) > place:
            yield node.args[place]
    if isinstance(node, ast.Assign) and {getattr(t, "id", "") for t in node.targets} & NAMES:
        yield node.value


def _text(node: ast.expr) -> str | None:
    """The text of a literal, with numbers in its places; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else str(7000 + place)
            for place, part in enumerate(node.values)
        )
    return None


def things_not_found() -> set[str]:
    """What `not_found` is called with."""
    found = {"document"}
    for path in (ROOT / "service").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "not_found":
                found |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    return found
