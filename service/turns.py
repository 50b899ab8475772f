"""Turns: so many at a time, not all for one owner; who comes later waits in a row."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class BusyError(Exception):
    """Too many of a kind are under way."""


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    owner: str
    called: asyncio.Future[None]


class Turns:
    """Who comes first is called first, but for owners who have as many as one may have."""

    def __init__(self, most: int, each: int, wait_s: float = 0.0, row: int | None = None) -> None:
        """`most` at a time, `each` of one owner; `row` (`most` by default) may wait `wait_s`."""
        self._most, self._each, self._wait_s = most, each, wait_s
        self._longest = most if row is None else row
        self._held: Counter[str] = Counter()
        self._row: deque[_Place] = deque()

    @asynccontextmanager
    async def turn(self, owner: str) -> AsyncIterator[None]:
        """A block that has its turn. Raises BusyError where none comes."""
        if self._has_room(owner):
            self._held[owner] += 1
        else:
            await self._wait(owner)
        try:
            yield
        finally:
            self._give_back(owner)

    def held(self) -> int:
        """How many have their turn."""
        return self._held.total()

    async def _wait(self, owner: str) -> None:
        if len(self._row) >= self._longest or not self._wait_s:
            raise BusyError
        place = _Place(owner, asyncio.get_running_loop().create_future())
        self._row.append(place)
        try:
            async with asyncio.timeout(self._wait_s):
                await place.called
        except BaseException as error:
            self._leave(place)
            if isinstance(error, TimeoutError):
                raise BusyError from None
            raise

    def _leave(self, place: _Place) -> None:
        if place in self._row:
            self._row.remove(place)
        elif place.called.done() and not place.called.cancelled():
            self._give_back(place.owner)  # called at the moment it left

    def _give_back(self, owner: str) -> None:
        self._held[owner] -= 1
        self._held += Counter()  # forgets who has none
        for place in tuple(self._row):
            if self._held.total() >= self._most:
                return
            if self._has_room(place.owner):
                self._row.remove(place)
                self._held[place.owner] += 1
                place.called.set_result(None)

    def _has_room(self, owner: str) -> bool:
        return self._held.total() < self._most and self._held[owner] < self._each
