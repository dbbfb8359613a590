from __future__ import annotations

import pytest
import torch

from onoma.models.row_layout import BufferPool, RowLayout


@pytest.mark.parametrize("multiple", [1, 32])
@pytest.mark.parametrize("lengths", [[3, 1, 2], [2, 2], [4], [40, 39, 1]])
def test_every_subword_has_a_row(lengths: list[int], multiple: int) -> None:
    rows = RowLayout(torch.tensor(lengths), multiple=multiple)
    total = sum(lengths)
    assert rows.subwords[rows.row_of].tolist() == list(range(total))
    assert rows.positions[rows.row_of].tolist() == [place for length in lengths for place in range(length)]
    assert len(rows) % multiple == 0
    assert 0 <= len(rows) - len(lengths) * max(lengths) < multiple
    assert (rows.inside is None) == (len(set(lengths)) == 1)


def test_the_rows_of_a_sequence_and_head_are_a_view() -> None:
    rows = RowLayout(torch.tensor([3, 2]), multiple=8)
    matrix = torch.randn(len(rows), 6)
    heads = rows.by_head(matrix, 2)
    assert heads.shape == (4, 3, 3)
    second = matrix[rows.row_of[3:]]
    assert torch.equal(heads[2, :2], second[:, :3])
    assert torch.equal(heads[3, :2], second[:, 3:])
    heads.zero_()
    assert matrix[:6].abs().sum() == 0
    assert matrix[6:].abs().sum() > 0
    rows.zero_padding(matrix)
    assert matrix.abs().sum() == 0


def test_a_buffer_is_the_same_array_again_and_grows() -> None:
    buffers = BufferPool()
    first = buffers.take("a", 4, 3)
    assert buffers.take("a", 2, 3).data_ptr() == first.data_ptr()
    assert buffers.take("b", 4, 3).data_ptr() != first.data_ptr()
    larger = buffers.take("a", 5, 3)
    assert larger.shape == (5, 3)
    assert buffers.take("a", 4, 3).data_ptr() == larger.data_ptr()
    assert buffers.take("a", 4, dtype=torch.bfloat16).dtype == torch.bfloat16
