"""AdamW with lazy updates of embedding rows, and the learning rate schedule.

Source: Loshchilov and Hutter 2019, algorithm 2; warmup and linear decay as in Devlin et al. 2019, appendix A.2.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import get_total_norm
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from onoma.engine.data import AnyBatch, Objective
from onoma.engine.groups import GroupSettings, is_head, make_groups

_MAX_ROWS_PER_UPDATE = 1_024
"""Arrays of more rows would have memory mappings of their own (see :mod:`.heap`), which makes this twice as slow."""

_MIN_FADE = 1e-20


class RowwiseAdamW(AdamW):
    """torch's fused AdamW, with lazy updates of the rows of embedding tables that have sparse gradients.

    In a small encoder, the word embeddings are half of all weights, but a batch contains only a few hundred of their
    rows. AdamW also changes rows without a gradient: weight decay shrinks them, and the remaining momentum moves them.
    Both effects have a closed form. Let a row ``w`` have the moments ``m`` and ``v`` at its last gradient. After ``k``
    further steps without a gradient, with learning rates ``a_1 … a_k``, weight decay ``d`` and Adam's bias corrections
    ``c_i``, the row is ::

        w * prod(1 - a_i d)  -  m / sqrt(v) * sum_i(a_i c_i (beta1 / sqrt(beta2))^i * prod_{j>i}(1 - a_j d))

    The product and the sum are stored as two numbers per row, and :meth:`apply_missed_updates` applies them to the
    rows. That must happen before rows are read: the rows of a batch before its forward pass, and all rows before the
    model is evaluated or saved. Other rows have outdated values until their next gradient.

    The result differs from dense AdamW only by rounding and by the effect of Adam's epsilon. The weight of epsilon
    relative to ``sqrt(v)`` should grow with each step without a gradient; here it stays that of the first such step.
    This changes the update of step ``i`` by a share of ``i / 2000 * epsilon / sqrt(v)``, and the momentum has vanished
    after about 50 steps, so the difference is less than a thousandth if gradients are larger than 100 times epsilon. A
    test compares both optimizers over hundreds of steps in which different rows have gradients.

    The state of an embedding table consists of ``exp_avg``, ``exp_avg_sq`` and ``step`` as in torch, and for every row
    ``idle`` (number of steps since its last gradient), ``decay`` (logarithm of the product), ``push`` (the sum) and
    ``fade`` (``(beta1 / sqrt(beta2))^idle``). The state matches the current weights, including rows that have not been
    caught up, so a checkpoint can be written without :meth:`apply_missed_updates`.
    """

    # unwrapped, because the wrappers import torch's compiler at the first call, which takes 70 MB and a second
    add_param_group = inspect.unwrap(AdamW.add_param_group)
    zero_grad = inspect.unwrap(AdamW.zero_grad)
    state_dict = inspect.unwrap(AdamW.state_dict)
    load_state_dict = inspect.unwrap(AdamW.load_state_dict)
    _step_dense = inspect.unwrap(AdamW.step)

    def __init__(self, params: Iterable[Tensor] | Iterable[dict[str, Any]], *, lr: float) -> None:
        super().__init__(params, lr=lr, fused=True)
        # otherwise torch.amp.GradScaler would leave the check for infinities to `step`, which has none for sparse rows
        self._step_supports_amp_scaling = False
        self.grad_scale: Tensor | None = None
        """Divisor of the gradients in the next step; the fused kernel of torch applies an attribute of this name."""

    def clip(self, norm: float, *, largest: float) -> None:
        """Clip the gradients, which have the given norm, to a norm of at most ``largest`` in the next step."""
        device = self.param_groups[0]["params"][0].device
        self.grad_scale = torch.tensor(norm / largest, device=device) if norm > largest else None

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take an optimizer step; sparse gradients are coalesced in place."""
        tables = [
            (group, weights, weights.grad) for group, weights in self._iter_parameters() if _is_sparse(weights.grad)
        ]
        for _, table, _ in tables:
            table.grad = None
        loss = cast("float | None", self._step_dense(closure))
        for group, table, gradient in tables:
            assert gradient is not None
            table.grad = gradient.coalesce()
            values = table.grad.values() if self.grad_scale is None else table.grad.values().div_(self.grad_scale)
            self._update_rows(table, group, table.grad.indices()[0], values)
        return loss

    @torch.no_grad()
    def apply_missed_updates(self, ids: Int64[Tensor, " subwords"] | None = None) -> None:
        """Apply the missed updates to rows of the embedding tables.

        Args:
            ids: subword ids whose rows are updated; None for all rows.
        """
        for group, table in self._iter_parameters():
            state = self.state.get(table, {})
            if "idle" in state:
                if ids is None:
                    _decay_unseen_rows(table, state)
                rows = torch.arange(len(table), device=table.device) if ids is None else torch.unique(ids)
                for row_chunk in rows[state["idle"][rows] > 0].split(_MAX_ROWS_PER_UPDATE):
                    _catch_up(table, group, state, row_chunk)

    def _iter_parameters(self) -> Iterator[tuple[dict[str, Any], Tensor]]:
        return ((group, weights) for group in self.param_groups for weights in group["params"])

    def _update_rows(
        self,
        table: Float[Tensor, "vocabulary narrow"],
        group: Mapping[str, Any],
        rows: Int64[Tensor, " rows"],
        gradient: Float[Tensor, "rows narrow"],
    ) -> None:
        state = self.state[table]
        if not state:
            state.update(_init_state(table))
        _catch_up(table, group, state, rows[state["idle"][rows] > 0])
        rate, (beta1, beta2) = group["lr"], group["betas"]
        state["step"] += 1
        bias_correction = _bias_correction(state, beta2)
        step_size = rate * bias_correction / (1 - beta1 ** float(state["step"]))
        mean = state["exp_avg"][rows].lerp_(gradient, 1 - beta1)
        square = state["exp_avg_sq"][rows].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        values = table[rows].mul_(1 - rate * group["weight_decay"])
        values.addcdiv_(mean, square.sqrt().add_(group["eps"] * bias_correction), value=-step_size)
        table.index_copy_(0, rows, values)
        state["exp_avg"].index_copy_(0, rows, mean)
        state["exp_avg_sq"].index_copy_(0, rows, square)
        state["idle"] += 1
        state["decay"] += math.log1p(-rate * group["weight_decay"])
        # set tiny values to zero: denormal numbers are slow and have no effect
        functional.threshold(state["fade"].mul_(beta1 / math.sqrt(beta2)), _MIN_FADE, 0.0, inplace=True)
        state["push"].mul_(1 - rate * group["weight_decay"]).add_(state["fade"], alpha=step_size)
        _reset_rows(state, rows)


