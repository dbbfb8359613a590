"""The reader of the 4-bit file = a plain reading of the same bytes, and its vectors make sense."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from onoma.models import Encoder, Pretrained, load_pretrained
from onoma.models.packaged_encoders import find_packaged_encoder

HEADER = struct.Struct("<4sI7ifi")


@pytest.fixture(scope="module")
def pretrained() -> Pretrained:
    return load_pretrained("multilingual")


@pytest.fixture(scope="module")
def data() -> bytes:
    return find_packaged_encoder("multilingual").read_bytes()


def directory(data: bytes) -> dict[str, tuple[int, int, int]]:
    """Type, elements and offset of every tensor."""
    place = HEADER.size
    pieces = struct.unpack_from("<i", data, place)[0]
    size = struct.unpack_from("<Q", data, place + 20)[0]
    place += 28 + 4 * (pieces + 1) + 4 * pieces + size
    place += 8 + struct.unpack_from("<iI", data, place)[1]
    count = struct.unpack_from("<i", data, place)[0]
    place += 4
    found = {}
    for _ in range(count):
        length = struct.unpack_from("<H", data, place)[0]
        name = data[place + 2 : place + 2 + length].decode()
        place += 2 + length
        kind, elements, offset, _ = struct.unpack_from("<BIQQ", data, place)
        found[name] = (kind, elements, offset)
        place += struct.calcsize("<BIQQ")
    return found


def row_of(data: bytes, offset: int, row: int, width: int) -> Iterator[float]:
    """One row of a matrix in 4-bit blocks."""
    for block in range(width // 32):
        place = offset + 18 * (row * width // 32 + block)
        scale = struct.unpack_from("<e", data, place)[0]
        halves = data[place + 2 : place + 18]
        for number in range(32):
            half = halves[number] & 15 if number < 16 else halves[number - 16] >> 4
            yield (half - 8) * scale


@pytest.mark.parametrize(
    ("theirs", "ours", "width"),
    [
        ("emb.word", "embeddings.words.weight", 384),
        ("l0.q.w", "layers.0.attention.query.weight", 384),
        ("l5.v.w", "layers.5.attention.value.weight", 384),
        ("l7.ao.w", "layers.7.attention.output.weight", 384),
        ("l3.fi.w", "layers.3.feed_forward.inner.weight", 384),
        ("l11.fo.w", "layers.11.feed_forward.outer.weight", 1536),
    ],
)
def test_blocks_are_read_as_the_format_says(
    pretrained: Pretrained, data: bytes, theirs: str, ours: str, width: int
) -> None:
    kind, elements, offset = directory(data)[theirs]
    matrix = pretrained.encoder.get_parameter(ours)
    assert (kind, elements, matrix.shape[1]) == (1, matrix.numel(), width)
    for row in (0, 1, len(matrix) - 1):
        assert matrix[row].tolist() == list(row_of(data, offset, row, width))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("emb.ln.w", "embeddings.norm.weight"),
        ("emb.ln.b", "embeddings.norm.bias"),
        ("l2.k.b", "layers.2.attention.key.bias"),
        ("l4.aln.w", "layers.4.attention_norm.weight"),
        ("l9.oln.b", "layers.9.feed_forward_norm.bias"),
    ],
)
def test_plain_numbers_are_read_as_they_are(pretrained: Pretrained, data: bytes, theirs: str, ours: str) -> None:
    kind, elements, offset = directory(data)[theirs]
    assert kind == 0
    assert pretrained.encoder.get_parameter(ours).tolist() == list(struct.unpack_from(f"<{elements}f", data, offset))


def test_measures_are_those_of_the_header(pretrained: Pretrained, data: bytes) -> None:
    _, _, hidden, layers, heads, inner, vocabulary, positions, types, epsilon, _ = HEADER.unpack_from(data)
    assert isinstance(pretrained.encoder, Encoder)
    config = pretrained.encoder.config
    assert (config.hidden, config.layers, config.heads, config.feed_forward) == (hidden, layers, heads, inner)
    assert (config.vocabulary, config.positions, config.token_types) == (vocabulary, positions, types)
    assert config.layer_norm_epsilon == pytest.approx(epsilon)
    assert (pretrained.longest, pretrained.hidden, pretrained.family) == (512, 384, "bert")


def test_the_tokenizer_is_that_of_xlm_r(pretrained: Pretrained) -> None:
    encoding = pretrained.tokenizer.encode("Angela  Merkel besuchte Lyon.")
    assert encoding.tokens == ["<s>", "▁Angela", "▁Merkel", "▁besucht", "e", "▁Lyon", ".", "</s>"]
    assert (encoding.ids[0], encoding.ids[-1]) == (0, 2)
    assert pretrained.tokenizer.token_to_id("<pad>") == pretrained.hf_config["pad_token_id"] == 1
    words = pretrained.tokenizer.encode(["Angela", "Merkel"], is_pretokenized=True, add_special_tokens=False)
    assert words.tokens == ["▁Angela", "▁Merkel"]


@pytest.mark.parametrize("text", ["ﬁn ½ Ａ１", "e\u0301te\u0301", "한국어", "①"])
def test_text_is_normalised(pretrained: Pretrained, text: str) -> None:
    plain = unicodedata.normalize("NFKC", text)
    assert pretrained.tokenizer.encode(text).ids == pretrained.tokenizer.encode(plain).ids


TRANSLATIONS = {
    "The capital of France is beautiful in spring.": (
        "Die Hauptstadt Frankreichs ist im Frühling schön.",
        "La capitale de la France est belle au printemps.",
        "Столица Франции прекрасна весной.",
        "法国的首都在春天很美。",
    ),
    "My computer does not start since the update.": (
        "Mein Computer startet seit der Aktualisierung nicht mehr.",
        "Mon ordinateur ne démarre plus depuis la mise à jour.",
        "Мой компьютер не запускается после обновления.",
        "更新后我的电脑无法启动。",
    ),
    "The doctor prescribed two tablets a day.": (
        "Der Arzt verschrieb zwei Tabletten am Tag.",
        "Le médecin a prescrit deux comprimés par jour.",
        "Врач прописал две таблетки в день.",
        "医生开了每天两片药。",
    ),
}


def test_translations_are_nearer_than_other_sentences(pretrained: Pretrained) -> None:
    english = sentence_vectors(pretrained, list(TRANSLATIONS))
    for language in range(4):
        others = sentence_vectors(pretrained, [of_one[language] for of_one in TRANSLATIONS.values()])
        assert (english @ others.T).argmax(dim=1).tolist() == [0, 1, 2]
        assert (others @ english.T).argmax(dim=1).tolist() == [0, 1, 2]


def sentence_vectors(pretrained: Pretrained, texts: list[str]) -> Tensor:
    """Means of the hidden states, of length 1, as the encoder was trained to give them."""
    vectors = []
    for text in texts:
        ids = torch.tensor([pretrained.tokenizer.encode(f"query: {text}").ids])
        with torch.inference_mode():
            mean = pretrained.encoder(ids, torch.ones_like(ids))[0].mean(dim=0)
        vectors.append(mean / mean.norm())
    return torch.stack(vectors)


def test_subwords_have_the_offsets_of_their_characters(pretrained: Pretrained) -> None:
    text = "  Angela  Merkel visited\tLyon. "
    encoded = pretrained.tokenizer.encode(text, add_special_tokens=False)
    assert " ".join("".join(encoded.tokens).replace("▁", " ").split()) == "Angela Merkel visited Lyon."
    starts = [start for token, (start, _) in zip(encoded.tokens, encoded.offsets, strict=True) if token[0] == "▁"]
    assert starts == [text.index(word) for word in text.split()]
    assert encoded.offsets[-1][1] == len(text.rstrip())
