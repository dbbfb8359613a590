"""A training run: its device, its folder with checkpoints and history, its listeners, and its loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from onoma.bundle import CHECKPOINTS, HISTORY
from onoma.engine.checkpointer import Checkpointer, FileCheckpointer
from onoma.engine.checkpoints import Checkpoints
from onoma.engine.config import EngineConfig
from onoma.engine.data import Data, Measure, Objective
from onoma.engine.devices import ALONE, ProcessGroup, find_device
from onoma.engine.dtype import Dtype
from onoma.engine.events import Listener, Notice, several
from onoma.engine.history import History
from onoma.engine.identity import make_identity
from onoma.engine.loggers import Logger, make_loggers
from onoma.engine.loop import Loop, LoopSettings
from onoma.engine.resume import check_resumable, dtype_of_run
from onoma.engine.stopping import Stop
from onoma.engine.train_state import TrainState


def save_result(state: TrainState, folder: Path) -> None:
    """Write a checkpoint of a run that was trained to its end, so that its result is not lost.

    Args:
        state: final state of the run.
        folder: folder of the run. If the run is resumed, it ends at once with the same result.

    Raises:
        OSError: the checkpoint cannot be written.
    """
    history = folder / HISTORY
    size = history.stat().st_size if history.is_file() else 0
    Checkpoints(folder / CHECKPOINTS).write({"run": state.result(), "history": size}, step=state.clock["steps"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A training run that is ready to be started or resumed; create it with :meth:`prepare`.

    Attributes:
        settings: settings of the engine.
        device: device to train on.
        folder: folder for checkpoints and history; an unfinished run in it is resumed. None to save nothing.
        loggers: loggers called with each event.
        accept_changes: whether to resume even if settings, data or versions have changed.
        on_event: function called with each event.
        ranks: processes that train together; only the first one has a folder.
    """

    settings: EngineConfig
    device: torch.device
    folder: Path | None
    loggers: Sequence[Logger]
    accept_changes: bool
    on_event: Listener
    ranks: ProcessGroup

    @classmethod
    def prepare(
        cls,
        settings: EngineConfig,
        *,
        name: str,
        on_event: Listener,
        folder: Path | None,
        accept_changes: bool,
        ranks: ProcessGroup = ALONE,
    ) -> Run:
        """Prepare a run: find its device, create its loggers and seed torch.

        Args:
            settings: settings of the engine.
            name: name of the run for loggers.
            on_event, folder, accept_changes, ranks: see the attributes.

        Raises:
            ConfigError: the device is not available.
            MissingExtraError: the package of a logger is not installed.
        """
        device = find_device(settings.device, ranks=ranks)
        loggers = make_loggers(settings.log, folder=folder, name=name) if folder else []
        torch.manual_seed(settings.seed)
        return cls(
            settings=settings,
            device=device,
            folder=folder,
            loggers=loggers,
            accept_changes=accept_changes,
            on_event=on_event,
            ranks=ranks,
        )

    def dtype(self) -> Dtype:
        """Return the dtype of the run, according to the settings or to the unfinished run in the folder."""
        return self.ranks.broadcast(lambda: dtype_of_run(self.settings.dtype, device=self.device, folder=self.folder))

    def train(
        self,
        objective: Objective[Any],
        data: Data[Any],
        *,
        settings: LoopSettings,
        measure: Measure | None,
        config: Mapping[str, object],
        digests: Mapping[str, str],
        encoder: str,
        dtype: Dtype,
    ) -> TrainState:
        """Run the training loop to its end, from the newest checkpoint if there is one.

        Args:
            objective: objective to train.
            data: examples and the batches of each epoch.
            settings: settings of the loop.
            measure: function that evaluates the objective after epochs; None to keep the last weights.
            config: whole configuration as JSON-compatible values.
            digests: digest of each part of the data.
            encoder: digest of the encoder that training starts from; empty if there is none.
            dtype: dtype of the matrix products, for the identity of the run.

        Raises:
            InputError: the folder contains a different unfinished run.
            TrainingError: training cannot continue, for example because the loss is not finite.
            StoppedError: the process received SIGTERM.
        """
        listener, checkpointer = self.on_event, Checkpointer()
        if self.folder is not None:
            identity = make_identity(
                config, data=digests, encoder=encoder, dtype=dtype, device=self.device, processes=self.ranks.size
            )
            check_resumable(identity, self.folder, accept_changes=self.accept_changes, on_event=self.on_event)
            history = History(self.folder / HISTORY, warn=lambda text: self.on_event(Notice(text)))
            listener = several(self.on_event, *self.loggers, history)
            checkpointer = FileCheckpointer(
                Checkpoints(self.folder / CHECKPOINTS),
                history=history,
                minutes=self.settings.checkpoint_minutes,
                steps=self.settings.checkpoint_steps,
                on_event=self.on_event,
            )
        with Stop() as stop:
            loop = Loop(
                objective,
                data,
                settings=settings,
                measure=measure,
                on_event=listener,
                checkpointer=checkpointer,
                stop=stop,
                ranks=self.ranks,
            )
            return loop.run()
