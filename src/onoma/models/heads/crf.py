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

from onoma.errors import ConfigError
from onoma.models.heads.head import HeadSettings, SentenceBounds, TagHead
from onoma.tasks import TagTask

_NEVER = -1e4
"""Score of tags and transitions that are not allowed: far below all others, but finite, as are its gradients."""


class CrfHead(TagHead):
    """A head of tag scores with learned transition scores.

    Transition scores start at 0 and have a higher learning rate than other parameters: at a rate that suits an encoder,
    a score moves by less than a tenth in a thousand steps of Adam.

    Raises:
        ConfigError: class weights or label smoothing are set, which a loss of whole sequences does not support.
    """

    lr_multipliers: ClassVar[Mapping[str, float]] = MappingProxyType({"step": 50.0, "start": 50.0, "end": 50.0})

    not_allowed: Bool[Tensor, "tags tags"]
    no_start: Bool[Tensor, " tags"]
    no_end: Bool[Tensor, " tags"]

    def __init__(self, hidden: int, task: TagTask, settings: HeadSettings | None = None) -> None:
        super().__init__(hidden, task, settings)
        if self.class_weights is not None or self.settings.label_smoothing:
            raise ConfigError(
                "model.head: the loss of the head crf is that of whole sentences; remove training.class_weights and "
                "training.label_smoothing, or use the head linear"
            )
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
        right = scores.masked_fill(~self.allowed[targets], _NEVER)
        # Both log-sums in one pass: over the sequences that match the targets, and over all sequences.
        of_right, of_all = self._log_sums(torch.stack([right, scores]), sequences)
        return (of_all - of_right).sum(), scores.new_tensor(len(targets))

    def parameters_for_decoding(self) -> dict[str, NDArray[np.float64]]:
        """Return the learned transition scores by name."""
        learnt = {"step": self.step, "start": self.start, "end": self.end}
        return {name: weights.detach().cpu().double().numpy() for name, weights in learnt.items()}

    def _log_sums(
        self, scores: Float[Tensor, "both words tags"], sequences: SentenceBounds
    ) -> Float[Tensor, "both sequences"]:
        """Return the log-sum-exp of the scores of all tag sequences, for each sentence."""
        lengths = sequences.lengths
        places = torch.arange(int(lengths.max()), device=lengths.device)
        inside = places < lengths[:, None]
        rows = torch.where(inside, (lengths.cumsum(0) - lengths)[:, None] + places, 0)
        padded = scores[:, rows]
        step = self.step.masked_fill(self.not_allowed, _NEVER)
        start = self.start.masked_fill(self.no_start, _NEVER)
        end = self.end.masked_fill(self.no_end, _NEVER)
        reached = padded[:, :, 0] + torch.where(sequences.begins[:, None], start, 0.0)
        for word in range(1, len(places)):
            onward = (reached[..., None] + step).logsumexp(dim=-2) + padded[:, :, word]
            reached = torch.where(inside[:, word, None], onward, reached)
        return (reached + torch.where(sequences.ends[:, None], end, 0.0)).logsumexp(dim=-1)
