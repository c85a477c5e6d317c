"""The origin of scrap: scrap that returns to its own process is rework, whatever its path.

Rules (ISO 14021:2016, 7.8.1.1: "rework, regrind or scrap generated in a process and capable of being reclaimed within
the same process that generated it" is no recycled content):

1. Scrap from a process that makes or works metal is pre-consumer material if a recycling step of another organisation
   takes it in, except the part that is post-consumer already.  An organisation that recycles its own scrap gains
   nothing.  Neither does ore, concentrate or oxide called scrap: leftovers of a mine or a separation plant were always
   primary.
2. The process (an organisation at a step) is carried along as a pseudonym, through toll recyclers and through any
   trade.
3. If the material returns to that process, that part counts no more.

The pseudonym is a hash of DID and step: it identifies nobody to a reader who cannot guess the organisation.

This module does not sum masses (`ledger.footprint.origin`).
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
"""Stages with recoverable scrap."""
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
        """Return whether a batch of scrap from `scrap` is recovered here as pre-consumer material (rule 1)."""
        return (
            kind == "scrap"
            and STAGE_OF_STEP[self.step] == "recycling"
            and STAGE_OF_STEP[scrap.step] in METALLIC_STAGES
            and scrap.organisation != self.organisation
        )
