"""Names for showing, from whatever was sent."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from service.api.schemas import ProjectIn, UserIn
from service.intake.names import (
    LONGEST_NAME,
    UNNAMED,
    cleaned,
    file_name,
    is_clutter,
    numbered,
    shown_path,
)

ANY_TEXT = st.text(st.characters(), max_size=300)  # lone surrogates too
PATHS = st.lists(
    st.sampled_from(
        ["..", ".", "/", "\\", "C:", "a", " ", "\0", "\u202e", "é", "e\u0301", "报", "\ud800"]
    ),
    max_size=40,
).map("".join)


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("a.pdf", "a.pdf"),
        ("scans/2021/a.pdf", "scans/2021/a.pdf"),
        ("scans\\2021\\a.pdf", "scans/2021/a.pdf"),
        ("../../etc/passwd", "etc/passwd"),
        ("..\\..\\windows\\a.pdf", "windows/a.pdf"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\li\\a.pdf", "Users/li/a.pdf"),
        ("C:a.pdf", "a.pdf"),
        ("x/C:D:a.pdf", "x/a.pdf"),
        ("\\\\server\\share\\a.pdf", "server/share/a.pdf"),
        ("\\\\?\\C:\\a.pdf", "?/a.pdf"),
        ("a/./b//c.pdf", "a/b/c.pdf"),
        ("a\r\nb\t.pdf", "ab.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u2066a\u2069.pdf", "a.pdf"),
        ("a\u200b\ufeff.pdf", "a.pdf"),
        ("a\u2028.pdf", "a.pdf"),
        ("a\ufffe.pdf", "a.pdf"),
        (" a.pdf ", "a.pdf"),
        ("e\u0301te\u0301.pdf", "été.pdf"),
        (".\u202e./a.pdf", "a.pdf"),
        (". ./a.pdf", ". ./a.pdf"),
        (" .. /a.pdf", "a.pdf"),
        ("\N{FAMILY}\u200d\N{BOY}.png", "\N{FAMILY}\u200d\N{BOY}.png"),
        ("a/..", "a"), ("..", UNNAMED), ("", UNNAMED), (None, UNNAMED), ("\u202e/ /\0", UNNAMED),
    ],
)  # fmt: skip
def test_a_path_is_safe_to_show(sent: str | None, path: str) -> None:
    """Relative, without what is not seen or leads elsewhere."""
    assert shown_path(sent) == path


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/passwd", "passwd"), ("..", "upload"), (None, "upload"), ("", "upload"),
        ("C:\\x\\a.pdf", "a.pdf"), ("报告.pdf", "报告.pdf"), ("a\0b.pdf", "ab.pdf"),
        ("\N{MEMO}" * 80 + ".pdf", "\N{MEMO}" * 49 + ".pdf"), ("\ud800.pdf", ".pdf"),
    ],
)  # fmt: skip
def test_a_file_name_is_the_last_part(sent: str | None, name: str) -> None:
    """As the service has shown it from the start."""
    assert file_name(sent) == name


def test_a_long_path_loses_folders_first() -> None:
    """Whole ones, and the file's name keeps its ending."""
    assert shown_path("/".join(["文件夹" * 10] * 5) + "/a.pdf") == f"{'文件夹' * 10}/" * 2 + "a.pdf"
    assert shown_path("x/" + "y" * 300 + ".pdf") == "y" * 196 + ".pdf"
    assert shown_path("x" * 99 + " " * 198 + "..") == UNNAMED


@settings(deadline=None)
@given(ANY_TEXT | PATHS)
def test_every_name_is_safe_and_stable(sent: str) -> None:
    """Whatever comes; and what was shown once is shown the same again."""
    path = shown_path(sent)
    assert 0 < len(path.encode()) <= LONGEST_NAME
    assert all(part not in {"", ".", ".."} for part in path.split("/"))
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in path)
    assert "\\" not in path
    assert unicodedata.is_normalized("NFC", path)
    assert shown_path(path) == path
    assert cleaned(path) == path


def test_what_programs_leave_is_known() -> None:
    """On Windows, macOS and Linux, at any depth."""
    clutter = (
        "__MACOSX/a.pdf",
        "x/.DS_Store",
        "Thumbs.db",
        "x/desktop.ini",
        "x/._a.pdf",
        "~$a.docx",
    )
    assert all(map(is_clutter, clutter))
    kept = ("a.pdf", "x/a.b/c.pdf", "macosx/a.pdf", "a~$.pdf", "d/.2021.pdf", ".d/a.pdf")
    assert not any(map(is_clutter, kept))


def test_names_are_numbered_where_they_are_taken() -> None:
    """Also where the number is taken, and where only the case differs."""
    taken: dict[str, int] = {}
    sent = ["x/a.pdf", "x/A.pdf", "x/a (3).pdf", "x/a.pdf", "x/a.pdf", "a.pdf", "x/a", "x/a"]
    assert [numbered(name, taken) for name in sent] == [
        "x/a.pdf", "x/A (2).pdf", "x/a (3).pdf", "x/a (4).pdf", "x/a (5).pdf", "a.pdf", "x/a",
        "x/a (2)",
    ]  # fmt: skip


def test_many_of_one_name_are_numbered_in_no_time() -> None:
    """Each name is tried once, also where it is as long as a name can be."""
    taken: dict[str, int] = {}
    names = [numbered("a" * LONGEST_NAME, taken) for _ in range(3_000)]
    assert len(set(names)) == len(names)
    assert names[-1].endswith("a (3000)")
    assert len(taken) == len(names)


@pytest.mark.parametrize("blank", ["\u200b", "\u200b \ufeff\u3000", "\u3164", "\u2800", "\u00ad"])
@pytest.mark.parametrize("shape", [ProjectIn, UserIn])
def test_a_name_that_cannot_be_seen_is_refused(shape: type[ProjectIn | UserIn], blank: str) -> None:
    """Two would look alike; pages take names by the same shapes."""
    with pytest.raises(ValidationError, match="at least 1 character"):
        shape.model_validate({"name": blank})
    assert shape.model_validate({"name": f"{blank}a\u200db{blank}"}).name == "a\u200db"
