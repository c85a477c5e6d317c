"""Who takes part in a chain and what they ship to each other: two small files that people write.

Rules: a party is known by its DID, has names in its own scripts, runs plants, and may certify the kinds listed; an attestor
vouches for others' records in the scopes listed; a shipment names lot, dry net mass, giver, taker, and the run before which it happens.  What this module does not do:
keys (a party's keystore holds them) and admission (the trust list says who is believed).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.cosigners import WrittenQuorum
from schemas.document import Written
from schemas.identifier import Country, Did, FacilityId, Index, Region, RegistryId, RunId
from schemas.instant import Day, Instant
from schemas.lot import Lot
from schemas.name import Name, NameText, Words
from schemas.quantity import Mass
from schemas.trust import PublicKey
from schemas.vocabulary import AttestationScope, Kind


class Facility(Written):
    """A plant: its URI, its name, the country and the subdivision it stands in.

    `since` is the first day for which it is registered, where that isn't the day of its party's first key; `capacity_per_year` the most
    that it can make in 365 days, all its products together.
    """

    id: FacilityId
    name: NameText
    country: Country
    region: Region | None = None
    since: Day | None = None
    capacity_per_year: Mass | None = None


class WrittenSigner(Written):
    """Who signs: its DID, its names, and its own Ed25519 key `public` where it signs for itself.

    Without one the registry makes a key and keeps it.
    """

    did: Did
    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    public: PublicKey | None = None


class WrittenParty(WrittenSigner):
    """A producer: its plants, and the kinds of batches it may certify."""

    facilities: Annotated[tuple[Facility, ...], Field(min_length=1, max_length=100)]
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]


class WrittenAttestor(WrittenSigner):
    """Who vouches for others' records: a verification body, an auditor, a laboratory; and for what of them it is believed.

    `accreditation` says by whom and under which number, `until` for how long (without it, as long as the list names it).
    """

    scopes: Annotated[tuple[AttestationScope, ...], Field(min_length=1)]
    accreditation: Words | None = None
    until: Instant | None = None


class WrittenScheme(Written):
    """A scheme of electricity instruments: where its statements are entered, here where no registry is named, and by whom (all, if nobody is)."""

    scheme: Words
    registry: RegistryId | None = None
    agents: Annotated[tuple[Did, ...], Field(max_length=1000)] = ()


class Parties(Written):
    """The registry's domain and everybody who takes part; without witnesses and monitors it is a pilot.

    `voided` are entries of its log that are to count for nothing, for ever: what a monitor has convicted the registry of.
    """

    oreprint: Literal["parties/1"]
    registry: RegistryId
    parties: Annotated[tuple[WrittenParty, ...], Field(min_length=1, max_length=1000)]
    attestors: Annotated[tuple[WrittenAttestor, ...], Field(max_length=1000)] = ()
    witnesses: WrittenQuorum | None = None
    monitors: WrittenQuorum | None = None
    voided: Annotated[tuple[Index, ...], Field(max_length=1000)] = ()
    schemes: Annotated[tuple[WrittenScheme, ...], Field(min_length=1, max_length=1000)] | None = None


class WrittenShipment(Written):
    """Part of a lot, or all of it, that changes hands before a run."""

    lot: Lot
    mass: Mass
    giver: Did = Field(alias="from")
    taker: Did = Field(alias="to")
    before: RunId


class Shipments(Written):
    """Shipments in the order in which they happen."""

    oreprint: Literal["shipments/1"]
    shipments: tuple[WrittenShipment, ...]
