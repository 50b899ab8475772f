"""Headers of forms as browsers, curl and old clients write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.intake.headers import boundary_of, part_headers
from service.intake.names import file_name
from service.intake.refusals import IntakeError


def sent(parameters: bytes) -> str | None:
    """The file name in a disposition with these parameters."""
    headers = {b"content-disposition": b'form-data; name="file"; ' + parameters}
    return part_headers(headers).file_name


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (b'filename="a.pdf"', "a.pdf"),
        (b"filename=a.pdf", "a.pdf"),
        (b'FILENAME="a.pdf"', "a.pdf"),
        (b'filename = "a.pdf"', "a.pdf"),
        (b'filename=""', ""),
        ('filename="报告.pdf"'.encode(), "报告.pdf"),
        ('filename="报告.pdf"'.encode("gbk"), "报告.pdf"),
        (b'filename="\xff\xff"', "\ufffd\ufffd"),
        (b'filename="a%22b%0D%0A.pdf"', 'a"b\r\n.pdf'),
        (b'filename="100%.pdf"', "100%.pdf"),
        (b'filename="a%2Fb.pdf"', "a%2Fb.pdf"),
        (rb'filename="a\"b\\c.pdf"', 'a"b\\c.pdf'),
        (rb'filename="C:\scans\a.pdf"', "C:\\scans\\a.pdf"),
        (b'filename="a;b.pdf"', "a;b.pdf"),
        (b'filename="a; name=other"', "a; name=other"),
        (b'filename="scans/2021/a.pdf"', "scans/2021/a.pdf"),
        (b'filename="a"; filename="b"', "a"),
        (b"filename*=UTF-8''%E6%8A%A5.pdf", "报.pdf"),
        (b"filename=\"x\"; filename*=utf-8'zh'%E6%8A%A5.pdf", "报.pdf"),
        (b"filename*=iso-8859-1''%E9.pdf", "é.pdf"),
        (b"filename=\"x\"; filename*=UTF-8''%E6", "x"),
        (b"filename=\"x\"; filename*=utf-7''+AGE-", "x"),
        (b'filename="x"; filename*=a', "x"),
        (b'filename="never closed.pdf', "never closed.pdf"),
        (rb'filename="ends in \"', "ends in \\"),
        (b"other=1", None),
    ],
)
def test_names_of_files_as_they_are_sent(parameters: bytes, name: str | None) -> None:
    """Browsers escape as the HTML standard says, curl with a backslash, Windows sends paths."""
    assert sent(parameters) == name


def test_a_name_is_that_of_the_field() -> None:
    """Which can have quotes too; a parameter inside a name is none."""
    headers = {b"content-disposition": b'Form-Data; name="a%22; filename=x"'}
    found = part_headers(headers)
    assert (found.name, found.file_name) == ('a"; filename=x', None)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "nameless_part"),
        ({b"content-disposition": b"form-data"}, "nameless_part"),
        ({b"content-disposition": b"form-data; filename=a"}, "nameless_part"),
        ({b"content-disposition": b"attachment; name=a"}, "nameless_part"),
    ],
)
def test_a_part_needs_a_name(headers: dict[bytes, bytes], reason: str) -> None:
    """Else nobody knows what it is."""
    with pytest.raises(IntakeError) as caught:
        part_headers(headers)
    assert caught.value.reason == reason


@pytest.mark.parametrize("encoding", [b"base64", b"Quoted-Printable", b"x\x00\xff"])
def test_an_encoded_part_is_refused(encoding: bytes) -> None:
    """It would be staged as what it is not."""
    headers = {b"content-disposition": b"form-data; name=a", b"content-transfer-encoding": encoding}
    with pytest.raises(IntakeError, match="send its bytes as they are") as caught:
        part_headers(headers)
    assert str(caught.value).isprintable()
    part_headers({**headers, b"content-transfer-encoding": b"Binary"})


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=b", b"b"),
        ('Multipart/Form-Data; charset=utf-8; Boundary="a b"', b"a b"),
        ("multipart/form-data;boundary=----WebKitFormBoundaryX", b"----WebKitFormBoundaryX"),
    ],
)
def test_a_form_has_a_boundary(content_type: str, boundary: bytes) -> None:
    """Quoted or not."""
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "content_type",
    [
        None, "", "application/json", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/mixed; boundary=b", f"multipart/form-data; boundary={'b' * 71}",
        "multipart/form-data; boundary=é", "multipart/form-data; boundary=报",
    ],
)  # fmt: skip
def test_anything_else_is_no_form(content_type: str | None) -> None:
    """And the sentence says what to send."""
    with pytest.raises(IntakeError, match="multipart/form-data") as caught:
        boundary_of(content_type)
    assert caught.value.code == "request"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_header_breaks_the_reading(value: bytes) -> None:
    """Any bytes give names, or an error of ours."""
    try:
        found = part_headers({b"content-disposition": b"form-data; name=a; " + value})
    except IntakeError:
        return
    assert file_name(found.file_name)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_what_a_browser_writes_is_what_was_chosen(name: str) -> None:
    """The escapes of the HTML standard are undone; names that look escaped are the exception."""
    escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    odd = any(sign in name for sign in ("%", "\\"))
    assert odd or sent(f'filename="{escaped}"'.encode()) == name
