"""Every key of a registry is replaced while everything is in use, and all of it goes on; on both databases."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import delete
from standardwebhooks.webhooks import Webhook

from api.app import create_app
from api.app_state import Parts
from ledger.admin.backup import back_up, restore
from ledger.admin.init import open_book
from ledger.admin.keys import add_key, end_key
from ledger.admin.rollover import close_log
from ledger.admin.rotation import HookSecret, rotate_status, rotate_trust, rotate_vault
from ledger.audit.everything import audit
from ledger.bundles.build import bundle_lines
from ledger.desk import passwords
from ledger.desk.hooks import create_hook, send_test
from ledger.desk.outbox import Couriers, deliver
from ledger.desk.passwords import STEP_MS
from ledger.registry.folder import Home
from ledger.registry.lists import publish_status, published_trust
from ledger.registry.registry import Runtime
from ledger.registry.vault_keys import vault_problems
from ledger.store.desk_schema import EVENTS
from ledger.store.engine import reading, writing
from ledger.store.parties import registry as registered
from ledger.trust.pinned import succeed
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.problem import RefusedError, StateError
from tests.support.http.desk import PASSWORD, desk, set_up, type_in, visitor
from tests.support.http.receiver import Receiver, receiving
from tests.support.http.server import ANN, ORIGIN, PASSPHRASE, Served, plant, serve, status, tables
from tests.support.registries.lived_in import trust_of
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pyotp import TOTP
    from starlette.testclient import TestClient

    from ledger.registry.registry import OpenRegistry

SHARE = {"lot": "A-1", "recipient": "Motor Works", "audience": "customer", "days": 9}


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep passwords at the least cost."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher.from_parameters(CHEAPEST))


@dataclass
class Clock:
    """The time of the machine, and more."""

    more: int = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.more


@dataclass
class InUse:
    """A registry that is served, and all that hangs on its keys."""

    served: Served
    client: TestClient
    receiver: Receiver
    clock: Clock
    token: dict[str, str]
    app: TOTP
    secret: str
    share: dict[str, Any]
    digests: list[str] = field(default_factory=list)
    bundles: list[list[bytes]] = field(default_factory=list)

    def issue(self, lot: str) -> None:
        answer = self.client.post(
            "/v1/certificates", json=written(lot, "100 kg", producer=ANN, plant=plant(ANN)), headers=self.token
        )
        assert answer.status_code == 201, answer.text
        self.digests.append(answer.json()["certificates"][0]["digest"])
        assert self.served.registry.status is not None
        publish_status(self.served.registry, signer=self.served.registry.status)
        self.bundles.append(list(bundle_lines(self.served.registry, self.digests[-1], audience="auditor")))

    def again(self) -> dict[str, Any]:
        """Return the answer to the request for the link, sent again with its key."""
        headers = self.token | {"Idempotency-Key": "link"}
        answer: dict[str, Any] = self.client.post("/v1/shares", json=SHARE, headers=headers).json()
        return answer

    def notice(self) -> tuple[bytes, dict[str, str]]:
        """Send a notice and return what the receiver got of it."""
        count = len(self.receiver.came)
        send_test(self.served.registry, party=ANN, by="operator")
        while deliver(self.served.registry, Couriers(None, ORIGIN)):
            continue
        assert len(self.receiver.came) == count + 1
        headers, body = self.receiver.came[-1]
        return body, headers

    def sign_in(self) -> None:
        self.clock.more += STEP_MS  # a receiver takes no message that is five minutes ahead
        with visitor(self.served) as client:
            answer = type_in(client, "Li Wei", PASSWORD, self.app.at(self.clock() // 1000))
            assert answer.status_code == 303, answer.text

    def check(self) -> None:
        """Check that everything that was in use goes on."""
        assert self.again() == self.share
        key = str(self.share["link"]).partition("#key=")[2]
        opened = self.client.get(
            f"/v1/certificates/{self.digests[0]}/verification", headers={"Authorization": f"Bearer {key}"}
        )
        assert (opened.status_code, opened.json()["verdict"]) == (200, "genuine"), opened.text
        self.sign_in()
        Webhook(self.secret).verify(*self.notice())
        self.issue(f"B-{len(self.digests)}")
        for digest in self.digests:
            told = self.client.get(f"/v1/certificates/{digest}/verification").json()
            assert (told["verdict"], told["upstream_as_of"] is not None) == ("genuine", True), told
            fresh = list(bundle_lines(self.served.registry, digest, audience="auditor"))
            assert self.verdict(fresh) == "genuine"
        for before in self.bundles:
            assert self.verdict(before) == "genuine", "a bundle of before the key ended"
        found = audit(self.served.home, tables=tables(), progress=lambda _done, _all: None)
        assert [str(each) for each in found.faults] == []

    def verdict(self, lines: list[bytes]) -> str:
        policy = Policy(at_ms=self.clock())
        chain = verify_bundle(lines, trust=trust_of(self.served.home), tables=tables(), policy=policy)
        return report(chain).verdict

    def operator(self) -> OpenRegistry:
        """Return the registry as a command opens it beside the server."""
        return open_book(self.served.home, self.served.registry.runtime, passphrase=PASSPHRASE)


@contextmanager
def using(
    folder: Path, database: str | None, change: Callable[[Served], Served] = lambda made: made
) -> Iterator[InUse]:
    made, clock = serve(folder, database), Clock()
    registry = replace(made.registry, runtime=Runtime(clock, made.registry.runtime.random))
    served = change(replace(made, registry=registry, app=create_app(Parts(registry, tables(), status(made), ORIGIN))))
    with receiving() as receiver, served.client() as client:
        with desk(served, "clerk", name="Li Wei") as at:
            app, _ = set_up(at, now_ms=clock())
        _, secret = create_hook(registry, party=ANN, address=receiver.address, private=True)
        found = InUse(
            served, client, receiver, clock, served.token(ANN, "share", "issue", "read"), app, secret or "", {}
        )
        found.issue("A-1")
        found.share = found.again()
        assert "#key=" in found.share["link"]
        yield found


@pytest.fixture
def used(tmp_path: Path, database: str | None) -> Iterator[InUse]:
    with using(tmp_path, database) as found:
        yield found


def rotate_party(used: InUse, registry: OpenRegistry) -> None:
    add_key(used.served.home, registry, f"{ANN}#key-2", passphrase=PASSPHRASE)
    end_key(used.served.home, registry, f"{ANN}#key-1", passphrase=PASSPHRASE)


def test_every_key_of_a_registry_is_replaced_and_all_that_is_in_use_goes_on(used: InUse) -> None:
    """The server that runs takes each new key by itself, and one that starts later has them all."""
    used.check()
    home, new = used.served.home, list[HookSecret]()
    pinned = trust_of(home)
    steps: dict[str, Callable[[OpenRegistry], object]] = {
        "status": lambda registry: rotate_status(home, registry, passphrase=PASSPHRASE),
        "vault": lambda registry: new.extend(rotate_vault(home, registry, passphrase=PASSPHRASE)),
        "trust": lambda registry: rotate_trust(home, registry, passphrase=PASSPHRASE),
        "party": lambda registry: rotate_party(used, registry),
        "log": lambda registry: close_log(home, registry, 1, passphrase=PASSPHRASE),
        "status again": lambda registry: rotate_status(home, registry, passphrase=PASSPHRASE),
    }
    for rotate in steps.values():
        registry = used.operator()
        rotate(registry)
        registry.engine.dispose()
        used.check()
    assert [each.party for each in new] == [ANN]
    for secret in (used.secret, new[0].secret):
        Webhook(secret).verify(*used.notice())
    assert new[0].secret != used.secret
    now = trust_of(home)
    assert (now.listed.keys != pinned.listed.keys, len(now.listed.registries[0].all_status_keys())) == (True, 3)
    for number in range(
        pinned.listed.number + 1, now.listed.number + 1
    ):  # who pinned the first can follow to the newest
        pinned = succeed(pinned, published_trust(used.served.registry, number).note)
    assert pinned.listed == now.listed
    did = used.client.get("/.well-known/did.json").json()
    named = [each["id"].partition("#")[2] for each in did["verificationMethod"]]
    assert named == ["status-3", "status", "status-2"]
    again = replace(used, served=replace(used.served, registry=used.operator()))
    again.served = replace(
        again.served, app=create_app(Parts(again.served.registry, tables(), status(again.served), ORIGIN))
    )
    with again.served.client() as again.client:
        again.check()


def test_status_lists_signed_since_a_status_key_leaked_do_not_count_and_new_ones_do(used: InUse) -> None:
    home = used.served.home
    first = trust_of(home).listed.registries[0].status_key
    rotate_status(home, used.operator(), compromised=first.since, passphrase=PASSPHRASE)
    (former,) = trust_of(home).listed.registries[0].former_status_keys or ()
    assert (former.kid, former.compromised) == (first.kid, first.since)
    assert used.verdict(used.bundles[0]) != "genuine"
    told = used.client.get(f"/v1/certificates/{used.digests[0]}/verification").json()
    assert told["verdict"] == "genuine", "all lists were signed anew at once"
    with reading(used.served.registry.engine) as connection:
        assert registered(connection).status_kid.endswith("#status-2")
    close_log(home, used.operator(), 1, compromised=first.since, passphrase=PASSPHRASE)
    log, _ = trust_of(home).listed.registries[0].logs
    assert (log.compromised, log.final_root is None) == (first.since, False)
    told = used.client.get(f"/v1/certificates/{used.digests[0]}/verification").json()
    assert told["verdict"] == "genuine", "the list says how the log ended"
    with pytest.raises(RefusedError, match="has ended"):
        close_log(home, used.operator(), 1, compromised=first.since, passphrase=PASSPHRASE)
    with pytest.raises(RefusedError) as refused:
        rotate_status(home, used.operator(), compromised="2126-01-01T00:00:00Z", passphrase=PASSPHRASE)
    assert refused.value.code == "key.future"


def as_before(made: Served) -> Served:
    """Return the registry as an earlier release left it: without a vault, its secrets hanging on the status key."""
    (made.home.path / "keys" / "vault.pem").unlink()
    with writing(made.registry.engine) as connection:
        connection.execute(delete(EVENTS).where(EVENTS.c.action == "key vault"))
        connection.commit()
    return made


def test_a_home_of_before_keeps_its_secrets_when_its_status_key_is_replaced(
    tmp_path: Path, database: str | None
) -> None:
    with using(tmp_path, database, as_before) as used:
        kept = used.served.home.path / "keys"
        assert used.served.home.read_key("vault", kid="", passphrase=PASSPHRASE).public == status(used.served).public
        used.check()
        rotate_status(used.served.home, used.operator(), passphrase=PASSPHRASE)
        rotate_vault(used.served.home, used.operator(), passphrase=PASSPHRASE)
        used.check()
        (kept / "status.pem").unlink()
        used.check()


def test_a_vault_key_that_is_gone_is_told_and_never_made_again_unasked(tmp_path: Path) -> None:
    made = serve(tmp_path)
    assert vault_problems(made.home, made.registry) == ()
    (made.home.path / "keys" / "vault.pem").unlink()
    registry = open_book(made.home, made.registry.runtime, passphrase=PASSPHRASE)
    assert [each.code for each in vault_problems(made.home, registry)] == ["home.vault-missing"]
    with pytest.raises(StateError) as refused:
        create_hook(registry, party=ANN, address="https://erp.example/hook")
    assert refused.value.code == "home.vault-missing"
    number = trust_of(made.home).listed.number
    assert not made.home.has_key("vault")
    rotate_vault(made.home, registry, passphrase=PASSPHRASE)
    create_hook(registry, party=ANN, address="https://erp.example/hook")
    assert (vault_problems(made.home, registry), made.home.has_key("vault-2")) == ((), True)
    assert trust_of(made.home).listed.number == number, "no list names it"


def test_a_backup_has_the_vault_key_and_a_restored_home_opens_what_it_sealed(tmp_path: Path) -> None:
    with using(tmp_path / "first", None) as used:
        rotate_vault(used.served.home, used.operator(), passphrase=PASSPHRASE)
        back_up(used.served.home, used.served.registry.engine, used.served.registry.runtime, tmp_path / "backup")
        home, note = Home(tmp_path / "again"), used.served.registry.heads.read()
        restore(tmp_path / "backup", home, newest_head=note)
        registry = open_book(home, used.served.registry.runtime, passphrase=PASSPHRASE)
        served = replace(used.served, home=home, registry=registry)
        used.served = replace(served, app=create_app(Parts(registry, tables(), status(served), ORIGIN)))
        used.sign_in()
        assert home.change_passphrase(PASSPHRASE, b"another passphrase") >= 6
        assert open_book(home, registry.runtime, passphrase=b"another passphrase").vault()[0].kid.endswith("#vault-2")
