"""A chain as it can be drawn: batches upstream-first, and the branches by which each was made of others.

Rules: a branch that is withheld is there, with nothing but what its certificate still says; figures are kg CO2e,
location-based, as the records give them.  What this module does not do: it says nothing about truth (`schemas.report`).
"""

from __future__ import annotations

from typing import Literal

from schemas.document import Document
from schemas.identifier import CertificateDigest, Country, Index
from schemas.lot import Lot
from schemas.name import NameText, Words
from schemas.quantity import Amount6, SignedAmount12
from schemas.vocabulary import Kind, Step, unit_of


class Branch(Document):
    """An input of a batch's run; what is absent is withheld.

    `kg_co2e` is what the mass taken brings to the run, in kg CO2e.
    """

    material: Words | None = None
    kind: Kind | None = None
    mass_kg: Amount6 | None = None
    certificate: CertificateDigest | None = None
    kg_co2e: SignedAmount12 | None = None

    @property
    def unit(self) -> str:
        """What `mass_kg` counts."""
        return unit_of(self.kind or "")


class ChainBatch(Document):
    """A certified batch, and the inputs of the run that made it; `run_shown` is false where that run is withheld.

    The inputs are those of the whole run, whose other outputs were made of them too.
    """

    certificate: CertificateDigest
    lot: Lot
    kind: Kind
    step: Step
    country: Country
    issuer: NameText
    net_mass_kg: Amount6
    kg_co2e: SignedAmount12
    kg_co2e_per_kg: SignedAmount12
    outputs: Index
    run_shown: bool
    branches: tuple[Branch, ...]

    @property
    def unit(self) -> str:
        """What `net_mass_kg` counts."""
        return unit_of(self.kind)


class ChainGraph(Document):
    """The whole chain of one certificate, as far as it was shown."""

    oreprint: Literal["chain/1"] = "chain/1"
    subject: CertificateDigest
    batches: tuple[ChainBatch, ...]
