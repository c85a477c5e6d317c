"""A home with the whole example in it, copied for each test that changes it; and what a buyer and an auditor find
there.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from ledger.admin.init import first_kid, init, key_name, open_book, refresh_status, status_signer
from ledger.audit.everything import audit
from ledger.bundles.build import bundle_lines
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.folder import Home
from ledger.registry.registry import Runtime
from ledger.seal.sdjwt import open_certificate
from ledger.tables import shipped_tables
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.door import parse_document, validated
from schemas.parties import Parties
from schemas.problem import OreprintError
from schemas.trust import TrustFile
from tests.support.registries.databases import Template, with_tables
from tests.support.registries.example import EXAMPLE, chain, issue_all
from tests.support.registries.registry import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.registry.registry import OpenRegistry
    from ledger.seal.signer import SoftwareSigner
    from ledger.trust.pinned import Trust
    from schemas.record import ProductionRecord
    from schemas.report import Report

TABLES = shipped_tables()
PASSPHRASE = b"a passphrase"
SEPARATION, SMELTER, MAGNET_MAKER = (f"did:web:{name}.example" for name in ("separation-a", "metal-a", "magnet-a"))
HYDROGEN = "did:web:hydrogen-alloy-a.example"
BUYER = "did:web:motor-works.example"


@dataclass
class Life:
    """An open home, and the latest certificate of each lot that was issued or corrected here."""

    home: Home
    registry: OpenRegistry
    clock: Clock
    status: SoftwareSigner
    digests: dict[str, str] = field(default_factory=dict)

    def issue(self, record: ProductionRecord) -> IssuedRun:
        """Issue a record that must be issued."""
        return self.keep(issue(self.registry, [record], tables=TABLES)[0])

    def keep(self, outcome: IssuedRun | OreprintError) -> IssuedRun:
        """Remember the certificates of what was issued."""
        if isinstance(outcome, OreprintError):
            raise outcome
        self.digests |= {each.lot: each.digest for each in outcome.certificates}
        return outcome

    def lines(self, lot: str, holder: str | None = None) -> list[bytes]:
        """Return the bundle of a lot, or of a digest, with fresh lists."""
        refresh_status(self.home, self.registry, passphrase=PASSPHRASE)
        return list(bundle_lines(self.registry, self.digests.get(lot, lot), audience="auditor", holder=holder))

    def verify(self, lot: str) -> Report:
        """Return the report on the bundle of a lot, or of a digest."""
        return self.judge(self.lines(lot))

    def judge(self, lines: list[bytes]) -> Report:
        """Return the report on a bundle."""
        policy = Policy(at_ms=self.clock.now)
        return report(verify_bundle(lines, trust=trust_of(self.home), tables=TABLES, policy=policy))

    def lose_key(self, did: str) -> None:
        """Take a party's key out of the open registry, and out of its home."""
        del self.registry.signers[did]  # type: ignore[attr-defined]
        (self.home.path / "keys" / f"{key_name(first_kid(did))}.pem").unlink()

    def faults(self) -> list[str]:
        """Return what an audit of the home finds."""
        found = audit(self.home, tables=TABLES, progress=lambda _done, _all: None)
        assert found.whole
        return [str(fault) for fault in found.faults]


def trust_of(home: Home) -> Trust:
    """Return the trust list of a home."""
    return open_trust(TrustFile.from_text(home.trust.read_bytes().rstrip(b"\n")).note)


def a_life(folder: Path, database: str | None = None, *, runs: int | None = None, **more: Any) -> Life:  # noqa: ANN401 - members of a file
    """Make a home with the fourteen runs of the example, or the first `runs` of them; its database is there, or at the
    address `database`. `more` are further members of the parties file.

    What was once made is copied.
    """
    template, now, digests = _lived(runs, json.dumps(more))
    assert template.copied(folder, database)
    return _opened(Home(folder, database), now, digests)


@lru_cache(maxsize=8)
def _lived(runs: int | None, more: str) -> tuple[Template, int, dict[str, str]]:
    """Return a home with runs of the example, its time, and the certificate of each lot."""
    with tempfile.TemporaryDirectory() as folder:
        life = a_birth(Path(folder, "home"), **json.loads(more))
        for each in issue_all(life.registry, chain()[:runs], TABLES):
            life.keep(each)
        return Template.taken(life.home.path, life.registry), life.clock.now, life.digests


def _opened(home: Home, now: int, digests: dict[str, str]) -> Life:
    """Return the life of a home that was copied; its clock and randomness go on from there."""
    clock = Clock(now)
    registry = open_book(home, Runtime(clock, Random(12).randbytes), passphrase=PASSPHRASE)  # noqa: S311 - a test repeats
    return Life(home, registry, clock, status_signer(home, registry.did, passphrase=PASSPHRASE), dict(digests))


def a_birth(folder: Path, example: Path = EXAMPLE, **more: object) -> Life:
    """Make a home with the parties of an example, and nothing issued."""
    home, clock = with_tables(Home(folder)), Clock()
    parties = parse_document(Parties, (example / "parties.yaml").read_bytes(), media="yaml")
    if more:
        parties = validated(Parties, parties.model_dump(mode="json", exclude_none=True) | more)
    runtime = Runtime(clock, Random(11).randbytes)  # noqa: S311 - a test repeats
    registry = init(home, parties, runtime, passphrase=PASSPHRASE, demo=True)
    return Life(home, registry, clock, status_signer(home, registry.did, passphrase=PASSPHRASE))


def copied(life: Life, folder: Path, database: str | None = None) -> Life:
    """Return a copy of a home, whose clock and randomness go on from there; `database` is the address of a copy of its
    database, if that is on a server.
    """
    life.registry.engine.dispose()
    shutil.copytree(life.home.path, folder)
    return _opened(Home(folder, database), life.clock.now, life.digests)


def code_of(act: Callable[[], object]) -> str:
    """Return the code that something is refused with."""
    try:
        act()
    except OreprintError as refusal:
        return refusal.code
    return "it was done"


def warnings(found: Report) -> list[tuple[str, str]]:
    """Return code and place of every warning that isn't about what is usual."""
    return [
        (each.code, each.place) for each in found.checks if each.result == "warning" and each.code != "mass.flagged"
    ]


def described(certificate: str) -> str:
    """Return the description of the batch in a certificate's text."""
    return open_certificate(certificate).record.batch.description
