"""Every file of the development data reads without being told anything, and gives what a plain count gives."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from onoma.corpora import ReadOptions, WriteOptions, read, write
from support.real import DATA, needs_data

pytestmark = needs_data

# Path, format, scheme, documents, sentences, words, entities.
FILES = [
    ("wnut17/wnut17train.conll", "conll", "BIO", 3394, 3394, 62730, 1975),
    ("wnut17/emerging.dev.conll", "conll", "BIO", 1009, 1009, 15733, 836),
    ("wnut17/emerging.test.annotated", "conll", "BIO", 1287, 1287, 23394, 1079),
    ("wnut17/submissions/arcada", "conll", "BIO", 1287, 1287, 23394, 787),
    ("wnut17/submissions/spinningbytes.txt", "conll", "BIO", 1287, 1287, 23394, 824),
    ("wikigold/wikigold.conll.txt", "conll", "IOB1", 146, 1696, 39007, 3558),
    ("btc/a.conll", "conll", "BIO", 1000, 1000, 16612, 521),
    ("btc/b.conll", "conll", "BIO", 2000, 2000, 30825, 1610),
    ("btc/e.conll", "conll", "BIO", 200, 200, 3981, 325),
    ("btc/f.conll", "conll", "BIO", 2001, 2001, 35428, 4376),
    ("btc/g.conll", "conll", "BIO", 2138, 2138, 34062, 4685),
    ("btc/h.conll", "conll", "BIO", 2001, 2001, 29480, 3368),
    ("btc/a.head.json", "jsonl", "BIO", 300, 300, 5002, 142),
    ("ewt/en_ewt-ud-dev.iob2", "conllu", "BIO", 318, 2001, 25149, 966),
    ("ewt/en_ewt-ud-dev.conllu", "conllu", None, 318, 2001, 25147, 0),
    ("germeval2014/NER-de-dev.tsv", "germeval", "BIO", 2200, 2200, 41653, 2886),
    ("sec-filings/FIN5.txt", "conll", "IOB1", 5, 1164, 41010, 1168),
    ("ncbi-disease/devel.tsv", "conll", "BIOES", 923, 923, 23969, 787),
    ("bc5cdr/devel.tsv", "conll", "BIO", 4581, 4581, 117453, 9593),
    ("weibo/weiboNER_2nd_conll.dev", "conll", "BIO", 270, 270, 14509, 389),
    ("weibo/weiboNER_2nd_conll.test", "conll", "BIO", 270, 270, 14842, 418),
    ("wikiann/nl.dev", "conll", "BIO", 10000, 10000, 84146, 13532),
    ("unlabelled/yt-filter.txt", "text", None, 1, 0, 0, 0),
]


@pytest.mark.parametrize(("name", "format", "scheme", "documents", "sentences", "words", "entities"), FILES)
def test_reads_as_it_is(
    name: str, format: str, scheme: str | None, documents: int, sentences: int, words: int, entities: int
) -> None:
    reading = read(DATA / name)
    report = reading.report
    assert (reading.format, report.scheme) == (format, scheme)
    assert (report.documents, report.sentences, report.words, report.entities) == (
        documents,
        sentences,
        words,
        entities,
    )
    assert not report.unusable


@pytest.mark.parametrize("name", [row[0] for row in FILES if row[1] == "conll" and row[2] is not None])
def test_labels_agree_with_a_plain_count(name: str) -> None:
    report = read(DATA / name).report
    assert report.labels == _plain_count(DATA / name)


def _plain_count(path: Path) -> Counter[str]:
    """Entities by label, counted on the lines alone: where one begins."""
    labels: Counter[str] = Counter()
    before = ("O", "")
    for line in path.read_bytes().decode().split("\n"):
        tag = re.split(r"[ \t]", line.rstrip("\r"))[-1] if line.strip() else "O"
        prefix, _, label = tag.partition("-")
        continued = before[0] in ("B", "I") and before[1] == label
        if prefix in ("B", "S", "U") or (prefix in ("I", "E") and not continued):
            labels[label] += 1
        before = (prefix, label)
    return labels


def test_levels_of_germeval_agree_with_a_plain_count() -> None:
    path = DATA / "germeval2014/NER-de-dev.tsv"
    lines = path.read_text(encoding="utf-8").split("\n")
    tags = [tag for line in lines if not line.startswith("#") for tag in line.split("\t")[2:]]
    assert read(path).report.labels == Counter(tag[2:] for tag in tags if tag.startswith("B-"))
    first = next(iter(read(path)))
    assert first.meta == {"source": "http://www.heise.de/tp/r4/artikel/32/32883/1.html", "date": "2010-07-04"}
    assert [entity.text for entity in first.entities] == ["Ecce homo", "Jesu"]


def test_ewt_words_stand_in_the_original_text() -> None:
    documents = list(read(DATA / "ewt/en_ewt-ud-dev.iob2"))
    assert documents[0].id == "answers-20070404104007AAY1Chs_ans"
    assert documents[0].text.startswith("where can I get morcillas in tampa bay , I will like the argentinian type")
    plain = list(read(DATA / "ewt/en_ewt-ud-dev.conllu"))
    assert sorted(document.id for document in plain) == sorted(document.id for document in documents)
    assert any("don't" in document.text for document in plain)


def test_a_language_prefix_is_found_and_a_position_digit_left_out_on_request() -> None:
    german = next(iter(read(DATA / "wikiann/de.dev")))
    assert german.meta == {"language": "de"}
    assert german.entities[0].text == "Anton Wilhelm von Zuccalmaglio"
    weibo = DATA / "weibo/weiboNER_2nd_conll.dev"
    first = next(iter(read(weibo, options=ReadOptions(position_digit=True))))
    assert first.words is not None
    assert {len(word.text) for word in first.words} == {1}


def test_odd_words_of_btc_are_kept() -> None:
    words = [word.text for document in read(DATA / "btc/f.conll") for word in document.words or ()]
    assert " " in words
    assert "" in words
    assert "\U0001f633 " in words


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("wnut17/emerging.dev.conll", "IOB1"), ("btc/f.conll", "BIO"), ("wikigold/wikigold.conll.txt", "BIOES")],
)
def test_converting_there_and_back_loses_nothing(name: str, scheme: str, tmp_path: Path) -> None:
    options = WriteOptions(scheme=scheme)
    write(read(DATA / name), tmp_path / "there.jsonl", options=options)
    written = write(read(tmp_path / "there.jsonl"), tmp_path / "back.conll", options=options)
    assert not written.lost
    assert list(read(tmp_path / "back.conll")) == list(read(DATA / name))
