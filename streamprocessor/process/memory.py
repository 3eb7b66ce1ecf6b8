"""The cyclic garbage collector, told once a process has started what it need not visit any more."""

from __future__ import annotations

import gc


def settle_memory(thresholds: tuple[int, int, int] | None) -> None:
    """Never again look for cycles in what is there by now.

    thresholds: how often to look in what comes, as gc.set_threshold takes them; None: only where gc.collect is called.
    """
    gc.collect()
    gc.freeze()
    if thresholds is None:
        gc.disable()
    else:
        gc.set_threshold(*thresholds)
