"""How long threads of torch wait for one another at full speed before they give up their core.

The OpenMP of GCC, which torch has on Linux, waits for some milliseconds. Where another program needs a core, one thread
of two then burns the time in which the other one could have worked: measured, training beside two busy processes was
more than six times slower than with the shorter wait here, which costs 2 % on an idle machine (see LOG.md).
"""

from __future__ import annotations

import os

_ROUNDS = "10000"


def wait_briefly() -> None:
    """Set the wait, unless the user has set it; only before torch is imported does that have an effect."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _ROUNDS)
