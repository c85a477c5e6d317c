"""The pause of the cyclic garbage collector while many documents are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MOST_PASSED_OVER: Final = 500_000
"""Objects that the collector passes over (`gc_paused`) before it looks through all there are."""


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector while documents are read or made by the thousand (see bench/verifying.py).

    They are trees, which reference counts free.  Only the thread that found the collector on turns it off, and on
    again: it is as it was in the end, however many threads do so at once.
    """
    found = gc.isenabled()
    if found:
        gc.disable()
        if _passed_over[0] > MOST_PASSED_OVER:  # now, since what was read before has mostly gone
            _passed_over[0] = 0
            gc.collect()
    try:
        yield
    finally:
        if found:
            count = gc.get_count()[0]
            if count > gc.get_threshold()[0] and not _keeps_frozen():
                # what was made meanwhile counts as old at once; else all of it would be looked through on the way out
                gc.freeze()
                gc.unfreeze()
                _passed_over[0] += count
            gc.enable()


def _keeps_frozen() -> bool:
    """Return whether this process has frozen objects for good, as a server does with all that it has loaded.

    To count them takes 10 ms and more, so they are counted until some are found, and never again.
    """
    _frozen[0] = _frozen[0] or gc.get_freeze_count() > 0
    return _frozen[0]


_frozen = [False]
_passed_over = [0]
"""Number of objects that grew old in this way.

The collector doesn't count them, so it looks through old objects ever less often.  Without `MOST_PASSED_OVER`, a
caller's cycles from before or between would stay for ever.
"""
