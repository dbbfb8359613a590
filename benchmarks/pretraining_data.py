"""Texts for the pre-training benchmarks, and samples of corpora, as files in ``runs/pretraining/data``."""

from __future__ import annotations

import random
import re
from pathlib import Path

from corpora import corpus, write_part
from results import DATA

import onoma

HERE = Path("runs/pretraining")


def some_sentences(name: str, count: int, *, seed: int, part: str = "train") -> Path:
    """Return a file with a random sample of ``count`` sentences of a part of a corpus, which depends on the seed."""
    path = HERE / "data" / f"{name}-{part}-{count}-{seed}.conll"
    if not path.exists():
        documents = list(onoma.read(getattr(corpus(name), part)))
        write_part(path, random.Random(seed).sample(documents, count))
    return path


def texts() -> list[Path]:
    """Return the files that a new encoder is pre-trained on: unlabelled text and training texts of corpora."""
    wikigold = corpus("wikigold").train
    btc = [DATA / "btc" / f"{section}.conll" for section in "abeg"]
    train = [corpus(name).train for name in ("wnut17", "bc5cdr", "ncbi")]
    others = [DATA / "wikiann" / "en.train", DATA / "sec-filings" / "FIN5.txt"]
    return [*unlabelled(), wikigold, *train, *btc, *others]


def unlabelled() -> list[Path]:
    """Return the files of unlabelled text without the lines that occur in the dev or test set of WNUT 2017.

    The original files contain nearly all of that dev set and half of that test set.
    """
    parts = corpus("wnut17")
    known = {_letters(document.text) for path in (parts.dev, parts.test) for document in onoma.read(path)}
    made = []
    for source in sorted((DATA / "unlabelled").glob("*.txt")):
        path = HERE / "data" / source.name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = source.read_text(encoding="utf-8").split("\n")
            kept = [line for line in lines if _letters(line) not in known]
            path.write_text("\n".join(kept), encoding="utf-8")
        made.append(path)
    return made


def _letters(text: str) -> str:
    """Return the word characters of a text in lower case, so that texts compare equal however they are tokenized."""
    return re.sub(r"\W", "", text).lower()
