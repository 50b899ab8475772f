"""The corpus of the tagger: its markup, its linter, what is varied, and that training repeats."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.training.initialize import init_nlp
from spacy.util import load_config

from extractor.entities import load_pipeline
from extractor.tagging.chunker import Chunker
from models.evaluate import main as evaluate_main
from models.ner import augment, lint, reader
from models.ner.markup import MarkupError, Passage, Tagged, Written, mark, parse, read_all

if TYPE_CHECKING:
    from spacy.language import Language

ROOT = Path(__file__).parent.parent
NER = ROOT / "models" / "ner"
CORPUS = sorted((NER / "corpus").glob("*.txt"))
HELD_OUT = ROOT / "fixtures" / "entities" / "heldout.txt"
WRONG_OFFSET = """{"id": "a", "sections": {"一": "公开"}, "entities": [{"section": "一",
 "label": "AGENCY", "text": "区政府", "start": 0, "end": 3, "normalized": null}]}"""
LETTERS = st.text("区政府公开12条，。\n", min_size=1, max_size=6)


def test_parse() -> None:
    """Tags become spans, what a quantity counts stands behind its bar."""
    assert parse("{A:区政府}公开{C:12条|信息}") == Passage(
        "区政府公开12条", (Tagged(0, 3, "AGENCY"), Tagged(5, 8, "COUNT", "信息"))
    )


@given(st.lists(st.tuples(LETTERS, LETTERS, st.sampled_from(["信息", None]))))
def test_markup_round_trip(pieces: list[tuple[str, str, str | None]]) -> None:
    """Spans → markup → spans."""
    text, spans = "", []
    for before, inner, subject in pieces:
        start = len(text) + len(before)
        spans.append(Tagged(start, start + len(inner), "COUNT", subject))
        text += before + inner
    passage = Passage(text, tuple(spans))
    assert parse(mark(passage)) == passage


@pytest.mark.parametrize("text", ["{A:区政府", "{X:区政府}", "{A:}", "公开}"])
def test_broken_markup(text: str) -> None:
    """A tag that is none is an error that shows it."""
    with pytest.raises(MarkupError):
        parse(text)


def test_text_before_the_first_section(tmp_path: Path) -> None:
    """Says which document."""
    path = tmp_path / "a.txt"
    path.write_text("##### one\n某某\n=== 一\n公开\n", encoding="utf-8")
    with pytest.raises(MarkupError, match="one"):
        read_all([path])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("某某公开\n", "no document"),
        ("##### a\n=== 二\n公开\n", "section 二"),
        ("##### a\n=== 一\n公开\n=== 一\n公开\n", "section 一"),
        ("##### a\n=== 一\n公开\n##### a\n=== 一\n公开\n", "called a"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, message: str) -> None:
    """Nothing of a file is lost without a word."""
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8-sig")
    with pytest.raises(MarkupError, match=message):
        read_all([path])
    assert lint.main([str(path)]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"id": "a"}',
        WRONG_OFFSET,
    ],
)  # fmt: skip
def test_annotations_that_cannot_be_scored(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another shape, or an offset that shows another text: a sentence and 2."""
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    assert evaluate_main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("{A:街道}负责", "level or a class word"),
        ("{A:区政府网站}公开", "web site"),
        ("{A:区委区政府}领导", "two organs"),
        ("{A: 区政府}领导", "white space"),
        ("{D:1月1日至12月31日}", "two DATEs"),
        ("{D:每月}", "no date"),
        ("{C:若干件}", "no value"),
        ("第{C:3条}", "ordinal"),
        ("收到{C:3件|申请}", "not printed"),
        ("{T:条例}", "DOC_TITLE"),
        ("依据《条例》", "untagged DOC_TITLE"),
        ("占18.2%", "untagged PERCENT"),
        ("投入3万元", "untagged MONEY"),
        ("国办发〔2019〕60号", "untagged DOC_NUMBER"),
        ("2021年", "untagged DATE"),
    ],
)
def test_lint_errors(marked: str, message: str) -> None:
    """What the guidelines rule out is an error."""
    found = list(lint.lint([Written("x", {"一": parse(marked)})]))
    assert any(f.error and message in f.message for f in found), found


def test_lint_looks() -> None:
    """An untagged number, a name that is tagged elsewhere and an odd unit are worth a look."""
    passages = {"一": parse("{A:区政府}公开12条，推送{C:3眼}"), "五": parse("区政府网")}
    found = list(lint.lint([Written("x", passages)]))
    assert not any(f.error for f in found)
    assert {f.message for f in found} == {
        "untagged number with a measure word",
        "unknown measure word '眼'",
        "区政府 is an AGENCY elsewhere",
    }


