"""Every message that has to be translated, from templates, this package and the scripts.

`python -m service.pages.messages` writes those that are missing into the Chinese catalogues, and
takes out those that nothing says any more. The sentences of the rest of the program are not found
by this: tests/test_pages_sentences.py holds that catalogue.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from service.pages.catalogue import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.pages.catalogue import Domain, Forms
    from service.pages.language import Language

SERVICE = Path(__file__).parent.parent
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "t": None, "n": (1, 2)}
SOURCES: dict[Domain, tuple[tuple[str, str, str], ...]] = {  # folder, files, how they are read
    "pages": (("templates", "**.html", "jinja2"), ("pages", "**.py", "python")),
    "scripts": (("static", "**.js", "javascript"),),
}
HEADER = b"""\
# Chinese, in the words of government archives. Messages: python -m service.pages.messages
msgid ""
msgstr ""
"Language: zh\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""
JINJA = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}


def found(domain: Domain) -> Iterator[tuple[str, Forms]]:
    """The messages of a domain, each with the file it is in."""
    for folder, files, method in SOURCES[domain]:
        extracted = extract_from_dir(
            SERVICE / folder, [(files, method)], {files: JINJA if method == "jinja2" else {}},
            keywords=KEYWORDS,
        )  # fmt: skip
        for file, _, message, _, _ in extracted:
            yield f"{folder}/{file}", message


def updated(language: Language, domain: Domain) -> Catalog:
    """The catalogue of a language with the messages of today, known translations kept."""
    path = path_of(language, domain)
    with path.open("rb") as file:
        known = read_po(file, locale=language)
    made = Catalog(locale=language, fuzzy=False)
    for place, message in found(domain):
        old = known.get(message)
        made.add(message, old.string if old is not None else "", locations=[(place, 0)])
    return made


def main() -> int:
    """Brings both catalogues up to date; gives how many messages lack a translation."""
    missing = 0
    for domain in SOURCES:
        made = updated("zh", domain)
        with path_of("zh", domain).open("wb") as file:
            file.write(HEADER)
            write_po(
                file, made, width=100, sort_output=True, include_lineno=False, omit_header=True
            )
        missing += sum(bool(m.id) and not "".join(m.string or "") for m in made)
    print(f"{missing} messages lack a translation")
    return missing


if __name__ == "__main__":
    sys.exit(min(main(), 1))
