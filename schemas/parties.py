"""Parties of a chain and their shipments: two small files that people write.

Rules: a party is known by its DID, has names in its own scripts, runs plants, and may certify the kinds listed; an
attestor vouches for others' records in the scopes listed; a shipment names lot, dry net mass, giver, taker, and the run
before which it happens.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.cosigners import WrittenQuorum
from schemas.document import Written
from schemas.identifier import Country, Did, Digest, FacilityId, Index, Region, RegistryId, RunId
from schemas.instant import Day, Instant
from schemas.lot import Lot
from schemas.name import Name, NameText, Words
from schemas.quantity import Mass
from schemas.trust import MOST_AUDITORS, MOST_RULES, PublicKey, VerifierKey
from schemas.vocabulary import Kind, TrustedScope


class WrittenFacility(Written):
    """A plant of a producer."""

    id: FacilityId
    """URI of the plant. It never changes."""
    name: NameText
    """Name of the plant."""
    country: Country
    """Country in which the plant stands, by ISO 3166-1."""
    region: Region | None = None
    """Subdivision in which the plant stands, by ISO 3166-2. It also names the electricity grid."""
    since: Day | None = None
    """First day for which the plant is registered. Absent means the day of its party's first key."""
    capacity_per_year: Mass | None = None
    """Most that the plant can make in 365 days, all its products together, net and dry. Absent means not stated."""


class WrittenSigner(Written):
    """Who signs: a party, its names, and perhaps a key of its own."""

    did: Did
    """DID by which the party is known."""
    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    """Legal names of the party, one for each script."""
    formerly: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)] | None = None
    """Names that the party had until now, if it is renamed: just as they are registered. Certificates of before keep
    them. Absent means that it keeps its names."""
    public: PublicKey | None = None
    """Ed25519 public key of a party that signs for itself, in base64url. Absent means that the registry makes a key and
    keeps it."""
    operator: Words | None = None
    """Who runs the party, where that is not the party itself. An auditor shares it with no other auditor, no registry
    and no producer. Absent means as before, or the party itself."""
    address: Words | None = None
    """Postal address of the party in one line, for papers. Absent means as before, or not stated."""


class WrittenParty(WrittenSigner):
    """A producer: its plants, and the kinds of batches it may certify."""

    facilities: Annotated[tuple[WrittenFacility, ...], Field(min_length=1, max_length=100)]
    """Plants of the producer."""
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    """Kinds of batches that the producer may certify."""


class WrittenAttestor(WrittenSigner):
    """Who vouches for others' records: a verification body, an auditor or a laboratory."""

    scopes: Annotated[tuple[TrustedScope, ...], Field(min_length=1)]
    """Subjects on which you trust the attestor. An auditor needs `chain`."""
    accreditation: Words | None = None
    """Accreditation body and number of the attestor. Absent if none is stated."""
    until: Instant | None = None
    """Instant in UTC at which the accreditation ends. Absent means as long as the trust list names the attestor."""


class WrittenAuditors(Written):
    """Auditors who judge every step of the chains of this registry, and how many must have found one right."""

    least: Annotated[int, Field(ge=1, le=MOST_AUDITORS)]
    """Number of auditors who must have found a chain right."""
    parties: Annotated[tuple[Did, ...], Field(min_length=1, max_length=MOST_AUDITORS)]
    """DIDs of the auditors, each an attestor with the scope `chain`."""
    rules: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MOST_RULES)] | None = None
    """Digests of the releases whose rules you accept. Absent means those accepted before, and this release's."""


class WrittenHolders(Written):
    """Who else holds keys of the trust list, and how many of all its keys must sign each version."""

    least: Annotated[int, Field(ge=1, le=100)] | None = None
    """Least number of keys that must sign, the one of the registry's home among them. Absent means the majority."""
    keys: Annotated[tuple[VerifierKey, ...], Field(max_length=99)]
    """Key of each holder, as `oreprint keys holder NAME` prints it. Empty means the home alone."""


class WrittenScheme(Written):
    """A scheme of electricity instruments, and where its statements are entered."""

    scheme: Words
    """Name of the scheme."""
    registry: RegistryId | None = None
    """Domain of the one registry that enters its statements. Absent means this registry."""
    agents: Annotated[tuple[Did, ...], Field(max_length=1000)] = ()
    """DIDs that may enter its statements. Empty means every producer."""


class Parties(Written):
    """A registry and everybody who takes part in it; without witnesses and monitors it is a pilot."""

    oreprint: Literal["parties/1"]
    """Format and version of this document."""
    registry: RegistryId
    """Domain on which the registry answers."""
    parties: Annotated[tuple[WrittenParty, ...], Field(min_length=1, max_length=1000)]
    """Producers that take part."""
    attestors: Annotated[tuple[WrittenAttestor, ...], Field(max_length=1000)] = ()
    """Parties that may attest others' records."""
    witnesses: WrittenQuorum | None = None
    """Witnesses that cosign the registry's log, and how many must. Absent means none."""
    monitors: WrittenQuorum | None = None
    """Monitors that audit and cosign the registry's log, and how many must. Absent means none."""
    auditors: WrittenAuditors | None = None
    """Auditors of its certificates. Absent means those named before, or none."""
    holders: WrittenHolders | None = None
    """Others who hold keys of the trust list. Absent means as before, or none."""
    operator: Words | None = None
    """Who runs the registry, where that is not the registry itself. Absent means as before."""
    voided: Annotated[tuple[Index, ...], Field(max_length=1000)] = ()
    """Indexes of log entries that never count, because a monitor proved that the registry cheated."""
    schemes: Annotated[tuple[WrittenScheme, ...], Field(min_length=1, max_length=1000)] | None = None
    """Schemes whose electricity statements have one place of entry. Absent means none."""


class WrittenShipment(Written):
    """Part of a lot, or all of it, that changes hands before a run."""

    lot: Lot
    """Lot that changes hands, as the giver knows it."""
    mass: Mass
    """Net mass that changes hands, dry at 105 C and above zero."""
    giver: Did = Field(alias="from")
    """DID of the party that gives the goods."""
    taker: Did = Field(alias="to")
    """DID of the party that takes the goods."""
    before: RunId
    """Run before which the goods change hands."""


class Shipments(Written):
    """Shipments of a whole chain."""

    oreprint: Literal["shipments/1"]
    """Format and version of this document."""
    shipments: tuple[WrittenShipment, ...]
    """Shipments in the order in which they happen."""
