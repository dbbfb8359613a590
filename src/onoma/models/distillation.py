"""Distillation of a larger encoder (the teacher) into a smaller one (the student), with the loss and its parts.

The student is trained to match the teacher's self-attention relations and its last hidden states. Of the last layer,
the relation loss alone would train only the query, key and value maps.

Sources: Wang et al. 2021 (MiniLMv2), section 3 (relations among queries, among keys and among values, with the same
number of heads for both encoders); Jiao et al. 2020 (TinyBERT), section 3.1 (hidden states through a learned map).
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
from onoma.models.encoder import Encoder, EncoderOutput
from onoma.models.layer import Layer
from onoma.models.packing import Packing
from onoma.models.pretrained import Pretrained
from onoma.models.pretraining import MaskedBatch

_MAX_SHALLOW_LAYERS, _DEEP_FRACTION = 12, 7 / 8
_MIN_RELATION_WIDTH = 16
_TOKENIZATION_PARTS = ("added_tokens", "normalizer", "pre_tokenizer", "model")
"""The parts of a tokenizer that determine the subwords of a text and their ids."""


class Teacher:
    """A frozen encoder that a student is trained to match. It is not a submodule of the student's model.

    Args:
        encoder: encoder of the teacher, which is frozen.
        layer: index of the layer whose relations the student is trained to match, from 0.
    """

    def __init__(self, encoder: Encoder, *, layer: int) -> None:
        self.encoder = encoder.eval().requires_grad_(False)
        self.layer = layer

    def __call__(self, batch: MaskedBatch) -> EncoderOutput:
        """Return the hidden states and projections of a batch, computed on the batch's device."""
        with torch.no_grad():
            return self.encoder.to(batch.ids.device).packed_with_projections(batch.ids, batch.lengths, layer=self.layer)

    def __deepcopy__(self, memo: dict[int, Any]) -> Teacher:
        return self


@dataclass(frozen=True, slots=True, eq=False)
class DistillationOutput:
    """Losses summed over the subwords of a batch, and the teacher's hidden states.

    Attributes:
        relation_loss: Kullback-Leibler divergences of the student's relations from the teacher's, in nats, summed over
            queries, keys and values, and averaged over heads.
        hidden_loss: squared errors of the last hidden states, averaged over the teacher's width.
        taught: last hidden states of the teacher.
    """

    relation_loss: Float[Tensor, ""]
    hidden_loss: Float[Tensor, ""]
    taught: Float[Tensor, "subwords hidden"]


