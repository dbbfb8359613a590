"""A smaller encoder and the larger one that it shall resemble: packed sequences to a loss and its parts.

Sources: Wang et al. 2021 (MiniLMv2), section 3 (relations among queries, among keys and among values, in as many heads
for both encoders); Jiao et al. 2020 (TinyBERT), section 3.1 (hidden states through a learnt map). The relations alone
would teach the last layer its query, key and value and nothing else.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from onoma.errors import ConfigError, EncoderError
from onoma.models.encoder import Encoder, Projected
from onoma.models.layer import Layer
from onoma.models.packing import Packing
from onoma.models.pretrained import Pretrained
from onoma.models.pretraining import MaskedBatch

_SHALLOW, _OF_DEEP = 12, 7 / 8
_WIDTH_OF_A_RELATION = 16
_OF_A_TEXT = ("added_tokens", "normalizer", "pre_tokenizer", "model")
"""The parts of a tokenizer that decide the subwords of a text, and their ids."""


class Teacher:
    """An encoder that stays as it is, and is no part of the model that learns from it.

    Args:
        encoder: is frozen.
        layer: the number of the layer whose relations are learnt, from 0.
    """

    def __init__(self, encoder: Encoder, *, layer: int) -> None:
        self.encoder = encoder.eval().requires_grad_(False)
        self.layer = layer

    def __call__(self, batch: MaskedBatch) -> Projected:
        """What it makes of a batch, where the batch is."""
        with torch.no_grad():
            return self.encoder.to(batch.ids.device).packed_with_projections(batch.ids, batch.lengths, layer=self.layer)

    def __deepcopy__(self, memo: dict[int, Any]) -> Teacher:
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Distilled:
    """Sums over the subwords of a batch, and what the teacher made of them.

    Attributes:
        relation_loss: Kullback-Leibler divergences of the student's relations from the teacher's, in nats: the sum over
            queries, keys and values, and the mean over heads.
        hidden_loss: squared errors of the last hidden states, the mean over the teacher's width.
        taught: the teacher's last hidden states.
    """

    relation_loss: Float[Tensor, ""]
    hidden_loss: Float[Tensor, ""]
    taught: Float[Tensor, "subwords hidden"]


class DistillationModel(nn.Module):
    """A student with its teacher: an :class:`onoma.engine.data.Objective`.

    Args:
        encoder: the student.
        teacher: what it shall resemble.
        relation_heads: heads in which relations are compared; they divide both widths.
        hidden_weight: weight of the hidden states' loss.
    """

    def __init__(self, encoder: Encoder, teacher: Teacher, *, relation_heads: int, hidden_weight: float) -> None:
        super().__init__()
        width = teacher.encoder.hidden
        self.encoder = encoder
        self.to_teacher = nn.Identity() if encoder.hidden == width else nn.Linear(encoder.hidden, width)
        self.teacher = teacher
        self.relation_heads = relation_heads
        self.hidden_weight = hidden_weight

    def compare(self, batch: MaskedBatch) -> Distilled:
        """Student against teacher; what is masked and paired in the batch does not matter."""
        theirs = self.teacher(batch)
        ours = self.encoder.packed_with_projections(batch.ids, batch.lengths, layer=len(self.encoder.layers) - 1)
        with torch.autocast(batch.ids.device.type, enabled=False):
            packing = Packing.of(batch.lengths)
            divergences = [
                _divergence(theirs_of_kind, ours_of_kind, packing, heads=self.relation_heads)
                for theirs_of_kind, ours_of_kind in zip(theirs[1:], ours[1:], strict=True)
            ]
            errors = self.to_teacher(ours.hidden.float()) - theirs.hidden.float()
            return Distilled(
                torch.stack(divergences).sum() / self.relation_heads,
                errors.square().sum() / errors.shape[1],
                theirs.hidden,
            )

    def loss(self, batch: MaskedBatch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The sum of both losses, the second times its weight, and the number of subwords."""
        found = self.compare(batch)
        total = found.relation_loss + self.hidden_weight * found.hidden_loss
        return total, torch.tensor(float(batch.subwords), device=total.device)

    @property
    def sparse_tables(self) -> tuple[nn.Embedding, ...]:
        """Embedding tables of which a batch reads few rows: that of the subwords."""
        return (self.encoder.words,)

    @property
    def rate_factors(self) -> dict[str, float]:
        """None."""
        return {}


