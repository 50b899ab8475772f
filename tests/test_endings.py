"""What is said of documents that could not be read, to those who uploaded them."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.batch.outcome import failure_of
from extractor.errors import EncryptedError, TooLargeError
from extractor.options import Options
from extractor.pictures import guard_pages
from service.jobs.attempt import WRONG_PASSWORD, ended_with

PATH = Path("/data/0123.pdf")


def test_what_is_too_large_is_told_with_its_limit() -> None:
    """And without the flags of a command line, or the service's own name of the file."""
    with pytest.raises(TooLargeError) as caught:
        guard_pages(3000, Options().max_pages, PATH)
    ending = ended_with(failure_of(caught.value, PATH))
    assert ending.error_code == "too_large"
    assert ending.error == f"3000 pages, more than {Options().max_pages} (max_pages); split it"


@pytest.mark.parametrize("had_password", [True, False])
def test_what_is_locked_is_told_apart_from_a_wrong_password(had_password: bool) -> None:
    """By the same code."""
    ending = ended_with(failure_of(EncryptedError("x"), PATH), had_password=had_password)
    assert ending.error_code == "encrypted"
    assert (ending.error == WRONG_PASSWORD) == had_password
