"""The error tree."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from extractor import errors
from extractor.errors import BUG_EXIT_CODE, ExtractorError, OptionsError, UnreadableError

KINDS = ExtractorError.__subclasses__()


def test_every_kind_has_an_exit_code_and_a_code_of_its_own() -> None:
    """A script can tell the classes apart; 0, 1, 2, 70 and 130 mean something else already."""
    exits = [kind.exit_code for kind in KINDS]
    assert len(set(exits)) == len(exits)
    assert len({kind.code for kind in KINDS}) == len(KINDS)
    assert not {0, 1, BUG_EXIT_CODE, 130} & set(exits)
    assert [kind for kind in KINDS if kind.exit_code == 2] == [OptionsError]


@pytest.mark.parametrize("kind", KINDS)
def test_the_docstring_draws_the_whole_tree(kind: type[ExtractorError]) -> None:
    """Every class is listed with its exit code."""
    line = next(v for v in (errors.__doc__ or "").splitlines() if f" {kind.__name__} " in v)
    assert f"exit {kind.exit_code} " in line


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_crosses_process_borders(kind: type[ExtractorError]) -> None:
    """Class, sentence, file and page come back from a pickle."""
    error = kind("it is torn; scan it again", path=Path("a b.pdf"), page=3)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert (back.message, back.path, back.page) == (error.message, error.path, error.page)
    assert str(back) == str(error)


def test_the_sentence_names_file_and_page() -> None:
    """As far as they are known."""
    path = Path("report.pdf")
    assert str(UnreadableError("it is empty")) == "it is empty"
    assert str(UnreadableError("it is empty", path=path)) == "report.pdf: it is empty"
    assert str(UnreadableError("no ink", path=path, page=2)) == "report.pdf, page 2: no ink"
    assert str(UnreadableError("no ink", page=2)) == "page 2: no ink"
