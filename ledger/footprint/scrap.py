"""Whose scrap it is: what fell off in a process and comes back to it is rework, whatever way it went.

Rules (ISO 14021:2016, 7.8.1.1: "rework, regrind or scrap generated in a process and capable of being reclaimed within the
same process that generated it" is no recycled content):

1. Scrap that a process lets fall where metal is made or worked, taken in by a recycling step of another organisation, is pre-consumer material, but for what
   is post-consumer already.  An organisation that recycles what it let fall itself earns nothing; nor does ore, concentrate or
   oxide that is called scrap: what a mine or a separation plant has left over was never anything but primary.
2. The process (an organisation at a step) is carried along as a pseudonym, through toll recyclers and through any trade.
3. Where the material comes back to that process, that part counts as nothing any more.

The pseudonym is a hash of DID and step: it names nobody to those who can't guess whom to ask about.

What this module does not do: weighing (`ledger.footprint.origin`).
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Final

from ledger.seal.digest import to_base64url
from schemas.vocabulary import STAGE_OF_STEP

if TYPE_CHECKING:
    from schemas.identifier import Did
    from schemas.vocabulary import Kind, Step

METALLIC_STAGES: Final = frozenset({"reduction", "alloying", "shaping", "coating"})
"""Stages in which scrap falls off that can be recovered."""
_CONTEXT: Final = b"oreprint scrap v1\n"


class Process:
    """An organisation at a step."""

    def __init__(self, organisation: Did, step: Step) -> None:
        self.organisation = organisation
        self.step = step

    @cached_property
    def pseudonym(self) -> str:
        """The base64url SHA-256 of context, DID and step, each on a line."""
        return to_base64url(hashlib.sha256(_CONTEXT + f"{self.organisation}\n{self.step}\n".encode()).digest())

    def recovers(self, scrap: Process, kind: Kind) -> bool:
        """Say whether a batch that `scrap` let fall is recovered here as pre-consumer material (rule 1)."""
        return (
            kind == "scrap"
            and STAGE_OF_STEP[self.step] == "recycling"
            and STAGE_OF_STEP[scrap.step] in METALLIC_STAGES
            and scrap.organisation != self.organisation
        )
