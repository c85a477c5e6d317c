"""The trust list: who may sign what, with which keys, from when to when; and the registries with their logs.

Rules: one signed document without roles, a C2SP signed note whose text is this model's one line of JSON.  Version
n+1 is signed by the threshold of n and of n+1, expires, and is never accepted below the last one seen.  Keys
carry dates; a log ends by its size.  A verifier pins the list beforehand and never takes it from the server it checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta
from pydantic import Field, StringConstraints

from schemas.bundle import MOST_PATH, Base64Url
from schemas.document import Document
from schemas.identifier import MOST_INDEX, Did, Digest, FacilityId, Index, Kid, Registration, RegistryId
from schemas.instant import Day, Instant
from schemas.name import Name, Words
from schemas.note import MAX_NOTE_BYTES
from schemas.patterns import VERIFIER_KEY
from schemas.quantity import PositiveAmount6
from schemas.vocabulary import TRUSTED_SCOPES, Kind, StatementKind, TrustedScope

MOST_KEYS: Final = 32
"""Keys of a party, ended ones too."""
MOST_NAMES: Final = 100
"""Times that a party may be renamed."""
MOST_DATED: Final = 200
"""Keys with dates in one place of a list."""
MOST_AUDITORS: Final = 100
MOST_RULES: Final = 100
"""Releases whose rules a trust list accepts."""

PublicKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
"""An Ed25519 public key: 32 bytes in base64url."""

VerifierKey = Annotated[str, StringConstraints(pattern=VERIFIER_KEY)]
"""A C2SP signed-note verifier key, ``<name>+<hash>+<base64 key>``."""


class PartyKey(Document):
    """A key of a party or of a registry's status lists."""

    kid: Kid
    """DID URL that names the key."""
    public: PublicKey
    """Ed25519 public key, 32 bytes in base64url."""
    since: Instant
    """Instant in UTC from which records logged with the key count."""
    until: Instant | None = None
    """Instant in UTC before which records must be logged to count. Absent means without end."""
    compromised: Instant | None = None
    """Instant in UTC from which others may have had the key. Records logged from then on never count. Absent if that
    never happened."""


class KeyDates(Document):
    """When a key counts that does not count for ever: of a witness, of a monitor, or of the trust list."""

    key: VerifierKey
    """Verifier key (C2SP signed note)."""
    since: Instant | None = None
    """Instant in UTC from which its signatures count. Absent if they count from the beginning."""
    until: Instant | None = None
    """Instant in UTC before which it must have signed. Absent while it counts."""
    compromised: Instant | None = None
    """Instant in UTC from which others may have had the key. Who has it writes any time, so nothing that it signed
    counts any more. Absent if that never happened."""


class Attesting(Document):
    """What a party may attest of others' records."""

    scopes: Annotated[tuple[TrustedScope, ...], Field(min_length=1, max_length=len(TRUSTED_SCOPES))]
    """Subjects on which you trust the party, in the order of the word list."""
    accreditation: Words | None = None
    """Accreditation body and number of the party. Absent if none is stated."""
    since: Instant
    """Instant in UTC from which its attestations count."""
    until: Instant | None = None
    """Instant in UTC before which its attestations must be logged to count. Absent means without end."""


class FormerNames(Document):
    """Names that a party had before it was renamed."""

    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    """Legal names of the party at that time, one for each script."""
    until: Instant
    """Instant in UTC before which a record with these names must be logged to count."""


class Party(Document):
    """A producer, an attestor or another signer."""

    did: Did
    """DID of the party."""
    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    """Legal names of the party, one for each script."""
    registration: Registration | None = None
    """Public register and the number in it, such as `LEI:...`. Absent if not stated."""
    keys: Annotated[tuple[PartyKey, ...], Field(min_length=1, max_length=MOST_KEYS)]
    """Keys of the party, ended ones too."""
    facilities: tuple[FacilityId, ...]
    """URIs of the plants for which it may certify."""
    kinds: tuple[Kind, ...]
    """Kinds of batches that it may certify."""
    statements: tuple[StatementKind, ...]
    """Kinds of statements that it may sign."""
    custodial: bool
    """Whether the registry keeps the party's key and signs in its name."""
    demo: bool = False
    """Whether the party exists only for demonstration."""
    attests: Attesting | None = None
    """Attestations that the party may make about others' records. Absent if it may make none."""
    operator: Words | None = None
    """Who runs the party, where that is not the party itself, such as its parent company. An auditor shares it with no
    other auditor, no registry and no producer."""
    address: Words | None = None
    """Postal address of the party in one line, for papers. Absent if not stated."""
    renamed: Instant | None = None
    """Instant in UTC from which `names` count. Absent if the party never had others."""
    former_names: Annotated[tuple[FormerNames, ...], Field(min_length=1, max_length=MOST_NAMES)] | None = None
    """Names that it had before, the oldest first. Absent if it never had others."""

    def names_with(self, own: Sequence[Name]) -> tuple[Name, ...]:
        """Return the names, of now or of then, that have all of `own` among them; else the names of now."""
        then = (each.names for each in reversed(self.former_names or ()))
        return next((names for names in (self.names, *then) if all(each in names for each in own)), self.names)


class Log(Document):
    """One log of a registry."""

    origin: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./-]{0,199}$")]
    """Origin line of the log's checkpoints, its name (C2SP)."""
    key: VerifierKey
    """Verifier key of the log's checkpoints (C2SP signed note)."""
    final_size: Index | None = None
    """Number of entries of a closed log. Absent while the log is open."""
    final_root: Digest | None = None
    """Root hash of a closed log. Absent while the log is open, and in the list that closes it."""
    compromised: Instant | None = None
    """Instant in UTC from which others may have had the log's key. Then a head counts only if enough witnesses and
    monitors cosigned it before, or if it is the last one of a closed log. Absent if that never happened."""


