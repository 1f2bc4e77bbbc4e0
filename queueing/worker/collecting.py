"""Python's collector of cycles, and what it need not look at."""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 2000
"""Objects more after which the youngest are gone through: what Python 3.14 has, where older ones have 700. A worker
that runs a hundred jobs at a time has more than that alive in between, and finds nothing."""


def settle_down() -> None:
    """To be called once a worker process has imported its handlers: what is alive then stays.

    Each full collection went through the code and classes of the whole project, some 15 ms in which nothing else ran,
    every thousand jobs or so; that was a tenth of a worker's processor. Garbage that comes later is found as before.
    """
    gc.collect()
    gc.freeze()
    young, *older = gc.get_threshold()
    if 0 < young < YOUNG:
        gc.set_threshold(YOUNG, *older)
