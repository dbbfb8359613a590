"""AdamW with decoupled decay, and the rate's way up and down.

Source: Loshchilov and Hutter 2019, algorithm 2; warm-up and linear decay as in Devlin et al. 2019, appendix A.2.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR


def make_optimiser(model: nn.Module, *, learning_rate: float, weight_decay: float) -> AdamW:
    """AdamW that decays matrices but neither biases nor layer norms."""
    trained = [weights for weights in model.parameters() if weights.requires_grad]
    groups = [
        {"params": [weights for weights in trained if weights.ndim > 1], "weight_decay": weight_decay},
        {"params": [weights for weights in trained if weights.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, fused=True)


def make_schedule(optimiser: AdamW, *, steps: int, warmup: float) -> LambdaLR:
    """A rate that climbs linearly over the share ``warmup`` of all steps and then falls linearly to 0."""
    climb = max(1, round(steps * warmup))

    def share(step: int) -> float:
        return (step + 1) / climb if step < climb else max(0.0, (steps - step) / max(1, steps - climb))

    return LambdaLR(optimiser, share)
