"""Calibration of int8: ranges of the inputs of a model's affine maps, measured in torch.

Windows of random subwords are sufficient: on a MiniLM with six layers, their largest values differed from those of real
text by only a few hundredths, because the largest values belong to certain columns and special tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from onoma.encoding import SubwordEncoder
from onoma.export.affine import Range, as_array
from onoma.models import Model


def random_windows(subword_encoder: SubwordEncoder, *, longest: int, count: int = 24) -> list[NDArray[np.int64]]:
    """Return windows of various lengths with random subwords between the special tokens, always the same.

    Args:
        subword_encoder: subword encoder with the vocabulary.
        longest: number of subwords of the longest window, including special tokens.
        count: maximum number of windows; their lengths are distinct.
    """
    rng = np.random.default_rng(0)
    special_ids = np.array([*subword_encoder.tokenizer.get_added_tokens_decoder()], dtype=np.int64)
    ordinary_ids = np.setdiff1d(np.arange(subword_encoder.tokenizer.get_vocab_size(), dtype=np.int64), special_ids)
    num_special = len(subword_encoder.prefix) + len(subword_encoder.suffix)
    lengths = np.unique(np.linspace(1, longest - num_special, num=count).astype(int))
    return [
        np.concatenate([subword_encoder.prefix, rng.choice(ordinary_ids, n), subword_encoder.suffix]).astype(np.int64)
        for n in lengths
    ]


def measure_ranges(model: Model, windows: Sequence[NDArray[np.int64]]) -> dict[nn.Module, Range]:
    """Measure the range of each column of the inputs of each affine map.

    Args:
        model: model on the CPU, in evaluation mode.
        windows: subword ids of each window, ``[subwords]`` each.
    """
    ranges: dict[nn.Module, Range] = {}

    def record_range(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        rows = as_array(inputs[0].flatten(end_dim=-2))
        low, high = rows.min(axis=0), rows.max(axis=0)
        previous = ranges.get(module)
        ranges[module] = (
            Range(low, high)
            if previous is None
            else Range(np.minimum(low, previous.low), np.maximum(high, previous.high))
        )

    hooks = [part.register_forward_pre_hook(record_range) for part in model.modules() if isinstance(part, nn.Linear)]
    try:
        with torch.inference_mode():
            for window in windows:
                ids = torch.from_numpy(window)[None]
                model(ids, torch.ones_like(ids))
    finally:
        for hook in hooks:
            hook.remove()
    return ranges
