"""Rows that a page break has cut within their label."""

from __future__ import annotations

from tests.printed_tables import applications, grid
from tests.test_fields_of_tables import NEW, read, texts


def test_a_row_that_a_page_break_cuts_in_its_label() -> None:
    """Its numbers stand where the label begins, though what is left of it names the row too."""
    rows = applications()
    cut = next(i for i, r in enumerate(rows) if r[2].startswith("5.要求行政机关"))
    label, values = rows[cut][2], rows[cut][3:]
    rows[cut : cut + 1] = [
        ["^", "^", label[:9], *values],
        ["^", "^", "^", *[""] * 7],
        ["^", "^", label[9:], *[""] * 7],
    ]
    assert texts(read(NEW, grid(rows))) == texts(read(NEW, grid(applications())))
