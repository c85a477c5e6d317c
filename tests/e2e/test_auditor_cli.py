"""An auditor as its operator types it, over HTTP at the registry of the demo, and what everybody reads then."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from api.app import create_app
from api.app_state import Parts
from cli.story import PASSPHRASE
from ledger.admin.init import open_book, status_signer
from ledger.admin.tokens import create_token
from ledger.changes.withdraw import withdraw
from ledger.holdings.mark import trust_digest
from ledger.registry.folder import Home
from ledger.seal.audit import open_audit
from ledger.seal.digest import to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store.audited import audits_of
from ledger.store.engine import reading
from ledger.store.logs import latest_head
from ledger.tables import shipped_tables
from ledger.witnessing.cosigners import cosigners
from schemas.trust import TrustFile
from tests.support.http.server import ORIGIN, listening, runtime
from tests.support.registries.auditing import EVA, signer_of
from tests.support.registries.example import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry
    from ledger.seal.signer import SoftwareSigner
    from tests.e2e.terminal import Demo, Done, Terminal

AUDITOR = "did:web:auditor-a.example"
SEPARATION = "did:web:separation-a.example"


class Audited(NamedTuple):
    """The demo's registry at an address, with its home; its first auditor goes on."""

    home: Home
    registry: OpenRegistry
    status: SoftwareSigner
    address: str
    terminal: Terminal

    def audit(self, *more: str, scope: str = "audit", trust: Path | None = None) -> Done:
        """Run `oreprint auditor` for one round."""
        _, token = create_token(self.registry, tenant=AUDITOR, scopes=[scope])
        self.terminal.monkeypatch.setenv("OREPRINT_TOKEN", token)
        return self.terminal.run(*self.words(), "--trust", str(trust or self.home.trust), "--once", *more)

    def words(self) -> tuple[str, ...]:
        own = self.home.path / "auditors" / "auditor-a.example"
        return ("auditor", self.address, "--as", AUDITOR, "--home", str(own))


@pytest.fixture
def audited(demo: Demo, tmp_path: Path, terminal: Terminal) -> Iterator[Audited]:
    home = Home(demo.copy(tmp_path / "demo"))
    terminal.monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
    registry = open_book(home, runtime(), passphrase=PASSPHRASE)
    status = status_signer(home, registry.did, passphrase=PASSPHRASE)
    asked = cosigners(home, registry, passphrase=lambda: PASSPHRASE)
    app = create_app(Parts(registry, shipped_tables(), status, ORIGIN, cosigners=asked))
    with listening(app) as address:
        yield Audited(home, registry, status, address, terminal)


def told_of(audited: Audited, lot: str) -> dict[str, Any]:
    """Return what the page's own report says of auditors."""
    text = (audited.home.path / "certificates" / f"{lot}.sdjwt").read_text("ascii").rstrip("\n")
    digest = open_certificate(text).digest
    with urllib.request.urlopen(f"{audited.address}/v1/certificates/{digest}/verification", timeout=60) as answer:  # noqa: S310 - our own server
        found: dict[str, Any] = json.loads(answer.read())["audited"]
        return found


def published(audited: Audited) -> int:
    """Return the size of the newest head that witnesses have cosigned."""
    with urllib.request.urlopen(f"{audited.address}/checkpoint", timeout=60) as answer:  # noqa: S310 - as above
        return int(answer.read().splitlines()[1])


