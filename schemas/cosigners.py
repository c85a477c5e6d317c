"""Witnesses and monitors: who is to cosign a registry's log, how many of them must, and where they are asked.

Rules: each is named by the verifier key that the trust list then pins; `at` is an address that speaks
c2sp.org/tlog-witness, or a folder of the home in which the registry runs one of its own, as a demo does, which proves
nothing to anybody else.  Without `least`, it is the majority of the witnesses (3 of 4: a quorum k of n bears f liars
when 2k - n > f), and one monitor.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.document import Written
from schemas.patterns import COSIGNER_AT
from schemas.trust import VerifierKey

At = Annotated[str, Field(pattern=COSIGNER_AT)]
"""An address, or the name of a folder in the home."""


class Cosigner(Written):
    """A witness or a monitor."""

    key: VerifierKey
    """Verifier key of the cosigner (C2SP signed note)."""
    at: At
    """Address that speaks c2sp.org/tlog-witness, or the name of a folder in the home in which the registry runs its
    own."""


class WrittenQuorum(Written):
    """Who cosigns, and how many of them must."""

    least: Annotated[int, Field(ge=1, le=100)] | None = None
    """Least number of cosigners that must cosign. Absent means the majority of witnesses, or one monitor."""
    keys: Annotated[tuple[Cosigner, ...], Field(min_length=1, max_length=100)]
    """Cosigners, each with its address."""


class Cosigners(Written):
    """All that a home asks, as it keeps them."""

    oreprint: Literal["cosigners/1"]
    """Format and version of this document."""
    witnesses: tuple[Cosigner, ...]
    """Witnesses that the registry asks."""
    monitors: tuple[Cosigner, ...]
    """Monitors that the registry asks."""
