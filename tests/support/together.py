"""``onoma`` for tests of several processes.

Every step goes into the history, each process prints the digest of its weights, and a signal may come to one of them.

``python together.py STEP SIGNAL ARGUMENTS``: the signal comes to process 1 in that step; 0 for never.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from onoma.cli import main
from onoma.engine import history
from onoma.engine.data import Batch
from onoma.engine.devices import find_ranks
from onoma.engine.learner import Learner
from onoma.engine.loop import Loop
from onoma.engine.train_state import TrainState


def signal_in(step: int, number: signal.Signals, *, rank: int) -> None:
    """Have the signal come to one of the processes while it takes a step."""
    take = Learner.step

    def stepped(self: Learner[Any], batches: Sequence[Batch]) -> tuple[float, float]:
        done = take(self, batches)
        if find_ranks().rank == rank and self.state_dict()["steps"] == step:
            os.kill(os.getpid(), number)
        return done

    Learner.step = stepped  # type: ignore[method-assign]


def print_weights() -> None:
    """Have each process print what it has learnt, by its digest."""
    run = Loop.run

    def told(self: Loop[Any]) -> TrainState:
        state = run(self)
        digest = hashlib.sha256(b"".join(each.numpy().tobytes() for each in self.objective.state_dict().values()))
        sys.stdout.write(f"weights {digest.hexdigest()}\n")
        return state

    Loop.run = told  # type: ignore[method-assign]


if __name__ == "__main__":
    history.EVERY = 1
    print_weights()
    signal_in(int(sys.argv[1]), signal.Signals[sys.argv[2]], rank=1)
    sys.argv = ["onoma", *sys.argv[3:]]
    main()
