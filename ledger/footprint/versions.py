"""The versions of the engine: of computation and of rules.

Rules: a new run gets the newest version, and the run and its certificates name it.  A verifier computes and judges each
run by the version that the run names, so a change of figures or of rules is a new version, and no new rule judges an
older run.
"""

from __future__ import annotations

from typing import Final

ENGINES: Final = ("1", "2")
"""All versions, oldest first."""
ENGINE: Final = ENGINES[-1]
"""The version that a new run gets."""
GUARDED: Final = ENGINES[1:]
"""The versions that judge whether a figure is believable: whole, by factors that fit, at prices that exist."""
UNGUARDED: Final = ENGINES[:1]
"""The versions before those, whose rules stay as they were."""
JUDGING: Final = 1
"""The number of how releases judge.  It grows when a mistake in a rule's code is mended, so that `release_digest`
(`ledger.tables`) tells the release from those before, even where no table has changed."""
