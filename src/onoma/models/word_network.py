"""A network over words and their characters with a CRF on top: the baseline ``bilstm``.

A word's vector is its embedding beside what a convolution finds in its characters; a bidirectional LSTM reads the words
of a sentence, and a :class:`~onoma.models.heads.CrfHead` scores their tags. Embeddings begin at random.

Sources: Ma and Hovy 2016, https://aclanthology.org/P16-1101 (convolution over characters, dropout); Lample et al. 2016,
https://aclanthology.org/N16-1030 (CRF over a bidirectional LSTM); Kiperwasser and Goldberg 2016, section 3.1 (a word is
replaced by the unknown one the more often, the rarer it is).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from onoma.baselines.bilstm import Compute
from onoma.baselines.vocabulary import UNKNOWN, Vocabulary, WordInputs
from onoma.models.heads import CrfHead, HeadSettings, SentenceBounds
from onoma.tasks import TagTask

_REPLACED = 0.25
_PADDING = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """The measures of a network.

    Attributes:
        word_size, character_size: numbers of an embedding.
        filters: what the convolution looks for in three neighbouring characters.
        hidden: units of the LSTM in each direction.
        dropout: probability with which a number that the LSTM or the head reads is dropped.
    """

    word_size: int = 100
    character_size: int = 30
    filters: int = 50
    hidden: int = 128
    dropout: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class WordBatch:
    """Sentences with their targets; see :class:`~onoma.baselines.vocabulary.WordInputs` for the first four.

    Attributes:
        begins, ends: whether a sentence is whole at its beginning and at its end, ``[sentences]``.
        targets: of all words, one sentence after the other, ``[all]``.
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
        """The words, whose embeddings are read."""
        return self.words

    @property
    def subwords(self) -> int:
        """How many words there are."""
        return len(self.targets)

    def part(self, rank: int, size: int) -> WordBatch | None:
        """The batch itself: a baseline is trained by one process."""
        assert (rank, size) == (0, 1)
        return self


class WordNetwork(nn.Module):
    """See the module.

    Args:
        vocabulary: what it knows.
        task: whose tags.
        settings: see :class:`NetworkSettings`.
    """

    unknown_rate: Float[Tensor, " vocabulary"]

    def __init__(self, vocabulary: Vocabulary, task: TagTask, settings: NetworkSettings) -> None:
        super().__init__()
        words, characters = vocabulary.sizes
        self.words = nn.Embedding(words, settings.word_size, padding_idx=_PADDING)
        self.characters = nn.Embedding(characters, settings.character_size, padding_idx=_PADDING)
        for table in (self.words, self.characters):
            nn.init.uniform_(table.weight, -((3 / table.embedding_dim) ** 0.5), (3 / table.embedding_dim) ** 0.5)
            nn.init.zeros_(table.weight[_PADDING])
        self.filters = nn.Conv1d(settings.character_size, settings.filters, kernel_size=3, padding=1)
        self.lstm = nn.LSTM(
            settings.word_size + settings.filters, settings.hidden, bidirectional=True, batch_first=True
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.head = CrfHead(2 * settings.hidden, task, HeadSettings(dropout=settings.dropout))
        counts = torch.tensor([float("inf")] * (words - len(vocabulary.counts)) + list(map(float, vocabulary.counts)))
        self.register_buffer("unknown_rate", _REPLACED / (_REPLACED + counts), persistent=False)

    def forward(
        self,
        words: Int64[Tensor, " forms"],
        characters: Int64[Tensor, "forms characters"],
        places: Int64[Tensor, "sentences words"],
        lengths: Int64[Tensor, " sentences"],
    ) -> Float[Tensor, "sentences words tags"]:
        """Scores of every word, before any softmax."""
        hidden = self._hidden(self.words(words)[places], characters, places, lengths)
        scores: Tensor = self.head(hidden)
        return scores

    def loss(self, batch: WordBatch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The sum of the sentences' losses, and how many words there are."""
        numbers = batch.words[batch.places]
        replaced = torch.rand(numbers.shape, device=numbers.device) < self.unknown_rate[numbers]
        embedded = self.words(torch.where(replaced, UNKNOWN, numbers))
        hidden = self._hidden(embedded, batch.characters, batch.places, batch.lengths)
        inside = torch.arange(hidden.shape[1], device=hidden.device) < batch.lengths[:, None]
        return self.head.loss(hidden[inside], SentenceBounds(batch.lengths, batch.begins, batch.ends), batch.targets)

    @property
    def sparse_tables(self) -> Sequence[nn.Embedding]:
        """None: the vocabulary is small."""
        return ()

    @property
    def rate_factors(self) -> Mapping[str, float]:
        """None: a rate that suits random weights suits transitions too."""
        return {}

    def _hidden(
        self,
        embedded: Float[Tensor, "sentences words narrow"],
        characters: Int64[Tensor, "forms characters"],
        places: Int64[Tensor, "sentences words"],
        lengths: Int64[Tensor, " sentences"],
    ) -> Float[Tensor, "sentences words hidden"]:
        found = self.filters(self.characters(characters).transpose(1, 2)).relu()
        spelled = (found * (characters != _PADDING).unsqueeze(1)).amax(dim=2)
        read = self.dropout(torch.cat([embedded, spelled[places]], dim=2))
        packed = pack_padded_sequence(read, lengths.cpu(), batch_first=True, enforce_sorted=False)
        hidden, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=places.shape[1])
        return hidden


def computing(network: WordNetwork, *, device: torch.device | str = "cpu") -> Compute:
    """What computes the scores of batches with torch; the network's mode is the same after each as before."""

    def compute(inputs: WordInputs) -> NDArray[np.float32]:
        training = network.training
        network.eval()
        try:
            with torch.inference_mode():
                scores = network(*(torch.from_numpy(each).to(device) for each in inputs))
        finally:
            network.train(training)
        found: NDArray[np.float32] = scores.float().cpu().numpy()
        return found

    return compute
