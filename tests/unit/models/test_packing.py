from __future__ import annotations

import pytest
import torch

from onoma.models.packing import Packing, PaddedView


def test_rows_know_their_sequences_and_places() -> None:
    packing = Packing.of(torch.tensor([3, 1, 2]))
    assert packing.sequences.tolist() == [0, 0, 0, 1, 2, 2]
    assert packing.places.tolist() == [0, 1, 2, 0, 0, 1]
    assert packing.longest == 3


def test_some_rows_alone_may_leave_a_sequence_empty() -> None:
    packing = Packing.of(torch.tensor([3, 1, 2])).at(torch.tensor([0, 2, 5]))
    assert packing.sequences.tolist() == [0, 0, 2]
    assert packing.lengths.tolist() == [2, 0, 1]
    assert packing.places.tolist() == [0, 1, 0]


@pytest.mark.parametrize("lengths", [[3, 1, 2], [2, 2], [4], [0, 3]])
def test_rows_come_back_from_the_padded_view(lengths: list[int]) -> None:
    view = PaddedView(Packing.of(torch.tensor(lengths)), parts=2)
    rows = torch.randn(sum(lengths), 6)
    padded = view.pad(rows)
    assert padded.shape == (2 * len(lengths), max(lengths), 3)
    assert torch.equal(padded[-1, : lengths[-1]], rows[-lengths[-1] :, 3:])
    assert torch.equal(view.pack(padded), rows)
    assert (view.inside is None) == (len(set(lengths)) == 1)


def test_gradients_are_right_and_zero_at_padding() -> None:
    view = PaddedView(Packing.of(torch.tensor([3, 1])), parts=2)
    real = view.pad(torch.ones(4, 2)).new_zeros(4, 3, 1)
    real[:2] = 1
    real[2:, :1] = 1
    rows = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    padded = torch.randn(4, 3, 1, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda rows: view.pad(rows) * real, (rows,))
    assert torch.autograd.gradcheck(view.pack, (padded,))
