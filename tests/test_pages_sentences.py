"""Sentences of the program in Chinese: every one that it can say has a pattern that fits."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import product
from shutil import which
from typing import TYPE_CHECKING

import pytest

from extractor.certificate.drift import drifted
from extractor.checks import run_checks
from extractor.confidence.bands import BANDS
from extractor.document import Check, Entity, Normalized, Section
from extractor.pipeline import DOUBTS
from extractor.template import load_templates
from service.accounts.roles import PERMISSIONS
from service.http.problems import SENTENCES as PROBLEMS
from service.intake.refusals import SENTENCES as REFUSALS
from service.jobs.attempt import ADVICE, WRONG_PASSWORD
from service.pages.catalogue import load_words
from service.pages.sentences import Phrasebook, expression_of, phrasebook
from tests.example_documents import BOX, example_document, example_field
from tests.program_sentences import sentences, things_not_found

if TYPE_CHECKING:
    from extractor.document import Field

HAN = re.compile("[一-鿿]")
PLACES = re.compile(r"\{(\w+)\}")
ENGLISH = re.compile("[a-z]{3,} [a-z]{2,}")
TABLE = load_words("zh", "sentences").table


def test_patterns_fit_sentences() -> None:
    """Fixed words decide; values are taken over, words of the program are told in their turn."""
    book = Phrasebook(
        {
            "%(left)s is %(a)s": "%(left)s为%(a)s",
            "In all %(left)s is %(a)s": "合计%(left)s为%(a)s",
            "the sum of %(first)s to %(last)s": "%(first)s至%(last)s之和",
            "page %(page)s": "第%(page)s页",
            "page %(page)s is damaged": "第%(page)s页损坏",
            "fine": "好",
        }
    )
    assert book.told("In all the sum of 甲 to 乙 is 4") == "合计甲至乙之和为4"
    assert book.told("page 3 is damaged") == "第3页损坏", "the plainer pattern comes first"
    assert book.told("page 3") == "第3页"
    assert book.told("fine") == "好"
    assert book.told("what is not known is told") == "what为not known is told"
    assert book.told("unknown") is None


def test_values_are_names_and_not_words() -> None:
    """A project that is called "page" keeps its name."""
    told = phrasebook("zh").told('there is a project "page": choose another name')
    assert told is not None
    assert "page" in told
    assert phrasebook("zh").told("there is no such page") == "没有该页面"


def test_signs_of_a_sentence_stand_for_themselves() -> None:
    """Dots and brackets; a value is anything but nothing."""
    pattern = re.compile(expression_of("(%(a)s). %(b)s?"), re.DOTALL)
    found = pattern.fullmatch("(1). x\ny?")
    assert found is not None
    assert found.groupdict() == {"a": "1", "b": "x\ny"}
    assert pattern.fullmatch("(). x?") is None
    assert pattern.fullmatch("(1)! x?") is None


# --- what the program can say ---------------------------------------------------------------------


def said() -> set[str]:
    """The sentences that are in the source as they are said, with numbers as values."""
    found = {sentence for _, sentence in sentences()}
    found |= {PLACES.sub("7", sentence) for _, sentence in REFUSALS.values()}
    found |= {*ADVICE.values(), WRONG_PASSWORD, *PROBLEMS.values()}
    found |= {f"there is no such {thing}" for thing in things_not_found()}
    found |= {f'this needs the permission "{p}" in the project: ask an administrator'
              for p in PERMISSIONS}  # fmt: skip
    found |= {f"the text layer was not used: {doubt}; the page was read from its pixels"
              for doubt in DOUBTS.values()}  # fmt: skip
    found |= {f"page 7: {sentence}" for sentence in found if sentence.startswith("the page")}
    return {s if not s.endswith(": ") else f"{s}the PDF has no pages; get it again" for s in found}


def certificates() -> set[str]:
    """Why a certificate does not apply, in its own words."""
    whys = [drifted((0.001, 0.002), (0.2,)), drifted((0.001, 0.002), (0.2, 0.3))]
    whys.append("84% of the document is expected to be wrong")
    return {
        *(f"no threshold is certified for {b} pages: {why}" for b, why in product(BANDS, whys)),
        "no threshold is certified: it was made with another det.onnx, rec.onnx",
        "no threshold is certified: it was made for version 1-a of the model of confidence, not 2",
    }


COLUMNS = ("natural_person", "business", "research", "total")


def report(year: int, issued: str, numbers: tuple[int, ...]) -> tuple[Field, ...]:
    """The fields of a report with two rows; `numbers` are those of the applications received."""
    found = [
        example_field("report.title", "标题", "临江县2022年政府信息公开工作年度报告"),
        example_field("report.year", "报告年度", year, kind="year"),
        example_field("report.period_start", "统计期限起", "2022-01-01", kind="date"),
        example_field("report.period_end", "统计期限止", "2022-12-31", kind="date"),
        example_field("report.issued_on", "成文日期", issued, kind="date"),
        example_field("report.published_on", "发布日期", issued, kind="date"),
    ]
    names = ("new_received", "carried_in", "granted", "partly_granted", "total", "carried_out")
    rows = dict.fromkeys(names, (0, 0, 0, 0)) | {"new_received": numbers}
    rows |= {"granted": (16, 2, 0, 18), "total": (16, 2, 0, 18)}
    for row, own in rows.items():
        for column, number in zip(COLUMNS, own, strict=True):
            name = f"applications.{row}.{column}"
            found.append(example_field(name, f"三、结果 / {row} / {column}", number))
    return tuple(found)


def prose(value: int, page: int | None) -> tuple[tuple[Section, ...], tuple[Entity, ...]]:
    """A section that says how many applications there were."""
    text, count = f"本年共收到政府信息公开申请{value}件。", f"{value}件"
    start = text.index(count)
    entity = Entity("COUNT", count, start, start + len(count), "一", Normalized(value, "件"),
                    "政府信息公开申请", 0.99, page, BOX)  # fmt: skip
    return (Section("一", "总体情况", 1, 1, (text,)),), (entity,)


def checks() -> list[Check]:
    """Checks of all kinds, each once held and once broken, by the real rules."""
    template = next(t for t in load_templates() if t.id == "gov-disclosure-annual/2021")
    found: list[Check] = []
    for year, issued, numbers, stated, page in product(
        (2021, 2022),
        ("2022-03-01", "2023-03-01"),
        ((16, 2, 0, 18), (15, 2, 0, 18)),
        (18, 21),
        (1, None),
    ):
        sections, entities = prose(stated, page)
        found += run_checks(template, report(year, issued, numbers), entities, sections)
    return found


CHECKS = checks()
SAID = sorted({*said(), *certificates(), *(check.message for check in CHECKS)})


@pytest.mark.parametrize("sentence", SAID)
def test_every_sentence_of_the_program_is_translated(sentence: str) -> None:
    """One that is new fails here until service/locale/zh has it."""
    told = phrasebook("zh").told(sentence)
    assert told is not None, "add it to service/locale/zh/LC_MESSAGES/sentences.po"
    assert HAN.search(told)
    assert not ENGLISH.search(told.replace("extractor doctor", "")), told


def test_the_checks_above_are_of_all_kinds() -> None:
    """Held and broken: columns, rows, prose, dates."""
    for part in ("applications.row", "applications.balance", "prose", "report.year", "after_year"):
        assert {c.passed for c in CHECKS if part in c.id} == {True, False}, part


def test_no_pattern_is_an_orphan() -> None:
    """A pattern that nothing says any more goes."""
    everything = [*SAID, *LATER]
    used: set[str] = set()
    while everything:
        sentence = everything.pop()
        for message in TABLE:
            match = re.fullmatch(expression_of(message), sentence, re.DOTALL)
            if match is not None and message not in used:
                used.add(message)
                everything += match.groupdict().values()
            elif match is not None:
                everything += [v for v in match.groupdict().values() if v in TABLE]
                everything += [v for v in match.groupdict().values() if " of " in v]
    assert set(TABLE) - used == set()


LATER = (  # put together where they are said
    "it is being read at this moment: wait until that has ended",
    "none of the 7 files was taken; the first, 7: the file is empty: copy it again from its source",
    "it answered 500",
    "the process that was to call it died",
    "the picture is damaged and cannot be decoded; scan or export it again",
)


def test_a_sentence_of_nobody_stays_as_it_is() -> None:
    """And so does every sentence in English."""
    message = example_document().checks[0].message
    assert phrasebook("zh").told(message) is None, "made by hand for tests"
    assert phrasebook("en").told("page 3: fine") is None


@pytest.mark.skipif(which("node") is None, reason="node is not installed")
def test_scripts_tell_sentences_alike() -> None:
    """Regular expressions of the phrasebook mean the same in a browser."""
    node = which("node")
    assert node is not None
    script = (
        "const {patterns, said} = JSON.parse(require('fs').readFileSync(0));"
        "const all = patterns.map(([p, t]) => [new RegExp(`^${p}$`, 's'), t]);"
        "console.log(JSON.stringify(said.map((s) => all.find(([p]) => p.test(s))?.[1])))"
    )
    refused = sorted(PLACES.sub("7", sentence) for _, sentence in REFUSALS.values())
    given = json.dumps({"patterns": phrasebook("zh").for_scripts(), "said": refused})
    done = subprocess.run(
        [node, "-e", script], input=given, capture_output=True, text=True, check=True
    )
    found = [re.sub(r"%\(\w+\)s", "7", text) for text in json.loads(done.stdout)]
    assert found == [phrasebook("zh").told(sentence) for sentence in refused]
