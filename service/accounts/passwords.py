"""Passwords: argon2id, as RFC 9106 recommends where memory is scarce."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST, LONGEST = 10, 200  # characters
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for another

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_NOBODY = _hasher.hash("nobody")  # takes as long to refuse as a wrong password


class BusyError(Exception):
    """Too many passwords are looked at already."""


class _Hashing:
    """Few hashes at a time, and few who wait: all others ask for something else."""

    def __init__(self, most: int, waiting: int) -> None:
        self.turns = threading.Semaphore(most)  # 64 MiB each: memory stays flat, whoever tries
        self._places = threading.Semaphore(most + waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A block that may hash. Raises BusyError."""
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            with self.turns:
                yield
        finally:
            self._places.release()


_hashing = _Hashing(most=2, waiting=3)  # of the twelve threads that answer


class WeakPasswordError(ValueError):
    """A password that is too easy to guess."""


def hashed(password: str) -> str:
    """What is kept of a password; waits for its turn, as only few may set one."""
    with _hashing.turns:
        return _hasher.hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Whether it is the password; takes as long where there is none. Raises BusyError."""
    with _hashing.turn():
        try:
            return _hasher.verify(kept or _NOBODY, password[:LONGEST]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def check(password: str, name: str) -> None:
    """Raises WeakPasswordError with what to do."""
    if len(password) < SHORTEST:
        raise WeakPasswordError(
            f"a password has {SHORTEST} characters or more: choose a longer one"
        )
    if len(password) > LONGEST:
        raise WeakPasswordError(
            f"a password has at most {LONGEST} characters: choose a shorter one"
        )
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise WeakPasswordError("this is easy to guess: choose several words that nobody expects")


def one_time() -> str:
    """A password that is easy to type, of 79 bits."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))
