"""What the English model learns from, put together from the public corpora: `python recipes/en/prepare.py`.

Writes to runs/en/data all that is trained on, and parts of the Broad Twitter Corpus and of wikigold that are held back:
the corpora, newswire-like text made by `newswire.py`, the running text of the unlabelled sources, and a sample of it
for the teacher to annotate. Writes to runs/en/encoder the encoder `multilingual`, with the subwords needed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from onoma.api.pruning import prune
from onoma.corpora import read, write
from onoma.text import Document

COPIED = {
    "wnut17.train.conll": "wnut17/wnut17train.conll",
    "wnut17.held.conll": "wnut17/emerging.dev.conll",
    "btc-a.train.conll": "btc/a.conll",
    "btc-b.train.conll": "btc/b.conll",
    "btc-e.train.conll": "btc/e.conll",
    "btc-g.train.conll": "btc/g.conll",
    "ewt.train.iob2": "ewt/en_ewt-ud-dev.iob2",
}
SUBWORDS = 44_000
NEWSWIRE_SENTENCES = 14_000
SILVER_LINES = 25_000
HELD_BACK = 7
"""Every so manieth article of wikigold is kept for measuring."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ONOMA_DATA", "../shared/data")))
    parser.add_argument("--output", type=Path, default=Path("runs/en/data"))
    arguments = parser.parse_args()
    data, output = arguments.data, arguments.output
    output.mkdir(parents=True, exist_ok=True)
    for name, source in COPIED.items():
        shutil.copyfile(data / source, output / name)
    articles = list(read(data / "wikigold" / "wikigold.conll.txt"))
    split(articles, output, "wikigold", held=[place % HELD_BACK == 0 for place in range(len(articles))])
    tweets = list(read(data / "btc" / "h.conll"))
    split(tweets, output, "btc-h", held=[place >= len(tweets) // 2 for place in range(len(tweets))])
    titles = list(read(data / "wikiann" / "en.train"))
    write(random.Random(1).sample(titles, len(titles) // 2), output / "wikiann.train.conll")
    lines = unlabelled(data / "unlabelled")
    write(map(Document, lines), output / "unlabelled.txt", format="text")
    chosen = random.Random(1).sample(lines, SILVER_LINES)
    write(map(Document, chosen), output / "silver.txt", format="text")
    newswire = Path(__file__).with_name("newswire.py")
    target = output / "newswire.train.conll"
    sentences = ["--sentences", str(NEWSWIRE_SENTENCES), "--output", str(target), "--data", str(data)]
    subprocess.run([sys.executable, str(newswire), *sentences], check=True)
    texts = [path for path in sorted(output.iterdir()) if "held" not in path.name]
    texts.append(data / "sec-filings" / "FIN5.txt")  # for its words alone: it takes "Lender" for a person
    prune("multilingual", output=output.parent / "encoder", texts=texts, vocab_size=SUBWORDS)


def split(documents: Sequence[Document], output: Path, name: str, *, held: Sequence[bool]) -> None:
    """Write what is trained on and what is held back."""
    for part, wanted in (("train", False), ("held", True)):
        chosen = [document for document, back in zip(documents, held, strict=True) if back is wanted]
        write(chosen, output / f"{name}.{part}.conll")


def unlabelled(folder: Path) -> list[str]:
    """Lines of all files that are long enough to hold something, once each."""
    lines = (
        " ".join(line.split())
        for path in sorted(folder.glob("*.txt"))
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n")
    )
    return [line for line in dict.fromkeys(lines) if len(line.split()) >= 5]


if __name__ == "__main__":
    main()
