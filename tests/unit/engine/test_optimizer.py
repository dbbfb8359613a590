"""Our AdamW is torch's, also where it touches only some rows; clipping counts them."""

from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from onoma.engine.groups import GroupSettings
from onoma.engine.optimizer import RowwiseAdamW, make_optimizer, make_schedule, norm_of_gradients
from onoma.models import Encoder
from support.tagging import linear, mean_loss, model_of, packed
from support.tiny import small_config

ROWS, WIDTH, STEPS = 60, 4, 200
RATE, DECAY = 1e-3, 0.1

pytestmark = pytest.mark.filterwarnings("ignore:Sparse invariant checks")


class Pair:
    """The same table under torch's AdamW and under ours."""

    def __init__(self) -> None:
        start = 0.1 * torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(1))
        self.dense, self.ours = nn.Parameter(start.clone()), nn.Parameter(start.clone())
        self.reference = AdamW([self.dense], lr=RATE, weight_decay=DECAY)
        self.optimizer = RowwiseAdamW([self.ours], lr=RATE)
        self.optimizer.param_groups[0]["weight_decay"] = DECAY
        self.schedules = [
            make_schedule(optimizer, steps=STEPS, warmup=0.1) for optimizer in (self.reference, self.optimizer)
        ]
        self.random = torch.Generator().manual_seed(2)

    def step(self, ids: Tensor) -> None:
        """A step with a random gradient for some rows, repeated ones among them."""
        self.optimizer.apply_missed_updates(ids)
        torch.testing.assert_close(self.ours[ids], self.dense[ids], atol=1e-6, rtol=0)
        values = torch.randn(len(ids), WIDTH, generator=self.random)
        self.dense.grad = torch.zeros(ROWS, WIDTH).index_add_(0, ids, values)
        self.ours.grad = torch.sparse_coo_tensor(ids[None], values, (ROWS, WIDTH))
        self.reference.step()
        self.optimizer.step()
        for schedule in self.schedules:
            schedule.step()

    def some(self, count: int = 6) -> Tensor:
        return torch.randint(0, ROWS - 10, (count,), generator=self.random)


def test_rows_touched_at_every_step_are_those_of_torch() -> None:
    pair = Pair()
    for _ in range(30):
        pair.step(torch.arange(ROWS))
    torch.testing.assert_close(pair.ours, pair.dense, atol=1e-6, rtol=0)


def test_rows_that_come_and_go_are_those_of_torch_when_read() -> None:
    pair = Pair()
    for _ in range(STEPS):
        pair.step(pair.some())
    assert not torch.allclose(pair.ours, pair.dense, atol=1e-4)
    pair.optimizer.apply_missed_updates()
    torch.testing.assert_close(pair.ours, pair.dense, atol=1e-6, rtol=0)


def test_decay_is_caught_up_exactly() -> None:
    pair = Pair()
    start = pair.ours.detach().clone()
    kept = 1.0
    for _ in range(STEPS):
        kept *= 1 - float(pair.schedules[1].get_last_lr()[0]) * DECAY
        pair.step(torch.tensor([0]))
    assert torch.equal(pair.ours[1:], start[1:])
    pair.optimizer.apply_missed_updates(torch.tensor([2, 2, 5]))
    torch.testing.assert_close(pair.ours[[2, 5]], start[[2, 5]] * kept, atol=1e-6, rtol=0)
    assert torch.equal(pair.ours[3], start[3])
    pair.optimizer.apply_missed_updates()
    torch.testing.assert_close(pair.ours[1:], start[1:] * kept, atol=1e-6, rtol=0)
    once = pair.ours.detach().clone()
    pair.optimizer.apply_missed_updates()
    assert torch.equal(pair.ours, once)


