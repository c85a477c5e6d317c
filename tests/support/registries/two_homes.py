"""Two registries, each a home of its own with its log and its clock, and what a reader does who pinned the trust
lists of both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from ledger.admin.init import init, open_book, refresh_status, status_signer
from ledger.audit.everything import audit
from ledger.audit.stretches import StretchReader
from ledger.bundles.build import bundle_lines
from ledger.issuing.issue import IssuedRun, issue
from ledger.lots.balance import balances_of
from ledger.registry.folder import Home
from ledger.registry.pinned import trusted
from ledger.registry.registry import Runtime
from ledger.remote.objects import ObjectStore
from ledger.store.engine import reading
from ledger.tables import shipped_tables
from ledger.transfers.export import transfer_lines
from ledger.transfers.mirror import mirror
from ledger.transfers.receive import pin, receive
from ledger.transfers.refresh import refresh
from ledger.transfers.ship import Dispatch, send
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from ledger.witnessing.collect import Cosigning
from ledger.witnessing.cosigners import cosigners, with_own
from schemas.door import parse_document
from schemas.parties import Parties
from schemas.trust import TrustFile
from tests.support.registries.databases import with_tables
from tests.support.registries.registry import Clock
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry
    from ledger.seal.signer import SoftwareSigner
    from ledger.transfers.receive import ReceivedMove
    from schemas.record import ProductionRecord
    from schemas.report import Report
    from schemas.vocabulary import Audience

TABLES = shipped_tables()
PASSPHRASE = b"a passphrase"
KG = 1_000_000
ONE, TWO = "one.example", "two.example"
ANN, BEN, CAT, DAN = (f"did:web:{name}.example" for name in ("ann", "ben", "cat", "dan"))


def plant(did: str) -> str:
    """Return the plant of a party."""
    return f"https://{did.removeprefix('did:web:')}/plant"


def party(did: str, public: str | None = None) -> dict[str, object]:
    """Return a party as people write it."""
    name = did.removeprefix("did:web:").partition(".")[0].capitalize()
    facility = {"id": plant(did), "name": f"Plant of {name}", "country": "CN", "region": "CN-NM"}
    kept = {} if public is None else {"public": public}
    return {"did": did, "names": [{"lang": "en", "text": name}], "facilities": [facility], "kinds": ["oxide"], **kept}


@dataclass
class Shop:
    """An open registry and the folder where it publishes."""

    home: Home
    registry: OpenRegistry
    clock: Clock
    status: SoftwareSigner
    place: ObjectStore

    @property
    def name(self) -> str:
        """The registry's domain."""
        return self.registry.did

    def publish(self) -> None:
        """Renew the status lists, and put everything public where others read it."""
        refresh_status(self.home, self.registry, passphrase=PASSPHRASE)
        asked = cosigners(self.home, self.registry, passphrase=lambda: PASSPHRASE)
        with Cosigning(self.registry, asked) as cosigning:
            assert cosigning.round(wait_s=30) == {}
        mirror(self.registry, self.place)

    def blend(self, lot: str, mass: str, *, by: str, inputs: Mapping[str, str] | None = None) -> str:
        """Issue a blend that must be issued; return its certificate's digest."""
        return self.make(blend(lot, mass, producer=by, plant=plant(by), inputs=inputs))

    def make(self, record: ProductionRecord) -> str:
        """Issue a run that must be issued; return the digest of its first certificate."""
        (made,) = issue(self.registry, [record], tables=TABLES)
        if not isinstance(made, IssuedRun):
            raise made
        return made.certificates[0].digest

    def left(self, owner: str) -> dict[str, int]:
        """Return what an owner can use of each lot, in mg."""
        with reading(self.registry.engine) as connection:
            found = balances_of(connection, self.name, owner=owner, now_ms=self.clock.now)
        return {each.lot.lot: each.left_mg for each in found}

    def send(self, lot: str, sender: str, to: str, other: Shop, mass_mg: int | None = None) -> list[bytes]:
        """Move a mass to another registry; return the transfer."""
        return self.transfer(send(self.registry, Dispatch(lot, sender, to, mass_mg, "auditor", other.name)).texts)

    def transfer(self, texts: Sequence[str], audience: Audience = "auditor") -> list[bytes]:
        """Return the transfer of holdings, with fresh lists."""
        self.publish()
        return list(transfer_lines(self.registry, texts, audience=audience))

    def take(self, lines: Sequence[bytes], who: str, *, log: Shop | None = None) -> ReceivedMove:
        """Take in a transfer."""
        place = None if log is None else log.place
        return receive(self.registry, lines, consignee=who, tables=TABLES, log=place)

    def refresh(self, other: Shop) -> None:
        """Prove what came from another registry to its newest head."""
        other.publish()
        refresh(self.registry, other.name, other.place, trust=trusted(self.registry))

    def bundle(self, digest: str, audience: Audience = "auditor") -> list[bytes]:
        """Return a bundle, with fresh lists."""
        refresh_status(self.home, self.registry, passphrase=PASSPHRASE)
        return list(bundle_lines(self.registry, digest, audience=audience))

    def judge(self, lines: list[bytes]) -> Report:
        """Return the report on a bundle."""
        policy = Policy(at_ms=self.clock.now)
        return report(verify_bundle(lines, trust=trusted(self.registry), tables=TABLES, policy=policy))

    def faults(self) -> list[str]:
        """Return what an audit finds; where that is nothing, who follows the first half of the log finds nothing in
        the second.
        """
        found = audit(self.home, tables=TABLES, progress=lambda _done, _all: None)
        assert found.whole
        entries = found.counts["entries"]
        with reading(self.home.as_it_is()) as connection:
            later = StretchReader(connection, self.note(), TABLES, 1, entries // 2)
            assert found.faults or all(map(later.holds, range(entries // 2, entries)))
        return [str(fault) for fault in found.faults]

    def note(self) -> str:
        """Return the signed note of the registry's own trust list."""
        return TrustFile.from_text(self.home.trust.read_bytes().rstrip(b"\n")).note


def a_shop(  # noqa: PLR0913 - what registries of tests differ in
    folder: Path,
    registry: str,
    parties: Sequence[str],
    clock: Clock,
    *,
    seed: int,
    public: str | None = None,
    database: str | None = None,
    audited: Mapping[str, object] | None = None,
) -> Shop:
    """Make a registry with these parties, who keep the key `public` themselves if it is given.

    One that is `audited`, by these members of its parties file, has witnesses and a monitor of its own.
    """
    written = {"oreprint": "parties/1", "registry": registry, "parties": [party(did, public) for did in parties]}
    home = with_tables(Home(folder / registry, database))
    runtime = Runtime(clock, Random(seed).randbytes)  # noqa: S311 - a test repeats
    wanted = parse_document(Parties, json.dumps(written | dict(audited or {})).encode(), media="json")
    if audited is not None:
        wanted = with_own(home, wanted, runtime, passphrase=PASSPHRASE)
    this_registry = init(home, wanted, runtime, passphrase=PASSPHRASE)
    this_registry = open_book(home, runtime, passphrase=PASSPHRASE)
    status = status_signer(home, registry, passphrase=PASSPHRASE)
    return Shop(home, this_registry, clock, status, ObjectStore.at(str(folder / f"{registry}-public")))


def two_shops(folder: Path, *, seed: int = 1) -> tuple[Shop, Shop]:
    """Make two registries that have pinned each other's trust list: Ann and Cat in one, Ben in the other."""
    clock = Clock()
    one = a_shop(folder, ONE, [ANN, CAT], clock, seed=seed)
    two = a_shop(folder, TWO, [BEN], clock, seed=seed + 1)
    pin(one.registry, two.note())
    pin(two.registry, one.note())
    return one, two
