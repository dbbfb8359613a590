"""Encoders outside the BERT family, run by `transformers` behind the interface of onoma's own encoder.

This is the only module that lets `transformers` build a network. The library is imported on demand, because importing
it takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from onoma.errors import EncoderError
from onoma.models.packing import run_padded
from onoma.models.remote_code import custom_code_class, without_code

_ADAPTER_FILE = "adapter_config.json"
_RELATIVE_POSITIONS = "distance_embedding"
"""Part of the names of the relative positions of BERT and its family, which transformers 5 no longer computes."""


class AutoEncoder(nn.Module):
    """An encoder that wraps any `transformers` model from subword ids to hidden states.

    Args:
        model: the model, without the head of a task.
        hidden: width of the hidden states.
        prefix: prefix of the model's parameter names in the weights of a model with a head.
    """

    def __init__(self, model: nn.Module, *, hidden: int, prefix: str) -> None:
        super().__init__()
        self.model = model
        self.hidden = hidden
        self.prefix = prefix

    @property
    def words(self) -> nn.Embedding:
        """Embedding table of the subwords."""
        words: nn.Embedding = cast(Any, self.model).get_input_embeddings()
        return words

    def forward(
        self, ids: Int64[Tensor, "batch subwords"], mask: Int64[Tensor, "batch subwords"]
    ) -> Float[Tensor, "batch subwords hidden"]:
        """Return the hidden states of every subword; see :meth:`onoma.models.encoder.Encoder.forward`."""
        hidden: Tensor = self.model(input_ids=ids, attention_mask=mask, return_dict=True).last_hidden_state
        return hidden

    def packed(
        self,
        ids: Int64[Tensor, " subwords"],
        lengths: Int64[Tensor, " sequences"],
        *,
        at: Int64[Tensor, " selected"] | None = None,
    ) -> Float[Tensor, "rows hidden"]:
        """Pad packed sequences and return their hidden states; see :meth:`onoma.models.Encoder.packed`."""
        filler = getattr(self.model.config, "pad_token_id", None) or 0
        return run_padded(self, ids, lengths, at=at, filler=filler)

    def named_weights(self) -> dict[str, Tensor]:
        """Return the parameters under the names that they have in a model with a head."""
        return {self.prefix + name: tensor for name, tensor in self.model.state_dict().items()}


def load_auto(folder: Path, *, hf_config: Mapping[str, object]) -> AutoEncoder:
    """Load a folder in Hugging Face layout through ``transformers.AutoModel``; code in the folder is never run.

    Args:
        folder: folder with the weights.
        hf_config: fields of the folder's ``config.json``.

    Raises:
        EncoderError: `transformers` cannot load the model or would ignore its relative positions, weights are missing,
            the model has a decoder, or the folder holds a `peft` adapter.
    """
    from transformers import AutoConfig, AutoModel

    if (folder / _ADAPTER_FILE).is_file():
        raise EncoderError(
            f"{folder / _ADAPTER_FILE}: an adapter of peft, which may belong to a model elsewhere; "
            "merge it into its model (merge_and_unload), and save that"
        )
    fields: dict[str, Any] = without_code(hf_config)
    try:
        with _suppress_output():
            model, loading_info = AutoModel.from_pretrained(
                folder,
                config=AutoConfig.for_model(**fields),
                dtype=torch.float32,
                attn_implementation="eager",
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
    except MemoryError:
        raise
    except Exception as error:  # the libraries raise many kinds of errors for folders with unexpected content
        if code := custom_code_class(hf_config, "AutoModel"):
            raise EncoderError(
                f"{folder}: the model is code in the folder ({code}), which onoma never runs; choose another encoder"
            ) from error
        raise EncoderError(f"{folder}: transformers cannot load this encoder: {error}") from error
    if model.config.is_encoder_decoder:
        raise EncoderError(f"{folder}: a {model.config.model_type} has a decoder as well; choose another encoder")
    if dropped := sorted(name for name in loading_info["unexpected_keys"] if _RELATIVE_POSITIONS in name):
        raise EncoderError(
            f"{folder}: transformers would ignore the relative positions ({dropped[0]}); choose another encoder"
        )
    missing = sorted(name for name in loading_info["missing_keys"] if "pooler" not in name)
    if missing:
        raise EncoderError(f"{folder}: the weights lack {len(missing)} parameters, the first {missing[0]}")
    return AutoEncoder(model, hidden=model.config.hidden_size, prefix=f"{model.base_model_prefix}.")


def longest_of(hf_config: Mapping[str, object]) -> int:
    """Return the maximum number of subwords in a sequence for this configuration; 512 if it does not give one."""
    positions = hf_config.get("max_position_embeddings")
    return positions if isinstance(positions, int) and positions > 0 else 512


def classifier_of(hf_config: Mapping[str, object], names: frozenset[str]) -> str | None:
    """Return the name of the `transformers` class of this encoder with a linear head over words.

    Args:
        hf_config: fields of the encoder's ``config.json``.
        names: names of the parameters of encoder and head.

    Returns:
        The name of the class whose parameters have exactly these names. None if there is none, as for architectures
        whose classifier has additional layers.
    """
    from transformers import AutoConfig, AutoModelForTokenClassification

    fields: dict[str, Any] = without_code(hf_config)
    try:
        config = AutoConfig.for_model(**fields)
        with torch.device("meta"):
            model = AutoModelForTokenClassification.from_config(config, trust_remote_code=False)  # type: ignore[no-untyped-call]
    except ValueError:
        return None
    return type(model).__name__ if frozenset(model.state_dict()) == names else None


@contextmanager
def _suppress_output() -> Iterator[None]:
    """Suppress the reports and progress bars of `transformers`."""
    from transformers.utils import logging

    verbosity, progress_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if progress_bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
