"""What is in a form: files, fields, limits, damage, and garbage."""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.intake import IntakeError, Refusal, StagedFile, Staging, Upload, staged_upload
from tests.intake_forms import (
    FORM,
    SMALL,
    chunked,
    file,
    form,
    part,
    pieces,
    refused,
    send,
    told,
)  # fmt: skip
from tests.intake_zips import PDF, PNG, Member, zip_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [1, 3, 7, 50, 100_000])
def test_files_and_fields_come_out(tmp_path: Path, size: int) -> None:
    """In their order, each file staged or refused by itself, however the body was cut."""
    body = form(
        part("project", "报告".encode()), file(), file(b"GIF89a", "b.gif"),
        part("path", b"x\r\n--b0un"), file(PNG, "scans\\2021/../c.png"), file(b"", "empty.pdf"),
        file(zip_of(Member(b"d.pdf")), "d.zip"),
    )  # fmt: skip

    def seen(upload: Upload) -> None:
        first = upload.files[0]
        assert isinstance(first, StagedFile)
        assert first.path.read_bytes() == PDF
        assert first.sha256 == hashlib.sha256(PDF).hexdigest()

    upload = send(tmp_path, *chunked(body, size), seen=seen)
    assert upload.fields == (("project", "报告"), ("path", "x\r\n--b0un"))
    assert upload.field("path") == "x\r\n--b0un"
    assert upload.field("password") is None
    assert told(upload) == [
        ("a.pdf", "pdf"), ("b.gif", "gif"), ("scans/2021/c.png", "png"), ("empty.pdf", "empty"),
        ("d.zip", "zip"),
    ]  # fmt: skip


def test_a_form_without_files_has_none(tmp_path: Path) -> None:
    """Nor has an empty input, which browsers send as a file without a name or content."""
    assert send(tmp_path, form()).files == ()
    assert send(tmp_path, form(file(b"", ""), part("a", b""))).fields == (("a", ""),)
    assert told(send(tmp_path, form(file(PDF, "")))) == [("upload", "pdf")]


def test_what_systems_put_in_a_folder_is_left_out(tmp_path: Path) -> None:
    """Where a folder is sent; a file that somebody chose is looked at."""
    body = form(file(b"x", "scans/.DS_Store"), file(b"x", "scans/Thumbs.db"), file(PDF, ".pdf"))
    assert told(send(tmp_path, body)) == [(".pdf", "pdf")]


def test_a_password_is_not_printed(tmp_path: Path) -> None:
    """An upload can end in a log."""
    assert "secret" not in repr(send(tmp_path, form(part("password", b"secret"))))


CONTENT = st.lists(
    st.sampled_from(
        [b"\r\n", b"\r", b"\n", b"-", b"--b0und", b"\r\n--b0un", b"\r\n--", b"x", b"\0"]
    ),
    max_size=12,
).map(b"".join)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.booleans(), CONTENT), max_size=6), st.data())
def test_what_is_sent_is_what_is_staged(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[bool, bytes]], data: st.DataObject
) -> None:
    """Content full of pieces of the delimiter, cut into chunks anywhere."""
    sent = [(is_file, content) for is_file, content in sent if b"\r\n--b0und" not in content]
    parts = [
        file(PDF + content, f"{n}.pdf") if is_file else part(str(n), content)
        for n, (is_file, content) in enumerate(sent)
    ]
    body = form(*parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(body)), max_size=8)))
    chunks = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    def seen(upload: Upload) -> None:
        found = {f.name: f.path.read_bytes() for f in upload.files if isinstance(f, StagedFile)}
        files = {f"{n}.pdf": PDF + c for n, (is_file, c) in enumerate(sent) if is_file}
        assert found == files

    upload = send(tmp_path_factory.mktemp("s"), *chunks, seen=seen)
    fields = [
        (str(n), c.decode().replace("\0", "")) for n, (is_file, c) in enumerate(sent) if not is_file
    ]
    assert list(upload.fields) == fields


GARBAGE = st.lists(
    st.binary(max_size=20)
    | st.sampled_from(
        [
            b"--b0und", b"\r\n--b0und", b"\r\n", b"--", b"Content-Disposition: ", b": ",
            b'form-data; name="a"', b'; filename="', b"\r\n\r\n", file(), part("a", b"b"),
        ]
    ),
    max_size=15,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(GARBAGE)
def test_garbage_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]
) -> None:
    """With an error of ours and nothing else; nothing stays on the disk."""
    with suppress(IntakeError):
        send(tmp_path_factory.mktemp("s"), *chunks, limits=SMALL)