def test_an_auditor_signs_what_is_right_and_everybody_reads_it(audited: Audited) -> None:
    done = audited.audit()
    assert done.code == 0, done.out + done.err
    found = re.search(
        r"Record (\d+) is logged: 20 certificates are right, 0 refused, at \d+ entries. 0 steps were new.",
        " ".join(done.out.split()),
    )
    assert found is not None, done.out
    until = time.monotonic() + 60  # the server has its new head cosigned by itself
    while True:
        told = told_of(audited, "MG-88")
        assert (told["state"], told["required"], len(told["counted"])) == ("audited", 2, 3)
        if str(told["counted"][0]["number"]) == found[1]:
            break
        assert time.monotonic() < until
        time.sleep(0.2)
    withdraw(audited.registry, "OX-16", issuer=SEPARATION, reason="a test", status=audited.status)
    with reading(audited.registry.engine) as connection:
        size = latest_head(connection).size
    while published(audited) < size:
        assert time.monotonic() < until
        time.sleep(0.2)
    again = audited.audit("--json").out
    said = json.JSONDecoder().raw_decode(again[again.index("\n{") + 1 :])[0]  # the server's log stands around it
    assert (said["judged"], said["refused"], said["waiting"]) == (0, 0, {})
    assert 1 < said["right"] < 19, "what was made of the withdrawn lot is left out"


def test_a_token_of_another_scope_audits_nothing(audited: Audited) -> None:
    done = audited.audit(scope="read")
    assert done.code == 2
    assert "scope audit" in " ".join(done.out.split())


def test_wrong_usage_is_told_before_anything_is_asked(audited: Audited, tmp_path: Path) -> None:
    words, trust, run = audited.words(), ("--trust", str(audited.home.trust)), audited.terminal.run
    assert run(*words, *trust, "--once", "--at", "nobody").problem == "auditor.at"
    assert run(*words, *trust, "--once", "--registry", "nobody.example").problem == "trust.registry-unknown"
    assert run(*words, *trust, "--json").code == 3
    assert run(*words, "--trust", str(tmp_path / "none.json"), "--once").code == 3
    elsewhere = ("auditor", "http://127.0.0.1:9", *words[2:])
    assert run(*elsewhere, *trust, "--once").code == 2


def test_a_newer_trust_list_is_followed_without_being_pinned(audited: Audited, tmp_path: Path) -> None:
    old = tmp_path / "pinned.json"
    old.write_bytes(audited.home.trust.read_bytes())
    renew_list(audited, tmp_path)
    newest = TrustFile.from_text(audited.home.trust.read_bytes().rstrip(b"\n")).note
    assert newest not in old.read_text()
    for _ in range(2):  # found at the registry, then kept
        assert audited.audit(trust=old).code == 0
        with reading(audited.registry.engine) as connection:
            record = open_audit(audits_of(connection, AUDITOR)[0].jws).record
        assert record.trust == (to_base64url(trust_digest(newest)),)


def renew_list(audited: Audited, folder: Path) -> None:
    """Let the registry name one more attestor in a newer list."""
    public = to_base64url(signer_of(EVA).public)
    more = f"attestors: [{{did: '{EVA}', names: [{{lang: en, text: Eva}}], scopes: [chain], public: {public}}}]"
    written = folder / "parties.yaml"
    written.write_text(f"{(EXAMPLE / 'parties.yaml').read_text()}\n{more}\n")
    done = audited.terminal.run("init", str(written), "--yes", "--home", str(audited.home.path))
    assert done.code == 0, done.err


def test_the_registrys_own_record_is_made_by_its_keeper_and_counts_nowhere(audited: Audited) -> None:
    home = ("--home", str(audited.home.path))
    before = told_of(audited, "MG-88")
    assert "registry" not in before
    done = audited.terminal.run("auditor", "--own", *home)
    assert done.code == 0, done.out + done.err
    assert "20 certificates are right" in " ".join(done.out.split())
    until = time.monotonic() + 60
    while "registry" not in (told := told_of(audited, "MG-88")):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert (told["registry"]["auditor"], told["registry"]["state"]) == (f"did:web:{audited.registry.did}", "right")
    assert (told["state"], len(told["counted"])) == (before["state"], len(before["counted"]))
    assert audited.terminal.run("auditor", "--own", "--as", AUDITOR, *home).problem == "usage.idle"
    assert audited.terminal.run("auditor", *home).problem == "auditor.whose"
