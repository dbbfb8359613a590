"""Limit on the busy-waiting of torch's threads, which wait for one another before they release their core.

The OpenMP runtime of GCC, which torch uses on Linux, busy-waits for some milliseconds. If another program needs a core,
a waiting thread uses up time in which the thread it waits for could have run. With two other busy processes, training
was more than six times slower than with the shorter wait set here, which costs 2 % on an idle machine (see LOG.md).
"""

from __future__ import annotations

import os

_SPIN_COUNT = "10000"


def limit_spinning() -> None:
    """Shorten the busy-waiting, unless the user has configured it; has no effect after torch has been imported."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPIN_COUNT)
