"""The head that scores spans: its loss against a plain sum over all spans, and what windows and sentences change."""

from __future__ import annotations

import pytest
import torch

from onoma.models import HeadSettings, SentenceBounds, SpanHead
from onoma.models.heads.span import span_scores
from onoma.tasks import SpanTask

SIZE, WIDEST, LABELS, HIDDEN = 4, 3, ("PER", "LOC"), 8


def make_head() -> SpanHead:
    torch.manual_seed(1)
    head = SpanHead(HIDDEN, SpanTask(LABELS, size=SIZE, widest=WIDEST), HeadSettings(dropout=0.0))
    with torch.no_grad():
        for weights in head.parameters():
            weights.copy_(torch.randn_like(weights))
    return head


def sentences(*lengths: int) -> SentenceBounds:
    whole = torch.ones(len(lengths), dtype=torch.bool)
    return SentenceBounds(torch.tensor(lengths), whole, whole)


def plain_loss(
    head: SpanHead,
    hidden: torch.Tensor,
    lengths: list[int],
    spans: list[list[int]],
    *,
    left_out: tuple[int, int] | None = None,
) -> torch.Tensor:
    """Span by span, label by label, without one sentence and label."""
    features = head(hidden)
    total = torch.zeros(())
    first = 0
    for sentence, length in enumerate(lengths):
        for label in range(len(LABELS)):
            if (sentence, label) == left_out:
                continue
            none, entities = [torch.zeros(())], [torch.zeros(())]
            for start in range(first, first + length):
                for end in range(start, min(first + length, start + WIDEST)):
                    score = (
                        features[start, :SIZE] @ features[end, SIZE : 2 * SIZE] / SIZE**0.5
                        + features[start, 2 * SIZE + label]
                        + features[end, 2 * SIZE + len(LABELS) + label]
                        + head.width[end - start, label]
                    )
                    if [start, end, label] in spans:
                        entities.append(-score)
                    else:
                        none.append(score)
            total = total + torch.stack(none).logsumexp(0) + torch.stack(entities).logsumexp(0)
        first += length
    return total


@pytest.mark.parametrize(
    ("lengths", "spans"),
    [([4, 1, 3], [[0, 1, 0], [1, 1, 1], [5, 7, 1]]), ([8], []), ([2, 6], [[0, 1, 0], [0, 1, 1], [3, 5, 0], [4, 5, 0]])],
)
def test_the_loss_is_the_sum_over_all_spans(lengths, spans):
    head, hidden = make_head(), torch.randn(sum(lengths), HIDDEN)
    targets = torch.tensor(spans, dtype=torch.long).reshape(-1, 3)
    total, weight = head.loss(hidden, sentences(*lengths), targets)
    torch.testing.assert_close(total, plain_loss(head, hidden, lengths, spans))
    assert weight == len(lengths) * len(LABELS)


def test_a_label_that_is_not_annotated_in_a_sentence_has_no_loss_there():
    head, hidden = make_head(), torch.randn(7, HIDDEN)
    spans = [[0, 1, 0], [5, 6, 1]]
    unannotated = [[word, word, len(LABELS) + 1] for word in range(4)]
    total, weight = head.loss(hidden, sentences(4, 3), torch.tensor([*spans, *unannotated]))
    torch.testing.assert_close(total, plain_loss(head, hidden, [4, 3], spans, left_out=(0, 1)))
    assert weight == 3


def test_very_surely_wrong_scores_have_a_loss_and_a_gradient_that_are_numbers():
    head = make_head()
    hidden = (1e4 * torch.randn(6, HIDDEN)).requires_grad_()
    total, _ = head.loss(hidden, sentences(6), torch.tensor([[0, 2, 1]]))
    total.backward()
    assert torch.isfinite(total)
    assert hidden.grad is not None
    assert torch.isfinite(hidden.grad).all()


def test_decoding_scores_spans_as_training_does():
    head, hidden = make_head(), torch.randn(5, HIDDEN)
    task = SpanTask(LABELS, size=SIZE, widest=WIDEST, parameters=head.parameters_for_decoding())
    odds = task.log_odds(head(hidden).detach().numpy())
    starts, widths = head._spans(sentences(5))
    scores = span_scores(head(hidden), starts, widths, size=head.task.size, width=head.width).detach()
    for start, width, score in zip(starts.tolist(), widths.tolist(), scores.numpy(), strict=True):
        assert odds[width, start] == pytest.approx(score, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("settings", [HeadSettings(label_smoothing=0.1), HeadSettings(class_weights=[1.0, 2.0])])
def test_settings_of_tags_are_refused(settings):
    with pytest.raises(ValueError, match="SpanHead does not support class weights"):
        SpanHead(HIDDEN, SpanTask(LABELS, size=SIZE, widest=WIDEST), settings)
