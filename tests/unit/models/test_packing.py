from __future__ import annotations

import torch

from onoma.models.packing import Packing


def test_rows_know_their_sequences_and_places() -> None:
    packing = Packing.of(torch.tensor([3, 1, 2]))
    assert packing.sequences.tolist() == [0, 0, 0, 1, 2, 2]
    assert packing.positions.tolist() == [0, 1, 2, 0, 0, 1]
    assert packing.longest == 3
