"""The device of a run, and the ranks and communication of distributed training.

`torchrun` starts the processes and passes each its rank in an environment variable. Without `torchrun` there is a
single process, without any communication overhead. This module does not depend on models or gradients; see
:mod:`onoma.engine.reduction`.

A process that fails closes its connections. With gloo, the other processes then raise
:class:`~onoma.errors.TrainingError` at the next communication. Processes that wait in NCCL do not notice the failure;
`torchrun` terminates them.
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

_RANK_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_TIMEOUT = timedelta(hours=6)
"""Communication timeout; it is long because only the first process evaluates on dev and test, and exports the model."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """The rank of this process in distributed training, and communication with the other processes.

    All processes must call the methods in the same order.

    Attributes:
        rank: rank of this process, counted from 0; only process 0 reports and writes files.
        size: number of processes (world size).
        local: rank of this process on its machine, which is also the index of its GPU.
    """

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def alone(self) -> bool:
        """Whether this is the only process."""
        return self.size == 1

    @property
    def first(self) -> bool:
        """Whether this is process 0, which reports and writes files."""
        return self.rank == 0

    def barrier(self) -> None:
        """Wait until all processes have called this method."""
        self.sum(0.0)

    def broadcast(self, make: Callable[[], _Result]) -> _Result:
        """Call ``make`` in the first process only, and return its result in all processes."""
        if self.alone:
            return make()
        objects = [make() if self.first else None]
        with _communication_errors():
            distributed.broadcast_object_list(objects, src=0)
        return cast("_Result", objects[0])

    def main_first(self, make: Callable[[], _Result]) -> _Result:
        """Call ``make`` in every process, first in process 0, so that the others can use the files it writes."""
        if self.first:
            result = make()
            self.barrier()
            return result
        self.barrier()
        return make()

    def sum(self, value: float) -> float:
        """Return the sum of the values of all processes."""
        return value if self.alone else float(self._all_reduce_value(value, distributed.ReduceOp.SUM))

    def largest(self, value: int) -> int:
        """Return the maximum of the values of all processes."""
        return value if self.alone else int(self._all_reduce_value(value, distributed.ReduceOp.MAX))

    def all_reduce(self, tensor: Shaped[Tensor, "*axes"], *, largest: bool = False) -> None:
        """Replace the tensor, dense or sparse, by the elementwise sum (or maximum) over all processes, in place."""
        if not self.alone:
            with _communication_errors():
                distributed.all_reduce(tensor, distributed.ReduceOp.MAX if largest else distributed.ReduceOp.SUM)

    def broadcast_tensors(self, tensors: Iterable[Tensor]) -> None:
        """Replace the tensors in all processes by those of the first process, in place."""
        if not self.alone:
            with _communication_errors():
                for tensor in tensors:
                    distributed.broadcast(tensor.detach(), src=0)

    def _all_reduce_value(self, value: float, operation: distributed.ReduceOp.RedOpType) -> float:
        tensor = torch.tensor(value, dtype=torch.float64)
        with _communication_errors():
            distributed.all_reduce(tensor, operation)
        return tensor.item()


ALONE = ProcessGroup()
"""The ranks of a run with a single process."""


def find_ranks() -> ProcessGroup:
    """Return the ranks that `torchrun` has set for this process; :data:`ALONE` if it was started without `torchrun`."""
    if not all(name in os.environ for name in _RANK_VARIABLES):
        return ALONE
    return ProcessGroup(
        rank=int(os.environ["RANK"]), size=int(os.environ["WORLD_SIZE"]), local=int(os.environ["LOCAL_RANK"])
    )


def find_device(name: str, *, ranks: ProcessGroup = ALONE) -> torch.device:
    """Return the device of a name; `auto` is a GPU if one is available, a different one for each process.

    Raises:
        ConfigError: the device is not available on this machine, or is a single GPU for several processes.
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


def free_gpu_memory(devices: Iterable[torch.device]) -> int | None:
    """Return the bytes of free memory of the fullest of the GPUs among some devices; None if there is none."""
    gpus = {device for device in devices if device.type == "cuda"}
    return min((torch.cuda.mem_get_info(gpu)[0] for gpu in gpus), default=None)


@contextmanager
def joined() -> Iterator[ProcessGroup]:
    """Join the process group of distributed training, if there is one, and leave it at the end of the context."""
    ranks = find_ranks()
    if ranks.alone or distributed.is_initialized():
        yield ranks
        return
    on_gpu = torch.cuda.is_available() and distributed.is_nccl_available()
    with _communication_errors():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=_TIMEOUT)
    try:
        yield ranks
    finally:
        distributed.destroy_process_group()


@contextmanager
def _communication_errors() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        reason = str(error).strip().partition("\n")[0]
        raise TrainingError(
            f"another process of this run has ended or cannot be reached; see its own message ({reason})"
        ) from error


def to_device(array: NDArray[np.generic], device: torch.device) -> Tensor:
    """Convert an array to a tensor on a device; the copy to a GPU is asynchronous."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