def test_every_cut_is_told(tmp_path: Path) -> None:
    """Wherever the client went away, up to the last delimiter."""
    body = form(part("a", b"b"), file(), file(PNG, "b.png"))
    whole = len(body) - 2  # the last line end can be missing
    for length in range(whole):
        assert refused(tmp_path, body[:length]).reason == "cut_off"
    assert len(send(tmp_path, body[:whole]).files) == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"no form at all", "malformed"),
        (b"--other\r\n\r\n", "malformed"),
        (b"--b0und\r\nContent Disposition\r\n\r\n", "malformed"),
        (b"--b0und\r\n: x\r\n\r\n", "malformed"),
        (b"--b0und\r\n\r\nx\r\n--b0und--", "nameless_part"),
        (form(part("a", b"\xff\xfe")), "not_utf8"),
        (part("n" * 200, b""), "long_field_name"),
        (form(*[file()] * 6), "many_files"),
        (form(*[part("a", b"")] * 4), "many_fields"),
        (form(part("a", b"x" * 101)), "long_field"),
        (form(*[part("a", b"x" * 80)] * 2), "long_fields"),
        (file(PDF, "a" * 201), "long_file_name"),
        (b"--b0und\r\nX-A: " + b"a" * 600, "long_headers"),
        (b"--b0und\r\n" + b"a" * 600, "long_headers"),
        (b"--b0und\r\nX:" + b" " * 600, "long_headers"),
        (b"--b0und\r\n" + b"X-A: a\r\n" * 17, "long_headers"),
        (form(file(b"\r\n--b0undX" * 50)), "malformed"),
        (form(file(bytes(100_000))), "large_request"),
        (form(file()) + bytes(100_000), "large_request"),
    ],
)  # fmt: skip
def test_a_form_that_is_wrong_is_refused(tmp_path: Path, body: bytes, reason: str) -> None:
    """Whole, with one sentence; it does not matter how it was cut."""
    for size in (len(body), 1_000, 11):
        error = refused(tmp_path, *chunked(body, size))
        assert error.reason == reason
        assert ": " in str(error)


def test_a_length_that_is_said_is_believed_where_it_is_too_much(tmp_path: Path) -> None:
    """Before anything is read."""

    async def run(length: int) -> None:
        staging = Staging(tmp_path, SMALL)
        body = pieces([form(file())])
        async with staged_upload(body, FORM, staging, content_length=length) as upload:
            assert len(upload.files) == 1

    asyncio.run(run(10))
    with pytest.raises(IntakeError, match="larger than 97"):
        asyncio.run(run(100_001))


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_a_file_that_is_too_large_is_refused_alone(tmp_path: Path, size: int) -> None:
    """Its bytes are dropped, and the next ones are taken; an archive can be larger."""
    archive = zip_of(Member(b"a.pdf", bytes(1_500), method=0))
    body = form(
        file(PDF.ljust(1_000)), file(PDF.ljust(1_001), "b.pdf"), file(archive, "c.zip"),
        file(archive + bytes(1_000), "d.zip"), file(PNG, "e.png"),
    )  # fmt: skip
    upload = send(tmp_path, *chunked(body, size), limits=SMALL)
    assert told(upload) == [
        ("a.pdf", "pdf"), ("b.pdf", "large_file"), ("c.zip", "zip"), ("d.zip", "large_zip"),
        ("e.png", "png"),
    ]  # fmt: skip
    refusal = upload.files[1]
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.parameters) == ("too_large", {"limit": "1000 bytes"})


def test_a_refused_file_leaves_the_disk_at_once(tmp_path: Path) -> None:
    """Not only at the end."""

    def seen(upload: Upload) -> None:
        assert len(list(tmp_path.iterdir())) == 1

    body = form(file(PDF.ljust(1_001)), file(b"GIF89a"), file())
    send(tmp_path, *chunked(body, 64), limits=SMALL, seen=seen)


def test_ten_thousand_files_are_refused(tmp_path: Path) -> None:
    """At the first one over the limit, whether they come in one chunk or in many."""
    body = form(*(file(PDF, f"{n}.pdf") for n in range(10_000)))
    start = time.monotonic()
    for size in (len(body), 65_536):
        error = refused(tmp_path, *chunked(body, size), limits=None)
        assert str(error) == "these are more than 2000 files: send them in several uploads"
        assert error.code == "too_large"
    assert time.monotonic() - start < 20


def test_a_body_full_of_delimiters_costs_little(tmp_path: Path) -> None:
    """The parser would take a second for 4 MB."""
    body = file(b"\r\n--b0undX" * 1_000_000)
    start = time.monotonic()
    assert refused(tmp_path, *chunked(body, 65_536), limits=None).reason == "malformed"
    assert time.monotonic() - start < 1
