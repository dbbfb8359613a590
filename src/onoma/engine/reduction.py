"""The sum of gradients over several processes, which is identical to the last bit in all of them.

A process has no gradients if its part of a batch is empty. The weighting of the loss is not done here, but in
:class:`~onoma.engine.learner.Learner`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from onoma.engine.devices import ProcessGroup

_MAX_VALUES_PER_BUCKET = 2**24
"""Maximum number of values per bucket: large enough to hide network latency, small enough to keep the copy cheap."""

_NONE, _DENSE, _SPARSE = range(3)


@torch.no_grad()
def sum_gradients(weights: Iterable[Tensor], *, ranks: ProcessGroup) -> None:
    """Replace the gradients of each process by their sum over all processes, in place.

    A gradient that no process has stays None. Sparse gradients are coalesced and contain the rows of all processes.
    """
    if ranks.alone:
        return
    trainable = [each for each in weights if each.requires_grad]
    kinds = torch.tensor([_gradient_kind(each.grad) for each in trainable])
    ranks.all_reduce(kinds, largest=True)
    dense = []
    for each, kind in zip(trainable, kinds.tolist(), strict=True):
        if kind == _SPARSE:
            sparse = _empty_sparse_gradient(each) if each.grad is None else each.grad.coalesce()
            ranks.all_reduce(sparse)
            each.grad = sparse.coalesce()
        elif kind == _DENSE:
            if each.grad is None:
                each.grad = torch.zeros_like(each)
            dense.append(each.grad)
    for bucket in _split_into_buckets(dense):
        flat = torch.cat([each.flatten() for each in bucket])
        ranks.all_reduce(flat)
        for each, total in zip(bucket, torch.split(flat, [each.numel() for each in bucket]), strict=True):
            each.copy_(total.view_as(each))


def _gradient_kind(gradient: Tensor | None) -> int:
    return _NONE if gradient is None else _SPARSE if gradient.is_sparse else _DENSE


def _empty_sparse_gradient(table: Tensor) -> Tensor:
    """Return a sparse gradient without rows, in the shape of an embedding's gradient."""
    indices = torch.empty(1, 0, dtype=torch.int64, device=table.device)
    return torch.sparse_coo_tensor(indices, table.new_empty(0, table.shape[1]), table.shape, is_coalesced=True)


def _split_into_buckets(gradients: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    bucket: list[Tensor] = []
    for each in gradients:
        if bucket and sum(map(torch.numel, bucket)) + each.numel() > _MAX_VALUES_PER_BUCKET:
            yield bucket
            bucket = []
        bucket.append(each)
    if bucket:
        yield bucket
