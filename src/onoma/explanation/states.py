"""Vectors of spans from the encoder's hidden states: the model's representation of a mention in its context.

The vector of a span is the mean of the last hidden states of its words, normalised to length 1. The hidden state of a
word is that of its first subword, because the head is trained on this one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray

from onoma.bundle import ENTITIES
from onoma.encoding import batch_by_length, pad
from onoma.explanation.passage import Passage
from onoma.models import Model

_MAX_BATCH_SUBWORDS = 2_048


def span_vectors(model: Model, passages: Sequence[Passage]) -> NDArray[np.float32]:
    """Return the vector of each passage's span, ``[passages, hidden]``.

    Each distinct window is encoded only once, even if several passages share it.
    """
    vectors = np.empty((len(passages), model.encoder.hidden), dtype=np.float32)
    windows: dict[bytes, list[int]] = defaultdict(list)
    for position, passage in enumerate(passages):
        windows[passage.ids.tobytes()].append(position)
    window_positions = list(windows.values())
    rows = [passages[positions[0]].ids for positions in window_positions]
    for batch in batch_by_length(list(map(len, rows)), budget=_MAX_BATCH_SUBWORDS):
        # The mask hides the padding, so its ids do not matter.
        ids, mask = pad([rows[window] for window in batch], filler=0)
        with torch.inference_mode():
            states = model.encoder(torch.from_numpy(ids), torch.from_numpy(mask)).float().numpy()
        for window, row in zip(batch, states, strict=True):
            for position in window_positions[window]:
                passage = passages[position]
                vectors[position] = row[passage.firsts[slice(*passage.span)]].mean(axis=0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit_vectors: NDArray[np.float32] = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit_vectors


def fingerprint(model: Model) -> str:
    """Return a fingerprint that identifies a trained model: the SHA-256 of the weights of its entity head."""
    digest = sha256()
    for name, tensor in sorted(model.head(ENTITIES).state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
