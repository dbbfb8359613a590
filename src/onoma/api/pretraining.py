"""Pre-training an encoder and writing its folder."""

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

if TYPE_CHECKING:  # what tagging does not need is imported where it is used
    from onoma.engine.devices import Ranks
    from onoma.engine.events import Listener
    from onoma.pretraining import Filled, PretrainConfig, PretrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainResult:
    """The result of pre-training.

    Attributes:
        folder: the encoder's folder, in Hugging Face layout; an encoder for :func:`onoma.train`.
        figures: of the held-out text: `masked_loss` (in nats), `perplexity`, `masked_accuracy` and, where pairs were
            judged, `pair_loss` and `pair_accuracy`; with a teacher `distillation_loss`, its parts `relation_loss` and
            `hidden_loss`, and `explained_variance`, the share of the variance of the teacher's last hidden states that
            the encoder explains; empty where no text was held out.
        history: a record of every measurement and of some steps, as in ``history.jsonl``.
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
    """Pre-train an encoder on unlabelled text, a new one or one to go on with, and write it to a folder.

    Settings come from ``config``, then from the named arguments, then from ``settings``; later ones take precedence.

    Args:
        config: a TOML file with settings, which may include all of the following.
        text: files or folders: plain text, or annotated files whose text is taken.
        encoder: an encoder to go on with: an alias (`small`, `multilingual`), a folder, or a Hub id.
        teacher: an encoder to distil, named likewise: the encoder learns to resemble it, and nothing is masked.
        shape: the size of a new encoder: `tiny`, `mini`, `small` or `base`; or `teacher`, to begin with half of the
            teacher's layers, or as many as ``model.layers`` says.
        minutes: plan as many steps as take so long.
        output: the folder to write; it must be empty or not exist.
        settings: any other setting by its dotted key, such as ``{"objective.masking": "spans"}``.
        overwrite: replace an encoder in ``output``, and discard an unfinished run.
        resume: continue the unfinished run in ``output``, if there is one. Without ``config``, settings that
            are not given are those of the unfinished run.
        accept_changes: resume even if settings, text or versions have changed.
        on_event: called with each event of the run; it stops the run early by returning True.

    Returns:
        Where the encoder is, and how the run went.

    Raises:
        InputError: a file cannot be used, the output exists, or the unfinished run is another one.
        EncoderError: the encoder or its tokenizer cannot be used.
        TrainingError: training cannot continue; its checkpoints are kept.
        StoppedError: SIGTERM stopped the run, which can be resumed.
    """
    need_training()
    from onoma.pretraining import read_config

    unfinished = unfinished_settings(output, resume=resume, config=config, has_data=bool(text))
    named: dict[str, object] = {
        "data.text": paths_of(text) or None,
        "model.encoder": encoder,
        "model.teacher": teacher,
        "model.shape": shape,
        "training.minutes": minutes,
        "output": None if output is None else Path(output),
    }
    path = None if config is None else Path(config)
    return run_pretraining(
        read_config(path, base=unfinished, settings={**named, **(settings or {})}),
        overwrite=overwrite,
        resume=resume,
        accept_changes=accept_changes,
        on_event=on_event,
    )


def fill_mask(encoder: str, text: str, *, top: int = 5) -> list[list[Filled]]:
    """The likeliest subwords at each ``[MASK]`` of a text.

    Args:
        encoder: one that was pre-trained with masked subwords: a folder, or a Hub id.
        text: with ``[MASK]`` where a subword is to be filled in.
        top: how many subwords to give for each.

    Returns:
        For each mask the subwords with their probabilities, the likeliest first.

    Raises:
        EncoderError: the encoder cannot be loaded, or has no head for masked subwords.
        InputError: the text has no mask, or is too long.
    """
    need_training()
    from onoma.pretraining import Inside

    return Inside(encoder).fill(text, top=top)


def follows(encoder: str, first: str, second: str) -> float:
    """The probability that one sentence follows another, as an encoder that was trained on pairs judges it.

    Args:
        encoder: one that was pre-trained with next sentences: a folder, or a Hub id. One that was trained on
            the order of sentences gives the probability that the first came first.
        first: a sentence.
        second: the one that may follow it.

    Raises:
        EncoderError: the encoder cannot be loaded.
        InputError: it was not trained on pairs, or the sentences are too long.
    """
    need_training()
    from onoma.pretraining import Inside

    return Inside(encoder).follows(first, second)


def run_pretraining(
    config: PretrainConfig,
    *,
    overwrite: bool,
    resume: bool,
    accept_changes: bool,
    on_event: Listener | None,
) -> PretrainResult:
    """Pre-train and write the encoder, which appears only when it is complete; see :func:`pretrain`.

    If `torchrun` has started several processes, all of them train; only the first one calls its listener and writes.
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
    facts = json.loads((config.output / PRETRAINING).read_text(encoding="utf-8"))
    return PretrainResult(
        folder=config.output,
        figures=facts["figures"],
        history=read_history(config.output / HISTORY),
        interrupted=interrupted,
    )


def _fill_output(
    output: OutputFolder, *, config: PretrainConfig, accept_changes: bool, on_event: Listener, ranks: Ranks
) -> bool:
    """Pre-train and write the encoder, or move one that an earlier run has completed into place.

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
    facts = json.dumps(trained.facts(config), indent=2, ensure_ascii=False)
    (folder / PRETRAINING).write_text(facts + "\n", encoding="utf-8")
    write_encoder_card(folder, name=config.output.name)
