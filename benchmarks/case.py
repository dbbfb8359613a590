"""How well a model finds names in text all in capitals, and all in lower case.

    python benchmarks/case.py [--model en] [--structure on off]

Exact F1 over persons, places and organisations, the words given, on the test part of WNUT 2017, on the articles of
wikigold that the shipped model has not seen and on the dev part of the English Web Treebank, on which it was trained:
as it is, with each word in capitals, and with each word in lower case. A word that would be longer or shorter then
stays as it is. A difference is tested as in `benchmarks/raw_text.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from english import WNUT, figures
from long_text import HELD_BACK
from raw_text import WITHOUT_MISC, add_model_options, difference, ewt, load_models, measure, write
from results import DATA

from onoma.corpora import ReadOptions, read
from onoma.metrics import tally
from onoma.text import Document

CASES: dict[str, Callable[[str], str]] = {"as it is": str, "capitals": str.upper, "lower case": str.lower}


def corpora() -> dict[str, list[Document]]:
    """The documents of each corpus by its name."""
    wnut = ReadOptions(labels=WNUT, unannotated=WITHOUT_MISC)
    return {
        "wnut17 test": list(read(DATA / "wnut17" / "emerging.test.annotated", options=wnut)),
        "wikigold held back": list(read(DATA / "wikigold" / "wikigold.conll.txt"))[::HELD_BACK],
        "ewt dev": ewt(),
    }


def respelled(document: Document, spell: Callable[[str], str]) -> Document:
    """The document with each of its words spelled so; all offsets stay."""
    text = document.text
    for word in document.words or ():
        new = spell(word.text)
        if len(new) == len(word.text):
            text = text[: word.start] + new + text[word.end :]
    words = tuple(replace(word, text=text[word.start : word.end]) for word in document.words or ())
    entities = tuple(replace(one, text=text[one.start : one.end]) for one in document.entities)
    return replace(document, text=text, words=words, entities=entities)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_model_options(parser)
    options = parser.parse_args()
    taggers = load_models(options)
    result: dict[str, object] = {"model": Path(options.model).name}
    for name, documents in corpora().items():
        for case, spell in CASES.items():
            spelled = [respelled(document, spell) for document in documents]
            pairs = {setting: measure(tagger, spelled) for setting, tagger in taggers.items()}
            found = {setting: figures(tally(each)) for setting, each in pairs.items()}
            result[f"{name}, {case}"] = found | difference(pairs)
    write("case", options, result)


if __name__ == "__main__":
    main()
