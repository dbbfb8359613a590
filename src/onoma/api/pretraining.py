"""Pre-training of an encoder, and writing of its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onoma.api.extras import need_training
from onoma.api.inputs import PathLike, paths_of
from onoma.api.resuming import unfinished_settings
from onoma.bundle import HISTORY, PRETRAINING, OutputFolder, open_output

if TYPE_CHECKING:  # imported inside functions at runtime, so that tagging does not load it
    from onoma.engine.devices import ProcessGroup
    from onoma.engine.events import Listener
    from onoma.pretraining import MaskPrediction, PretrainConfig, PretrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainResult:
    """The result of pre-training.

    Attributes:
        folder: folder of the encoder, in Hugging Face layout; can be passed to :func:`onoma.train` as ``encoder``.
        figures: metrics on the held-out text, by name; empty if no text was held out. Masked language modelling gives
            `masked_loss` (in nats), `perplexity` and `masked_accuracy`; sentence pairs add `pair_loss` and
            `pair_accuracy`. Distillation gives `distillation_loss`, its parts `relation_loss` and `hidden_loss`, and
            `explained_variance`, the share of the variance of the teacher's last hidden states that the encoder
            explains.
        history: a record of every evaluation and of some steps, as in ``history.jsonl``.
        interrupted: whether the run was stopped early and can be resumed.
    """

    folder: Path
    figures: Mapping[str, float]
    history: Sequence[Mapping[str, object]]
    interrupted: bool


def pretrain(
    config: PathLike | None = None,
    *,
    text: PathLike | Sequence[PathLike] | None = None,
    encoder: str | None = None,
    teacher: str | None = None,
    shape: str | None = None,
    minutes: float | None = None,
    output: PathLike | None = None,
    settings: Mapping[str, object] | None = None,
    overwrite: bool = False,
    resume: bool = False,
    accept_changes: bool = False,
    on_event: Listener | None = None,
) -> PretrainResult:
    """Pre-train a new or an existing encoder on unlabelled text, and write it to a folder.

    Settings come from ``config``, then from the named arguments, then from ``settings``; later ones take precedence.

    Args:
        config: a TOML file with settings, which may include all of the following.
        text: files or folders to train on: plain text, or annotated files, of which only the text is used.
        encoder: an existing encoder whose pre-training is continued: an alias (`small`, `multilingual`), a folder, or
            a Hub id.
        teacher: an encoder to distil, named in the same way. The encoder is trained to reproduce its hidden states;
            no subwords are masked.
        shape: size of a new encoder: `tiny`, `mini`, `small` or `base`; or `teacher`, to start with half of the
            teacher's layers, or with as many as ``model.layers`` says.
        minutes: planned duration of the training; the number of steps is derived from the speed of the first ones.
        output: the folder to write; it must be empty or not exist.
        settings: any other setting by its dotted key, such as ``{"objective.masking": "spans"}``.
        overwrite: whether to replace an encoder in ``output``, and to discard an unfinished run.
        resume: whether to continue the unfinished run in ``output``, if there is one. Without ``config``, settings
            that are not given are taken from the unfinished run.
        accept_changes: whether to resume even if settings, text or versions have changed.
        on_event: function called with each event of the run; the run stops early if it returns True.

    Returns:
        The folder, metrics and history of the pre-trained encoder.

    Raises:
        InputError: a file cannot be used, the output exists, or the unfinished run has other settings or data.
        EncoderError: the encoder or its tokenizer cannot be used.
        TrainingError: training cannot continue; its checkpoints are kept.
        StoppedError: SIGTERM stopped the run, which can be resumed.
        MissingExtraError: packages that training needs are not installed.
    """
    need_training()
    from onoma.pretraining import read_config

    base_settings = unfinished_settings(output, resume=resume, config=config, has_data=bool(text))
    argument_settings: dict[str, object] = {
        "data.text": paths_of(text) or None,
        "model.encoder": encoder,
        "model.teacher": teacher,
        "model.shape": shape,
        "training.minutes": minutes,
        "output": None if output is None else Path(output),
    }
    path = None if config is None else Path(config)
    return run_pretraining(
        read_config(path, base=base_settings, settings={**argument_settings, **(settings or {})}),
        overwrite=overwrite,
        resume=resume,
        accept_changes=accept_changes,
        on_event=on_event,
    )


def fill_mask(encoder: str, text: str, *, top: int = 5) -> list[list[MaskPrediction]]:
    """Predict the most probable subwords for each ``[MASK]`` of a text.

    Args:
        encoder: an encoder that was pre-trained by masked language modelling: a folder, or a Hub id.
        text: a text with ``[MASK]`` in place of each subword to predict.
        top: number of subwords to return for each mask.

    Returns:
        A list for each mask, with subwords and their probabilities, the most probable one first.

    Raises:
        EncoderError: the encoder cannot be loaded, or has no head for masked language modelling.
        InputError: the text has no mask, or is too long.
        MissingExtraError: packages that training needs are not installed.
    """
    need_training()
    from onoma.pretraining import PretrainedInspector

    return PretrainedInspector(encoder).fill(text, top=top)


def next_sentence_probability(encoder: str, first: str, second: str) -> float:
    """Predict the probability that one sentence follows another, with an encoder pre-trained on sentence pairs.

    Args:
        encoder: an encoder that was pre-trained by next sentence prediction: a folder, or a Hub id. With an encoder
            that was pre-trained by sentence order prediction, the result is the probability that the sentences are in
            their original order.
        first: the first sentence.
        second: the sentence that may follow it.

    Raises:
        EncoderError: the encoder cannot be loaded.
        InputError: the encoder was not pre-trained on sentence pairs, or the sentences are too long.
        MissingExtraError: packages that training needs are not installed.
    """
    need_training()
    from onoma.pretraining import PretrainedInspector

    return PretrainedInspector(encoder).next_sentence_probability(first, second)


def run_pretraining(
    config: PretrainConfig,
    *,
    overwrite: bool,
    resume: bool,
    accept_changes: bool,
    on_event: Listener | None,
) -> PretrainResult:
    """Pre-train an encoder and write it to its folder when it is complete; see :func:`pretrain`.

    If `torchrun` has started several processes, all of them train. Only the first one calls its listener and writes
    files.
    """
    from onoma.engine.devices import joined
    from onoma.engine.events import ignore
    from onoma.engine.history import read_history
    from onoma.pretraining import pretrain

    interrupted = False
    with joined() as ranks:
        if ranks.first:
            with open_output(config.output, overwrite=overwrite, resume=resume, mark=PRETRAINING) as output:
                interrupted = _fill_output(
                    output, config=config, accept_changes=accept_changes, on_event=on_event or ignore, ranks=ranks
                )
        elif not ranks.broadcast(lambda: False):
            pretrain(config, on_event=ignore, ranks=ranks)
        ranks.barrier()
    metadata = json.loads((config.output / PRETRAINING).read_text(encoding="utf-8"))
    return PretrainResult(
        folder=config.output,
        figures=metadata["figures"],
        history=read_history(config.output / HISTORY),
        interrupted=interrupted,
    )


def _fill_output(
    output: OutputFolder, *, config: PretrainConfig, accept_changes: bool, on_event: Listener, ranks: ProcessGroup
) -> bool:
    """Pre-train and write the encoder, or move an encoder that an earlier run has completed into its place.

    Returns:
        Whether the run was interrupted.
    """
    from onoma.engine.events import Interrupted, Notice
    from onoma.pretraining import pretrain

    if ranks.broadcast(lambda: output.complete):
        on_event(Notice("the run was complete; its encoder is moved into place"))
        output.finish()
        return False
    trained = pretrain(config, on_event=on_event, folder=output.run, accept_changes=accept_changes, ranks=ranks)
    interrupted = trained.state.interrupted
    if interrupted:
        on_event(Interrupted())
    with output.new_bundle(last=not interrupted) as folder:
        _write_encoder(trained, folder, config=config, run=output.run)
    return interrupted


def _write_encoder(trained: PretrainedModel, folder: Path, *, config: PretrainConfig, run: Path) -> None:
    from onoma.engine.history import copy_logs
    from onoma.views import write_encoder_card

    trained.save(folder)
    copy_logs(run, folder)
    metadata_json = json.dumps(trained.facts(config), indent=2, ensure_ascii=False)
    (folder / PRETRAINING).write_text(metadata_json + "\n", encoding="utf-8")
    write_encoder_card(folder, name=config.output.name)
