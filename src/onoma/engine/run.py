"""A run: where it computes, what is kept of it in its folder, its listeners, and the loop."""

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
from onoma.engine.devices import ALONE, Ranks, find_device
from onoma.engine.dtype import Dtype
from onoma.engine.events import Listener, Notice, several
from onoma.engine.history import History
from onoma.engine.identity import make_identity
from onoma.engine.loggers import Logger, make_loggers
from onoma.engine.loop import Loop, LoopSettings
from onoma.engine.resume import check_resumable, dtype_of_run
from onoma.engine.stopping import Stop
from onoma.engine.train_state import TrainState


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that is about to begin or to go on; see :meth:`prepare`.

    Attributes:
        settings: of the engine.
        device: where it computes.
        folder: where checkpoints and history are kept; resumes from those that exist. None to keep none.
        loggers: called with each event, as the history is.
        accept_changes: go on also where settings, data or versions are not what they were.
        on_event: called with each event.
        ranks: the processes that run it together; only the first has a folder.
    """

    settings: EngineConfig
    device: torch.device
    folder: Path | None
    loggers: Sequence[Logger]
    accept_changes: bool
    on_event: Listener
    ranks: Ranks

    @classmethod
    def prepare(
        cls,
        settings: EngineConfig,
        *,
        name: str,
        on_event: Listener,
        folder: Path | None,
        accept_changes: bool,
        ranks: Ranks = ALONE,
    ) -> Run:
        """Find the device and the loggers, and seed torch.

        Args:
            settings: of the engine.
            name: what loggers call the run.
            on_event, folder, accept_changes, ranks: see the attributes.

        Raises:
            ConfigError: the device is not there.
            MissingExtraError: a logger is not installed.
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
        """In which numbers it learns: as in the folder, or as the settings say."""
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
        """Run the loop from the newest checkpoint to its end.

        Args:
            objective: what learns.
            data: gives the batches of each epoch.
            settings: of the loop.
            measure: scores the objective as it is; None to keep the last weights.
            config: the whole configuration, as JSON takes it.
            digests: of each part of the data.
            encoder: the digest of what the objective begins as.
            dtype: in which it learns.

        Raises:
            InputError: the run in the folder is another one.
            TrainingError: training cannot go on.
            StoppedError: SIGTERM came.
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