class DistillationModel(nn.Module):
    """A student and its teacher, as an :class:`onoma.engine.data.Objective`.

    Args:
        encoder: encoder of the student.
        teacher: teacher that the student is trained to match.
        relation_heads: number of heads in which relations are compared; it divides both widths.
        hidden_weight: weight of the loss of the hidden states.
    """

    def __init__(self, encoder: Encoder, teacher: Teacher, *, relation_heads: int, hidden_weight: float) -> None:
        super().__init__()
        width = teacher.encoder.hidden
        self.encoder = encoder
        self.to_teacher = nn.Identity() if encoder.hidden == width else nn.Linear(encoder.hidden, width)
        self.teacher = teacher
        self.relation_heads = relation_heads
        self.hidden_weight = hidden_weight

    def compare(self, batch: MaskedBatch) -> DistillationOutput:
        """Compare the student with the teacher; the masks and pairs of the batch are ignored."""
        teacher_output = self.teacher(batch)
        student_output = self.encoder.packed_with_projections(
            batch.ids, batch.lengths, layer=len(self.encoder.layers) - 1
        )
        with torch.autocast(batch.ids.device.type, enabled=False):
            packing = Packing.of(batch.lengths)
            divergences = [
                _compute_divergence(teacher_projection, student_projection, packing, heads=self.relation_heads)
                for teacher_projection, student_projection in zip(teacher_output[1:], student_output[1:], strict=True)
            ]
            errors = self.to_teacher(student_output.hidden.float()) - teacher_output.hidden.float()
            return DistillationOutput(
                torch.stack(divergences).sum() / self.relation_heads,
                errors.square().sum() / errors.shape[1],
                teacher_output.hidden,
            )

    def loss(self, batch: MaskedBatch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return the relation loss plus the weighted loss of the hidden states, and the number of subwords."""
        output = self.compare(batch)
        total = output.relation_loss + self.hidden_weight * output.hidden_loss
        return total, torch.tensor(float(batch.subwords), device=total.device)

    @property
    def sparse_embeddings(self) -> tuple[nn.Embedding, ...]:
        """Embedding tables of which a batch reads few rows: the table of the subwords."""
        return (self.encoder.words,)

    @property
    def lr_multipliers(self) -> dict[str, float]:
        """Learning rate factors by parameter name: none."""
        return {}


def build_distillation_model(
    student: Pretrained,
    teacher: Pretrained,
    *,
    relation_heads: int | None = None,
    teacher_layer: int | None = None,
    hidden_weight: float | None = None,
) -> DistillationModel:
    """Build the model of a student and its teacher; both encoders are used without a copy.

    Args:
        student: encoder to train.
        teacher: encoder to distil from.
        relation_heads: number of heads in which relations are compared; None for the largest number that divides both
            widths and gives each head at least 16 units of the teacher's width.
        teacher_layer: number of the layer whose relations the student is trained to match, from 1; None for the last
            layer, or for the one at seven eighths of the depth if the teacher has more than 12 layers.
        hidden_weight: weight of the loss of the hidden states; None for the inverse of the mean square of the weights
            of the teacher's last norm, which reflects the scale of its hidden states.

    Raises:
        EncoderError: one of the encoders is not of the BERT family, or their tokenizers differ.
        ConfigError: the teacher does not have the layer, or the number of heads does not divide both widths.
    """
    for each in (student, teacher):
        if not isinstance(each.encoder, Encoder):
            raise EncoderError(
                f"encoder {each.name!r} is a {each.family}; only the BERT family can be distilled, and distilled from"
            )
    assert isinstance(student.encoder, Encoder)
    assert isinstance(teacher.encoder, Encoder)
    if _describe_tokenization(student.tokenizer) != _describe_tokenization(teacher.tokenizer):
        raise EncoderError(
            f"encoder {student.name!r} and teacher {teacher.name!r} have different tokenizers; choose an encoder that "
            "was made from the teacher, or name none, and a new one gets the teacher's tokenizer"
        )
    layers = len(teacher.encoder.layers)
    layer = teacher_layer or (layers if layers <= _MAX_SHALLOW_LAYERS else round(_DEEP_FRACTION * layers))
    if layer > layers:
        raise ConfigError(
            f"objective.distillation.teacher_layer: teacher {teacher.name!r} has {layers} layers, and no layer {layer}"
        )
    common_divisor = math.gcd(student.hidden, teacher.hidden)
    head_counts = [heads for heads in range(1, common_divisor + 1) if common_divisor % heads == 0]
    heads = relation_heads or max(
        each for each in head_counts if each == 1 or each * _MIN_RELATION_WIDTH <= teacher.hidden
    )
    if heads not in head_counts:
        raise ConfigError(
            f"objective.distillation.relation_heads: {heads} heads do not divide both widths, {teacher.hidden} of "
            f"teacher {teacher.name!r} and {student.hidden}; choose one of {', '.join(map(str, head_counts))}"
        )
    return DistillationModel(
        student.encoder,
        Teacher(teacher.encoder, layer=layer - 1),
        relation_heads=heads,
        hidden_weight=1 / _mean_square_weight(teacher.encoder) if hidden_weight is None else hidden_weight,
    )


def _mean_square_weight(encoder: Encoder) -> float:
    last = encoder.layers[-1]
    assert isinstance(last, Layer)
    return float(last.feed_forward_norm.weight.detach().square().mean())


def _describe_tokenization(tokenizer: Tokenizer) -> list[object]:
    description = json.loads(tokenizer.to_str())
    return [description[part] for part in _TOKENIZATION_PARTS]


def _compute_divergence(teacher: Tensor, student: Tensor, packing: Packing, *, heads: int) -> Float[Tensor, ""]:
    """Return the divergence of student from teacher for one kind of projection, summed over heads and subwords."""
    padding = torch.arange(packing.longest, device=teacher.device) >= packing.lengths[:, None]
    total: Tensor = _Divergence.apply(  # type: ignore[no-untyped-call]
        _split_heads(teacher, packing, heads), _split_heads(student, packing, heads), padding[:, None, None]
    )
    return total


def _split_heads(rows: Tensor, packing: Packing, heads: int) -> Float[Tensor, "sequences heads longest part"]:
    padded = torch.zeros(len(packing.lengths), packing.longest, rows.shape[1], device=rows.device)
    padded = padded.index_put((packing.sequences, packing.positions), rows.float())
    return padded.view(*padded.shape[:2], heads, -1).transpose(1, 2)


class _Divergence(torch.autograd.Function):
    """The divergence of ``softmax(student @ student.T * scale)`` from that of the teacher, summed over all rows.

    The relations of a batch are the largest arrays of a step. Autograd would keep several of them; the backward pass
    here needs only the difference of the two distributions. Rows of padding are the same uniform distribution in both,
    so they add nothing.
    """

    @staticmethod
    def forward(ctx: Any, teacher: Tensor, student: Tensor, padding: Bool[Tensor, "sequences 1 1 longest"]) -> Tensor:
        teacher_relations, student_relations = (
            _compute_relations(teacher, padding),
            _compute_relations(student, padding),
        )
        total = functional.kl_div(student_relations, teacher_relations, reduction="sum", log_target=True)
        ctx.save_for_backward(student, student_relations.exp_().sub_(teacher_relations.exp_()))
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        student, grad_scores = ctx.saved_tensors
        grad_student = grad_scores @ student + grad_scores.transpose(2, 3) @ student
        return None, grad_student.mul_(gradient * student.shape[3] ** -0.5), None


def _compute_relations(projection: Tensor, padding: Tensor) -> Tensor:
    """Return the relations as log probabilities, ``[sequences, heads, longest, longest]``."""
    scores: Tensor = (projection * projection.shape[3] ** -0.5) @ projection.transpose(2, 3)
    # The lowest finite number instead of minus infinity, since the difference of two infinities is NaN.
    return scores.masked_fill_(padding, torch.finfo(scores.dtype).min).log_softmax(dim=3)
