"""Turns: so many at a time and of one owner; those who wait are called in their order."""

from __future__ import annotations

import asyncio

import pytest

from service.turns import BusyError, Turns


async def take(turns: Turns, owner: str, log: list[str], until: asyncio.Event) -> None:
    """Holds a turn until told; writes down when it began."""
    async with turns.turn(owner):
        log.append(owner)
        await until.wait()


def test_one_owner_does_not_keep_others_out() -> None:
    """Who has as many as one may have waits, and others are called before."""

    async def run() -> list[str]:
        turns, log, until = Turns(3, 2, wait_s=5, row=9), list[str](), asyncio.Event()
        owners = ["a1", "a2", "a3", "b1", "c1"]
        tasks = [asyncio.create_task(take(turns, owner[0], log, until)) for owner in owners]
        await asyncio.sleep(0.01)
        assert log == ["a", "a", "b"]
        until.set()
        await asyncio.gather(*tasks)
        assert turns.held() == 0
        return log

    assert asyncio.run(run()) == ["a", "a", "b", "a", "c"]


def test_who_waits_too_long_is_told() -> None:
    """So is who would stand in too long a row; who leaves takes nothing along."""

    async def run() -> None:
        turns, until = Turns(1, 1, wait_s=0.05, row=1), asyncio.Event()
        first = asyncio.create_task(take(turns, "a", [], until))
        await asyncio.sleep(0)
        second = asyncio.create_task(take(turns, "b", [], until))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await take(turns, "c", [], until)
        with pytest.raises(BusyError):
            await second
        third = asyncio.create_task(take(turns, "d", [], until))
        await asyncio.sleep(0)
        third.cancel()
        until.set()
        await first
        await asyncio.gather(third, return_exceptions=True)
        assert turns.held() == 0
        await take(turns, "e", [], until)

    asyncio.run(run())


def test_a_turn_that_comes_as_its_owner_leaves_goes_to_the_next() -> None:
    """Nothing is lost between being called and having gone."""

    async def run() -> None:
        turns, until, log = Turns(1, 1, wait_s=5, row=5), asyncio.Event(), list[str]()
        first = asyncio.create_task(take(turns, "a", log, until))
        await asyncio.sleep(0)
        second = asyncio.create_task(take(turns, "b", log, until))
        await asyncio.sleep(0)
        until.set()
        while turns._row:  # until the second is called
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        await take(turns, "c", log, until)
        assert log[-1] == "c"
        assert turns.held() == 0

    asyncio.run(run())
