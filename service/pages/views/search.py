"""The list of the archive as its address says it: filters, order, part."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, cast, get_args
from urllib.parse import urlencode

from service.repository.documents import STATES, Filter, Order, Sort, State

if TYPE_CHECKING:
    from collections.abc import Mapping

DESCENDING_FIRST = frozenset({"uploaded", "year", "needs_review"})  # what one looks for is on top
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for; None does not restrict. Nonsense in an address does not either."""

    q: str | None = None
    agency: str | None = None
    year: int | None = None
    form: str | None = None
    state: State | None = None
    needs_review: bool | None = None
    sort: Sort = "uploaded"
    descending: bool = True
    cursor: str | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return replace(self, sort="uploaded", descending=True, cursor=None) != Search()

    @property
    def is_newest(self) -> bool:
        """Whether new documents come first."""
        return self.sort == "uploaded" and self.descending and self.cursor is None

    @property
    def order(self) -> Order:
        """How the list is sorted."""
        return Order(self.sort, self.descending)

    def filter(self, project: str, ids: tuple[str, ...] | None = None) -> Filter:
        """The filter in a project; `ids` restricts it further."""
        return Filter(
            (project,), self.q, self.agency, self.year, self.form, self.state, self.needs_review,
            ids,
        )  # fmt: skip

    def sorted_by(self, sort: Sort) -> Search:
        """The same from its beginning in another order; the other way round where it is this."""
        first = sort in DESCENDING_FIRST
        descending = not self.descending if sort == self.sort else first
        return replace(self, sort=sort, descending=descending, cursor=None)

    def first(self) -> Search:
        """The same from its beginning."""
        return replace(self, cursor=None)

    def query(self, **more: str | None) -> str:
        """The address's query, without what is as usual; for the API too."""
        given: dict[str, str | None] = {**self.filters(), **more}
        if self.sort != "uploaded" or not self.descending:
            given |= {"sort": self.sort, "order": "descending" if self.descending else "ascending"}
        given["cursor"] = self.cursor
        return urlencode({name: value for name, value in given.items() if value})

    def filters(self) -> dict[str, str]:
        """What restricts the list, as the API takes it."""
        chosen = {f.name: getattr(self, f.name) for f in fields(self)[:6]}
        return {name: _text(value) for name, value in chosen.items() if value is not None}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def search_of(query: Mapping[str, str]) -> Search:
    """The search of an address's query."""
    given = {name: value.replace("\0", "").strip()[:LONGEST] for name, value in query.items()}
    sort = given.get("sort")
    known = cast("Sort", sort) if sort in get_args(Sort) else "uploaded"
    usual = "descending" if known in DESCENDING_FIRST else "ascending"
    return Search(
        q=given.get("q") or None,
        agency=given.get("agency") or None,
        year=_year(given.get("year", "")),
        form=given.get("form") or None,
        state=cast("State", given["state"]) if given.get("state") in STATES else None,
        needs_review={"true": True, "false": False}.get(given.get("needs_review", "")),
        sort=known,
        descending=given.get("order", usual) != "ascending",
        cursor=query.get("cursor") or None,
    )


def _year(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else None
