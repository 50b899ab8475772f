"""Why a file or a whole upload is refused: one table of sentences, to translate from.

A reason is the key of a sentence; its code is one of extractor.errors where that fits. Of others
there are four: "request" (the upload itself is wrong), "stalled" (it does not go on), "disk_full"
and "quota" (of a project).
What stands in braces is a name of the client or a number with its unit, never a piece of a
sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST, STALLED, DISK_FULL, QUOTA = "request", "stalled", "disk_full", "quota"
UNREADABLE, UNSUPPORTED, ENCRYPTED = "unreadable", "unsupported", "encrypted"
TOO_LARGE, TIMED_OUT = "too_large", "timed_out"


def _of(code: str, **sentences: str) -> dict[str, tuple[str, str]]:
    return {reason: (code, sentence) for reason, sentence in sentences.items()}


SENTENCES: dict[str, tuple[str, str]] = {  # reason: (code, sentence)
    # The whole upload.
    **_of(
        REQUEST,
        no_form=(
            "the upload is not a form with files: send multipart/form-data with a boundary, as "
            "browsers and curl -F do"
        ),
        malformed="the form is damaged and cannot be taken apart: send it again",
        cut_off="the upload broke off before its end: send it again",
        nameless_part="a part of the form has no name: give every field and file one",
        encoded_part=(
            'the part "{field}" has the transfer encoding {encoding}: send its bytes as they are'
        ),
        not_utf8='the field "{field}" is not UTF-8: send it in UTF-8',
    ),
    **_of(
        STALLED,
        stalled=(
            "nothing or too little came for {seconds} s: check the connection and send the upload "
            "again"
        ),
    ),
    **_of(
        TOO_LARGE,
        long_headers=(
            "the headers of a part of the form are too long: at most {limit} each, and {count} of "
            "them"
        ),
        long_field_name="a field has a name of more than {limit}: give it a short one",
        long_file_name=(
            "a file has a name of more than {limit} with its folders: rename it, or send it "
            "without them"
        ),
        many_files="these are more than {limit} files: send them in several uploads",
        many_fields="the form has more than {limit} fields: send fewer",
        long_field='the field "{field}" is longer than {limit}: shorten it, or send it as a file',
        long_fields="the fields are longer than {limit} together: send less text",
        large_request="the upload is larger than {limit}: send the files in several uploads",
    ),
    **_of(
        DISK_FULL,
        disk_full=(
            "the server's disk is nearly full, less than {limit} are free: ask its administrator "
            "to make room, then send the files again"
        ),
    ),
    # One file.
    **_of(
        TOO_LARGE,
        large_file="it is larger than {limit}: split it, or scan it at a lower resolution",
        large_zip="the archive is larger than {limit}: pack its files in several archives",
    ),
    **_of(
        QUOTA,
        quota_documents=(
            "the project is full, it has {number} documents: delete some, or ask its administrator "
            "for more room"
        ),
        quota_bytes=(
            "the project has no room for it, {left} are left: delete documents, or ask its "
            "administrator for more room"
        ),
    ),
    # An archive.
    **_of(
        UNREADABLE,
        zip_damaged=(
            "the archive is damaged and nothing in it can be found: pack it again, or send its "
            "files"
        ),
        zip_cut_off=(
            "the archive is damaged or cut off: what came out of it is what could be found; pack "
            "it again to get the rest"
        ),
        zip_without_files="the archive has no files in it: pack it again",
    ),
    **_of(
        UNSUPPORTED,
        zip_split="it is one piece of an archive that was split: pack the files in a single ZIP",
    ),
    **_of(
        TOO_LARGE,
        zip_many_entries="the archive has more than {limit} files: pack them in several archives",
        zip_large_directory=(
            "the list of names in the archive is longer than {limit}: pack fewer files in it"
        ),
        zip_too_much=(
            "the archives of this upload have more than {limit} in them, and the rest was left "
            "out: send it in several uploads"
        ),
        zip_bomb=(
            "the archive unpacks to more than {ratio} times its size, as no scans do, and the rest"
            " was left out: send its files without packing them"
        ),
    ),
    **_of(
        TIMED_OUT,
        zip_slow=(
            "unpacking took longer than {seconds} s, and the rest was left out: pack fewer files "
            "in an archive, and without a password"
        ),
    ),
    # An entry of an archive.
    **_of(
        TOO_LARGE,
        entry_bomb=(
            "it unpacks to more than {ratio} times its packed size, as no scan does: send it "
            "without packing it"
        ),
    ),
    **_of(
        UNREADABLE,
        entry_damaged="it is damaged in the archive: pack it again, or send it without packing it",
        entry_cut_off="it is cut off in the archive: pack it again",
        entry_overlaps=(
            "it shares its bytes with another file of the archive: pack the archive again"
        ),
    ),
    **_of(
        ENCRYPTED,
        entry_locked=(
            "it is locked with a password: give the password with the archive, or pack it without "
            "one"
        ),
        entry_wrong_password=(  # noqa: S106  a sentence
            "the password does not open it: give the right one, or pack it without a password"
        ),
        entry_aes=(
            "it is locked with a kind of encryption that is not read (AES): pack it without a "
            "password"
        ),
    ),
    **_of(
        UNSUPPORTED,
        entry_method=(
            "it is packed in a way that is not read (method {method}): pack it as an ordinary ZIP"
        ),
        nested_archive=(
            "it is an archive in an archive: unpack it first, then pack the files themselves"
        ),
    ),
    # Kinds of files, by their content; the keys are those of service.intake.kinds.
    **_of(
        UNREADABLE,
        empty="the file is empty: copy it again from its source",
    ),
    **_of(
        UNSUPPORTED,
        word="this is a Word document: export it as PDF",
        excel="this is an Excel workbook: export it as PDF",
        powerpoint="this is a PowerPoint presentation: export it as PDF",
        office="this is an Office document: export it as PDF",
        opendocument="this is an OpenDocument file: export it as PDF",
        ofd="this is an OFD document: convert it to PDF with an OFD reader",
        caj="this is a CAJ document: print it to a PDF with CAJViewer",
        epub="this is an EPUB book: convert it to PDF",
        djvu="this is a DjVu document: convert it to PDF",
        postscript="this is a PostScript file: convert it to PDF",
        rtf="this is an RTF document: export it as PDF",
        html="this is a web page: print it to a PDF; if it should be a PDF, its download failed",
        xml="this is an XML file: export the document as PDF",
        mail="this is an e-mail: save what is attached to it and send that",
        text="this is a text file: print it to a PDF",
        rar="this is a RAR archive: unpack it, or send a ZIP",
        seven_zip="this is a 7z archive: unpack it, or send a ZIP",
        gzip="this is a gzip archive: unpack it, or send a ZIP",
        tar="this is a tar archive: unpack it, or send a ZIP",
        other_archive="this is an archive of another kind: unpack it, or send a ZIP",
        gif="this is a GIF image: save it as PNG",
        heic="this is a HEIC or AVIF photo: save it as JPEG",
        jpeg2000="this is a JPEG 2000 image: save it as PNG or TIFF",
        svg="this is an SVG drawing: export it as PDF",
        photoshop="this is a Photoshop file: save it as PNG or TIFF",
        media="this is a sound or a film: send PDFs and scans",
        program="this is a program: send PDFs and scans",
        unknown="this is not a PDF, PNG, JPEG, BMP, WEBP or TIFF file: convert it to one of them",
    ),
    **_of(
        ENCRYPTED,
        office_locked="this is an Office document with a password: open it and export it as PDF",
    ),
}


def sentence(reason: str, parameters: Mapping[str, str | int]) -> str:
    """The English sentence of a reason; `parameters` are what stands in its braces."""
    return SENTENCES[reason][1].format_map(parameters)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not taken, and why: a sentence that says what it is and what to do."""

    name: str  # for showing, as names.shown_path makes it
    reason: str  # key of SENTENCES
    parameters: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The class of the reason, as of extractor.errors."""
        return SENTENCES[self.reason][0]

    @property
    def sentence(self) -> str:
        """In English, without the name."""
        return sentence(self.reason, self.parameters)


class IntakeError(Exception):
    """A whole upload is refused. `code` is that of its reason."""

    def __init__(self, reason: str, **parameters: str | int) -> None:
        """`reason` is a key of SENTENCES; `parameters` are what stands in its braces."""
        self.message = sentence(reason, parameters)
        super().__init__(self.message)
        self.reason, self.parameters = reason, parameters
        self.code = SENTENCES[reason][0]

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.reason, self.parameters)

    def of(self, name: str) -> Refusal:
        """The same reason, of one file."""
        return Refusal(name, self.reason, self.parameters)


def _rebuild(reason: str, parameters: dict[str, str | int]) -> IntakeError:
    return IntakeError(reason, **parameters)
