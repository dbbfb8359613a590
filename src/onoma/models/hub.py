"""An id on the Hugging Face Hub to a folder: over the network, else out of the Hub's cache.

Only what an encoder and its tokenizer need is fetched. This module reads nothing of it. The Hub's client shows how a
download goes on standard error.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from fnmatch import fnmatch
from pathlib import Path

from onoma.errors import EncoderError
from onoma.models.tokenizer import FILES
from onoma.models.weights import SINGLE

_ID = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_PATIENCE = 10.0
"""Seconds in which the Hub has to answer."""


def is_hub_id(name: str) -> bool:
    """Whether a name could be an id, such as ``bert-base-cased`` or ``google/electra-small-discriminator``."""
    return _ID.fullmatch(name) is not None


def fetch(name: str) -> Path:
    """The folder of a model in the Hub's cache, with its newest files where the Hub can be reached.

    Raises:
        EncoderError: with the reason; it names neither the model nor what else was tried.
    """
    from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache

    try:
        found = HfApi().model_info(name, timeout=_PATIENCE).siblings or []
        files = wanted([file.rfilename for file in found])
        config, *_ = [Path(hf_hub_download(name, file)) for file in files]
        return config.parent
    except EncoderError:
        raise
    except Exception as error:  # among them all that the HTTP library of the day raises
        cached = try_to_load_from_cache(name, "config.json")
        if isinstance(cached, str):
            return Path(cached).parent
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise EncoderError(f"{reason} (and its cache does not have the model)") from error


def wanted(files: Collection[str]) -> list[str]:
    """Which of a model's files to fetch, ``config.json`` first; of several forms of the weights only the best.

    Raises:
        EncoderError: there are no weights or no configuration among them.
    """
    if "config.json" not in files:
        raise EncoderError("the model has no config.json")
    plain = ["config.json", *(name for name in FILES if name in files)]
    for name in SINGLE:
        if name in files:
            return [*plain, name]
        index, (stem, _, suffix) = f"{name}.index.json", name.rpartition(".")
        if index in files:
            return [*plain, index, *sorted(file for file in files if fnmatch(file, f"{stem}-*.{suffix}"))]
    raise EncoderError(f"the model has neither {' nor '.join(SINGLE)}, nor an index of shards")
