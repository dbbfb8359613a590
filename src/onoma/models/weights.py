"""Reading of weight files in Hugging Face layout: single files or shards, ``safetensors`` or pickles.

Pickles are loaded with ``weights_only=True``, so that they cannot run code. This module does not depend on what the
tensors are used for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from onoma.errors import EncoderError

SINGLE = ("model.safetensors", "pytorch_model.bin")
"""Names of single weight files, the preferred one first; an index of shards has ``.index.json`` after the name."""


def find_weights(folder: Path) -> tuple[Path, ...]:
    """Return the weight files of a folder: a single file, or all shards in order.

    Raises:
        EncoderError: there are no weight files, or the index cannot be read.
    """
    for name in SINGLE:
        if (folder / name).is_file():
            return (folder / name,)
        index = folder / f"{name}.index.json"
        if index.is_file():
            return tuple(folder / shard for shard in _read_shard_names(index))
    raise EncoderError(f"{folder}: holds neither {' nor '.join(SINGLE)}, nor an index of shards")


def _read_shard_names(index: Path) -> list[str]:
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise EncoderError(f"{index}: is not an index of shards ({error!r}); download it again") from error
    for name in names:
        if not isinstance(name, str) or Path(name).name != name:
            raise EncoderError(f"{index}: names {name!r}, which is not a file in its folder")
    return names


def read_weights(files: Sequence[Path]) -> dict[str, Tensor]:
    """Read the tensors of all files, on the CPU, in the dtype in which they are stored.

    Raises:
        EncoderError: a file is missing, truncated or otherwise broken.
    """
    tensors: dict[str, Tensor] = {}
    for path in files:
        try:
            if path.suffix == ".safetensors":
                tensors |= load_file(path)
            else:
                tensors |= torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError as error:
            raise EncoderError(f"{path}: the weight file is missing; download it again") from error
        except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, TypeError) as error:
            reason = _first_line(error)
            raise EncoderError(f"{path}: the weight file is truncated or broken ({reason}); download again") from error
        except Exception as error:  # a broken pickle can make the unpickler raise any exception
            raise EncoderError(f"{path}: is not a file of weights ({_first_line(error)}); download it again") from error
    return tensors


def digest(files: Sequence[Path]) -> str:
    """Return ``sha256:`` and the digest of a single file, or of the concatenated digests of several files in order."""
    digests = []
    for path in files:
        with path.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256"))
    combined = digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(part.digest() for part in digests))
    return f"sha256:{combined.hexdigest()}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
