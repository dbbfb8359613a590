"""Effect of context: F1 on short and long texts, and speed, by window size, context and training text.

    python benchmarks/context.py [--corpora wikigold bc5cdr wnut17] [--ways WAY ...] [--part dev] [--dtype bf16]
        [--seeds 1 2 3] [--rounds 5] [--threads 1] [--set KEY=VALUE ...]

Models are trained by `onoma train` in the ways of ``WAYS``: on single sentences (`sentences`), on documents of
consecutive sentences (`joined`), or on these and additionally on documents of mixed lengths (`mixed`), with windows of
128, 256 or 512 subwords. The best epoch is chosen on dev, which is read in the same way. Each model then tags test (or
dev, to choose settings) twice: as single sentences (`short`) and as long texts (`long`). Long texts are the articles of
wikigold, the whole file of abstracts of BC5CDR, and groups of 200 unrelated tweets of WNUT 2017. They are tagged with
each window size in ``WINDOWS`` and each context in ``CONTEXTS``: the number of subwords before and after the core of a
window. The window size includes the context. Contexts other than the default are measured with the models of one way
only: `joined`, or `sentences` for WNUT 2017. F1 is exact F1 in percent; models tag in the dtype of `--dtype`.

Speed is measured with one model per corpus on long texts, since it does not depend on the training: all settings in
turn in each round. Reported are words per second of processor time, and the ratio to windows of 128 subwords with 6
subwords of context on each side in the same round. `computed` is the number of computed subwords, including special
tokens, divided by the number of subwords of the texts.

Models are trained into runs/context/CORPUS-WAY-SEED, and their F1 scores are saved next to them. Existing ones are
reused, so an interrupted benchmark can be continued. Several processes may train at once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Literal

from corpora import Parts, corpus, write_part
from results import write_result
from runs import Model, do, mean_and_deviation, settings_suffix, wait

from onoma.api.loading import backend_of
from onoma.bundle import Bundle, load_bundle
from onoma.bundle.manifest import WindowConfig
from onoma.corpora import ReadOptions, read
from onoma.encoding import Encoded, Window, Windower
from onoma.evaluation import evaluate
from onoma.tagger import Tagger
from onoma.text import Document, split_sentences

WINDOWS = (128, 256, 512)
CONTEXTS = ((0, 0), (6, 6), (12, 0), (24, 24), (48, 0))
DEFAULT = (128, (6, 6))
MIXED = {"data.mixed_lengths": "true"}
WAYS: Mapping[str, Mapping[str, object]] = {
    "sentences": {},
    "joined": {},
    "joined 512": {"model.window": 512},
    "mixed": MIXED,
    "mixed 256": {**MIXED, "model.window": 256},
    "mixed 512": {**MIXED, "model.window": 512},
}
"""Ways to train a model, with the settings of each."""

Part = Literal["dev", "test"]
TWEETS = 200
RUNS = Path("runs/context")


def model(name: str, way: str, seed: int, changed: Mapping[str, str]) -> Model:
    """Return a model trained in one of the ways; wikigold has document boundaries, and tweets are single texts."""
    parts = sentences_of(name) if way == "sentences" else corpus(name)
    documents = "file" if name == "bc5cdr" and way != "sentences" else "auto"
    settings = {"training.seed": seed, "data.documents": documents, **WAYS[way], **changed}
    folder = RUNS / f"{name}-{way.replace(' ', '-')}-{seed}{settings_suffix(changed)}"
    return Model(folder, parts, "small", settings)


def sentences_of(name: str) -> Parts:
    """Return the parts of a corpus with one document per sentence."""
    parts = corpus(name)
    if name != "wikigold":
        return parts
    alone = Parts(*(path.with_stem(f"{path.stem}-sentences") for path in (parts.train, parts.dev, parts.test)))
    for source, target in zip((parts.train, parts.dev, parts.test), (alone.train, alone.dev, alone.test), strict=True):
        if not target.exists():
            write_part(target, (sentence for document in read(source) for sentence in split_sentences(document)))
    return alone


def texts_of(name: str, part: Part) -> dict[str, list[Document]]:
    """Return a part of a corpus as short and as long texts."""
    short = list(read(getattr(sentences_of(name), part)))
    if name == "wikigold":
        return {"short": short, "long": list(read(getattr(corpus(name), part)))}
    options = ReadOptions(documents="file" if name == "bc5cdr" else TWEETS)
    return {"short": short, "long": list(read(getattr(corpus(name), part), options=options))}


@dataclass(frozen=True, slots=True)
class WithContext(Windower):
    """A windower with separate context sizes before and after the core of a window.

    Attributes:
        before, behind: maximum number of subwords of context before and after the core.
    """

    before: int = 0
    behind: int = 0

    def encode(self, documents: Sequence[Document]) -> list[Encoded]:
        size = self.window - self.before - self.behind
        bare = Windower(self.subword_encoder, window=size, overlap=0, structure=self.structure)
        return [
            replace(encoded, windows=tuple(self._extended(encoded, window) for window in encoded.windows))
            for encoded in bare.encode(documents)
        ]

    def _extended(self, encoded: Encoded, window: Window) -> Window:
        bounds = encoded.subwords.bounds
        start = int(bounds.searchsorted(bounds[window.core_start] - self.before))
        end = int(bounds.searchsorted(bounds[window.core_end] + self.behind, side="right")) - 1
        return replace(window, start=start, end=end)


class BundleWithContext(Bundle):
    """A bundle that tags with the given window size and context."""

    def __init__(self, bundle: Bundle, *, window: int, before: int, behind: int) -> None:
        manifest = bundle.manifest.replace(window=WindowConfig(size=window, overlap=0))
        super().__init__(manifest, bundle.tokenizer, bundle.folder)
        self._before, self._behind = before, behind

    def windower(self, *, structure: bool = True) -> Windower:
        bare = super().windower(structure=structure)
        return WithContext(
            bare.subword_encoder,
            window=bare.window,
            overlap=0,
            structure=structure,
            before=self._before,
            behind=self._behind,
        )


Setting = tuple[int, tuple[int, int]]
"""Window size, and context before and after the core, in subwords."""


def settings() -> Iterator[Setting]:
    return product(WINDOWS, CONTEXTS)


def named(setting: Setting) -> str:
    window, (before, behind) = setting
    return f"{window}, {before} before and {behind} behind"


def taggers(folder: Path, *, dtype: str, threads: int) -> dict[Setting, Tagger]:
    """Return taggers of the same model, one for each setting."""
    bundle = load_bundle(folder)
    backend = backend_of(bundle, dtype=dtype, threads=threads)
    return {
        (window, (before, behind)): Tagger(
            BundleWithContext(bundle, window=window, before=before, behind=behind), backend
        )
        for window, (before, behind) in settings()
    }


def figures_of(name: str, way: str, folder: Path, *, part: Part, dtype: str, threads: int) -> dict[str, float]:
    """Return F1 on short texts and, by setting, on long texts; cached in a file next to the model."""
    kept = folder.with_name(f"{folder.name}-{part}-{dtype}.json")
    found: dict[str, float] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    tagging, texts = taggers(folder, dtype=dtype, threads=threads), texts_of(name, part)
    all_contexts = way == ("sentences" if name == "wnut17" else "joined")
    measured = [each for each in tagging if all_contexts or each[1] == DEFAULT[1]]
    wanted = {"short": DEFAULT, **{named(each): each for each in measured}}
    for what, setting in wanted.items():
        if what not in found:
            gold = texts["short" if what == "short" else "long"]
            found[what] = round(100 * evaluate(tagging[setting], gold).exact.f1, 2)
            kept.write_text(json.dumps(found, indent=2), encoding="utf-8")
    return {what: found[what] for what in wanted}


def speeds_of(name: str, folder: Path, *, part: Part, dtype: str, threads: int, rounds: int) -> dict[str, object]:
    """Return words per second of processor time and the share of computed subwords of each setting on long texts."""
    tagging = taggers(folder, dtype=dtype, threads=threads)
    texts = [document.with_entities(()) for document in texts_of(name, part)["long"]]
    words = sum(len(document.words or ()) for document in texts)
    list(tagging[DEFAULT].tag_many(texts))
    speeds: dict[Setting, list[float]] = {setting: [] for setting in tagging}
    for _ in range(rounds):
        for setting, tagger in tagging.items():
            started = time.process_time()
            list(tagger.tag_many(texts))
            speeds[setting].append(words / (time.process_time() - started))
    found: dict[str, object] = {}
    for setting, tagger in tagging.items():
        ratios = [one / other for one, other in zip(speeds[setting], speeds[DEFAULT], strict=True)]
        found[named(setting)] = {
            "words/s": round(statistics.median(speeds[setting])),
            "ratio": [round(each(ratios), 2) for each in (statistics.median, min, max)],
            "computed": round(_computed(tagger, texts), 3),
        }
    return found


def _computed(tagger: Tagger, texts: Sequence[Document]) -> float:
    windower = tagger.bundle.windower()
    around = len(windower.subword_encoder.prefix) + len(windower.subword_encoder.suffix)
    computed = needed = 0
    for encoded in windower.encode(texts):
        bounds = encoded.subwords.bounds
        needed += int(bounds[-1])
        computed += sum(int(bounds[each.end] - bounds[each.start]) + around for each in encoded.windows)
    return computed / needed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ("wikigold", "bc5cdr", "wnut17")
    parser.add_argument("--corpora", nargs="+", choices=names, default=names)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[*WAYS])
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--dtype", choices=("fp32", "bf16"), default="fp32", help="of tagging")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="of tagging")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    options: dict[str, Any] = {"part": arguments.part, "dtype": arguments.dtype, "threads": arguments.threads}
    figures: dict[str, object] = {**options, "settings": arguments.sets}
    changed = dict(each.split("=", 1) for each in arguments.sets)
    for name in arguments.corpora:
        ways = [way for way in arguments.ways if name != "wnut17" or not way.startswith("joined")]
        models = {way: [model(name, way, seed, changed) for seed in arguments.seeds] for way in ways}
        runs = [each for of_seed in zip(*models.values(), strict=True) for each in of_seed]
        do(runs)
        wait(runs)
        found = {way: [figures_of(name, way, each.folder, **options) for each in of] for way, of in models.items()}
        figures[name] = {
            "F1": {
                way: {key: mean_and_deviation([one[key] for one in of]) for key in of[0]} for way, of in found.items()
            },
            "speed": speeds_of(name, runs[0].folder, rounds=arguments.rounds, **options),
        }
    write_result(f"context_{'_'.join([*arguments.corpora, arguments.part])}", figures)


if __name__ == "__main__":
    main()
