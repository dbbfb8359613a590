"""Download of encoders from the Hugging Face Hub, with the Hub's local cache as a fallback.

Only the files that an encoder and its tokenizer need are downloaded; this module does not read them. The Hub's client
shows the progress of downloads on standard error.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from fnmatch import fnmatch
from pathlib import Path

from onoma.errors import EncoderError
from onoma.models.tokenizer import FILES
from onoma.models.weights import SINGLE

_HUB_ID_PATTERN = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_TIMEOUT_SECONDS = 10.0
"""Seconds to wait for an answer of the Hub."""


def is_hub_id(name: str) -> bool:
    """Return whether a name could be an id, such as ``bert-base-cased`` or ``google/electra-small-discriminator``."""
    return _HUB_ID_PATTERN.fullmatch(name) is not None


def fetch(name: str) -> Path:
    """Return the folder of a model in the Hub's cache, after downloading its newest files if the Hub can be reached.

    Raises:
        EncoderError: the model is neither on the Hub nor in the cache, or lacks files. The message gives the reason,
            but not the name of the model.
    """
    from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache

    try:
        siblings = HfApi().model_info(name, timeout=_TIMEOUT_SECONDS).siblings or []
        files = select_files([file.rfilename for file in siblings])
        config, *_ = [Path(hf_hub_download(name, file)) for file in files]
        return config.parent
    except EncoderError:
        raise
    except Exception as error:  # includes the errors of whichever HTTP library the client uses
        cached = try_to_load_from_cache(name, "config.json")
        if isinstance(cached, str):
            return Path(cached).parent
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise EncoderError(f"{reason} (and its cache does not have the model)") from error


def select_files(files: Collection[str]) -> list[str]:
    """Return the names of the files to download, ``config.json`` first; of several weight formats only the preferred.

    Raises:
        EncoderError: the files include no weights or no configuration.
    """
    if "config.json" not in files:
        raise EncoderError("the model has no config.json")
    base_files = ["config.json", *(name for name in FILES if name in files)]
    for name in SINGLE:
        if name in files:
            return [*base_files, name]
        index, (stem, _, suffix) = f"{name}.index.json", name.rpartition(".")
        if index in files:
            return [*base_files, index, *sorted(file for file in files if fnmatch(file, f"{stem}-*.{suffix}"))]
    raise EncoderError(f"the model has neither {' nor '.join(SINGLE)}, nor an index of shards")
