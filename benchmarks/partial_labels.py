"""Training on partially annotated files: two halves of BC5CDR, each annotated with only one of the two labels.

    python benchmarks/partial_labels.py [--heads linear crf span] [--against full outside] [--seeds 1 2 3]
        [--encoder runs/pretraining/bc5cdr-text]

The first half of train keeps only `Chemical`, the second half only `Disease`. `full` is trained on all labels of both
halves; `unannotated` on the reduced halves, with `data.corpora` stating which label each half does not annotate;
`outside` on the same reduced halves, with unannotated entities treated as outside. Dev and test keep all labels.
Reported is exact F1 on test. The encoder is `small`, or that of `--encoder`; benchmarks/pretraining.py writes one that
is adapted to the text of train. runs.py describes how models are shared and reused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from corpora import HERE, corpus, write_part
from results import write_result
from runs import TomlModel, compared, do, mean_and_deviation, wait

import onoma

RUNS = Path("runs/partial_labels")
LABELS = ("Chemical", "Disease")
HEADS = ("linear", "crf", "span")
SMALL = "small"
UNANNOTATED = "unannotated"
OTHERS = ("full", "outside")


def halves() -> dict[str, Path]:
    """Return both halves of train with one label each."""
    paths = {label: HERE / f"bc5cdr-only-{label}.conll" for label in LABELS}
    if not all(path.exists() for path in paths.values()):
        documents = list(onoma.read(corpus("bc5cdr").train))
        middle = len(documents) // 2
        for label, some in zip(LABELS, (documents[:middle], documents[middle:]), strict=True):
            kept = ([each for each in document.entities if each.label == label] for document in some)
            write_part(paths[label], (doc.with_entities(own) for doc, own in zip(some, kept, strict=True)))
    return paths


def model(kind: str, head: str, seed: int, encoder: str) -> TomlModel:
    parts, cut = corpus("bc5cdr"), halves()
    train = [parts.train] if kind == "full" else [cut[label] for label in LABELS]
    missing = {cut[label].name: {"unannotated": [other]} for label, other in zip(LABELS, LABELS[::-1], strict=True)}
    return TomlModel(
        RUNS / "-".join([kind, head, str(seed), *([] if encoder == SMALL else [Path(encoder).name])]),
        data={"train": train, "dev": parts.dev, "test": parts.test},
        corpora=missing if kind == UNANNOTATED else {},
        model={"encoder": encoder, "head": head},
        training={"seed": seed},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=[*HEADS])
    parser.add_argument("--against", nargs="+", choices=OTHERS, default=[*OTHERS])
    parser.add_argument("--encoder", default=SMALL)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    models = {
        head: {
            kind: [model(kind, head, seed, arguments.encoder) for seed in arguments.seeds]
            for kind in (UNANNOTATED, *arguments.against)
        }
        for head in arguments.heads
    }
    every = [each for kinds in models.values() for seeds in zip(*kinds.values(), strict=True) for each in seeds]
    do(every, figures_only=True)
    wait(every)
    write_result(
        "partial_labels" if arguments.encoder == SMALL else f"partial_labels_{Path(arguments.encoder).name}",
        {
            head: {
                **{kind: mean_and_deviation([one.f1() for one in of]) for kind, of in kinds.items()},
                **{
                    f"unannotated against {other}": compared(kinds[UNANNOTATED], kinds[other])["difference"]
                    for other in arguments.against
                },
            }
            for head, kinds in models.items()
        },
    )


if __name__ == "__main__":
    main()