class Quorum(Document):
    """Cosigners of a log, and how many of them must have cosigned."""

    least: Index
    """Least number of keys that must have cosigned. 0 of no keys marks a pilot."""
    keys: tuple[VerifierKey, ...]
    """Verifier keys of the cosigners (C2SP signed note)."""
    dates: Annotated[tuple[KeyDates, ...], Field(min_length=1, max_length=MOST_DATED)] | None = None
    """Keys that do not count for ever: later ones, and ended ones, which stand only here. Absent if there are none."""


class Auditors(Document):
    """Auditors who judge the chains of a registry's certificates, and how many of them must have found one right."""

    least: Annotated[int, Field(ge=1, le=MOST_AUDITORS), Meta(ge=1, le=MOST_AUDITORS)]
    """Number of auditors who must have found a chain right."""
    parties: Annotated[tuple[Did, ...], Field(min_length=1, max_length=MOST_AUDITORS)]
    """DIDs of the auditors, each a party of this list."""
    rules: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MOST_RULES)]
    """Digests of the releases whose rules and factor sets you accept. One leaves only when its release was unsound."""


class Voided(Document):
    """An entry that the trust list voids: what stands there never counts."""

    origin: str
    """Origin of the log in which the entry stands."""
    index: Index
    """Index of the entry in that log, from 0."""


class Registry(Document):
    """A registry: its logs, its status key, its witnesses and monitors."""

    id: RegistryId
    """Domain of the registry."""
    logs: Annotated[tuple[Log, ...], Field(min_length=1, max_length=100)]
    """Logs of the registry in their order. At most one is open."""
    status_key: PartyKey
    """Key that signs its status lists."""
    witnesses: Quorum
    """Witnesses that cosign its log."""
    monitors: Quorum
    """Monitors that audit and cosign its log."""
    voided: tuple[Voided, ...]
    """Entries of its logs that never count."""
    auditors: Auditors | None = None
    """Auditors of its certificates. Absent if it has none."""
    operator: Words | None = None
    """Who runs the registry, where that is not the registry itself."""
    former_status_keys: Annotated[tuple[PartyKey, ...], Field(min_length=1, max_length=MOST_KEYS)] | None = None
    """Earlier status keys, the oldest first: what each signed before its end counts. Absent if there are none."""

    def all_status_keys(self) -> tuple[PartyKey, ...]:
        """Return the present status key and then the former ones."""
        return (self.status_key, *(self.former_status_keys or ()))


class Plant(Document):
    """What is known of a plant."""

    facility: FacilityId
    """URI of the plant."""
    since: Day | None = None
    """First day for which the plant is registered. Absent if not stated."""
    capacity_kg_per_year: PositiveAmount6 | None = None
    """Most that the plant can make in 365 days, in kg net and dry, whoever certifies it. Absent if not stated."""


class Scheme(Document):
    """A scheme of electricity instruments, and the one registry where its statements are entered."""

    scheme: Words
    """Name of the scheme."""
    registry: RegistryId
    """Domain of the registry that enters its statements."""
    since: Instant
    """Instant in UTC from which this holds for logged records."""
    agents: tuple[Did, ...]
    """DIDs that may enter its statements. Empty means every producer, each its own statements."""


class TrustList(Document):
    """One version of the trust list."""

    oreprint: Literal["trust/1"]
    """Format and version of this document."""
    number: Annotated[int, Field(ge=1, le=MOST_INDEX), Meta(ge=1, le=MOST_INDEX)]
    """Number of this version. A verifier never accepts one below the last it has seen."""
    issued: Instant
    """Instant in UTC at which this version was made."""
    expires: Instant
    """Instant in UTC from which this version no longer counts."""
    threshold: Annotated[int, Field(ge=1, le=100), Meta(ge=1, le=100)]
    """Number of `keys` that must sign this version and the next."""
    keys: Annotated[tuple[VerifierKey, ...], Field(min_length=1, max_length=100)]
    """Verifier keys that may sign the trust list (C2SP signed note)."""
    dates: Annotated[tuple[KeyDates, ...], Field(min_length=1, max_length=MOST_DATED)] | None = None
    """Dates of `keys` that were named later, and of ended ones, which stand only here. Absent if there are none."""
    previous: Digest | None = None
    """Digest of the version before. Absent in the first one."""
    parties: tuple[Party, ...]
    """Parties that may sign records."""
    registries: tuple[Registry, ...]
    """Registries whose logs count."""
    plants: Annotated[tuple[Plant, ...], Field(min_length=1)] | None = None
    """Facts about plants, such as their capacities. Absent if the list states none."""
    schemes: Annotated[tuple[Scheme, ...], Field(min_length=1, max_length=1000)] | None = None
    """Electricity schemes that have one place of entry. Absent if there are none."""


class ListProof(Document):
    """Where a version of the trust list stands in the log."""

    checkpoint: Annotated[str, Field(max_length=MAX_NOTE_BYTES)]
    """Checkpoint of the log, signed and cosigned (C2SP)."""
    entry: Base64Url
    """Bytes of the log entry, in base64url."""
    index: Index
    """Index of the entry in the log, from 0."""
    path: Annotated[tuple[Digest, ...], Field(max_length=MOST_PATH)]
    """Hashes from the entry up to the root of the checkpoint (RFC 6962), leaf first."""


class TrustFile(Document):
    """The file to pin: the signed note as a string."""

    note: Annotated[str, Field(max_length=8 * 1024 * 1024)]
    """Trust list as a signed note (C2SP)."""
    logged: ListProof | None = None
    """Its place in the log, for readers who follow from the version before. Absent if it was not logged yet."""