def test_corpus_is_clean() -> None:
    """The documents hold to the guidelines; the held-out ones are not among them."""
    documents = read_all([*CORPUS, HELD_OUT])
    assert len(documents) > 450
    assert len({d.id for d in documents}) == len(documents)
    assert [f for f in lint.lint(documents) if f.error] == []


def test_no_held_out_sentence_is_trained_on() -> None:
    """No sentence of 20 characters or more stands in both."""
    trained = {s for d in read_all(CORPUS) for s in _sentences(d)}
    common = {s for d in read_all([HELD_OUT]) for s in _sentences(d)} & trained
    assert common == set()


def _sentences(document: Written) -> set[str]:
    texts = (p.text for p in document.sections.values())
    return {s for text in texts for s in text.replace("\n", "。").split("。") if len(s) >= 20}


def test_varied_documents_hold_to_the_guidelines() -> None:
    """Other places, figures and wear keep every tag on its words."""
    rng = random.Random(3)
    documents = [augment.varied(d, rng) for d in read_all(CORPUS)]
    assert [f for f in lint.lint(documents) if f.error] == []


def test_every_time_through_the_documents_differ() -> None:
    """spaCy asks for the corpus anew in every epoch, and gets others in another order."""
    settings = load_config(NER / "config.cfg")["training"]
    assert settings["max_epochs"] == -1
    nlp = load_pipeline()
    corpus = reader.corpus_reader(str(NER / "corpus"), 1, apart=False)
    first, second = ([e.text for e in corpus(nlp)] for _ in range(2))
    assert len(first) == len(second)
    assert len(set(first) & set(second)) < 0.6 * len(first)


def test_the_shipped_pipeline_is_that_of_the_configuration() -> None:
    """Components and networks are as config.cfg orders them."""
    ours, shipped = load_config(NER / "config.cfg"), load_config(NER / "trained" / "config.cfg")
    assert shipped["nlp"]["pipeline"] == ours["nlp"]["pipeline"]
    for name in ("ner", "subjects"):
        wanted = ours["components"][name]
        got = shipped["components"][name]
        assert {k: got[k] for k in wanted if k != "model"} == {
            k: v for k, v in wanted.items() if k != "model"
        }
        assert {k: got["model"][k] for k in wanted["model"]} == wanted["model"]


def test_a_document_moves_as_a_whole() -> None:
    """A region gets one other name wherever it stands, also outside of organs."""
    passages = {"一": parse("{A:青屿市澄湖区政府}公开，{A:澄湖区政府}网站；澄湖的百姓")}
    text = augment.moved(Written("x", passages), random.Random(1)).sections["一"].text
    assert "澄湖" not in text
    assert "青屿" not in text
    name = text.split("，")[1].split("区")[0]
    assert text.endswith(f"{name}的百姓")


def test_worn_text_keeps_its_length() -> None:
    """Characters are misread one for one, figures stay, a subject is read as it is printed."""
    passage = parse("{A:区政府}公开{C:12条|公开}")
    worn = augment.worn(passage, random.Random(2), 1.0)
    assert len(worn.text) == len(passage.text)
    assert "12" in worn.text
    assert worn.spans[1].subject == worn.text[3:5]


def small_pipeline() -> Language:
    """The pipeline of the configuration, trained on six documents for a few steps."""
    nlp = init_nlp(load_config(NER / "config.cfg", {"paths.corpus": str(NER / "corpus")}))
    rng = random.Random(5)
    documents = [augment.varied(d, rng) for d in read_all(CORPUS[:1])[:6]]
    examples = [e for d in documents for e in reader.examples(nlp, d)]
    for step in range(0, len(examples), 4):
        nlp.update(examples[step : step + 4], annotates=["exact_rules"], drop=0.1)
    return nlp


@pytest.mark.slow
def test_training_repeats() -> None:
    """The same seed gives the same weights, to the last bit."""
    first, second = small_pipeline(), small_pipeline()
    for name in ("ner", "subjects"):
        one, other = first.get_pipe(name), second.get_pipe(name)
        assert isinstance(one, Chunker)
        assert isinstance(other, Chunker)
        assert one.model.to_bytes() == other.model.to_bytes()


def test_the_trained_pipeline_is_small() -> None:
    """At most 30 MB on disk."""
    files = (NER / "trained").rglob("*")
    assert sum(f.stat().st_size for f in files if f.is_file()) <= 30_000_000
