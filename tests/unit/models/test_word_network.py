"""The network of the baseline ``bilstm``: the same with torch and with ONNX Runtime, alone and among others."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from onoma.baselines.bilstm import NetworkScorer, open_network
from onoma.baselines.vocabulary import UNKNOWN, Vocabulary
from onoma.errors import ParityError
from onoma.export.word_network import export_network
from onoma.models.word_network import NetworkSettings, WordNetwork, torch_compute
from onoma.schemes import SCHEMES
from onoma.tasks import TagTask
from support.tiny import shake


def words_of(text: str) -> list[str]:
    return text.split()


SENTENCES = [
    words_of("Angela Merkel visited Lyon in 2015 ."),
    ["Lyon", ",", "Lyon", ",", "1999"],
    ["Lyon"],
    [""],
    ["x" * 5_000, "🙂", "京"],
    words_of("a much longer sentence than any of the others around it , about nothing at all ."),
]
TASK = TagTask(("PER", "LOC"), scheme=SCHEMES["BIO"])
VOCABULARY = Vocabulary.of(SENTENCES * 2)


@pytest.fixture
def network() -> WordNetwork:
    settings = NetworkSettings(word_size=6, character_size=5, filters=4, hidden=7)
    network = WordNetwork(VOCABULARY, TASK, settings)
    shake(network)
    with torch.no_grad():
        for table in (network.words, network.characters):  # as training leaves it
            table.weight[0] = 0
    return network


def test_onnx_runtime_computes_what_torch_computes(network, tmp_path):
    difference = export_network(network, tmp_path / "model.onnx", vocabulary=VOCABULARY, samples=SENTENCES)
    assert difference < 1e-5
    assert network.training


def test_a_graph_that_computes_something_else_is_not_written(network, tmp_path, monkeypatch):
    monkeypatch.setattr("onoma.export.word_network._ONNX_GATES", (0, 1, 2, 3))
    with pytest.raises(ParityError, match="tag scores differ"):
        export_network(network, tmp_path / "model.onnx", vocabulary=VOCABULARY, samples=SENTENCES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_a_sentence_is_scored_the_same_among_others_and_alone(network, tmp_path, threads):
    export_network(network, tmp_path / "model.onnx", vocabulary=VOCABULARY, samples=SENTENCES)
    scorer = open_network(VOCABULARY, tmp_path / "model.onnx", threads=threads)
    for words, scores in zip(SENTENCES * 40, scorer.score(SENTENCES * 40), strict=True):
        (alone,) = scorer.score([words])
        assert scores.shape == (len(words), len(TASK.tags))
        np.testing.assert_allclose(alone, scores, atol=1e-5)


def test_no_sentences_have_no_scores(network):
    assert NetworkScorer(VOCABULARY, torch_compute(network)).score([]) == []


def test_words_are_known_in_lower_case_and_without_their_digits():
    one, other = (VOCABULARY.reader().inputs([sentence]) for sentence in (["LYON", "2015"], ["lyon", "1999"]))
    assert one.words.tolist() == other.words.tolist()
    assert UNKNOWN not in one.words
    assert one.characters.tolist() != other.characters.tolist()


def test_words_and_characters_that_stand_once_are_unknown():
    vocabulary = Vocabulary.of([["once", "twice", "twice"]])
    assert vocabulary.words == ("twice",)
    assert "o" not in vocabulary.characters
    assert Vocabulary.from_arrays(vocabulary.arrays()) == vocabulary


def test_rare_words_are_replaced_by_the_unknown_one_more_often_than_frequent_ones():
    counts = Counter({"rare": 2, "frequent": 200})
    vocabulary = Vocabulary.of([list(counts.elements())])
    network = WordNetwork(vocabulary, TASK, NetworkSettings())
    rates = dict(zip(vocabulary.words, network.unknown_rate[2:].tolist(), strict=True))
    assert rates["rare"] == pytest.approx(0.25 / 2.25)
    assert rates["frequent"] < 0.002
    torch.testing.assert_close(network.unknown_rate[:2], torch.zeros(2))


def test_both_directions_read_a_sentence_as_one_bidirectional_lstm_does(network):
    lstm = torch.nn.LSTM(10, 7, bidirectional=True, batch_first=True)
    for name, weights in network.forward_lstm.named_parameters():
        lstm.get_parameter(name).data = weights.data
        lstm.get_parameter(f"{name}_reverse").data = network.backward_lstm.get_parameter(name).data
    inputs = VOCABULARY.reader().inputs(SENTENCES)
    read: list[torch.Tensor] = []
    hidden: list[torch.Tensor] = []
    network.dropout.register_forward_hook(lambda _, __, output: read.append(output))
    network.head.register_forward_pre_hook(lambda _, arguments: hidden.append(arguments[0]))
    torch_compute(network)(inputs)
    with torch.inference_mode():
        for sentence, length in enumerate(inputs.lengths):
            expected, _ = lstm(read[0][sentence : sentence + 1, :length])
            torch.testing.assert_close(hidden[0][sentence, :length], expected[0])