def build_distillation_model(
    student: Pretrained,
    teacher: Pretrained,
    *,
    relation_heads: int | None = None,
    teacher_layer: int | None = None,
    hidden_weight: float | None = None,
) -> DistillationModel:
    """A student with its teacher, both of which become part of it.

    Args:
        student: what learns.
        teacher: what it learns from.
        relation_heads: heads in which relations are compared; None for as many as divide both widths, and have 16 units
            of the teacher's width each or more.
        teacher_layer: the layer whose relations are learnt, from 1; None for the last one, or, of more than 12 layers,
            for the one after seven eighths of them.
        hidden_weight: weight of the hidden states' loss; None for one over the mean square of the weights of the
            teacher's last norm, which says how large its hidden states are.

    Raises:
        EncoderError: one of them is not of the BERT family, or they have different tokenizers.
        ConfigError: the teacher does not have the layer, or the heads do not divide both widths.
    """
    for each in (student, teacher):
        if not isinstance(each.encoder, Encoder):
            raise EncoderError(
                f"encoder {each.name!r} is a {each.family}; only the BERT family can be distilled, and distilled from"
            )
    assert isinstance(student.encoder, Encoder)
    assert isinstance(teacher.encoder, Encoder)
    if _text_rules(student.tokenizer) != _text_rules(teacher.tokenizer):
        raise EncoderError(
            f"encoder {student.name!r} and teacher {teacher.name!r} have different tokenizers; choose an encoder that "
            "was made from the teacher, or name none, and a new one gets the teacher's tokenizer"
        )
    layers = len(teacher.encoder.layers)
    layer = teacher_layer or (layers if layers <= _SHALLOW else round(_OF_DEEP * layers))
    if layer > layers:
        raise ConfigError(
            f"objective.distillation.teacher_layer: teacher {teacher.name!r} has {layers} layers, and no layer {layer}"
        )
    shared = math.gcd(student.hidden, teacher.hidden)
    possible = [heads for heads in range(1, shared + 1) if shared % heads == 0]
    heads = relation_heads or max(
        each for each in possible if each == 1 or each * _WIDTH_OF_A_RELATION <= teacher.hidden
    )
    if heads not in possible:
        raise ConfigError(
            f"objective.distillation.relation_heads: {heads} heads do not divide both widths, {teacher.hidden} of "
            f"teacher {teacher.name!r} and {student.hidden}; choose one of {', '.join(map(str, possible))}"
        )
    return DistillationModel(
        student.encoder,
        Teacher(teacher.encoder, layer=layer - 1),
        relation_heads=heads,
        hidden_weight=1 / _scale(teacher.encoder) if hidden_weight is None else hidden_weight,
    )


def _scale(encoder: Encoder) -> float:
    last = encoder.layers[-1]
    assert isinstance(last, Layer)
    return float(last.feed_forward_norm.weight.detach().square().mean())


def _text_rules(tokenizer: Tokenizer) -> list[object]:
    description = json.loads(tokenizer.to_str())
    return [description[part] for part in _OF_A_TEXT]


def _divergence(theirs: Tensor, ours: Tensor, packing: Packing, *, heads: int) -> Float[Tensor, ""]:
    """The divergences of the relations among some projections, summed over heads and subwords."""
    outside = torch.arange(packing.longest, device=theirs.device) >= packing.lengths[:, None]
    total: Tensor = _Divergence.apply(  # type: ignore[no-untyped-call]
        _by_head(theirs, packing, heads), _by_head(ours, packing, heads), outside[:, None, None]
    )
    return total


def _by_head(rows: Tensor, packing: Packing, heads: int) -> Float[Tensor, "sequences heads longest part"]:
    padded = torch.zeros(len(packing.lengths), packing.longest, rows.shape[1], device=rows.device)
    padded = padded.index_put((packing.sequences, packing.places), rows.float())
    return padded.view(*padded.shape[:2], heads, -1).transpose(1, 2)


class _Divergence(torch.autograd.Function):
    """The summed divergence of ``softmax(ours @ ours.T * scale)`` from the same of theirs, row by row.

    The relations of a batch are the largest arrays of a step. Of all that autograd would keep, one is enough: how much
    the two differ. Padding relates to all subwords alike in both, and so adds nothing.
    """

    @staticmethod
    def forward(ctx: Any, theirs: Tensor, ours: Tensor, outside: Bool[Tensor, "sequences 1 1 longest"]) -> Tensor:
        expected, found = _relations(theirs, outside), _relations(ours, outside)
        total = functional.kl_div(found, expected, reduction="sum", log_target=True)
        ctx.save_for_backward(ours, found.exp_().sub_(expected.exp_()))
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        ours, of_scores = ctx.saved_tensors
        of_ours = of_scores @ ours + of_scores.transpose(2, 3) @ ours
        return None, of_ours.mul_(gradient * ours.shape[3] ** -0.5), None


def _relations(projected: Tensor, outside: Tensor) -> Tensor:
    """Logarithms of probabilities, ``[sequences, heads, longest, longest]``."""
    scores: Tensor = (projected * projected.shape[3] ** -0.5) @ projected.transpose(2, 3)
    # The lowest number and not minus infinity, of which the difference of two would be no number.
    return scores.masked_fill_(outside, torch.finfo(scores.dtype).min).log_softmax(dim=3)
