"""The list of the archive as its address says it."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.pages.views.search import Search, search_of
from service.repository.documents import SORTS


def test_an_address_without_a_query_is_everything_newest_first() -> None:
    """Nothing is filtered."""
    found = search_of({})
    assert found == Search()
    assert (found.is_filtered, found.is_newest, found.query()) == (False, True, "")


def test_what_an_address_says() -> None:
    """All filters, an order, a part."""
    query = {
        "q": " 临江 ", "agency": "临江县", "year": "2022", "form": "f", "state": "failed",
        "needs_review": "true", "sort": "name", "order": "descending", "cursor": "c",
    }  # fmt: skip
    found = search_of(query)
    assert found == Search("临江", "临江县", 2022, "f", "failed", True, "name", True, "c")
    assert (found.is_filtered, found.is_newest) == (True, False)
    chosen = found.filter("p", ("1",))
    assert (chosen.projects, chosen.text, chosen.ids) == (("p",), "临江", ("1",))


@pytest.mark.parametrize(
    "query",
    [
        {"year": "soon"}, {"year": "-1"}, {"year": "20222"}, {"year": "²"}, {"state": "lost"},
        {"needs_review": "maybe"}, {"sort": "size"}, {"q": "  "}, {"agency": "\0"},
        {"order": "sideways"}, {"unknown": "1"},
    ],
)  # fmt: skip
def test_nonsense_does_not_restrict(query: dict[str, str]) -> None:
    """Addresses are typed and cut by people."""
    assert search_of(query) == Search()


def test_a_column_is_sorted_the_useful_way_first_then_the_other() -> None:
    """Names from A, years from the last; another order begins at its beginning."""
    found = Search(cursor="c", q="x")
    by_name = found.sorted_by("name")
    assert (by_name.descending, by_name.cursor, by_name.q) == (False, None, "x")
    assert by_name.sorted_by("name").descending
    assert found.sorted_by("year").descending
    assert not found.sorted_by("uploaded").descending


searches = st.builds(
    Search,
    q=st.none() | st.text("ab&=%临", min_size=1),
    agency=st.none() | st.text("ab 临", min_size=1).filter(lambda t: t.strip() == t),
    year=st.none() | st.integers(0, 9999),
    form=st.none() | st.just("gov/2021"),
    state=st.none() | st.sampled_from(["queued", "done"]),
    needs_review=st.none() | st.booleans(),
    sort=st.sampled_from(sorted(SORTS)),
    descending=st.booleans(),
    cursor=st.none() | st.just("abc"),
)


@given(searches)
@settings(deadline=None)
def test_a_search_is_the_same_by_its_address(search: Search) -> None:
    """What a link says is what one gets."""
    query = {name: values[0] for name, values in parse_qs(search.query()).items()}
    assert search_of(query) == search


def test_links_carry_the_project() -> None:
    """And nothing for a value that is not given."""
    assert Search().query(project="p", more=None) == "project=p"
    assert Search(cursor="c").first().query() == ""
