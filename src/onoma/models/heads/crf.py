"""A linear-chain CRF over tag scores, whose loss is the negative log-likelihood of whole tag sequences.

The score of a tag sequence is the sum of the tag scores of its words and of its transition scores. Transitions that the
tagging scheme does not allow are masked, so that no sequence contains them. The partition function is exact: it is
computed with the forward algorithm in log space, for all sentences of a batch at once. Where several tags may be
correct, the loss sums over the sequences of all of them (Greenberg et al. 2018, section 3).

Sources: Lafferty et al. 2001; Lample et al. 2016, section 2.1, https://aclanthology.org/N16-1030.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy.typing import NDArray
from torch import Tensor, nn

from onoma.models.heads.head import HeadSettings, SentenceBounds, TagHead
from onoma.tasks import TagTask

_MASKED_SCORE = -1e4
"""Score of tags and transitions that are not allowed: far below all others, but finite, as are its gradients."""


class CrfHead(TagHead):
    """A head of tag scores with learned transition scores.

    Transition scores start at 0 and have a higher learning rate than other parameters: at a rate that suits an encoder,
    a score moves by less than a tenth in a thousand steps of Adam.
    """

    lr_multipliers: ClassVar[Mapping[str, float]] = MappingProxyType({"step": 50.0, "start": 50.0, "end": 50.0})

    not_allowed: Bool[Tensor, "tags tags"]
    no_start: Bool[Tensor, " tags"]
    no_end: Bool[Tensor, " tags"]

    def __init__(self, hidden: int, task: TagTask, settings: HeadSettings | None = None) -> None:
        super().__init__(hidden, task, settings)
        self.step = nn.Parameter(torch.zeros(self.tags, self.tags))
        self.start = nn.Parameter(torch.zeros(self.tags))
        self.end = nn.Parameter(torch.zeros(self.tags))
        scheme = task.transitions
        for name, scores in (("not_allowed", scheme.step), ("no_start", scheme.start), ("no_end", scheme.end)):
            self.register_buffer(name, torch.from_numpy(np.isneginf(scores)), persistent=False)

    def loss(
        self, hidden: Float[Tensor, "words hidden"], sequences: SentenceBounds, targets: Int64[Tensor, " words"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        scores = self(hidden).float()
        target_scores = scores.masked_fill(~self.allowed[targets], _MASKED_SCORE)
        # Both log-sums in one pass: over the sequences that match the targets, and over all sequences.
        log_numerator, log_partition = self._log_sum_sequences(torch.stack([target_scores, scores]), sequences)
        return (log_partition - log_numerator).sum(), scores.new_tensor(len(targets))

    def parameters_for_decoding(self) -> dict[str, NDArray[np.float64]]:
        """Return the learned transition scores by name."""
        transitions = {"step": self.step, "start": self.start, "end": self.end}
        return {name: weights.detach().cpu().double().numpy() for name, weights in transitions.items()}

    def _log_sum_sequences(
        self, scores: Float[Tensor, "both words tags"], sequences: SentenceBounds
    ) -> Float[Tensor, "both sequences"]:
        """Return the log-sum-exp of the scores of all tag sequences, for each sentence."""
        lengths = sequences.lengths
        positions = torch.arange(int(lengths.max()), device=lengths.device)
        inside = positions < lengths[:, None]
        rows = torch.where(inside, (lengths.cumsum(0) - lengths)[:, None] + positions, 0)
        padded = scores[:, rows]
        step = self.step.masked_fill(self.not_allowed, _MASKED_SCORE)
        start = self.start.masked_fill(self.no_start, _MASKED_SCORE)
        end = self.end.masked_fill(self.no_end, _MASKED_SCORE)
        forward_scores = padded[:, :, 0] + torch.where(sequences.begins[:, None], start, 0.0)
        for word in range(1, len(positions)):
            next_scores = (forward_scores[..., None] + step).logsumexp(dim=-2) + padded[:, :, word]
            forward_scores = torch.where(inside[:, word, None], next_scores, forward_scores)
        return (forward_scores + torch.where(sequences.ends[:, None], end, 0.0)).logsumexp(dim=-1)
