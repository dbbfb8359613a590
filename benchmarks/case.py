"""F1 of a model on text in upper case and in lower case.

    python benchmarks/case.py [--model en] [--structure on off]

Exact F1 over persons, locations and organisations, with the given words, on three corpora: the test set of WNUT 2017,
the articles of wikigold that the shipped model was not trained on, and the dev set of the English Web Treebank, on
which it was trained. Each corpus is tagged unchanged, with each word in upper case, and with each word in lower case.
Words whose length would change are not changed. With two settings of `--structure`, their difference is tested as in
`benchmarks/raw_text.py`.
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
    """Return the documents of each corpus by its name."""
    wnut = ReadOptions(labels=WNUT, unannotated=WITHOUT_MISC)
    return {
        "wnut17 test": list(read(DATA / "wnut17" / "emerging.test.annotated", options=wnut)),
        "wikigold held back": list(read(DATA / "wikigold" / "wikigold.conll.txt"))[::HELD_BACK],
        "ewt dev": ewt(),
    }


def respelled(document: Document, spell: Callable[[str], str]) -> Document:
    """Return the document with ``spell`` applied to each word whose length it keeps; offsets do not change."""
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
