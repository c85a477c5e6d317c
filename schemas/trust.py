"""The trust list: who may sign what, with which keys, from when to when; and the registries with their logs.

Rules: one signed document without roles, a C2SP signed note whose text is this model's one line of JSON.  Version
n+1 is signed by the threshold of n and of n+1, expires, and is never accepted below the last one seen.  Keys of
people carry dates; a log's key is retired by the size of its log.  A verifier pins the list beforehand and never
takes it from the server it checks.  What this module does not do: verifying the note (`ledger.trust.pinned`).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.document import Document
from schemas.identifier import Did, Digest, FacilityId, Index, Kid, Registration, RegistryId
from schemas.instant import Day, Instant
from schemas.name import Name, Words
from schemas.patterns import VERIFIER_KEY
from schemas.quantity import PositiveAmount6
from schemas.vocabulary import ATTESTATION_SCOPES, AttestationScope, Kind, StatementKind

MOST_KEYS: Final = 32
"""Keys of a party, ended ones too."""

PublicKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
"""An Ed25519 public key: 32 bytes in base64url."""

VerifierKey = Annotated[str, Field(pattern=VERIFIER_KEY)]
"""A C2SP signed-note verifier key, ``<name>+<hash>+<base64 key>``."""


class PartyKey(Document):
    """A key of a party: valid for records logged from `since` until `until`, never after `compromised`."""

    kid: Kid
    public: PublicKey
    since: Instant
    until: Instant | None = None
    compromised: Instant | None = None


class Attesting(Document):
    """What a party may attest of others' records: scopes, from when to when, and who says so (its accreditation), in words."""

    scopes: Annotated[tuple[AttestationScope, ...], Field(min_length=1, max_length=len(ATTESTATION_SCOPES))]
    accreditation: Words | None = None
    since: Instant
    until: Instant | None = None


class Party(Document):
    """A producer, an attestor or another signer: what it may sign for, by whom it is known."""

    did: Did
    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    registration: Registration | None = None
    keys: Annotated[tuple[PartyKey, ...], Field(min_length=1, max_length=MOST_KEYS)]
    facilities: tuple[FacilityId, ...]
    kinds: tuple[Kind, ...]
    statements: tuple[StatementKind, ...]
    custodial: bool
    demo: bool = False
    attests: Attesting | None = None


class Log(Document):
    """One log of a registry: the origin line of its checkpoints and its key; `final_size` once it is closed."""

    origin: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9./-]{0,199}$")]
    key: VerifierKey
    final_size: Index | None = None


class Quorum(Document):
    """`least` of these keys must have cosigned; 0 of none is a pilot."""

    least: Index
    keys: tuple[VerifierKey, ...]


class Voided(Document):
    """An entry that the trust list voids: what stands there never counts."""

    origin: str
    index: Index


class Registry(Document):
    """A registry: its logs (at most one without a final size), its status key, its witnesses and monitors."""

    id: RegistryId
    logs: Annotated[tuple[Log, ...], Field(min_length=1, max_length=100)]
    status_key: PartyKey
    witnesses: Quorum
    monitors: Quorum
    voided: tuple[Voided, ...]


class Plant(Document):
    """What is known of a plant: the first day for which it is registered, and the most kg that it can make in 365 days.

    Everything counts that is certified of it, net and dry, whoever certifies it.
    """

    facility: FacilityId
    since: Day | None = None
    capacity_kg_per_year: PositiveAmount6 | None = None


class Scheme(Document):
    """A scheme of electricity instruments: the one registry where its statements are entered, of records logged from `since` on.

    `agents` are those who may enter them; none means every producer, each by its own statements.
    """

    scheme: Words
    registry: RegistryId
    since: Instant
    agents: tuple[Did, ...]


class TrustList(Document):
    """One version of the trust list."""

    oreprint: Literal["trust/1"]
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    issued: Instant
    expires: Instant
    threshold: Annotated[int, Field(ge=1, le=100)]
    keys: Annotated[tuple[VerifierKey, ...], Field(min_length=1, max_length=100)]
    previous: Digest | None = None
    parties: tuple[Party, ...]
    registries: tuple[Registry, ...]
    plants: Annotated[tuple[Plant, ...], Field(min_length=1)] | None = None
    schemes: Annotated[tuple[Scheme, ...], Field(min_length=1, max_length=1000)] | None = None


class TrustFile(Document):
    """The file to pin: the signed note as a string."""

    note: Annotated[str, Field(max_length=8 * 1024 * 1024)]
