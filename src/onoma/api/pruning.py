"""Pruning of an encoder's vocabulary and layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.extras import need_training
from onoma.api.inputs import PathLike
from onoma.errors import InputError
from onoma.io.files import replacing_path

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.models import Pretrained


def prune(
    encoder: str,
    *,
    output: PathLike,
    texts: Sequence[PathLike] = (),
    vocab_size: int = 40_000,
    layers: int | None = None,
    encoding: str = "utf-8",
) -> Pretrained:
    """Prune an encoder's vocabulary and layers, and write it to a folder, to be fine-tuned with :func:`train`.

    Args:
        encoder: an alias (`small`, `multilingual`), a folder, or a Hub id.
        output: the folder to write; it must not exist.
        texts: files in any format that onoma reads. The vocabulary is reduced to special tokens, the subwords that
            occur in these files (the most frequent ones first), and single characters. Without files, it is not
            reduced.
        vocab_size: maximum number of subwords to keep; without effect if there are no texts.
        layers: number of layers to keep, evenly spaced; None for all.
        encoding: character encoding of the files.

    Returns:
        The pruned encoder.

    Raises:
        InputError: the output exists, a file cannot be used, or ``vocab_size`` is below the number of special tokens.
        EncoderError: the encoder cannot be found, or cannot be pruned.
        MissingExtraError: packages that training needs are not installed.
    """
    need_training()
    from onoma.corpora import ReadOptions, read
    from onoma.models import load_pretrained, save_encoder
    from onoma.models.pruning import choose_subwords, count_subwords, prune_layers, prune_vocabulary

    output = Path(output)
    if output.exists():
        raise InputError(f"{output}: exists already; name another folder")
    pretrained = load_pretrained(encoder)
    if texts:
        options = ReadOptions(encoding=encoding, text_unit="line", texts_only=True, replace_surrogates=True)
        documents = (document for path in texts for document in read(Path(path), options=options))
        counts = count_subwords(pretrained.tokenizer, documents)
        pretrained = prune_vocabulary(pretrained, choose_subwords(pretrained.tokenizer, counts, limit=vocab_size))
    if layers is not None:
        pretrained = prune_layers(pretrained, layers)
    output.parent.mkdir(parents=True, exist_ok=True)
    with replacing_path(output) as draft:
        draft.mkdir()
        save_encoder(pretrained, draft)
    return pretrained
