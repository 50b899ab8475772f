"""The traditional encryption of ZIP (APPNOTE 6.1), which is weak and still what most programs use.

Each byte depends on the one before it, so it is slow here: half a microsecond a byte.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEADER = 12  # bytes of noise before the data; the last one tells whether the password is right
SLICE = 65_536  # bytes that are decrypted at once
_ONES = 0xFFFFFFFF
_CRC = tuple(zlib.crc32(bytes([n]), _ONES) ^ _ONES for n in range(256))


class Cipher:
    """The state of decryption, which every byte changes."""

    def __init__(self, password: bytes) -> None:
        self._keys = (0x12345678, 0x23456789, 0x34567890)
        for byte in password:
            self._keys = _stirred(*self._keys, byte)

    def decrypt(self, data: bytes) -> bytes:
        """The bytes that follow those decrypted before."""
        key0, key1, key2 = self._keys
        masks, crc, plain = _masks(), _CRC, bytearray()
        for byte in data:
            byte ^= masks[key2 & 0xFFFF]  # noqa: PLW2901  a loop of a million turns a second
            key0 = key0 >> 8 ^ crc[(key0 ^ byte) & 0xFF]
            key1 = ((key1 + (key0 & 0xFF)) * 134775813 + 1) & _ONES
            key2 = key2 >> 8 ^ crc[(key2 ^ key1 >> 24) & 0xFF]
            plain.append(byte)
        self._keys = key0, key1, key2
        return bytes(plain)


def _stirred(key0: int, key1: int, key2: int, byte: int) -> tuple[int, int, int]:
    key0 = key0 >> 8 ^ _CRC[(key0 ^ byte) & 0xFF]
    key1 = ((key1 + (key0 & 0xFF)) * 134775813 + 1) & _ONES
    return key0, key1, key2 >> 8 ^ _CRC[(key2 ^ key1 >> 24) & 0xFF]


@cache
def _masks() -> bytes:
    """What a byte is masked with, by the lower half of the third key."""
    return bytes((half | 2) * ((half | 2) ^ 1) >> 8 & 0xFF for half in range(0x10000))


def decrypted(pieces: Iterable[bytes], cipher: Cipher) -> Iterator[bytes]:
    """Plain pieces of at most SLICE bytes."""
    for piece in pieces:
        for start in range(0, len(piece), SLICE):
            yield cipher.decrypt(piece[start : start + SLICE])


def opened(header: bytes, passwords: Iterable[bytes], check: int) -> Cipher | None:
    """The cipher, past the header, of the first password that fits; None where none does.

    One wrong password of 256 fits too.
    """
    for password in passwords:
        cipher = Cipher(password)
        if cipher.decrypt(header)[-1:] == bytes([check]):
            return cipher
    return None


def spellings(password: str) -> list[bytes]:
    """The bytes of a password as programs write it: in UTF-8, or as Chinese Windows does."""
    ways = [password.encode(encoding, "ignore") for encoding in ("utf-8", "gb18030")]
    return list(dict.fromkeys(ways))
