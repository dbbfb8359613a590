"""The device of a run, and several processes that train one model together: their ranks, and how they exchange values.

`torchrun` starts them and gives each its rank in an environment variable; without it there is one process, which
communicates with no other and has no extra cost. This module knows neither models nor gradients; see
:mod:`onoma.engine.reduction`.

A process that fails closes its connections: over gloo the others then raise
:class:`~onoma.errors.TrainingError` at the next word that they exchange. Those that wait inside of NCCL cannot notice;
`torchrun` ends them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar, cast

import numpy as np
import torch
from jaxtyping import Shaped
from numpy.typing import NDArray
from torch import Tensor, distributed

from onoma.errors import ConfigError, TrainingError

_NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_PATIENCE = timedelta(hours=6)
"""How long to wait for a process that lives: the first one measures on dev, exports and measures on test alone."""

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Ranks:
    """The place of this process among those that train together.

    All of them have to call the methods below in the same order.

    Attributes:
        rank: its number, from 0; process 0 alone reports and writes.
        size: how many there are.
        local: its number on its machine, which is that of its GPU.
    """

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def alone(self) -> bool:
        """Whether there is one process only."""
        return self.size == 1

    @property
    def first(self) -> bool:
        """Whether this is the process that reports and writes."""
        return self.rank == 0

    def barrier(self) -> None:
        """Wait until all have called this."""
        self.sum(0.0)

    def broadcast(self, make: Callable[[], _Made]) -> _Made:
        """The result of ``make`` in the first process; the others do not call it."""
        if self.alone:
            return make()
        box = [make() if self.first else None]
        with _together():
            distributed.broadcast_object_list(box, src=0)
        return cast("_Made", box[0])

    def in_turn(self, make: Callable[[], _Made]) -> _Made:
        """The result of ``make`` in each process; the first runs it before the others, which may use its files."""
        if self.first:
            made = make()
            self.barrier()
            return made
        self.barrier()
        return make()

    def sum(self, value: float) -> float:
        """The sum of the values of all processes."""
        return value if self.alone else float(self._reduced(value, distributed.ReduceOp.SUM))

    def largest(self, value: int) -> int:
        """The largest of the values of all processes."""
        return value if self.alone else int(self._reduced(value, distributed.ReduceOp.MAX))

    def all_reduce(self, tensor: Shaped[Tensor, "*axes"], *, largest: bool = False) -> None:
        """Replace each process's tensor by the sum of all, or by the largest of each number; sparse ones too."""
        if not self.alone:
            with _together():
                distributed.all_reduce(tensor, distributed.ReduceOp.MAX if largest else distributed.ReduceOp.SUM)

    def broadcast_tensors(self, tensors: Iterable[Tensor]) -> None:
        """Replace every process's tensors by those of the first."""
        if not self.alone:
            with _together():
                for tensor in tensors:
                    distributed.broadcast(tensor.detach(), src=0)

    def _reduced(self, value: float, how: distributed.ReduceOp.RedOpType) -> float:
        tensor = torch.tensor(value, dtype=torch.float64)
        with _together():
            distributed.all_reduce(tensor, how)
        return tensor.item()


ALONE = Ranks()
"""The only process."""


def find_ranks() -> Ranks:
    """The ranks that `torchrun` has set for this process; :data:`ALONE` if it was started otherwise."""
    if not all(name in os.environ for name in _NAMES):
        return ALONE
    return Ranks(rank=int(os.environ["RANK"]), size=int(os.environ["WORLD_SIZE"]), local=int(os.environ["LOCAL_RANK"]))


def find_device(name: str, *, ranks: Ranks = ALONE) -> torch.device:
    """The device of a name; `auto` takes a GPU where there is one, and each of several processes its own.

    Raises:
        ConfigError: it cannot be used here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not ranks.alone:
        name = f"cuda:{ranks.local}"
    elif name.startswith("cuda:") and not ranks.alone:
        raise ConfigError(f"training.device: {name!r} is one GPU, for {ranks.size} processes; use cuda or cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"training.device: {name!r} cannot be used here ({error}); use auto or cpu") from error
    if device.type == "cuda" and not ranks.alone:
        torch.cuda.set_device(device)
    return device


@contextmanager
def joined() -> Iterator[Ranks]:
    """Join the other processes, if there are any, and leave them in the end."""
    ranks = find_ranks()
    if ranks.alone or distributed.is_initialized():
        yield ranks
        return
    on_gpu = torch.cuda.is_available() and distributed.is_nccl_available()
    with _together():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=_PATIENCE)
    try:
        yield ranks
    finally:
        distributed.destroy_process_group()


@contextmanager
def _together() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        why = str(error).strip().partition("\n")[0]
        raise TrainingError(
            f"another process of this run has ended or cannot be reached; see its own message ({why})"
        ) from error


def to_device(array: NDArray[np.generic], device: torch.device) -> Tensor:
    """An array as a tensor; its copy to a GPU goes on in the background."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