def test_all_rows_together_are_updated_as_each_by_its_id() -> None:
    together, by_id = Pair(), Pair()
    for pair in (together, by_id):
        for _ in range(STEPS // 2):
            pair.step(pair.some())
    together.optimizer.apply_missed_updates()
    by_id.optimizer.apply_missed_updates(torch.arange(ROWS))
    assert torch.equal(together.ours, by_id.ours)
    states = (pair.optimizer.state[pair.ours] for pair in (together, by_id))
    for ours, theirs in zip(*(state.items() for state in states), strict=True):
        assert ours[0] == theirs[0]
        assert torch.equal(ours[1], theirs[1])


def test_rows_that_were_not_caught_up_in_time_still_arrive() -> None:
    pair = Pair()
    pair.step(torch.tensor([3]))
    for _ in range(5):
        pair.step(torch.tensor([4]))
    before = pair.ours[3].detach().clone()
    pair.ours.grad = torch.sparse_coo_tensor(torch.tensor([[3]]), torch.zeros(1, WIDTH), (ROWS, WIDTH))
    pair.optimizer.step()
    assert not torch.equal(pair.ours[3], before)
    assert pair.optimizer.state[pair.ours]["idle"][3] == 0


def test_a_run_resumes_bit_for_bit_from_its_state() -> None:
    pair = Pair()
    for _ in range(20):
        pair.step(pair.some())
    stream = io.BytesIO()
    torch.save(
        (pair.ours, pair.optimizer.state_dict(), pair.schedules[1].state_dict(), pair.random.get_state()), stream
    )

    def go_on(pair: Pair) -> Tensor:
        for _ in range(20):
            ids = pair.some()
            pair.optimizer.apply_missed_updates(ids)
            values = torch.randn(len(ids), WIDTH, generator=pair.random)
            pair.ours.grad = torch.sparse_coo_tensor(ids[None], values, (ROWS, WIDTH))
            pair.optimizer.step()
            pair.schedules[1].step()
        pair.optimizer.apply_missed_updates()
        return pair.ours

    stream.seek(0)
    again = Pair()
    weights, state, schedule, random = torch.load(stream, weights_only=False)
    again.ours.data.copy_(weights)
    again.optimizer.load_state_dict(state)
    again.schedules[1].load_state_dict(schedule)
    again.random.set_state(random)
    assert torch.equal(go_on(again), go_on(pair))


def test_the_norm_is_that_of_dense_and_sparse_gradients_together() -> None:
    dense, table, still = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(5, 1)), nn.Parameter(torch.zeros(1))
    dense.grad = torch.tensor([3.0, 0.0])
    table.grad = torch.sparse_coo_tensor(torch.tensor([[4, 4]]), torch.tensor([[1.0], [3.0]]), (5, 1))
    assert norm_of_gradients([dense, table, still]) == pytest.approx(5)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_step_clips_gradients(sparse: bool) -> None:
    """Moments show what a step was given: the gradient 4, then 4 clipped to a norm of 1, then 0.5, not clipped."""
    table = nn.Parameter(torch.zeros(3, 1))
    optimizer = RowwiseAdamW([table], lr=1e-3)
    means = []
    for value, largest in ((4.0, 10.0), (4.0, 1.0), (0.5, 1.0)):
        gradient = torch.tensor([[0.0], [value], [0.0]])
        table.grad = gradient.to_sparse(1) if sparse else gradient
        optimizer.clip(norm_of_gradients([table]), largest=largest)
        optimizer.step()
        means.append(optimizer.state[table]["exp_avg"][1].item())
    assert means == pytest.approx([0.4, 0.46, 0.464])


def test_a_model_trains_as_with_torch() -> None:
    torch.manual_seed(1)
    ours = model_of(Encoder(small_config()), linear(16, 3)).eval()
    theirs = copy.deepcopy(ours)
    optimizer = make_optimizer(ours, settings=GroupSettings(learning_rate=1e-3, weight_decay=0.1))
    assert ours.encoder.words.sparse
    matrices = [weights for weights in theirs.parameters() if weights.ndim > 1]
    others = [weights for weights in theirs.parameters() if weights.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    reference = AdamW(groups, lr=1e-3)
    for seed in range(8):
        ids = torch.randint(5, 50, (12,), generator=torch.Generator().manual_seed(seed))
        lengths, targets = torch.tensor([5, 7]), ids % 3
        optimizer.apply_missed_updates(ids)
        for model, each in ((ours, optimizer), (theirs, reference)):
            each.zero_grad()
            torch.autograd.backward(mean_loss(model, packed(ids, lengths, targets)))
        norm = norm_of_gradients(ours.parameters())
        assert norm == pytest.approx(nn.utils.clip_grad_norm_(theirs.parameters(), 1.0).item(), rel=1e-3)
        optimizer.clip(norm, largest=1.0)
        optimizer.step()
        reference.step()
    optimizer.apply_missed_updates()
    # Not the keys' biases: their gradient is 0 but for rounding, which Adam makes as large as any other.
    for name, weights in theirs.named_parameters():
        if "key.bias" not in name:
            torch.testing.assert_close(ours.get_parameter(name), weights, atol=2e-4, rtol=0, msg=name)
