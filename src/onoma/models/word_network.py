"""A neural network over words and their characters with a CRF on top: the baseline ``bilstm``.

A word's vector is the concatenation of its embedding and the output of a convolution over its characters. A
bidirectional LSTM reads the words of a sentence, and a :class:`~onoma.models.heads.CrfHead` scores their tags.
Embeddings are initialised randomly.

Sources: Ma and Hovy 2016, https://aclanthology.org/P16-1101 (convolution over characters, dropout); Lample et al. 2016,
https://aclanthology.org/N16-1030 (CRF over a bidirectional LSTM); Kiperwasser and Goldberg 2016, section 3.1 (rarer
words are replaced by the unknown word more often).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy.typing import NDArray
from torch import Tensor, nn

from onoma.baselines.bilstm import Compute
from onoma.baselines.vocabulary import UNKNOWN, Vocabulary, WordInputs
from onoma.models.backend import evaluation_mode
from onoma.models.heads import CrfHead, HeadSettings, SentenceBounds
from onoma.tasks import TagTask

_UNKNOWN_ALPHA = 0.25
_PADDING_ID = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """Hyperparameters of the network.

    Attributes:
        word_size, character_size: dimension of a word embedding and of a character embedding.
        filters: number of filters of the convolution, each over three consecutive characters.
        hidden: number of LSTM units in each direction.
        dropout: dropout probability of the inputs of the LSTM and of the head.
    """

    word_size: int = 100
    character_size: int = 30
    filters: int = 50
    hidden: int = 128
    dropout: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class WordBatch:
    """A batch of sentences with targets; for the other fields see :class:`~onoma.baselines.vocabulary.WordInputs`.

    Attributes:
        begins, ends: whether a sentence is complete at its beginning and at its end, ``[sentences]``.
        targets: targets of all words, one sentence after the other, ``[all]``.
    """

    words: Int64[Tensor, " forms"]
    characters: Int64[Tensor, "forms characters"]
    places: Int64[Tensor, "sentences words"]
    lengths: Int64[Tensor, " sentences"]
    begins: Bool[Tensor, " sentences"]
    ends: Bool[Tensor, " sentences"]
    targets: Int64[Tensor, " all"]

    @property
    def ids(self) -> Int64[Tensor, " forms"]:
        """Ids of the words whose embeddings are read."""
        return self.words

    @property
    def subwords(self) -> int:
        """Number of words."""
        return len(self.targets)

    def part(self, rank: int, size: int) -> WordBatch | None:
        """Return the batch itself, since a baseline is trained by a single process."""
        assert (rank, size) == (0, 1)
        return self


class WordNetwork(nn.Module):
    """The network of the baseline ``bilstm``; see the module.

    Args:
        vocabulary: words and characters that have an embedding.
        task: task whose tags are scored.
        settings: see :class:`NetworkSettings`.
    """

    unknown_rate: Float[Tensor, " vocabulary"]

    def __init__(self, vocabulary: Vocabulary, task: TagTask, settings: NetworkSettings) -> None:
        super().__init__()
        words, characters = vocabulary.sizes
        self.words = nn.Embedding(words, settings.word_size, padding_idx=_PADDING_ID)
        self.characters = nn.Embedding(characters, settings.character_size, padding_idx=_PADDING_ID)
        for table in (self.words, self.characters):
            nn.init.uniform_(table.weight, -((3 / table.embedding_dim) ** 0.5), (3 / table.embedding_dim) ** 0.5)
            nn.init.zeros_(table.weight[_PADDING_ID])
        self.filters = nn.Conv1d(settings.character_size, settings.filters, kernel_size=3, padding=1)
        inputs = settings.word_size + settings.filters
        self.forward_lstm = nn.LSTM(inputs, settings.hidden, batch_first=True)
        self.backward_lstm = nn.LSTM(inputs, settings.hidden, batch_first=True)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = CrfHead(2 * settings.hidden, task, HeadSettings(dropout=settings.dropout))
        counts = torch.tensor([float("inf")] * (words - len(vocabulary.counts)) + list(map(float, vocabulary.counts)))
        self.register_buffer("unknown_rate", _UNKNOWN_ALPHA / (_UNKNOWN_ALPHA + counts), persistent=False)

    def forward(
        self,
        words: Int64[Tensor, " forms"],
        characters: Int64[Tensor, "forms characters"],
        places: Int64[Tensor, "sentences words"],
        lengths: Int64[Tensor, " sentences"],
    ) -> Float[Tensor, "sentences words tags"]:
        """Return the scores of every word, before any softmax."""
        hidden = self._compute_hidden(self.words(words)[places], characters, places, lengths)
        scores: Tensor = self.head(hidden)
        return scores

    def loss(self, batch: WordBatch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return the sum of the losses of the sentences, and the number of words."""
        word_ids = batch.words[batch.places]
        replaced = torch.rand(word_ids.shape, device=word_ids.device) < self.unknown_rate[word_ids]
        embedded = self.words(torch.where(replaced, UNKNOWN, word_ids))
        hidden = self._compute_hidden(embedded, batch.characters, batch.places, batch.lengths)
        is_word = torch.arange(hidden.shape[1], device=hidden.device) < batch.lengths[:, None]
        return self.head.loss(hidden[is_word], SentenceBounds(batch.lengths, batch.begins, batch.ends), batch.targets)

    @property
    def sparse_embeddings(self) -> Sequence[nn.Embedding]:
        """Embedding tables of which a batch reads few rows: none, since the vocabulary is small."""
        return ()

    @property
    def lr_multipliers(self) -> Mapping[str, float]:
        """Learning rate factors by parameter name: none, since a rate for random weights also suits transitions."""
        return {}

    def _compute_hidden(
        self,
        embedded: Float[Tensor, "sentences words narrow"],
        characters: Int64[Tensor, "forms characters"],
        places: Int64[Tensor, "sentences words"],
        lengths: Int64[Tensor, " sentences"],
    ) -> Float[Tensor, "sentences words hidden"]:
        features = self.filters(self.characters(characters).transpose(1, 2)).relu()
        character_vectors = (features * (characters != _PADDING_ID).unsqueeze(1)).amax(dim=2)
        lstm_inputs = self.dropout(torch.cat([embedded, character_vectors[places]], dim=2))
        # Each direction reads padding last, where it changes nothing; torch is twice as slow with packed sequences.
        order = _reversed_order(lengths, places.shape[1])
        forward, _ = self.forward_lstm(lstm_inputs)
        backward, _ = self.backward_lstm(lstm_inputs.take_along_dim(order, dim=1))
        return torch.cat([forward, backward.take_along_dim(order, dim=1)], dim=2)


def _reversed_order(lengths: Int64[Tensor, " sentences"], longest: int) -> Int64[Tensor, "sentences words 1"]:
    """Return the order of words in which each sentence is reversed and its padding stays at the end."""
    positions = torch.arange(longest, device=lengths.device)
    last = lengths[:, None] - 1
    return torch.where(positions <= last, last - positions, positions)[..., None]


def torch_compute(network: WordNetwork, *, device: torch.device | str = "cpu") -> Compute:
    """Return a function that computes the scores of a batch with torch and then restores the network's mode."""

    def compute(inputs: WordInputs) -> NDArray[np.float32]:
        with evaluation_mode(network):
            scores = network(*(torch.from_numpy(each).to(device) for each in inputs))
        array: NDArray[np.float32] = scores.float().cpu().numpy()
        return array

    return compute
