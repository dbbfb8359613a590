"""Small valid files of every format, and files made from them by damage that is the same for the same seed."""

from __future__ import annotations

import json
import random
import re
import signal
import time
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onoma.corpora import ReadOptions, read
from onoma.errors import OnomaError
from support.alarm import alarm
from support.docbins import ALL

SECONDS = 5.0
"""A file of a kilobyte that takes longer is taken for one that never ends."""

_TEXT = "Ada Byron left Turin."
_SPANS = [[0, 9, "PER"], [15, 20, "LOC"]]
_OBJECTS = [{"start": start, "end": end, "label": label} for start, end, label in _SPANS]
_WORDS = ["Ada", "Byron", "left", "Turin", "."]
_TAGS = ["B-PER", "I-PER", "O", "B-LOC", "O"]
_TAGGED = [*zip(_WORDS, _TAGS, strict=True)]
_RESULT = [{"type": "labels", "value": {"start": start, "end": end, "labels": [label]}} for start, end, label in _SPANS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A valid file.

    Attributes:
        files: contents by name; the first one is damaged and read.
        pack: makes the file of the damaged content.
    """

    files: Mapping[str, bytes]
    pack: Callable[[bytes], bytes] = bytes


def _text(name: str, content: str, others: Mapping[str, str] | None = None) -> Sample:
    return Sample(files={each: text.encode() for each, text in {name: content, **(others or {})}.items()})


def _lines(rows: list[str], times: int = 3) -> str:
    return ("\n".join(rows) + "\n\n") * times


def _json(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


_MORE = {"text": "Bo met Eve in Rome.", "entities": [{"start": 0, "end": 2, "label": "PER", "text": "Bo"}]}
_CONLLU = [
    f"{number}\t{word}\t{word}\tX\t_\t_\t0\troot\t_\tEntity={tag}" if tag != "O" else f"{number}\t{word}" + "\t_" * 8
    for number, (word, tag) in enumerate(_TAGGED, start=1)
]
_COREF = ["Entity=(e1-PER-1", "Entity=e1)", "_", "Entity=(e2-LOC-1)|SpaceAfter=No", "_"]
_OF_COREF = [
    f"{number}\t{word}" + "\t_" * 7 + f"\t{cell}"
    for number, (word, cell) in enumerate(zip(_WORDS, _COREF, strict=True), 1)
]
_NAMES = ["(PER*", "*)", "*", "(LOC)", "*"]
_ONTONOTES = [f"nw/x 0 {place} {word} NNP (S* - - - - {_NAMES[place]} * -" for place, word in enumerate(_WORDS)]
_OFFSETS = ["0-3", "4-9", "10-14", "15-20", "20-21"]
_CELLS = ["PER[1]", "PER[1]", "_", "LOC", "_"]
_WEBANNO = [f"1-{i + 1}\t{_OFFSETS[i]}\t{_WORDS[i]}\t{_CELLS[i]}\t" for i in range(5)]
_HIPE = [f"{word}\t{tag}\tO\t_\t{'EndOfSentence' if word == '.' else '_'}" for word, tag in _TAGGED]

SAMPLES: Mapping[str, Sample] = {
    "conll": _text("a.conll", _lines([f"{word}\t{tag}" for word, tag in _TAGGED])),
    "conll with blanks": _text("a.txt", _lines([f"{word} NNP B-NP {tag}" for word, tag in _TAGGED])),
    "conll with marks": _text("a.conll", "-DOCSTART-\td1\tO\n\n" + _lines([f"{w}\tX\t{t}" for w, t in _TAGGED])),
    "conll with numbers": _text("a.tsv", _lines([f"{i}\t{w}\t{t}" for i, (w, t) in enumerate(_TAGGED, 1)])),
    "conll with suffixes": _text(
        "a.conll", _lines([f"{w} {t[2:] + '_' + t[0] if t != 'O' else t}" for w, t in _TAGGED])
    ),
    "germeval": _text("a.tsv", _lines([f"{i}\t{w}\t{t}\tO" for i, (w, t) in enumerate(_TAGGED, 1)])),
    "conllu": _text("a.conllu", "# newdoc id = d\n# text = Ada Byron left Turin .\n" + _lines(_CONLLU)),
    "uner": _text(
        "a.iob2", "# sent_id = s\n" + _lines([f"{i}\t{w}\t{t}\t-\tx" for i, (w, t) in enumerate(_TAGGED, 1)])
    ),
    "corefud": _text(
        "a.conllu", "# global.Entity = eid-etype-head\n# text = Ada Byron left Turin.\n" + _lines(_OF_COREF)
    ),
    "conll2012": _text("a.conll", "#begin document (nw/x); part 000\n" + _lines(_ONTONOTES) + "#end document\n"),
    "webanno": _text(
        "a.tsv", "#FORMAT=WebAnno TSV 3.3\n#T_SP=x.NE|value\n\n\n#Text=Ada Byron left Turin.\n" + _lines(_WEBANNO)
    ),
    "hipe": _text(
        "a.tsv",
        "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tNEL-LIT\tMISC\n# hipe2022:document_id = d\n" + _lines(_HIPE),
    ),
    "wikiner": _text("a.txt", " ".join(f"{word}|X|{tag}" for word, tag in _TAGGED) + "\nShe|X|O slept|X|O .|X|O\n"),
    "pubtator": _text(
        "a.txt", "1|t|Ada Byron left Turin.\n1|a|She slept.\n1\t0\t9\tAda Byron\tPER\tQ7\n1\t15\t20\tTurin\tLOC\n"
    ),
    "spacy": Sample(files={"a.spacy": b64decode(ALL)}),
    "spacy, unpacked": Sample(files={"a.spacy": zlib.decompress(b64decode(ALL))}, pack=zlib.compress),
    "brat": _text("a.ann", "T1\tPER 0 9\tAda Byron\nT2\tLOC 15 20\tTurin\nR1\tat Arg1:T1 Arg2:T2\n", {"a.txt": _TEXT}),
    "brat, text": _text(
        "a.txt", _TEXT + "\r\nShe slept.\r\n", {"a.ann": "T1\tPER 0 9\tAda Byron\nT2\tLOC 15 20\tTurin\n"}
    ),
    "table of words": _text(
        "a.csv", "Sentence #,Word,POS,Tag\n" + "".join(f"{int(w != '.')},{w},X,{t}\n" for w, t in _TAGGED)
    ),
    "table of texts": _text("a.csv", 'id,text,label\n1,Ada Byron left Turin.,"[[0, 9, ""PER""], [15, 20, ""LOC""]]"\n'),
    "onoma": _text(
        "a.jsonl", _json({"id": "1", "text": _TEXT, "entities": _OBJECTS, "words": [[0, 3], [4, 9]]}, _MORE)
    ),
    "doccano": _text("a.jsonl", _json({"id": 1, "text": _TEXT, "label": _SPANS}, {"text": "Bo", "label": []})),
    "prodigy": _text("a.jsonl", _json({"text": _TEXT, "spans": _OBJECTS, "answer": "accept", "meta": {"n": 1}})),
    "spacy, json": _text(
        "a.json", json.dumps({"classes": ["PER"], "annotations": [[_TEXT, {"entities": _SPANS}], None]})
    ),
    "label studio": _text(
        "a.json", json.dumps([{"id": 1, "data": {"text": _TEXT}, "annotations": [{"result": _RESULT}]}])
    ),
    "argilla": _text("a.jsonl", _json({"fields": {"text": _TEXT}, "responses": {"q": [{"value": _OBJECTS}]}})),
    "gate": _text("a.json", json.dumps({"text": _TEXT, "entities": {"PER": [{"indices": [0, 9]}], "LOC": [[15, 20]]}})),
    "tokens and tags": _text(
        "a.jsonl", _json({"tokens": _WORDS, "ner_tags": _TAGS}, {"tokens": _WORDS, "ner_tags": _TAGS})
    ),
    "tokens and numbers": _text(
        "a.jsonl",
        _json({"tokens": _WORDS, "ner_tags": [1, 2, 0, 3, 0]}),
        {"dataset_info.json": json.dumps({"features": {"ner_tags": {"names": ["O", "B-PER", "I-PER", "B-LOC"]}}})},
    ),
    "text": _text("a.txt", "Ada Byron left Turin.\nShe slept.\n"),
}
"""Every format and layout that onoma reads, by name."""


def damaged(content: bytes, random: random.Random) -> bytes:
    """The content after one to four times one of: bytes or lines deleted, doubled, or changed for one another."""
    for _ in range(random.randint(1, 4)):
        kind, whole = random.choice(["delete", "double", "swap"]), random.random() < 0.5
        parts = content.splitlines(keepends=True) if whole else [bytes([byte]) for byte in content]
        if not parts:
            break
        here, there = random.randrange(len(parts)), random.randrange(len(parts))
        if kind == "delete":
            del parts[here : here + random.choice([1, 1, 1, 5])]
        elif kind == "double":
            parts.insert(there if whole else here, parts[here])
        else:
            parts[here], parts[there] = parts[there], parts[here]
        content = b"".join(parts)
    return content


class _Late(BaseException):
    """Reading has not ended in time; no error that a reader could take for one of its own."""


def outcome_of(path: Path) -> tuple[str, str]:
    """How reading a file ends: `read`, `refused`, or what is wrong; and the message or the labels."""
    try:
        with _time_limit(SECONDS):
            list(read(path, options=ReadOptions(texts_only=True)))
    except OnomaError:
        pass
    except (Exception, _Late) as error:
        return f"{type(error).__name__} where only texts are wanted", str(error)
    try:
        with _time_limit(SECONDS):
            reading = read(path)
            labels = {entity.label for document in reading for entity in document.entities}
            reading.notices()
    except OnomaError as error:
        return ("refused", str(error)) if "\n" not in str(error) else ("a message of several lines", str(error))
    except (Exception, _Late) as error:
        return type(error).__name__, str(error)
    odd = sorted(label for label in labels if is_odd(label, tagged=reading.report.scheme is not None))
    return ("odd labels", repr(odd)) if odd else ("read", "")


def is_odd(label: str, *, tagged: bool) -> bool:
    """Whether a label has no letter, or where it was part of a tag begins or ends with a sign."""
    if not re.search(r"[^\W\d_]", label):
        return True
    begins, ends = label[0].isalnum() or label[0] in "#@", label[-1].isalnum() or label[-1] in ")."
    return tagged and not (begins and ends)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Stop what takes longer, where the system can."""

    def stop() -> None:
        raise _Late(f"not done after {seconds} s")

    if not hasattr(signal, "setitimer"):
        began = time.monotonic()
        yield
        if time.monotonic() - began > seconds:
            raise _Late(f"done after more than {seconds} s")
        return
    with alarm(seconds, stop):
        yield
