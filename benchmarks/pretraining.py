"""Effect of pre-training: F1 of fine-tuned models with and without it, over several seeds.

    python benchmarks/pretraining.py scratch [--seeds 1 2 3]
    python benchmarks/pretraining.py adapt [--seeds 1 2 3 4 5] [--corpora wnut17 bc5cdr ncbi]
    python benchmarks/pretraining.py objectives [--seeds 1 2 3]

`scratch`: a new encoder with 4 layers and hidden size 256, pre-trained on all available text, compared with the same
encoder with random weights; both are fine-tuned on wikigold, WNUT 2017 and BC5CDR. `adapt`: the encoder `small`,
adapted to unlabelled tweets and comments and then fine-tuned on parts of WNUT 2017; and adapted to the training texts
of BC5CDR or NCBI-disease and then fine-tuned on that corpus. `objectives`: four pre-training objectives with the same
number of steps, fine-tuned on WNUT 2017 and wikigold.

All runs are `onoma pretrain` and `onoma train` with the settings below, in subfolders of ``runs/pretraining``; runs.py
describes how they are shared and reused. The best epoch is chosen on dev, F1 is exact F1 on test. Differences are
between models with the same seed, and therefore the same training sentences; `p` is the p-value described in runs.py.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from corpora import Parts, corpus
from known import figures_of, is_known, sources
from pretraining_data import HERE, some_sentences, texts, unlabelled
from results import write_result
from runs import Model, as_given, compared, do, mean_and_deviation, sets, wait

from onoma.pretraining import read_config

SCRATCH = {"model.shape": "mini", "model.vocabulary_size": 8_000, "training.batch_subwords": 1_024}
ADAPT = {
    "training.batch_subwords": 1_024,
    "training.learning_rate": 5e-5,
    "training.head_learning_rate": 1e-3,
    "training.head_first": 0.3,
    "training.freeze_embeddings": True,
}
"""Of the settings tried, those that reduced the F1 on dev least; see LOG.md."""

OBJECTIVES = {
    "mlm+nsp": {"objective.masking": "subwords", "objective.sentence_pairs": "next"},
    "words": {"objective.masking": "words", "objective.sentence_pairs": "none"},
    "spans": {"objective.masking": "spans", "objective.sentence_pairs": "none"},
    "order": {"objective.masking": "words", "objective.sentence_pairs": "order"},
}
FEW_DEV = 300
"""Number of dev sentences for models that are trained on parts of WNUT 2017."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """A run of `onoma pretrain`, which writes an encoder."""

    name: str
    texts: Sequence[Path]
    settings: Mapping[str, object]
    mark: ClassVar[str] = "pretraining.json"

    @property
    def folder(self) -> Path:
        return HERE / self.name

    def command(self) -> list[str]:
        given = [argument for path in self.texts for argument in ("--text", str(path))]
        return ["pretrain", *given, *sets(self.settings), "--output", str(self.folder)]

    def config(self) -> dict[str, object]:
        """Return all settings, including the defaults."""
        settings = {"data.text": self.texts, "output": self.folder, **as_given(self.settings)}
        return read_config(None, settings=settings).model_dump(mode="json")

    def found(self) -> dict[str, Any]:
        """Return its text, number of steps, scores, and learning curve on dev."""
        facts = self._facts()
        lines = (self.folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
        epochs = [each for each in map(json.loads, lines) if each["kind"] == "epoch"]
        curve = [{"minutes": round(each["seconds"] / 60, 1), **each["dev"]} for each in epochs if "dev" in each]
        return {"text": facts["text"], "steps": facts["steps"], "figures": facts["figures"], "curve": curve}

    def dtype(self) -> str:
        """Return the dtype that it was trained in."""
        return str(self._facts()["dtype"])

    def _facts(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / self.mark).read_text(encoding="utf-8")))


def model(name: str, encoder: str, seed: int, sentences: int | None = None) -> Model:
    """Return the model to fine-tune on a corpus, or on a sample of ``sentences`` of its sentences."""
    parts = corpus(name)
    if sentences is not None:
        train = some_sentences(name, sentences, seed=seed)
        dev = some_sentences(name, FEW_DEV, seed=0, part="dev")
        parts = Parts(train, dev, parts.test)
    folder = HERE / "models" / f"{name}-{sentences or 'all'}-{Path(encoder).name}-{seed}"
    return Model(folder, parts, encoder, {"training.seed": seed, "model.head": "linear"})


def scratch(seeds: Sequence[int]) -> dict[str, object]:
    encoders = [
        Encoder("mini", texts(), {**SCRATCH, "training.steps": 9_000}),
        Encoder("mini-random", texts(), {**SCRATCH, "training.steps": 0}),
    ]
    corpora = ("wikigold", "wnut17", "bc5cdr")
    with_, without = (
        {name: [model(name, str(encoder.folder), seed) for seed in seeds] for name in corpora} for encoder in encoders
    )
    models = [each for pair in zip(_all(with_.values()), _all(without.values()), strict=True) for each in pair]
    with_models(encoders, models)
    return {
        "pre-training": figures_of(encoders[0]),
        "F1": {name: compared(with_[name], without[name]) for name in corpora},
        "done": sources([*encoders, *models]),
    }


def adapt(seeds: Sequence[int], name: str) -> dict[str, object]:
    if name == "wnut17":
        encoder = Encoder("unlabelled", unlabelled(), {"model.encoder": "small", **ADAPT, "training.steps": 500})
        sizes: Sequence[int | None] = (100, 300, 1_000, None)
    else:
        text = [corpus(name).train]
        encoder = Encoder(f"{name}-text", text, {"model.encoder": "small", **ADAPT, "training.epochs": 3})
        sizes = (None,)
    of = {
        size: [(model(name, str(encoder.folder), seed, size), model(name, "small", seed, size)) for seed in seeds]
        for size in sizes
    }
    models = [each for pairs in of.values() for pair in pairs for each in pair]
    with_models([encoder], models)
    return {
        "pre-training": figures_of(encoder),
        "F1": {
            str(size or "all"): compared([with_ for with_, _ in pairs], [without for _, without in pairs])
            for size, pairs in of.items()
        },
        "done": sources([encoder, *models]),
    }


def objectives(seeds: Sequence[int]) -> dict[str, object]:
    encoders = {
        name: Encoder(f"objective-{name}", texts(), {**SCRATCH, **settings, "training.steps": 4_000})
        for name, settings in OBJECTIVES.items()
    }
    models = {
        (name, each): [model(each, str(encoder.folder), seed) for seed in seeds]
        for name, encoder in encoders.items()
        for each in ("wnut17", "wikigold")
    }
    runs = list(_all(models.values()))
    with_models(list(encoders.values()), runs)
    f1 = {key: mean_and_deviation([each.f1() for each in of]) for key, of in models.items()}
    found: dict[str, object] = {
        name: {"pre-training": figures_of(encoder), "F1": {each: f1[name, each] for each in ("wnut17", "wikigold")}}
        for name, encoder in encoders.items()
    }
    return {**found, "done": sources([*encoders.values(), *runs])}


def with_models(encoders: Sequence[Encoder], models: Sequence[Model]) -> None:
    """Pre-train encoders and fine-tune models on them, except for models whose scores are known."""
    missing = {model.encoder for model in models if not is_known(model)}
    needed = [encoder for encoder in encoders if str(encoder.folder) in missing]
    do(needed)
    wait(needed)
    do(models, figures_only=True)
    wait(models)


def _all(models: Iterable[Sequence[Model]]) -> Iterator[Model]:
    for some in models:
        yield from some


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("scratch", "adapt", "objectives"))
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument(
        "--corpora", nargs="+", choices=("wnut17", "bc5cdr", "ncbi"), default=["wnut17", "bc5cdr", "ncbi"]
    )
    arguments = parser.parse_args()
    if arguments.what == "scratch":
        write_result("pretraining_scratch", scratch(arguments.seeds or [1, 2, 3]))
    elif arguments.what == "adapt":
        for name in arguments.corpora:
            write_result(f"pretraining_adapt_{name}", adapt(arguments.seeds or [1, 2, 3, 4, 5], name))
    else:
        write_result("pretraining_objectives", objectives(arguments.seeds or [1, 2, 3]))


if __name__ == "__main__":
    main()
