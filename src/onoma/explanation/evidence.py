"""Index of the entities of the training set, stored with a model, and the search for the nearest ones to a span.

::

    MODEL/evidence/about.json       format version, fingerprint of the model, number of mentions
    MODEL/evidence/vectors.npy      a vector of length 1 for each mention, fp32, memory-mapped
    MODEL/evidence/mentions.jsonl   label, text and context of each mention, in the same order

The search is exact: it computes the cosine similarity of the query vector and every vector of the index. This module
does not depend on how the vectors are computed.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onoma.errors import BundleError, InputError
from onoma.io.files import replacing_path

EVIDENCE = "evidence"

_FORMAT_VERSION = 1
_ABOUT_FILE, _VECTORS_FILE, _MENTIONS_FILE = "about.json", "vectors.npy", "mentions.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingMention:
    """An entity of the training set.

    Attributes:
        label: gold label of the entity.
        text: text of the entity.
        context: sentence of the entity, or the part of a long sentence near the entity.
        start, end: position of the entity in ``context``, in characters.
        document: id of the document; empty if it has none.
    """

    label: str
    text: str
    context: str
    start: int
    end: int
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A training mention and its similarity to the explained span: the cosine of their vectors, at most 1."""

    mention: TrainingMention
    similarity: float

    def to_json(self) -> dict[str, object]:
        """Return plain values for :func:`json.dumps`."""
        return {**asdict(self.mention), "similarity": self.similarity}


class Index:
    """Index of mentions by their vectors.

    Args:
        vectors: vectors of length 1, ``[mentions, hidden]``.
        lines: bytes of the mentions as JSON lines.

    Raises:
        ValueError: the numbers of lines and vectors differ, or ``vectors`` does not have two dimensions.
    """

    def __init__(self, vectors: NDArray[np.float32], lines: NDArray[np.uint8]) -> None:
        self._vectors = vectors
        self._lines = lines
        self._line_ends = np.flatnonzero(lines == ord("\n"))
        if vectors.ndim != 2 or len(self._line_ends) != len(vectors):
            raise ValueError(f"{len(self._line_ends):,} mentions for vectors of shape {list(vectors.shape)}")

    def __len__(self) -> int:
        return len(self._vectors)

    def nearest(self, vector: NDArray[np.float32], *, count: int) -> tuple[Evidence, ...]:
        """Return the ``count`` mentions nearest to a vector of length 1, in descending order of similarity."""
        count = min(count, len(self))
        if count < 1:
            return ()
        cosines = self._vectors @ vector
        candidates = np.argpartition(cosines, len(self) - count)[len(self) - count :]
        ordered = sorted(candidates.tolist(), key=lambda number: (-cosines[number], number))
        return tuple(
            Evidence(mention=self._parse_mention(number), similarity=min(1.0, float(cosines[number])))
            for number in ordered
        )

    def _parse_mention(self, number: int) -> TrainingMention:
        start = int(self._line_ends[number - 1]) + 1 if number else 0
        return TrainingMention(**json.loads(self._lines[start : self._line_ends[number]].tobytes()))


def as_lines(mentions: Sequence[TrainingMention]) -> bytes:
    """Return mentions as JSON lines, in the format that :class:`Index` reads."""
    return b"".join(json.dumps(asdict(mention)).encode("ascii") + b"\n" for mention in mentions)


def check_can_write_index(folder: Path, *, overwrite: bool) -> None:
    """Check that an index may be written into a bundle.

    Raises:
        InputError: the bundle has an index already, and ``overwrite`` is false.
    """
    if (folder / EVIDENCE).exists() and not overwrite:
        raise InputError(f"{folder / EVIDENCE}: an index exists already; pass --overwrite to replace it")


def write_index(vectors: NDArray[np.float32], mentions: Sequence[TrainingMention], folder: Path, *, model: str) -> None:
    """Write an index into a bundle, replacing any existing one only when the new one is complete.

    Args:
        vectors: vectors of length 1, ``[mentions, hidden]``.
        mentions: mentions in the order of the vectors.
        folder: folder of the bundle.
        model: fingerprint of the model that computed the vectors.
    """
    with replacing_path(folder / EVIDENCE) as draft:
        draft.mkdir()
        np.save(draft / _VECTORS_FILE, np.ascontiguousarray(vectors, dtype=np.float32))
        (draft / _MENTIONS_FILE).write_bytes(as_lines(mentions))
        about = {"format": _FORMAT_VERSION, "model": model, "mentions": len(mentions)}
        (draft / _ABOUT_FILE).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def read_index(folder: Path, *, model: str) -> Index | None:
    """Read the index of a bundle; return None if it has none.

    Args:
        folder: folder of the bundle.
        model: fingerprint of the model, as for :func:`write_index`.

    Raises:
        BundleError: the index is broken, has a newer format, or belongs to another model.
    """
    index_folder = folder / EVIDENCE
    if not index_folder.is_dir():
        return None
    fix = f"write it again with `onoma index {shlex.quote(str(folder))} TRAIN --overwrite`"
    try:
        about = json.loads((index_folder / _ABOUT_FILE).read_text(encoding="utf-8"))
        if about["format"] > _FORMAT_VERSION:
            raise BundleError(
                f"{index_folder}: format {about['format']} is newer than {_FORMAT_VERSION}; upgrade onoma, or {fix}"
            )
        if about["model"] != model:
            raise BundleError(f"{index_folder}: the index was made with another model; {fix}")
        vectors = np.load(index_folder / _VECTORS_FILE, mmap_mode="r", allow_pickle=False)
        return Index(np.asarray(vectors), np.memmap(index_folder / _MENTIONS_FILE, dtype=np.uint8, mode="r"))
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{index_folder}: the index is broken ({error}); {fix}") from error
