"""A chain as it can be drawn: batches upstream-first, and the branches by which each was made of others.

Rules: a branch that is withheld is there, with nothing but what its certificate still says; figures are kg CO2e,
location-based, as the records give them.
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
    """An input of a batch's run; what is absent is withheld."""

    material: Words | None = None
    """Name of the input, in words. Absent if withheld."""
    kind: Kind | None = None
    """Kind of the upstream batch. Absent if withheld."""
    mass_kg: Amount6 | None = None
    """Net mass taken in kg, or kWh of electricity. Absent if withheld."""
    certificate: CertificateDigest | None = None
    """Digest of the upstream certificate (`zQm...`). Absent if withheld."""
    kg_co2e: SignedAmount12 | None = None
    """kg CO2e that the mass taken brings to the run, location-based. Absent if withheld."""

    @property
    def unit(self) -> str:
        """What `mass_kg` counts."""
        return unit_of(self.kind or "")


class ChainBatch(Document):
    """A certified batch, and the inputs of the run that made it."""

    certificate: CertificateDigest
    """Digest of the batch's certificate (`zQm...`)."""
    lot: Lot
    """Lot number as printed on the goods."""
    kind: Kind
    """Kind of the batch, such as oxide, metal or magnet."""
    step: Step
    """Process step that made the batch."""
    country: Country
    """Country of the plant, by ISO 3166-1."""
    issuer: NameText
    """Name of the issuer."""
    net_mass_kg: Amount6
    """Net mass in kg, dry at 105 C, or kWh of electricity."""
    kg_co2e: SignedAmount12
    """Total of the batch in kg CO2e, location-based."""
    kg_co2e_per_kg: SignedAmount12
    """kg CO2e per kg of net mass, location-based."""
    outputs: Index
    """Number of outputs of the run."""
    run_shown: bool
    """Whether the run that made the batch is shown."""
    branches: tuple[Branch, ...]
    """Inputs of the whole run. Its other outputs were made of them, too."""

    @property
    def unit(self) -> str:
        """What `net_mass_kg` counts."""
        return unit_of(self.kind)


class ChainGraph(Document):
    """The whole chain of one certificate, as far as it was shown."""

    oreprint: Literal["chain/1"] = "chain/1"
    """Format and version of this document."""
    subject: CertificateDigest
    """Digest of the certificate whose chain this is (`zQm...`)."""
    batches: tuple[ChainBatch, ...]
    """Batches of the chain, upstream first."""
