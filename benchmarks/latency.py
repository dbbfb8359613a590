"""Breakdown of the time to tag one sentence: `python benchmarks/latency.py [--model en] [--calls 2000]`.

All times are medians and minimums in microseconds, with one thread: of tagging a sentence, of the engine alone, of
splitting the text into subwords and windows, and of decoding. For each operator of the graph, its share of the engine's
time is reported, as measured by ONNX Runtime's profiler. For comparison, the matrix products of the encoder's layers
are timed alone with the same number of subwords: each weight is read from memory once, which gives a lower bound that
does not depend on the number of subwords.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from products import layer_weights, product_work
from results import write_result

from onoma.api.backends import open_backend
from onoma.bundle import load_bundle
from onoma.runtime import PaddedBatch
from onoma.tagger import Tagger
from onoma.text import Document

SENTENCE = "Angela Merkel visited Lyon."
PROFILED = 300


def timed(work: Callable[[], object], *, calls: int) -> dict[str, float]:
    """Return the median and the shortest time of a call in microseconds."""
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        work()
        times.append(1e6 * (time.perf_counter() - started))
    return {"median": statistics.median(times), "shortest": min(times)}


def operators(graph: Path, batch: PaddedBatch) -> dict[str, float]:
    """Return the share of the total time of each of the eight slowest operators."""
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        options.enable_profiling = True
        options.profile_file_prefix = f"{folder}/profile"
        session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        wanted = batch.mask if batch.wanted is None else batch.mask + batch.wanted
        for _ in range(PROFILED):
            session.run(None, {"input_ids": batch.ids, "attention_mask": wanted})
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    times: Counter[str] = Counter()
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["args"]["op_name"]] += event["dur"]
    return {name: spent / times.total() for name, spent in times.most_common(8)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="en")
    parser.add_argument("--calls", type=int, default=2_000)
    arguments = parser.parse_args()
    bundle = load_bundle(arguments.model)
    dtype = bundle.preferred or "fp32"
    backend = open_backend(bundle, dtype=dtype, threads=1)
    tagger, windower, task = Tagger(bundle, backend), bundle.windower(), bundle.task()
    (encoded,) = windower.encode([Document(SENTENCE)])
    (window,) = encoded.windows
    ids = windower.row(encoded, window)[None].astype(np.int64)
    first = windower.first_subwords(encoded, window)
    wanted = np.zeros(ids.shape, dtype=bool)
    wanted[0, first] = True
    batch = PaddedBatch(ids, np.ones_like(ids), wanted)
    (scores,) = backend.run([batch])
    of_words = scores["entities"][0][first]
    weights = layer_weights(bundle.graph(dtype))
    works: dict[str, Callable[[], object]] = {
        "tagging": lambda: tagger.tag(SENTENCE),
        "engine": lambda: list(backend.run([batch])),
        "products alone": product_work(dtype, weights, rows=ids.size),
        "text to windows": lambda: windower.encode([Document(SENTENCE)]),
        "decoding": lambda: task.decode([of_words]),
    }
    for work in works.values():
        timed(work, calls=100)
    stored = sum(rows * columns for rows, columns in weights) * (1 if dtype == "int8" else 4)
    figures = {name: timed(work, calls=arguments.calls) for name, work in works.items()}
    write_result(
        "latency",
        {
            "dtype": dtype,
            "subwords": ids.size,
            "megabytes_of_weights": stored / 1e6,
            "microseconds": figures,
            "operators": operators(bundle.graph(dtype), batch),
        },
    )


if __name__ == "__main__":
    main()
