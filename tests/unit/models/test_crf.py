"""The CRF held against brute force over every tag sequence: loss, best sequence and marginals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from onoma.models import CrfHead, HeadSettings, SentenceBounds
from onoma.schemes import SCHEMES, decode_tags
from onoma.tasks import Calibration, TagTask

UNANNOTATED = frozenset(["B"])


def make_head(name: str, *, seed: int, labels: tuple[str, ...] = ("A", "B")) -> CrfHead:
    """A head whose hidden states are the tag scores themselves, with random transitions."""
    task = TagTask(labels, scheme=SCHEMES[name], unannotated=[UNANNOTATED])
    head = CrfHead(len(task.tags), task, HeadSettings(dropout=0.0))
    torch.manual_seed(seed)
    with torch.no_grad():
        head.affine.weight.copy_(torch.eye(len(task.tags)))
        head.affine.bias.zero_()
        for part in (head.step, head.start, head.end):
            part.normal_(std=1.5)
    return head


def task_of(head: CrfHead, name: str, **more: object) -> TagTask:
    parameters = head.parameters_for_decoding()
    return TagTask(("A", "B"), scheme=SCHEMES[name], parameters=parameters, **more)  # type: ignore[arg-type]


def score(numbers, scores, head, *, begins=True, ends=True, name="BIO"):
    """The score of one tag sequence; minus infinity where the scheme does not allow it."""
    allowed = TagTask(("A", "B"), scheme=SCHEMES[name]).transitions
    step, start, end = (head.parameters_for_decoding()[part] for part in ("step", "start", "end"))
    total = sum(float(row[number]) for row, number in zip(scores, numbers, strict=True))
    for before, after in itertools.pairwise(numbers):
        total += step[before, after] + allowed.step[before, after]
    if begins:
        total += start[numbers[0]] + allowed.start[numbers[0]]
    if ends:
        total += end[numbers[-1]] + allowed.end[numbers[-1]]
    return total


def every(scores, head, **more):
    tags = range(scores.shape[1])
    return {numbers: score(numbers, scores, head, **more) for numbers in itertools.product(tags, repeat=len(scores))}


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    name=st.sampled_from(["BIO", "BIOES"]),
    whole=st.booleans(),
)
def test_the_loss_is_that_of_brute_force(seed, lengths, name, whole):
    head = make_head(name, seed=seed)
    random = np.random.default_rng(seed)
    begins = [whole or bool(random.integers(2)) for _ in lengths]
    ends = [whole or bool(random.integers(2)) for _ in lengths]
    hidden = torch.from_numpy(random.normal(size=(sum(lengths), head.tags)).astype(np.float32))
    expected, targets, start = 0.0, [], 0
    for length, first, last in zip(lengths, begins, ends, strict=True):
        rows = hidden[start : start + length]
        possible = {
            numbers: value
            for numbers, value in every(rows, head, begins=first, ends=last, name=name).items()
            if np.isfinite(value)
        }
        gold = list(possible)[random.integers(len(possible))]
        # A word outside of entities may be one of the unannotated labels: its target stands for all their tags.
        loose = [head.tags if number == 0 and random.integers(2) else number for number in gold]
        allowed = [head.allowed[target].nonzero().flatten().tolist() for target in loose]
        right = [value for numbers, value in possible.items() if all(map(list.__contains__, allowed, numbers))]
        expected += np.logaddexp.reduce(list(possible.values())) - np.logaddexp.reduce(right)
        targets += loose
        start += length
    sequences = SentenceBounds(torch.tensor(lengths), torch.tensor(begins), torch.tensor(ends))
    total, weight = head.loss(hidden, sequences, torch.tensor(targets))
    assert weight.item() == sum(lengths)
    assert total.item() == pytest.approx(expected, rel=1e-4, abs=1e-4)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    words=st.integers(1, 4),
    name=st.sampled_from(["BIO", "BIOES"]),
    temperature=st.sampled_from([1.0, 0.5, 3.0]),
)
def test_best_sequence_and_marginals_are_those_of_brute_force(seed, words, name, temperature):
    head = make_head(name, seed=seed)
    task = task_of(head, name, calibration=Calibration(temperature=temperature))
    scores = np.random.default_rng(seed).normal(size=(words, head.tags)).astype(np.float32)
    of = {numbers: value / temperature for numbers, value in every(scores, head, name=name).items()}
    whole = np.logaddexp.reduce([value for value in of.values() if np.isfinite(value)])
    chunks = {n: decode_tags([task.tags[t] for t in n], task.scheme).chunks for n in of if np.isfinite(of[n])}
    (reading,) = task.decode([scores])
    best = max(of, key=lambda numbers: of[numbers])
    assert [span[:3] for span in reading.spans] == [tuple(chunk) for chunk in chunks[best]]
    for start, end in itertools.combinations(range(words + 1), 2):
        for label in task.labels:
            share = sum(np.exp(of[n] - whole) for n, found in chunks.items() if (start, end, label) in found)
            assert reading.probability(start, end, label) == pytest.approx(share, abs=1e-6)


@given(seed=st.integers(0, 10_000), lengths=st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_neighbours_in_a_batch_change_nothing(seed, lengths):
    task = task_of(make_head("BIO", seed=seed), "BIO")
    random = np.random.default_rng(seed)
    sentences = [random.normal(scale=3, size=(length, 5)) for length in lengths]
    for sentence, together in zip(sentences, task.decode(sentences), strict=True):
        alone = task.decode([sentence])[0].spans
        assert [span[:3] for span in alone] == [span[:3] for span in together.spans]
        np.testing.assert_allclose([s.score for s in alone], [s.score for s in together.spans], atol=1e-9)


def test_no_gradient_is_lost_where_the_scheme_forbids_steps():
    head = make_head("BIOES", seed=1)
    hidden = torch.randn(6, head.tags, requires_grad=True)
    ends = torch.tensor([True, True])
    total, _ = head.loss(hidden, SentenceBounds(torch.tensor([4, 2]), ends, ends), torch.tensor([0, 1, 3, 0, 4, 0]))
    total.backward()
    assert hidden.grad is not None
    assert torch.isfinite(hidden.grad).all()
    assert head.step.grad is not None
    assert torch.isfinite(head.step.grad).all()
    assert head.step.grad.abs().sum() > 0


def test_what_weighs_single_words_is_refused():
    task = TagTask(("A",), scheme=SCHEMES["BIO"])
    for setting in ({"class_weights": [1.0, 2.0, 2.0]}, {"label_smoothing": 0.1}):
        with pytest.raises(ValueError, match="CrfHead does not support class weights"):
            CrfHead(4, task, HeadSettings(**setting))
