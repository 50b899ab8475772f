"""ZIPs written by hand, also wrong ones, and what comes out of them."""

from __future__ import annotations

import bz2
import hashlib
import stat
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.intake import IntakeLimits, Refusal, StagedBatch, StagedFile, Staging, expand

if TYPE_CHECKING:
    from pathlib import Path

PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n"
DEFLATED, BZIPPED = 8, 12
STREAMED, ENCRYPTED, UTF8 = 1 << 3, 1 << 0, 1 << 11


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@dataclass(frozen=True)
class Member:
    """An entry; `packed`, `crc` and `size` are what is written of it, true or not."""

    name: bytes
    data: bytes = PDF
    method: int = DEFLATED
    flags: int = 0
    mode: int = 0
    extra: bytes = b""
    packed: bytes | None = None
    packed_size: int | None = None
    crc: int | None = None
    size: int | None = None
    at: int | None = None  # the offset the directory says

    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        if self.method == DEFLATED:
            return deflated(self.data)
        return bz2.compress(self.data) if self.method == BZIPPED else self.data

    def numbers(self) -> tuple[int, int, int]:
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        packed_size = len(self.body()) if self.packed_size is None else self.packed_size
        return crc, packed_size, len(self.data) if self.size is None else self.size

    def local(self) -> bytes:
        streamed = self.flags & STREAMED
        numbers = (0, 0, 0) if streamed else self.numbers()
        start = struct.pack(
            "<4s5H3L2H", b"PK\x03\x04", 20, self.flags, self.method, 0, 0, *numbers,
            len(self.name), len(self.extra),
        )  # fmt: skip
        after = struct.pack("<4s3L", b"PK\x07\x08", *self.numbers()) if streamed else b""
        return start + self.name + self.extra + self.body() + after

    def central(self, offset: int) -> bytes:
        start = struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 3 << 8 | 20, 20, self.flags, self.method, 0, 0,
            *self.numbers(), len(self.name), len(self.extra), 0, 0, 0, self.mode << 16,
            offset if self.at is None else self.at,
        )  # fmt: skip
        return start + self.name + self.extra


def zip_of(*members: Member, before: bytes = b"", comment: bytes = b"") -> bytes:
    """An archive; `before` is what stands in front of it and shifts its offsets."""
    body, directory = b"", b""
    for member in members:
        directory += member.central(len(body))
        body += member.local()
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), len(body),
        len(comment),
    )  # fmt: skip
    return before + body + directory + end + comment


def encrypted(data: bytes, password: bytes, check: int) -> bytes:
    """Bytes in the traditional encryption, with a header of zeros before them."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value: int, byte: int) -> int:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        return value

    def stir(byte: int) -> None:
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) % 2**32
        keys[2] = crc(keys[2], keys[1] >> 24)

    for byte in password:
        stir(byte)
    result = bytearray()
    for byte in bytes(11) + bytes([check]) + data:
        half = keys[2] % 2**16 | 2
        result.append(byte ^ (half * (half ^ 1) >> 8) % 256)
        stir(byte)
    return bytes(result)


def locked(name: bytes, password: bytes, data: bytes = PDF) -> Member:
    """An entry in the traditional encryption."""
    packed = encrypted(deflated(data), password, zlib.crc32(data) >> 24)
    return Member(name, data, flags=ENCRYPTED, packed=packed)


def staged(batch: StagedBatch, data: bytes) -> StagedFile:
    sink = batch.create()
    sink.write(data)
    archive = sink.settle("scans.zip")
    assert isinstance(archive, StagedFile)
    assert archive.kind == "zip"
    return archive


def unpacked(
    folder: Path, data: bytes, *, password: str | None = None, limits: IntakeLimits | None = None
) -> list[tuple[str, str, bytes]]:
    """Names, kinds or reasons, and contents; nothing is written outside, nothing stays."""
    result = []
    with Staging(folder / "s", limits).batch() as batch:
        for item in expand(staged(batch, data), batch, password=password):
            if isinstance(item, Refusal):
                assert item.sentence
                result.append((item.name, item.reason, b""))
                continue
            content = item.path.read_bytes()
            assert item.path.parent == folder / "s"
            assert stat.S_IMODE(item.path.stat().st_mode) == 0o600
            assert (item.size, item.sha256) == (len(content), hashlib.sha256(content).hexdigest())
            result.append((item.name, item.kind, content))
        kept = sum(kind in {"pdf", "png"} for _, kind, _ in result)
        assert len(list((folder / "s").iterdir())) == kept + 1
    assert not list((folder / "s").iterdir())
    assert [path.name for path in folder.iterdir()] == ["s"]
    return result


def told(folder: Path, data: bytes, **how: object) -> list[tuple[str, str]]:
    """Names, and kinds or reasons."""
    return [(name, kind) for name, kind, _ in unpacked(folder, data, **how)]  # type: ignore[arg-type]
