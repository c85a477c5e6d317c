"""A registry in a folder, for tests: real keys, a real database, and time and randomness that repeat."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from ledger.holdings.mark import NO_CERTIFICATE, commitment, holding_text, issuance_digest, run_mark
from ledger.holdings.spending import Holding
from ledger.log.vkey import VerifierKey
from ledger.lots.balance import holding_row
from ledger.registry.append import Posting, append, begin_log
from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.seal.keys import did_key, did_key_kid
from ledger.seal.signer import SoftwareSigner
from ledger.store import schema
from ledger.store.engine import writing
from ledger.store.lots import StoredLot
from ledger.store.parties import StoredKey, register_facility, register_key, register_party
from ledger.store.rows import BatchRow
from schemas.certificate import Facility, Issuer
from schemas.holding import Holder
from schemas.lot import normal_lot
from schemas.name import Name
from tests.support.registries.databases import with_tables

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.registry.append import CommitResult

REGISTRY = "registry.example"
START_MS = 1_790_000_000_000
PLANT = "https://plant.example/1"


@dataclass
class Clock:
    """A clock that goes one second a look; `now` may be set."""

    now: int = START_MS

    def __call__(self) -> int:
        self.now += 1000
        return self.now


@dataclass
class Registry:
    """An open registry with its producers' DIDs and plants."""

    opened: OpenRegistry
    home: Home
    clock: Clock = field(default_factory=Clock)

    def producer(self, name: str, plant: str = PLANT) -> str:
        """Register a producer with a plant and a key of its own; return its DID."""
        signer = party_signer(name)
        did = signer.kid.partition("#")[0]
        with writing(self.opened.engine) as connection:
            register_party(connection, Issuer(did=did, names=(Name(lang="en", text=name),)), custodial=True)
            register_facility(
                connection, did, Facility(id=plant, name=f"Plant of {name}", country="CN", region="CN-NM")
            )
            register_key(connection, StoredKey(signer.kid, did, signer.public, START_MS - 1000))
            connection.commit()
        self.opened = replace(self.opened, signers={**self.opened.signers, did: signer})
        return did


def party_signer(name: str) -> SoftwareSigner:
    """Return the key of a name, always the same."""
    private = sha256(name.encode()).digest()
    did = did_key(SoftwareSigner.from_raw("did:key:none#none", private).public)
    return SoftwareSigner.from_raw(did_key_kid(did), private)


def open_registry(folder: Path, *, seed: int = 1, database: str | None = None) -> Registry:
    """Open the registry in a folder, its database there or at the address `database`, making it if there is none."""
    home, clock = with_tables(Home(folder, database)), Clock()
    key = SoftwareSigner.from_raw("did:key:log#log", sha256(b"log").digest())
    log = VerifierKey("registry.example/log", key.public)
    registry = OpenRegistry(
        REGISTRY,
        home.engine(),
        home.heads(log),
        log,
        key.sign,
        {},
        Runtime(clock, Random(seed).randbytes),  # noqa: S311 - a test repeats
    )
    begin_log(registry)
    return Registry(registry, home, clock)


def log_each(registry: OpenRegistry, *requests: tuple[Posting, ...]) -> CommitResult:
    """Log requests in one commit, each of which stands or falls alone."""
    with append(registry) as transaction:
        return transaction.log_each(requests)


def bare_lot(registry: Registry, lot: str, mass_mg: int, *, owner: str, plant: str = PLANT) -> StoredLot:
    """Log an issuance of one output without certificate: all that holdings need, and no footprint."""
    this_registry = registry.opened
    run = sha256(lot.encode()).digest()
    content = run + NO_CERTIFICATE
    digest = issuance_digest(run, [NO_CERTIFICATE])
    holder = Holder(owner=owner, registry=REGISTRY)
    text = holding_text(this_registry.runtime.random(32), holder)
    made = StoredLot(digest, 0, plant, lot, normal_lot(lot), "oxide", mass_mg, None)
    rows = (
        (schema.BATCHES, BatchRow(digest, 0, plant, lot, normal_lot(lot), "oxide", mass_mg)),
        (schema.HOLDINGS, holding_row(Holding(commitment(text), text, digest, None, mass_mg, 0), made, holder)),
    )
    with append(this_registry) as transaction:
        transaction.log(Posting("issuance", digest, content, marks=(run_mark(run),), rows=rows))
    return made
