"""Who a process is, and which part of a batch it gets; what several say to each other is tested functionally."""

from __future__ import annotations

import pytest
import torch

from onoma.engine.devices import ALONE, ProcessGroup, find_device, find_ranks, free_gpu_memory, joined
from onoma.engine.reduction import sum_gradients
from onoma.errors import ConfigError
from onoma.tasks import NO_TARGET
from support.tagging import packed

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}


def test_ranks_are_what_torchrun_says(monkeypatch):
    for name in TORCHRUN:
        monkeypatch.delenv(name, raising=False)
    assert find_ranks() == ALONE
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    assert find_ranks() == ProcessGroup(rank=3, size=4, local=1)
    assert not find_ranks().first


def test_one_process_alone_communicates_with_no_other():
    with joined() as ranks:
        assert (ranks.broadcast(lambda: 7), ranks.main_first(lambda: 8), ranks.sum(1.5), ranks.largest(2)) == (
            7,
            8,
            1.5,
            2,
        )
        weights = torch.ones(2, requires_grad=True)
        weights.grad = torch.full((2,), 3.0)
        ranks.all_reduce(weights.grad)
        sum_gradients([weights], ranks=ranks)
        assert weights.grad.tolist() == [3.0, 3.0]
    assert not torch.distributed.is_initialized()


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("lengths", [[5, 5, 5, 5], [40, 3, 3, 2, 1, 1], [7], [1, 30]])
def test_parts_are_the_batch_cut_between_windows(size, lengths):
    ids = torch.arange(sum(lengths))
    batch = packed(ids, torch.tensor(lengths), torch.where(ids % 3 == 0, ids, NO_TARGET))
    parts = [part for part in (batch.part(rank, size) for rank in range(size)) if part is not None]
    assert torch.cat([part.ids for part in parts]).tolist() == ids.tolist()
    assert torch.cat([part.lengths for part in parts]).tolist() == lengths
    for name in ("begins", "ends"):
        assert torch.cat([getattr(part, name) for part in parts]).tolist() == getattr(batch, name).tolist()
    for part in parts:
        assert part.subwords == part.lengths.sum()
        assert part.targets["entities"].tolist() == part.ids[part.words].tolist()
    assert sum(len(part.words) for part in parts) == len(batch.words)


def test_parts_are_even():
    ids = torch.zeros(1_024, dtype=torch.int64)
    batch = packed(ids, torch.full((64,), 16), ids)
    parts = [batch.part(rank, 4) for rank in range(4)]
    assert [part and part.subwords for part in parts] == [256] * 4


def test_one_gpu_is_not_enough_for_two_processes():
    with pytest.raises(ConfigError, match="'cuda:1' is one GPU, for 2 processes; use cuda or cpu"):
        find_device("cuda:1", ranks=ProcessGroup(rank=0, size=2, local=0))
    assert find_device("cpu", ranks=ProcessGroup(rank=0, size=2, local=0)).type == "cpu"


def test_free_memory_is_that_of_the_fullest_gpu(monkeypatch):
    free = {torch.device("cuda:0"): 7, torch.device("cuda:1"): 5}
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free[device], 9))
    cpu, first, second = map(torch.device, ("cpu", "cuda:0", "cuda:1"))
    assert free_gpu_memory([cpu, first]) == 7
    assert free_gpu_memory([first, second, first]) == 5
    assert free_gpu_memory([cpu]) is None
