"""Our encoder = `transformers`, in every family, before and after saving."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoModelForTokenClassification, AutoTokenizer

from onoma.models import (
    AutoEncoder,
    Encoder,
    load_model,
    load_pretrained,
    save_model,
    save_tokenizer,
)
from onoma.models.encoder import ACTIVATIONS
from onoma.models.packaged_encoders import find_packaged_encoder
from support.tagging import recogniser
from support.tiny import OURS, TAGS, TASK, ragged, write_encoder

LENGTHS = (19, 3, 1, 12)
TEXTS = ("Angela Merkel visited Lyon.", "  the  Émigré\tto\nLyon", "naïve 😀 x", "")


def test_hidden_states_equal_those_of_transformers(encoder_folder: Path) -> None:
    pretrained = load_pretrained(str(encoder_folder))
    reference = AutoModel.from_pretrained(encoder_folder, attn_implementation="eager").eval()
    pad = reference.config.pad_token_id
    ids, mask = ragged(LENGTHS, vocabulary=reference.config.vocab_size, pad=pad)
    with torch.inference_mode():
        ours = pretrained.encoder(ids, mask)
        theirs = reference(input_ids=ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(ours[mask == 1], theirs[mask == 1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_that_of_transformers(activation: str, tmp_path: Path) -> None:
    path = write_encoder(tmp_path) / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"hidden_act": activation}))
    encoder = load_pretrained(str(tmp_path)).encoder
    assert isinstance(encoder, Encoder)
    reference = AutoModel.from_pretrained(tmp_path, attn_implementation="eager").eval()
    ids, mask = ragged(LENGTHS, vocabulary=reference.config.vocab_size, pad=reference.config.pad_token_id)
    with torch.inference_mode():
        theirs = reference(input_ids=ids, attention_mask=mask).last_hidden_state
        torch.testing.assert_close(encoder(ids, mask)[mask == 1], theirs[mask == 1], atol=1e-5, rtol=0)


def test_our_own_encoder_is_used_where_it_can_be(encoder_folder: Path) -> None:
    pretrained = load_pretrained(str(encoder_folder))
    assert isinstance(pretrained.encoder, AutoEncoder) == (pretrained.family not in OURS)
    assert pretrained.longest == 512


@pytest.mark.parametrize("family", OURS)
def test_gradients_equal_those_of_transformers(family: str, tmp_path: Path) -> None:
    write_encoder(tmp_path, family=family)
    pretrained = load_pretrained(str(tmp_path))
    reference = AutoModel.from_pretrained(tmp_path, attn_implementation="eager").eval()
    ids, mask = ragged(LENGTHS, vocabulary=reference.config.vocab_size, pad=reference.config.pad_token_id)
    pretrained.encoder(ids, mask)[mask == 1].square().sum().backward()
    reference(input_ids=ids, attention_mask=mask).last_hidden_state[mask == 1].square().sum().backward()
    ours = pretrained.encoder.get_parameter("layers.0.attention.query.weight").grad
    theirs = reference.get_parameter("encoder.layer.0.attention.self.query.weight").grad
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", OURS)
@pytest.mark.parametrize("left", [False, True])
def test_padding_on_either_side_changes_nothing(family: str, left: bool, tmp_path: Path) -> None:
    pretrained = load_pretrained(str(write_encoder(tmp_path, family=family)))
    ids, mask = ragged(LENGTHS, vocabulary=100, pad=1, left=left)
    with torch.inference_mode():
        together = pretrained.encoder(ids, mask)
        for row, real in enumerate(mask == 1):
            alone = pretrained.encoder(ids[row, real][None], mask[row, real][None])[0]
            torch.testing.assert_close(together[row, real], alone, atol=1e-5, rtol=0)


def test_a_saved_model_gives_the_same_scores_in_transformers(encoder_folder: Path, tmp_path: Path) -> None:
    pretrained = load_pretrained(str(encoder_folder))
    model = recogniser(pretrained)
    save_model(model, tmp_path, task=TASK, pretrained=pretrained)
    reference, found = AutoModelForTokenClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert not found["missing_keys"]
    assert not found["unexpected_keys"]
    assert reference.config.id2label == dict(enumerate(TAGS))
    assert reference.config.label2id == {tag: number for number, tag in enumerate(TAGS)}
    assert reference.config.architectures == [type(reference).__name__]
    ids, mask = ragged(LENGTHS, vocabulary=100, pad=reference.config.pad_token_id)
    with torch.inference_mode():
        ours = model(ids, mask)["entities"]
        theirs = reference.eval()(input_ids=ids, attention_mask=mask).logits
        again = load_model(tmp_path)(ids, mask)["entities"]
    torch.testing.assert_close(ours[mask == 1], theirs[mask == 1], atol=1e-5, rtol=0)
    torch.testing.assert_close(ours, again, atol=0, rtol=0)


def test_a_model_of_transformers_gives_the_same_scores_here(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "encoder")
    theirs = AutoModelForTokenClassification.from_pretrained(folder, num_labels=5).eval()
    theirs.save_pretrained(tmp_path / "saved")
    ours = load_model(tmp_path / "saved")
    ids, mask = ragged(LENGTHS, vocabulary=100, pad=0)
    with torch.inference_mode():
        expected = theirs(input_ids=ids, attention_mask=mask).logits[mask == 1]
        torch.testing.assert_close(ours(ids, mask)["entities"][mask == 1], expected, atol=1e-5, rtol=0)


def test_a_saved_model_is_an_encoder_to_begin_from(encoder_folder: Path, tmp_path: Path) -> None:
    pretrained = load_pretrained(str(encoder_folder))
    save_model(recogniser(pretrained), tmp_path, task=TASK, pretrained=pretrained)
    save_tokenizer(pretrained.tokenizer, tmp_path)
    again = load_pretrained(str(tmp_path))
    ids, mask = ragged(LENGTHS, vocabulary=100, pad=0)
    with torch.inference_mode():
        torch.testing.assert_close(again.encoder(ids, mask), pretrained.encoder(ids, mask), atol=0, rtol=0)
    assert again.family == pretrained.family


def test_a_saved_tokenizer_gives_the_same_ids_in_transformers(encoder_folder: Path, tmp_path: Path) -> None:
    pretrained = load_pretrained(str(encoder_folder))
    save_model(recogniser(pretrained), tmp_path, task=TASK, pretrained=pretrained)
    save_tokenizer(pretrained.tokenizer, tmp_path, longest=pretrained.longest)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    for text in TEXTS:
        assert theirs(text)["input_ids"] == pretrained.tokenizer.encode(text).ids
    words = ["Lyon", "the", "Émigré"]
    ours = pretrained.tokenizer.encode(words, is_pretokenized=True).ids
    assert theirs(words, is_split_into_words=True)["input_ids"] == ours
    assert theirs.model_max_length == 512
    assert theirs.pad_token_id == pretrained.hf_config.get("pad_token_id", 0)


def test_the_small_encoder_equals_transformers() -> None:
    pretrained = load_pretrained("small")
    folder = find_packaged_encoder("small").parent
    reference = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids, mask = ragged((60, 9, 31), vocabulary=30_000, pad=0)
    with torch.inference_mode():
        ours = pretrained.encoder(ids, mask)[mask == 1]
        theirs = reference(input_ids=ids, attention_mask=mask).last_hidden_state[mask == 1]
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    texts = AutoTokenizer.from_pretrained(folder)
    for text in TEXTS:
        assert pretrained.tokenizer.encode(text).ids == texts(text)["input_ids"]
