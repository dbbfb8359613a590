"""Speed of reading and splitting unlabelled text into sentences, compared with tokenizing it; one thread each.

Run: OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false python benchmarks/pretraining_text.py FILE [--runs 5]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import textwrap
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from onoma.models import load_pretrained
from onoma.pretraining.text import Section, TextSettings, read_sections


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="plain text, one text a line")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    lines = options.file.read_text(encoding="utf-8").split("\n")
    paragraphs = [" ".join(lines[start : start + 8]) for start in range(0, len(lines), 8)]
    forms = {
        "a text a line": "\n".join(lines),
        "paragraphs of whole lines": "\n\n".join(
            "\n".join(lines[start : start + 20]) for start in range(0, len(lines), 20)
        ),
        "lines wrapped at 72": "\n\n".join(textwrap.fill(paragraph, 72) for paragraph in paragraphs),
        "one line": " ".join(lines),
    }
    tokenizer = load_pretrained("small").tokenizer
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        for form, text in forms.items():
            path.write_text(text, encoding="utf-8")
            size = path.stat().st_size / 1e6
            sections = read(path)
            sentences = [sentence for section in sections for sentence in section.sentences]
            reading, tokenizing = [], []
            for _ in range(options.runs):
                reading.append(size / seconds(partial(read, path)))
                tokenizing.append(size / seconds(partial(tokenizer.encode_batch_fast, sentences)))
            ratio = [fast / slow for fast, slow in zip(reading, tokenizing, strict=True)]
            print(f"{form}: {shown(reading)} MB/s read, {shown(tokenizing)} MB/s tokenized, ratio {shown(ratio)}")


def read(path: Path) -> list[Section]:
    return list(read_sections([path], settings=TextSettings(), notice=str))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def shown(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


if __name__ == "__main__":
    main()