def make_optimizer(objective: Objective[AnyBatch], *, settings: GroupSettings) -> RowwiseAdamW:
    """Return the optimizer of all trainable parameters; on a CPU, also switch the sparse tables to sparse gradients."""
    for table in objective.sparse_embeddings:
        table.sparse = table.weight.device.type == "cpu"
    groups = [group.options() for group in make_groups(objective, settings=settings)]
    return RowwiseAdamW(groups, lr=settings.learning_rate)


@torch.no_grad()
def norm_of_gradients(weights: Iterable[Tensor]) -> float:
    """Return the norm of all gradients together; sparse gradients are coalesced in place."""
    return float(get_total_norm(_gradients(weights)))


@torch.no_grad()
def divide_gradients(weights: Iterable[Tensor], *, by: float) -> None:
    """Divide all gradients, dense and sparse, in place."""
    for gradient in _gradients(weights):
        gradient.div_(by)


def _gradients(weights: Iterable[Tensor]) -> list[Tensor]:
    """Return the existing gradients; sparse ones are coalesced in place, and their values returned."""
    gradients = []
    for each in weights:
        if each.grad is not None:
            if each.grad.is_sparse:
                each.grad = each.grad.coalesce()
            gradients.append(each.grad.values() if each.grad.is_sparse else each.grad)
    return gradients


def make_schedule(optimizer: AdamW, *, steps: int, warmup: float, head_first: float = 0.0) -> LambdaLR:
    """Return a schedule with linear warmup and linear decay to 0.

    Args:
        optimizer: optimizer whose parameter groups have names, as :class:`onoma.engine.groups.Group` sets them.
        steps: number of steps of the whole run.
        warmup: share of the steps in which the learning rate rises.
        head_first: share of the steps in which only the head is trained. The learning rate of all other groups is 0 in
            these steps, and their warmup starts afterwards.
    """

    def make_lr_lambda(first_step: int) -> Callable[[int], float]:
        warmup_steps = max(1, round((steps - first_step) * warmup))

        def lr_factor(step: int) -> float:
            steps_done = step - first_step
            if steps_done < warmup_steps:
                return max(0.0, (steps_done + 1) / warmup_steps)
            return max(0.0, (steps - step) / max(1, steps - first_step - warmup_steps))

        return lr_factor

    head_steps = round(steps * head_first)
    return LambdaLR(
        optimizer,
        [make_lr_lambda(0 if is_head(group.get("name", "")) else head_steps) for group in optimizer.param_groups],
    )


def set_step(schedule: LambdaLR, step: int) -> None:
    """Set a new schedule to a step, as if it had been called for all steps before."""
    schedule.load_state_dict(schedule.state_dict() | {"last_epoch": step, "_step_count": step + 1})
    shares = (share(step) for share in schedule.lr_lambdas)
    for group, base, share in zip(schedule.optimizer.param_groups, schedule.base_lrs, shares, strict=True):
        group["lr"] = base * share


def _is_sparse(gradient: Tensor | None) -> bool:
    return gradient is not None and gradient.is_sparse


def _init_state(table: Tensor) -> dict[str, Tensor]:
    zeros = {name: torch.zeros(len(table), device=table.device) for name in ("idle", "decay", "push", "fade")}
    return {
        "step": torch.zeros((), device=table.device),
        "exp_avg": torch.zeros_like(table),
        "exp_avg_sq": torch.zeros_like(table),
        **zeros,
    }


def _bias_correction(state: Mapping[str, Tensor], beta2: float) -> float:
    """Return the square root of Adam's bias correction of the second moment."""
    return math.sqrt(1 - beta2 ** float(state["step"]))


def _catch_up(table: Tensor, group: Mapping[str, Any], state: Mapping[str, Tensor], rows: Tensor) -> None:
    """Apply to unique rows the updates that AdamW would have made since their last gradients."""
    beta1, beta2 = group["betas"]
    idle, mean, square = state["idle"][rows, None], state["exp_avg"][rows], state["exp_avg_sq"][rows]
    # epsilon relative to the second moment as in the first missed step, whose update is the largest
    bias_correction = (1 - beta2 ** (state["step"] - idle + 1)).sqrt()
    direction = mean / square.sqrt().addcmul_(bias_correction, bias_correction.new_tensor(group["eps"]))
    values = table[rows].mul_(state["decay"][rows, None].exp()).addcmul_(direction, state["push"][rows, None], value=-1)
    table.index_copy_(0, rows, values)
    state["exp_avg"].index_copy_(0, rows, mean.mul_(beta1**idle))
    state["exp_avg_sq"].index_copy_(0, rows, square.mul_(beta2**idle))
    _reset_rows(state, rows)


def _decay_unseen_rows(table: Tensor, state: Mapping[str, Tensor]) -> None:
    """Apply the missed updates to the rows that never had a gradient: only weight decay, as their moments are 0.

    In a large vocabulary these are most rows, and this is ten times as fast as :func:`_catch_up`, with the same result.
    """
    is_idle = state["idle"] > 0
    if not is_idle.any():
        return
    is_unseen = is_idle & (state["exp_avg_sq"].amax(dim=1) == 0)
    table.mul_(torch.where(is_unseen, state["decay"], 0.0).exp_()[:, None])
    _reset_rows(state, is_unseen)


def _reset_rows(state: Mapping[str, Tensor], rows: Tensor) -> None:
    for name, value in (("idle", 0.0), ("decay", 0.0), ("push", 0.0), ("fade", 1.0)):
        state[name][rows] = value
